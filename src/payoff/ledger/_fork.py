"""What holds a lock or a connection must not be shared by a fork: the child lets go of it and makes its own."""

from __future__ import annotations

import os
import threading
import weakref
from typing import Protocol

PATIENCE_S = 0.05
"""How long a fork waits for a statement that is under way in another thread, in seconds."""


class Forkable(Protocol):
    """Something that must be quiet while the process forks."""

    lock: threading.RLock

    def abandon(self) -> None:
        """In the child: let go of what belongs to the parent, without closing it."""


_known: weakref.WeakSet[Forkable] = weakref.WeakSet()
_held: list[Forkable] = []


def guard(forkable: Forkable) -> None:
    """Keep it quiet during forks, and abandon it in the child."""
    _known.add(forkable)


def _before() -> None:
    _held.extend(each for each in list(_known) if each.lock.acquire(timeout=PATIENCE_S))


def _in_parent() -> None:
    while _held:
        _held.pop().lock.release()


def _in_child() -> None:
    _held.clear()
    for each in list(_known):
        each.lock = threading.RLock()
        each.abandon()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)
