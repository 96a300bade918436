"""The energy counters of a processor (RAPL) as Linux shows them under /sys/class/powercap, on Intel and AMD."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

from payoff.errors import SensorError
from payoff.meter._seam import Evidence, Probe
from payoff.meter.sensors import _sysfs
from payoff.meter.sensors._counter import CounterSensor, Idle, Register

KIND = "RAPL (powercap)"
FOLDER = "sys/class/powercap"
HIGHEST_W = {"package": 2000.0, "dram": 1000.0, "psys": 8000.0}
"""No part draws more: a larger difference between two readings is a reset, not a wrap."""
UNLOCK = "sudo chmod -R a+r /sys/class/powercap/intel-rapl"
EVIDENCE = Evidence(
    "measured",
    idle={"accuracy of RAPL": (0.93, 1.07)},
    dynamic={"accuracy of RAPL": (0.93, 1.07)},
    sources=("RAPL counters of this machine, their accuracy assumed",),
)
MIRROR_J = 2.0
"""A mirror read between two readings of its original cannot be further from either than was drawn in that time."""


class Zone(NamedTuple):
    """One folder of the power capping framework: a package, the memory in it, or the whole platform."""

    path: str
    name: str

    @property
    def part(self) -> str:
        """'package', 'dram', 'psys', or what the kernel calls it."""
        return self.name.partition("-")[0]

    def read(self) -> int:
        """Microjoules now; raises `SensorError` where they cannot be read."""
        return _sysfs.count(f"{self.path}/energy_uj")


def zones(root: str = "/") -> list[Zone]:
    """The zones to add up, the platform's after them: each part of the machine once.

    The MMIO interface shows a package a second time and is used only where it alone is there; cores and graphics
    are inside their package.
    """
    folder = os.path.join(root, FOLDER)
    for control in ("intel-rapl:", "intel-rapl-mmio:"):
        found: dict[tuple[str, str], Zone] = {}
        for entry in _sysfs.names(folder, control):
            zone = Zone(f"{folder}/{entry}", _sysfs.text(f"{folder}/{entry}/name") or "")
            if zone.part in HIGHEST_W:
                parent = entry.rpartition(":")[0] if zone.part == "dram" else ""
                found.setdefault((parent, zone.name), zone)
        if found:
            return sorted(found.values(), key=lambda zone: zone.part == "psys")
    return []


def without_mirrors(found: Sequence[Zone]) -> list[Zone]:
    """The zones without the dies that show the counter of their whole package once more.

    Some AMD processors have a zone for each die that reads one and the same register (codecarbon issue 1274). A
    mirror, read between two readings of its original, lies between them.
    """
    kept: list[Zone] = []
    for zone in found:
        package = zone.name.partition("-die-")[0]
        originals = [k for k in kept if "-die-" in k.name and k.name.partition("-die-")[0] == package]
        if zone.part != "package" or "-die-" not in zone.name or not any(_mirrors(o, zone) for o in originals):
            kept.append(zone)
    dropped = {zone.path for zone in found} - {zone.path for zone in kept}
    return [zone for zone in kept if zone.path.rpartition(":")[0] not in dropped]


def _mirrors(original: Zone, zone: Zone) -> bool:
    before, between, after = original.read(), zone.read(), original.read()
    return before <= between <= after <= before + MIRROR_J * 1e6


def _register(zone: Zone) -> Register:
    wraps_at = _sysfs.number(f"{zone.path}/max_energy_range_uj")
    if not wraps_at or wraps_at <= 0:
        raise SensorError(f"{zone.path} does not say where its counter begins anew")
    entry = zone.path.rpartition("/")[2]
    return Register(f"{zone.name} ({entry})", 1e-6, HIGHEST_W[zone.part], int(wraps_at), zone.part != "package")


class Powercap(CounterSensor):
    """Energy of the processor packages and, where it is counted, of their memory."""

    def __init__(self, found: Sequence[Zone], idle_w: float | None = None) -> None:
        own = [zone for zone in without_mirrors(found) if zone.part != "psys"]
        psys = next((zone for zone in found if zone.part == "psys"), None)
        read = [zone.read for zone in (*own, *([psys] if psys else []))]
        super().__init__(
            KIND,
            [_register(zone) for zone in own],
            lambda: [one() for one in read],
            EVIDENCE,
            idle=Idle(idle_w),
            psys=_register(psys) if psys else None,
        )


def probe(root: str = "/", idle_w: float | None = None) -> Probe:
    """Look for zones that can be read."""
    found = zones(root)
    packages = [zone for zone in found if zone.part == "package"]
    if not packages:
        return Probe(KIND, state="the kernel shows no energy counters here (usual in virtual machines and containers)")
    if not all(os.access(f"{zone.path}/energy_uj", os.R_OK) for zone in packages):
        state = "energy counters are here, but only root may read them (CVE-2020-8694)"
        return Probe(KIND, state=state, unlock=UNLOCK)
    readable = [zone for zone in found if os.access(f"{zone.path}/energy_uj", os.R_OK)]
    try:
        sensor = Powercap(readable, idle_w)
    except SensorError as error:
        return Probe(KIND, state=str(error), unlock=UNLOCK if "ermission" in str(error) else "")
    memory = any(zone.part == "dram" for zone in readable)
    covers = frozenset({"processor", "memory"} if memory else {"processor"})
    return Probe(KIND, (sensor,), covers, f"counters of {', '.join(zone.name for zone in readable)}")
