"""What macOS tells: the calls of libproc and Mach of which `ps` is made. Simulated only, never run on a Mac."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import takewhile
from typing import Any

assert sys.platform != "win32"
from payoff.meter._cgroup import ControlGroup  # noqa: E402
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
_MOST_CHILDREN = 4096
_HOST_CPU_LOAD_INFO = 3
_RUSAGE_INFO_V1, _WORDS_V1 = 1, 18
_TIMES = (2, 3, 12, 13)
"""Where rusage_info_v1 has user and system time, own and of dead children, in words of 64 bits (<sys/resource.h>)."""


@cache
def _system() -> Any:
    """The system's library; calls it lacks raise `AttributeError`."""
    import ctypes

    return ctypes.CDLL(None)


def processor_says() -> dict[str, str]:
    """The name of the processor and who made it, under Linux's keys."""
    import ctypes

    about = {"machine": os.uname().machine, "vendor_id": "GenuineIntel" if os.uname().machine == "x86_64" else ""}
    name, size = ctypes.create_string_buffer(256), ctypes.c_size_t(256)
    try:
        _system().sysctlbyname(b"machdep.cpu.brand_string", name, ctypes.byref(size), None, ctypes.c_size_t(0))
    except AttributeError:
        return about
    return {**about, "model name": name.value.decode(errors="replace")}


@cache
def _host() -> int:
    port: int = _system().mach_host_self()
    return port


def machine_busy_s() -> float | None:
    """CPU seconds that all processes of this machine have used since boot; `None` where the system does not tell."""
    import ctypes

    ticks, count = (ctypes.c_uint32 * 4)(), ctypes.c_uint32(4)
    try:
        failed = _system().host_statistics(_host(), _HOST_CPU_LOAD_INFO, ticks, ctypes.byref(count))
    except AttributeError:
        return None
    user, system, _, nice = ticks
    return None if failed else (user + system + nice) * _TICK_S


def children_of(pid: int) -> list[int]:
    """The ids of the living children of a process."""
    import ctypes

    children = (ctypes.c_int * _MOST_CHILDREN)()
    try:
        _system().proc_listchildpids(pid, children, ctypes.sizeof(children))
    except AttributeError:
        return []
    return list(takewhile(bool, children))


def cpu_s_of(pid: int) -> float:
    """CPU seconds of a process and of the children it has waited for."""
    return _ticks_of(pid) * _tick_s()


def _ticks_of(pid: int) -> int:
    import ctypes

    words = (ctypes.c_uint64 * _WORDS_V1)()
    try:
        failed = _system().proc_pid_rusage(pid, _RUSAGE_INFO_V1, words)
    except AttributeError:
        return 0
    return 0 if failed else sum(words[place] for place in _TIMES)


@cache
def _tick_s() -> float:
    """The unit of these times, which differs between Intel's and Apple's processors: told by this very process."""
    ticks = _ticks_of(os.getpid())
    return sum(own_and_waited_for_s()) / ticks if ticks else 0.0


def adopt_orphans() -> None:
    """A Mac gives orphans to launchd."""


@contextmanager
def own_group(name: str, root: str = "") -> Iterator[ControlGroup | None]:
    """A Mac has no control groups."""
    yield None


def children_unknown() -> str:
    """Why the CPU time of a program's children is not known before they end; empty where it is."""
    if hasattr(_system(), "proc_pid_rusage"):
        return ""
    return "libproc is missing: the CPU time of processes that a program starts is not known until they have ended"


def unknown_here() -> tuple[str, ...]:
    """What cannot be known on this system, a sentence each."""
    lost = "the CPU time of processes that outlive their parent is not known on macOS"
    return tuple(filter(None, (lost, children_unknown())))
