"""Which sensors does this machine have? Counters first; what they leave out, and machines without any, are modelled.

In goes the root of a file system; out come probes (what looking for each kind found, and the line that unlocks it)
and the sensors that between them speak for each part of the machine once.

>>> from payoff.meter.sensors import find_sensors
>>> bool(find_sensors())
True
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from payoff.meter._processor import this_processor
from payoff.meter._seam import Interval, Probe, Sensor
from payoff.meter.sensors import _amd, _apple, _calibrated, _command, _jetson, _nvidia, _perf, _powercap, _rest, _zeusd
from payoff.meter.sensors._counter import CounterSensor, Idle
from payoff.meter.sensors._guarded import Guarded
from payoff.meter.sensors._modelled import ServerModel

__all__ = ["Guarded", "find_sensors", "probe_all"]

WHOLE = "machine"
"""What a meter at the wall covers: whatever else there is would be counted twice."""


def probe_all(root: str = "/") -> list[Probe]:
    """What looking for each kind of sensor found, the best first; `root` stands for the root of a recorded machine."""
    return [probe for look in _looks(root) for probe in look()]


def find_sensors(root: str = "/") -> list[Sensor]:
    """The best sensors that between them speak for each part of the machine once.

    A named wall meter is enough alone. Otherwise perf events come before powercap and zeusd, accelerators beside
    them, and a model of the rest behind; the model of the whole machine stands where the processor has no counter.
    """
    model = ServerModel(this_processor())
    chosen: list[Sensor] = []
    covered: set[str] = set()
    for look in _looks(root, model):
        for probe in look() if not covered >= _COVERS.get(look, {WHOLE}) else ():
            if probe.sensors and not _overlap(probe.covers, covered):
                chosen += probe.sensors
                covered |= probe.covers
        if WHOLE in covered:
            return chosen
    return chosen + _beside(chosen, model, covered)
