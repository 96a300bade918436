"""What this machine's processor is, and how busy it and one job are: procfs on Linux, less elsewhere."""

from __future__ import annotations

import os
import resource
from dataclasses import dataclass
from functools import cache

_TICK_S = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Processor:
    """The processor of this machine, and how much of it this process may use."""

    name: str
    vendor: str
    family: int | None
    model: int | None
    threads: int
    reserved: float
    """The share of the machine's threads that affinity and cgroup leave to this process."""
    guest: bool = False
    """Whether this is a virtual machine, which sees only some of the threads of its host."""


@cache
def this_processor() -> Processor:
    """The processor of this machine; a cloud may mask its name, CPUID's family and model stay."""
    about: dict[str, str] = {}
    try:
        with open("/proc/cpuinfo") as file:
            for line in file:
                key, _, value = line.partition(":")
                if not value.strip() and not key.strip():
                    break
                about[key.strip()] = value.strip()
    except OSError:
        about["model name"] = os.uname().machine
    vendor = {"AuthenticAMD": "amd", "GenuineIntel": "intel"}.get(about.get("vendor_id", ""), os.uname().machine)
    threads = os.cpu_count() or 1
    usable = min(_usable_threads(), _cgroup_threads() or threads)
    return Processor(
        about.get("model name", ""),
        vendor,
        _whole(about.get("cpu family")),
        _whole(about.get("model")),
        threads,
        min(1.0, usable / threads),
        "hypervisor" in about.get("flags", "").split(),
    )


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() else None


def _usable_threads() -> float:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _cgroup_threads() -> float | None:
    try:
        with open("/sys/fs/cgroup/cpu.max") as file:
            quota, period = file.read().split()
    except (OSError, ValueError):
        return None
    return None if quota == "max" else float(quota) / float(period)


def machine_busy_s() -> float | None:
    """CPU seconds that all processes of this machine have used since boot; `None` where the system does not tell."""
    try:
        with open("/proc/stat", "rb") as file:
            fields = file.readline().split()
    except OSError:
        return None
    user, nice, system, _, _, irq, softirq = map(int, fields[1:8])
    return (user + nice + system + irq + softirq) * _TICK_S


def own_cpu_s() -> float:
    """CPU seconds of this process, of the children it has waited for, and of all that descend from it and live."""
    own, reaped = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    waited_for = own.ru_utime + own.ru_stime + reaped.ru_utime + reaped.ru_stime
    return waited_for + sum(_cpu_s(pid) for pid in descendants(os.getpid()))


def offspring_cpu_s() -> float:
    """CPU seconds of all children of this process, dead or alive, and of theirs."""
    reaped = resource.getrusage(resource.RUSAGE_CHILDREN)
    return reaped.ru_utime + reaped.ru_stime + sum(_cpu_s(pid) for pid in descendants(os.getpid()))


def had_offspring() -> bool:
    """Whether this process ever started another."""
    return offspring_cpu_s() > 0 or bool(descendants(os.getpid()))


def own_pids() -> frozenset[int]:
    """This process and all that descend from it and live."""
    return frozenset((os.getpid(), *descendants(os.getpid())))


def descendants(pid: int) -> list[int]:
    """The ids of the living processes that descend from a process."""
    found: list[int] = []
    frontier = [pid]
    while frontier:
        parent = frontier.pop()
        try:
            tasks = os.listdir(f"/proc/{parent}/task")
        except OSError:
            continue
        for task in tasks:
            try:
                with open(f"/proc/{parent}/task/{task}/children", "rb") as file:
                    children = [int(child) for child in file.read().split()]
            except OSError:
                continue
            found += children
            frontier += children
    return found


def _cpu_s(pid: int) -> float:
    """CPU seconds of a process and of the children it has waited for."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) * _TICK_S
