"""Which sensors does this machine have? Counters first; what they leave out, and machines without any, are modelled.

In goes the root of a file system; out come probes (what looking for each kind found, and the line that unlocks it)
and the sensors that between them speak for each part of the machine once.

>>> from payoff.meter.sensors import find_sensors
>>> bool(find_sensors())
True
"""

from __future__ import annotations

from collections.abc import Iterable

from payoff.meter._processor import this_processor
from payoff.meter._seam import Probe, Sensor
from payoff.meter.sensors._looks import WHOLE, Look, looks
from payoff.meter.sensors._modelled import ServerModel, socket_threads

__all__ = ["find_sensors", "probe_all"]


def probe_all(root: str = "/") -> list[Probe]:
    """What looking for each kind of sensor found, the best first; `root` stands for the root of a recorded machine."""
    model = ServerModel(this_processor(), socket_threads())
    probes = [probe for look in looks(root, model) for probe in look.probes()]
    return [*probes, *_beside([probe for probe in probes if probe.sensors], model), _model(model)]


def find_sensors(root: str = "/") -> list[Sensor]:
    """The best sensors that between them speak for each part of the machine once.

    A named wall meter is enough alone. Otherwise perf events come before powercap and zeusd, accelerators beside
    them, and what none of them counts is modelled; where the processor has no counter, the whole machine is.
    """
    model = ServerModel(this_processor(), socket_threads())
    chosen: list[Probe] = []
    covered: set[str] = set()
    for look in (*looks(root, model), Look("processor", lambda: [_model(model)])):
        for probe in look.probes() if not {look.part, WHOLE} & covered else ():
            if probe.sensors and not probe.covers & covered:
                chosen.append(probe)
                covered |= probe.covers
    return [sensor for probe in (*chosen, *_beside(chosen, model)) for sensor in probe.sensors]


def _model(model: ServerModel) -> Probe:
    return Probe("model", (model,), frozenset({"processor", "memory", "rest"}), model.name, verified=True)


def _beside(chosen: Iterable[Probe], model: ServerModel) -> list[Probe]:
    """The modelled parts that no counter speaks for: the rest beside a counted processor, losses of accelerators."""
    beside: list[Probe] = []
    for probe in chosen:
        if WHOLE in probe.covers:
            return []
        if "rest" in probe.covers:
            continue
        from payoff.meter.sensors import _rest

        if "processor" not in probe.covers:
            beside.append(_rest.probe_losses(probe.sensors[0]))
        elif not any("rest" in made.covers for made in beside):
            beside.append(_rest.probe(probe.sensors[0], model.idle_w - model.processor_idle_w))
    return beside
