"""When a process of Windows started, as kernel32 tells it. Simulated only, never run on Windows."""

from __future__ import annotations

from typing import Any, cast

_QUERY_LIMITED_INFORMATION = 0x1000
_STILL_ACTIVE = 259


def started(pid: int) -> int | None:
    """When a process started, in units of 100 ns since 1601; `None` when it is gone or not to be asked."""
    import ctypes

    kernel: Any = cast(Any, ctypes).WinDLL("kernel32")
    kernel.OpenProcess.restype = ctypes.c_void_p
    process = ctypes.c_void_p(kernel.OpenProcess(_QUERY_LIMITED_INFORMATION, False, pid))
    if process.value is None:
        return None
    code, made, *others = ctypes.c_uint32(), *(ctypes.c_uint64() for _ in range(4))
    times = [ctypes.byref(time) for time in (made, *others)]
    told = kernel.GetExitCodeProcess(process, ctypes.byref(code)) and kernel.GetProcessTimes(process, *times)
    kernel.CloseHandle(process)
    return made.value if told and code.value == _STILL_ACTIVE else None


def exists(pid: int) -> bool:
    """Whether a process lives."""
    return started(pid) is not None
