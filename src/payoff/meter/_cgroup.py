"""A control group (v2) of its own for a measured command, where the system lets us make one.

The kernel books the CPU time of all processes in it, whatever became of them: nothing escapes by forking twice.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

ROOT = "/sys/fs/cgroup"


class ControlGroup:
    """One control group; `cpu_s` counts from its making."""

    def __init__(self, path: str) -> None:
        self.path = path
        os.mkdir(path)

    def admit(self, pid: int) -> None:
        """Let a process in; what it starts from now on is in the group too."""
        with open(os.path.join(self.path, "cgroup.procs"), "w") as file:
            file.write(str(pid))

    def cpu_s(self) -> float:
        """CPU seconds of all processes that are or were in the group."""
        with open(os.path.join(self.path, "cpu.stat"), "rb") as file:
            for line in file:
                name, _, microseconds = line.partition(b" ")
                if name == b"usage_usec":
                    return int(microseconds) * 1e-6
        return 0.0

    def leave(self) -> None:
        """Remove the group; while daemons live on in it, it stays until the last is gone."""
        with suppress(OSError):
            os.rmdir(self.path)


@contextmanager
def own_group(name: str, root: str = ROOT) -> Iterator[ControlGroup | None]:
    """A new control group inside the one this process is in; `None` where there is no v2 or no permission."""
    group: ControlGroup | None = None
    if here := _present_group(root):
        with suppress(OSError):
            group = ControlGroup(os.path.join(here, f"payoff-{name}"))
    try:
        yield group
    finally:
        if group is not None:
            group.leave()


def _present_group(root: str) -> str | None:
    if not os.path.exists(os.path.join(root, "cgroup.controllers")):
        return None
    try:
        with open("/proc/self/cgroup") as file:
            lines = file.read().splitlines()
    except OSError:
        return None
    return next((root + line[3:].rstrip("/") for line in lines if line.startswith("0::")), None)
