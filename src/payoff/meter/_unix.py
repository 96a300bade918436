"""What Linux and macOS have in common: the CPU time of a process, its children, the terminal it runs in."""

from __future__ import annotations

import os
import resource
import signal
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

assert sys.platform != "win32"

if TYPE_CHECKING:
    from subprocess import Popen

KILL = signal.SIGKILL


def own_and_waited_for_s() -> tuple[float, float]:
    """CPU seconds of this process, and of the children it has waited for."""
    own, reaped = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime, reaped.ru_utime + reaped.ru_stime


def in_foreground() -> bool:
    """Whether the terminal's own signals reach this process and its children without help."""
    try:
        with open("/dev/tty", "rb") as terminal:
            return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    except OSError:
        return False


def endings(child: Popen[bytes]) -> Iterator[tuple[int, int]]:
    """Wait for children, this one and those that were adopted: id and exit code of each, -N for signal N."""
    while True:
        try:
            ended, status = os.waitpid(-1, 0)
        except ChildProcessError:
            return
        yield ended, os.waitstatus_to_exitcode(status)


def die_by(number: int) -> None:
    """End this process by a signal, without a core dump of its own."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if number not in (signal.SIGKILL, signal.SIGSTOP):
        signal.signal(number, signal.SIG_DFL)
    sys.stdout.flush()
    os.kill(os.getpid(), number)
