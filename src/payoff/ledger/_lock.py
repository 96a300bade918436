"""A lock on a file or a folder that goes with its holder; none on Windows, where no open file can be replaced."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

if sys.platform == "win32":

    @contextmanager
    def locked(place: str, *, alone: bool = False) -> Iterator[None]:
        """Nothing is locked."""
        yield

else:
    import fcntl

    @contextmanager
    def locked(place: str, *, alone: bool = False) -> Iterator[None]:
        """While it is locked, by many at once or `alone`; where it cannot be opened or locked, all goes on without."""
        try:
            handle = os.open(place or ".", os.O_RDONLY)
        except OSError:
            yield
            return
        try:
            with suppress(OSError):
                fcntl.flock(handle, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
            yield
        finally:
            os.close(handle)
