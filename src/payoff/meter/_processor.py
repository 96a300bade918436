"""What this machine's processor is, and how busy it and one job are, as far as the operating system tells."""

from __future__ import annotations

import os
from functools import cache

from payoff.frozen import Frozen
from payoff.meter._system import system


class Processor(Frozen):
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
    about = system.processor_says()
    vendor = {"AuthenticAMD": "amd", "GenuineIntel": "intel"}.get(about.get("vendor_id", ""), about.get("machine", ""))
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
    return system.machine_busy_s()


def own_cpu_s() -> float:
    """CPU seconds of this process, of the children it has waited for, and of all that descend from it and live."""
    return sum(system.own_and_waited_for_s()) + sum(system.cpu_s_of(pid) for pid in descendants(os.getpid()))


def offspring_cpu_s() -> float:
    """CPU seconds of all children of this process, dead or alive, and of theirs."""
    _, waited_for_s = system.own_and_waited_for_s()
    return waited_for_s + sum(system.cpu_s_of(pid) for pid in descendants(os.getpid()))


def had_offspring() -> bool:
    """Whether this process ever started another, or may have, where the system does not tell."""
    return bool(system.children_unknown()) or offspring_cpu_s() > 0 or bool(descendants(os.getpid()))


def own_pids() -> frozenset[int]:
    """This process and all that descend from it and live."""
    return frozenset((os.getpid(), *descendants(os.getpid())))


def descendants(pid: int) -> list[int]:
    """The ids of the living processes that descend from a process."""
    found: list[int] = []
    frontier = [pid]
    while frontier:
        children = system.children_of(frontier.pop())
        found += children
        frontier += children
    return found
