"""The energy counters of a processor (RAPL) through perf events: 64 bits, which the kernel keeps from wrapping."""

from __future__ import annotations

import errno
import os
import platform
import struct
import sys
import weakref
from collections.abc import Callable, Sequence

from payoff.errors import SensorError
from payoff.frozen import Frozen
from payoff.meter._seam import Probe
from payoff.meter.sensors import _sysfs
from payoff.meter.sensors._counter import CounterSensor, Idle, Register
from payoff.meter.sensors._powercap import EVIDENCE, HIGHEST_W

KIND = "RAPL (perf events)"
FOLDER = "sys/bus/event_source/devices/power"
UNLOCK = "sudo sysctl kernel.perf_event_paranoid=0"
EVENTS = {"energy-pkg": "package", "energy-ram": "dram", "energy-psys": "psys"}
"""Cores and graphics are inside the package."""
SYSCALL = {"x86_64": 298, "aarch64": 241}
"""Number of perf_event_open by machine, from the kernel's system call tables."""
CLOSE_ON_EXEC = 8
ATTRIBUTES = struct.Struct("=IIQQQQQIIQQ")
"""The 72 bytes of perf_event_attr's second version: type, size, config, and zeros, which count from the start."""


class Event(Frozen):
    """One energy event of the kernel's 'power' unit: its code and the joules of a count."""

    part: str
    config: int
    joules: float


Opener = Callable[[int, int, int], int]
"""From the type of the unit, the code of the event and a processor to a file descriptor."""


def events(root: str = "/") -> list[Event]:
    """The events that are there, as sysfs describes them; what cannot be understood is left out."""
    folder = os.path.join(root, FOLDER, "events")
    found = []
    for name, part in EVENTS.items():
        config, scale = _config(_sysfs.text(f"{folder}/{name}") or ""), _sysfs.number(f"{folder}/{name}.scale")
        if config is not None and scale and scale > 0 and _sysfs.text(f"{folder}/{name}.unit") == "Joules":
            found.append(Event(part, config, scale))
    return found


def _config(text: str) -> int | None:
    """'event=0x02' is 2."""
    key, _, value = text.partition("=")
    try:
        return int(value, 0) if key == "event" else None
    except ValueError:
        return None


def processors(root: str, vendor: str) -> list[int]:
    """One processor for each counter: those of the unit's mask, on AMD one for each package.

    Kernels that take AMD's dies for the reach of the counter name one for each die, all of which read the register
    of the package. Intel's dies (Cascade Lake-AP) have registers of their own.
    """
    found = spread(_sysfs.text(os.path.join(root, FOLDER, "cpumask")) or "")
    if vendor != "amd":
        return found
    topology = os.path.join(root, "sys/devices/system/cpu/cpu{}/topology/physical_package_id")
    first: dict[str, int] = {}
    for cpu in found:
        first.setdefault(_sysfs.text(topology.format(cpu)) or str(cpu), cpu)
    return list(first.values())


def spread(mask: str) -> list[int]:
    """'0-2,8' is [0, 1, 2, 8]; nothing for what is no such list."""
    found: list[int] = []
    try:
        for piece in filter(None, mask.split(",")):
            first, _, last = piece.partition("-")
            found += range(int(first), int(last or first) + 1)
    except ValueError:
        return []
    return found


def open_event(kind: int, config: int, cpu: int) -> int:
    """perf_event_open for all processes on one processor; raises `OSError`."""
    import ctypes

    number = SYSCALL.get(platform.machine())
    if number is None or not sys.platform.startswith("linux") or sys.maxsize < 2**32:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    attributes = ctypes.create_string_buffer(ATTRIBUTES.pack(kind, ATTRIBUTES.size, config, *[0] * 8), ATTRIBUTES.size)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    long = ctypes.c_long
    file: int = libc.syscall(long(number), attributes, long(-1), long(cpu), long(-1), ctypes.c_ulong(CLOSE_ON_EXEC))
    if file < 0:
        failed = ctypes.get_errno()
        raise OSError(failed, os.strerror(failed))
    return file


class PerfEvents(CounterSensor):
    """Energy of the processor packages and, where it is counted, of their memory."""

    def __init__(
        self,
        found: Sequence[Event],
        cpus: Sequence[int],
        files: Sequence[int],
        read: Callable[[int], int],
        idle_w: float | None,
    ) -> None:
        weakref.finalize(self, _close, tuple(files))
        pairs = [(event, cpu) for event in found for cpu in (cpus if event.part != "psys" else cpus[:1])]
        registers = [
            Register(f"{event.part} (cpu {cpu})", event.joules, HIGHEST_W[event.part], None, event.part != "package")
            for event, cpu in pairs
        ]
        psys = registers.pop() if pairs[-1][0].part == "psys" else None
        super().__init__(
            KIND, registers, lambda: [read(file) for file in files], EVIDENCE, idle=Idle(idle_w), psys=psys
        )


def read_event(file: int) -> int:
    """The count of an event; raises `SensorError`."""
    try:
        return int.from_bytes(os.read(file, 8), sys.byteorder)
    except OSError as error:
        raise SensorError(f"an energy event cannot be read ({error})") from error


def _close(files: Sequence[int]) -> None:
    for file in files:
        try:
            os.close(file)
        except OSError:
            continue


def probe(
    root: str = "/",
    idle_w: float | None = None,
    vendor: str = "",
    *,
    opener: Opener = open_event,
    read: Callable[[int], int] = read_event,
) -> Probe:
    """Look for the kernel's 'power' unit and open its events."""
    found, cpus = events(root), processors(root, vendor)
    kind = _sysfs.number(os.path.join(root, FOLDER, "type"))
    if kind is None or not cpus or not any(event.part == "package" for event in found):
        return Probe(KIND, state="the kernel has no energy events here (usual in virtual machines)")
    files: list[int] = []
    try:
        for event in found:
            files += [opener(int(kind), event.config, cpu) for cpu in (cpus if event.part != "psys" else cpus[:1])]
        sensor = PerfEvents(found, cpus, files, read, idle_w)
    except OSError as error:
        _close(files)
        refused = error.errno in (errno.EACCES, errno.EPERM)
        state = (
            "energy events are here, but may not be opened" if refused else f"energy events cannot be opened ({error})"
        )
        return Probe(KIND, state=state, unlock=UNLOCK if refused else "")
    except SensorError as error:
        return Probe(KIND, state=str(error))
    memory = any(event.part == "dram" for event in found)
    covers = frozenset({"processor", "memory"} if memory else {"processor"})
    return Probe(KIND, (sensor,), covers, f"events of {len(cpus)} packages: {', '.join(event.part for event in found)}")
