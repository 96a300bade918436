"""What Linux tells: procfs, control groups, orphans that can be adopted."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

assert sys.platform != "win32"
from payoff.meter._cgroup import own_group  # noqa: E402
from payoff.meter._unix import KILL, die_by, endings, in_foreground, own_and_waited_for_s  # noqa: E402

__all__ = [
    "KILL",
    "adopt_orphans",
    "children_of",
    "children_unknown",
    "cpu_s_of",
    "die_by",
    "endings",
    "in_foreground",
    "machine_busy_s",
    "own_and_waited_for_s",
    "own_group",
    "processor_says",
    "unknown_here",
]

_TICK_S = 1 / os.sysconf("SC_CLK_TCK")
_PR_SET_CHILD_SUBREAPER = 36


def _told(path: str) -> bytes:
    """What a file of procfs says; a tick reads several, and `open` would take half as long again."""
    file = os.open(path, os.O_RDONLY)
    try:
        return b"".join(iter(lambda: os.read(file, 65536), b""))
    finally:
        os.close(file)


def processor_says() -> dict[str, str]:
    """The first processor's lines in /proc/cpuinfo; a cloud may mask its name, CPUID's family and model stay."""
    about = {"machine": os.uname().machine}
    try:
        with open("/proc/cpuinfo") as file:
            for line in file:
                key, _, value = line.partition(":")
                if not value.strip() and not key.strip():
                    break
                about[key.strip()] = value.strip()
    except OSError:
        about["model name"] = about["machine"]
    return about


def machine_busy_s() -> float | None:
    """CPU seconds that all processes of this machine have used since boot; `None` where the system does not tell."""
    try:
        fields = _told("/proc/stat").partition(b"\n")[0].split()
    except OSError:
        return None
    user, nice, system, _, _, irq, softirq = map(int, fields[1:8])
    return (user + nice + system + irq + softirq) * _TICK_S


def children_of(pid: int) -> list[int]:
    """The ids of the living children of a process."""
    found: list[int] = []
    try:
        tasks = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return found
    for task in tasks:
        with suppress(OSError):
            found += map(int, _told(f"/proc/{pid}/task/{task}/children").split())
    return found


def cpu_s_of(pid: int) -> float:
    """CPU seconds of a process and of the children it has waited for."""
    try:
        fields = _told(f"/proc/{pid}/stat").rpartition(b")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) * _TICK_S


def adopt_orphans() -> None:
    """Become the parent of processes whose own parent dies, so that their CPU time is not lost."""
    import ctypes

    with suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def children_unknown() -> str:
    """Why the CPU time of a program's children is not known; empty, for it is."""
    return ""


def unknown_here() -> tuple[str, ...]:
    """What cannot be known on this system, a sentence each: nothing."""
    return ()
