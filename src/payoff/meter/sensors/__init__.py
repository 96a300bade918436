"""Which sensors does this machine have? Counters first; what they leave out, and machines without any, are modelled.

>>> from payoff.meter.sensors import find_sensors
>>> bool(find_sensors())
True
"""

from __future__ import annotations

from payoff.meter._processor import this_processor
from payoff.meter._seam import Probe, Sensor
from payoff.meter.sensors._modelled import ServerModel
from payoff.meter.sensors._powercap import Powercap, find_counters

__all__ = ["find_sensors", "probe_all"]


def probe_all(root: str = "/") -> list[Probe]:
    """What looking for each kind of sensor found, the best first; `root` stands for the root of a recorded machine."""
    model = ServerModel(this_processor())
    counters = find_counters()
    powercap = Powercap(counters, model.processor_idle_w)
    found = Probe("RAPL (powercap)", (powercap,) if counters else (), frozenset({"machine"} if counters else ()), f"{len(counters)} counters")
    return [found, Probe("model", (model,), frozenset({"machine"}), model.name, verified=True)]


def find_sensors(root: str = "/") -> list[Sensor]:
    """The best sensors that between them speak for each part of the machine once."""
    chosen: list[Sensor] = []
    covered: set[str] = set()
    for probe in probe_all(root):
        if probe.sensors and not probe.covers & covered:
            chosen += probe.sensors
            covered |= probe.covers
    return chosen
