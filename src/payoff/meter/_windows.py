"""What Windows tells: the calls of kernel32, and job objects. Simulated only, never run on Windows."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from subprocess import Popen

KILL = signal.SIGTERM
"""TerminateProcess: nothing can be asked to end, as by SIGTERM elsewhere."""
_TICK_S = 1e-7
_SET_QUOTA_AND_TERMINATE = 0x0101
_BASIC_ACCOUNTING, _ACCOUNTING_WORDS = 1, 6
_PROCESSOR = r"HARDWARE\DESCRIPTION\System\CentralProcessor\0"


@cache
def _kernel() -> Any:
    import ctypes

    kernel = cast(Any, ctypes).WinDLL("kernel32")
    for maker in (kernel.CreateJobObjectW, kernel.OpenProcess):
        maker.restype = ctypes.c_void_p
    return kernel


def processor_says() -> dict[str, str]:
    """What the registry holds of the first processor ('Intel64 Family 6 Model 85 Stepping 7'), under Linux's keys."""
    about = {"machine": os.environ.get("PROCESSOR_ARCHITECTURE", "").lower()}
    with suppress(ImportError, OSError):
        registry: Any = import_module("winreg")
        with registry.OpenKey(registry.HKEY_LOCAL_MACHINE, _PROCESSOR) as key:
            about["model name"] = registry.QueryValueEx(key, "ProcessorNameString")[0].strip()
            about["vendor_id"] = registry.QueryValueEx(key, "VendorIdentifier")[0]
            words = registry.QueryValueEx(key, "Identifier")[0].split()
            about |= dict(zip(("cpu family", "model"), words[2:5:2], strict=False))
    return about


def machine_busy_s() -> float | None:
    """CPU seconds that all processes of this machine have used since boot; `None` where the system does not tell."""
    import ctypes

    idle, kernel, user = ctypes.c_uint64(), ctypes.c_uint64(), ctypes.c_uint64()
    if not _kernel().GetSystemTimes(ctypes.byref(idle), ctypes.byref(kernel), ctypes.byref(user)):
        return None
    return (kernel.value + user.value - idle.value) * _TICK_S


def own_and_waited_for_s() -> tuple[float, float]:
    """CPU seconds of this process; those of its children are known to nobody once they have ended."""
    return time.process_time(), 0.0


def children_of(pid: int) -> list[int]:
    """Windows keeps no tree of processes."""
    return []


def cpu_s_of(pid: int) -> float:
    """Never asked, for no children are known."""
    return 0.0


class Job:
    """A job object: Windows books the CPU time of all processes that are or were in it."""

    def __init__(self) -> None:
        import ctypes

        self._handle = ctypes.c_void_p(_kernel().CreateJobObjectW(None, None))
        if self._handle.value is None:
            raise OSError("no job object can be made")

    def admit(self, pid: int) -> None:
        """Let a process in; what it starts from now on is in the job too."""
        import ctypes

        process = ctypes.c_void_p(_kernel().OpenProcess(_SET_QUOTA_AND_TERMINATE, False, pid))
        if process.value is None or not _kernel().AssignProcessToJobObject(self._handle, process):
            raise OSError("the process cannot be put in a job object")
        _kernel().CloseHandle(process)

    def cpu_s(self) -> float:
        """CPU seconds of all processes that are or were in the job."""
        import ctypes

        words = (ctypes.c_uint64 * _ACCOUNTING_WORDS)()
        size = ctypes.sizeof(words)
        if not _kernel().QueryInformationJobObject(self._handle, _BASIC_ACCOUNTING, words, size, None):
            return 0.0
        return (words[0] + words[1]) * _TICK_S

    def leave(self) -> None:
        """Let go of the job; its processes run on."""
        _kernel().CloseHandle(self._handle)


@contextmanager
def own_group(name: str, root: str = "") -> Iterator[Job | None]:
    """A job object for a command; `None` where none can be made."""
    job: Job | None = None
    with suppress(OSError):
        job = Job()
    try:
        yield job
    finally:
        if job is not None:
            job.leave()


def endings(child: Popen[bytes]) -> Iterator[tuple[int, int]]:
    """Wait for a child: its id and exit code."""
    yield child.pid, child.wait()


def in_foreground() -> bool:
    """The console gives Ctrl-C to the command as well."""
    return True


def die_by(number: int) -> None:
    """Nothing ends by a signal on Windows."""


def adopt_orphans() -> None:
    """Windows has no orphans: no process belongs to another."""


def children_unknown() -> str:
    """Why the CPU time of a program's children is not known."""
    return "the CPU time of processes that a program starts is known on Windows only under payoff measure"


def unknown_here() -> tuple[str, ...]:
    """What cannot be known on this system, a sentence each."""
    jobs = "other measured jobs are not known on Windows: each is charged the idle energy of the whole machine"
    return children_unknown(), jobs
