"""Pretend to be macOS or Windows before payoff is imported: what they lack is gone, what they tell comes from procfs.

Made on Linux from the systems' documentation; `os.name` and the path separator stay, for pathlib would not work.
"""

from __future__ import annotations

import builtins
import ctypes
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import contextmanager
from importlib import import_module
from types import SimpleNamespace
from typing import Any

NOT_ELSEWHERE = ("/proc", "/sys", "/dev/shm")
LACKING: dict[str, dict[Any, str]] = {
    "darwin": {os: "sched_getaffinity sched_setaffinity O_TMPFILE"},
    "win32": {
        os: "uname sysconf register_at_fork sched_getaffinity sched_setaffinity fork getuid geteuid getpgrp tcgetpgrp"
        " pread pwrite statvfs killpg setsid O_CLOEXEC O_NOFOLLOW O_DIRECTORY O_NONBLOCK",
        signal: "SIGHUP SIGUSR1 SIGUSR2 SIGCONT SIGWINCH SIGQUIT SIGKILL SIGSTOP SIGCHLD pthread_sigmask",
        socket: "AF_UNIX",
    },
}
UNIMPORTABLE = {"darwin": "", "win32": "resource fcntl termios tty pty pwd grp"}
FIRST = (
    "argparse asyncio click logging.handlers numpy pathlib platform pytest rich.console rich.live rich.progress"
    " rich.status rich.table sqlite3 subprocess tempfile"
)
"""What looks at the system when it is imported, and is not what is tried here."""

_open, _listdir, _kill, _waitpid = builtins.open, os.listdir, os.kill, os.waitpid


def pretend(system: str) -> None:
    """From now on this process is on that system, as far as payoff asks."""
    for name in FIRST.split():
        import_module(name)
    for name in UNIMPORTABLE[system].split():
        sys.modules[name] = None  # type: ignore[assignment]
    for module, names in LACKING[system].items():
        for name in names.split():
            delattr(module, name)
    builtins.open = _without_linux(builtins.open)
    for name in ("listdir", "scandir", "stat", "readlink"):
        setattr(os, name, _without_linux(getattr(os, name)))
    if system == "win32":
        os.environ["COMPUTERNAME"] = "THERE"
        os.kill, os.waitpid = _kill_of_windows, _waitpid_of_windows
        sys.modules["winreg"] = _registry()  # type: ignore[assignment]
        ctypes.WinDLL = lambda name: _kernel32()  # type: ignore[attr-defined]
    else:
        ctypes.CDLL = lambda name: _lib_system()  # type: ignore[assignment, misc]
        os.uname = lambda: os.uname_result(("Darwin", "there", "23.0.0", "", "arm64"))
    sys.platform = system


def _without_linux(function: Callable[..., Any]) -> Callable[..., Any]:
    def asked(path: Any = ".", *args: Any, **kwargs: Any) -> Any:
        if isinstance(path, str) and path.startswith(NOT_ELSEWHERE):
            raise FileNotFoundError(2, "No such file or directory", path)
        return function(path, *args, **kwargs)

    return asked


def _stat(pid: int) -> list[str]:
    """The fields of a living process, without its id and name."""
    try:
        with _open(f"/proc/{pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return []
    return [] if fields[0] == "Z" else fields


def _cpu_s(pid: int) -> list[float]:
    return [int(field) / 100 for field in _stat(pid)[11:15]]


def _busy_and_idle_s() -> tuple[float, float]:
    with _open("/proc/stat") as file:
        user, nice, system, idle = (int(field) / 100 for field in file.readline().split()[1:5])
    return user + nice + system, idle


# Windows


def _kill_of_windows(pid: int, number: int) -> None:
    assert number != 0, "on Windows this sends Ctrl-C"
    _kill(pid, 9)  # whatever the number, TerminateProcess


def _waitpid_of_windows(pid: int, options: int) -> tuple[int, int]:
    assert pid > 0, "Windows waits for one process"
    return _waitpid(pid, options)


def _kernel32() -> SimpleNamespace:
    members: list[int] = []

    def open_process(access: int, inherit: bool, pid: int) -> int | None:
        return pid if _stat(pid) else None

    def assign(job: Any, process: Any) -> int:
        members.append(process.value)
        return 1

    def query(job: Any, kind: int, words: Any, size: int, length: None) -> int:
        assert (kind, size) == (1, 48)
        reaped = resource.getrusage(resource.RUSAGE_CHILDREN)
        words[0] = int(1e7 * (reaped.ru_utime + sum(sum(_cpu_s(pid)) for pid in members)))
        words[1] = int(1e7 * reaped.ru_stime)
        return 1

    def system_times(idle: Any, kernel: Any, user: Any) -> int:
        busy_s, idle_s = _busy_and_idle_s()
        idle._obj.value, kernel._obj.value, user._obj.value = int(idle_s * 1e7), int(idle_s * 1e7), int(busy_s * 1e7)
        return 1

    def process_times(process: Any, made: Any, *others: Any) -> int:
        made._obj.value = int(_stat(process.value)[19])
        return 1

    def exit_code(process: Any, code: Any) -> int:
        code._obj.value = 259
        return 1

    return SimpleNamespace(
        CreateJobObjectW=lambda security, name: 1,
        OpenProcess=open_process,
        AssignProcessToJobObject=assign,
        QueryInformationJobObject=query,
        GetSystemTimes=system_times,
        GetProcessTimes=process_times,
        GetExitCodeProcess=exit_code,
        CloseHandle=lambda handle: 1,
    )


def _registry() -> SimpleNamespace:
    told = {
        "ProcessorNameString": "Intel(R) Xeon(R) Gold 6230 CPU @ 2.10GHz ",
        "VendorIdentifier": "GenuineIntel",
        "Identifier": "Intel64 Family 6 Model 85 Stepping 7",
    }

    @contextmanager
    def key(root: int, path: str) -> Any:
        assert path == r"HARDWARE\DESCRIPTION\System\CentralProcessor\0"
        yield told

    return SimpleNamespace(HKEY_LOCAL_MACHINE=0, OpenKey=key, QueryValueEx=lambda key, name: (key[name], 1))


# macOS


def _lib_system() -> SimpleNamespace:
    ticks_per_s = 24_000_000  # Apple silicon's; it is not told

    def list_children(pid: int, buffer: Any, size: int) -> int:
        try:
            with _open(f"/proc/{pid}/task/{pid}/children") as file:
                found = [int(child) for child in file.read().split()]
        except OSError:
            return -1
        buffer[: len(found)] = found
        return len(found)

    def usage(pid: int, version: int, words: Any) -> int:
        assert version == 1
        times = _cpu_s(pid)
        if pid == os.getpid():
            own = resource.getrusage(resource.RUSAGE_SELF)
            times[:2] = own.ru_utime, own.ru_stime
        for place, seconds in zip((2, 3, 12, 13), times, strict=False):
            words[place] = int(seconds * ticks_per_s)
        return 0 if times else -1

    def load(host: int, kind: int, ticks: Any, count: Any) -> int:
        assert (kind, count._obj.value) == (3, 4)
        busy_s, idle_s = _busy_and_idle_s()
        ticks[:] = [int(busy_s * 100), 0, int(idle_s * 100), 0]
        return 0

    def sysctl(name: bytes, value: Any, *_: Any) -> int:
        assert name == b"machdep.cpu.brand_string"
        value.value = b"Apple M2"
        return 0

    return SimpleNamespace(
        proc_listchildpids=list_children,
        proc_pid_rusage=usage,
        mach_host_self=lambda: 1,
        host_statistics=load,
        sysctlbyname=sysctl,
    )
