"""What the counters leave out: power supply, fans, board, disks, and memory where it is not counted.

Two ways: modelled, from the counted joules and the published idle watts of servers; or, where the platform has a
counter of its own (psys), measured as what that shows beyond the packages.

The modelled rest follows what is counted. A power supply loses 4 to 23 % of what it delivers (80 PLUS levels Bronze
to Titanium at 230 V, efficiency 0.81 to 0.96); regulators and fans come on top. Published servers since 2017 draw
1.05 (0.77-1.39) times the rated power of their processors at full load and 0.19 (0.12-0.42) times when idle
(147 SPECpower results with a rated power, green-coding-solutions/cloud-energy): with packages at 0.75 to 1 of their
rating under full load, some 0.15 of what work adds to the packages is added again elsewhere. The idle rest is the part
of a published server's idle watts that is not drawn by its packages. How the rest divides is assumed throughout.
"""

from __future__ import annotations

from typing import Protocol

from payoff.errors import SensorError
from payoff.meter._seam import Drawn, Evidence, Interval, Probe, Sensor
from payoff.meter.sensors._counter import CounterSensor, Idle
from payoff.meter.sensors._guarded import Guarded

KIND = "rest of the machine"
DYNAMIC_SHARE = 0.15
DYNAMIC_ERROR = 0.35, 3.0
"""0.05 to 0.45 of what work adds to the packages."""
IDLE_ERROR = 0.25, 2.5
GPU_SHARE = 0.12
GPU_ERROR = 0.3, 2.5
"""An accelerator's share of power supply and fans, 0.04 to 0.3 of its own power: assumed."""
SOURCE = "80 PLUS levels and SPECpower results against rated power; how the rest divides is assumed"


class Followed(Protocol):
    """A sensor that remembers what it told last."""

    latest: Drawn | None

    @property
    def name(self) -> str:
        """See `Sensor`."""


class Rest:
    """The modelled rest beside a counted part; reads what that sensor told last, so it stands after it in the list."""

    def __init__(self, of: Followed, idle_w: float) -> None:
        self.name = KIND
        self._of, self._idle_w = of, idle_w
        self.evidence = Evidence(
            "modelled",
            idle={"rest of the machine: idle": IDLE_ERROR},
            dynamic={"rest of the machine: losses": DYNAMIC_ERROR},
            sources=(SOURCE,),
        )

    def drawn(self, interval: Interval) -> Drawn:
        """See `Sensor`."""
        counted = self._of.latest
        if counted is None:
            raise SensorError(f"{self._of.name} told nothing that {self.name} could follow")
        seconds = interval.elapsed_s if counted.covers_s is None else counted.covers_s
        return Drawn(self._idle_w * seconds, counted.dynamic_j * DYNAMIC_SHARE, counted.job_share, counted.covers_s)


class Losses:
    """What an accelerator's power supply and cooling draw on top of its own figure, when idle as under load."""

    def __init__(self, of: Followed) -> None:
        self.name = f"supply and cooling of {of.name.partition(':')[0]}"
        self._of = of
        error = {"supply and cooling of accelerators": GPU_ERROR}
        self.evidence = Evidence("modelled", error, error, (SOURCE,))

    def drawn(self, interval: Interval) -> Drawn:
        """See `Sensor`."""
        counted = self._of.latest
        if counted is None:
            raise SensorError(f"{self._of.name} told nothing that its losses could follow")
        idle_j, dynamic_j = counted.idle_j * GPU_SHARE, counted.dynamic_j * GPU_SHARE
        return Drawn(idle_j, dynamic_j, counted.job_share, counted.covers_s)


class PlatformRest:
    """The rest as the platform's own counter shows it; whether that is plausible is seen at the first reading.

    Some platforms leave the counter at 0 or show only a part of the machine: then the model stands in for good.
    """

    name = KIND
    MEASURED = Evidence(
        "measured",
        idle={"reach of the platform's counter": (0.9, 1.3)},
        dynamic={"reach of the platform's counter": (0.9, 1.3)},
        sources=("psys counter of this machine, less its packages; the power supply is beyond it: assumed",),
    )

    def __init__(self, of: CounterSensor, fallback: Rest, idle_w: float) -> None:
        self._of, self._fallback, self._idle = of, fallback, Idle(idle_w)
        self._plausible: bool | None = None

    @property
    def evidence(self) -> Evidence:
        """See `Sensor`."""
        return self._idle.told(self.MEASURED, self.name) if self._plausible else self._fallback.evidence

    def drawn(self, interval: Interval) -> Drawn:
        """See `Sensor`."""
        counted, beyond_j = self._of.latest, self._of.beyond_j
        if self._plausible is None and counted is not None and counted.covers_s:
            self._plausible = beyond_j is not None
        if not self._plausible:
            return self._fallback.drawn(interval)
        if counted is not None and counted.covers_s == 0:
            return Drawn(0.0, 0.0, covers_s=0.0)
        if counted is None or beyond_j is None or not counted.covers_s:
            raise SensorError("the platform's counter shows less than its packages")
        idle_j, dynamic_j = self._idle.split(beyond_j, counted.covers_s)
        return Drawn(idle_j, dynamic_j, covers_s=counted.covers_s)


def probe(counted: Sensor, idle_w: float) -> Probe:
    """The rest beside a counted processor: as the platform's counter shows it, else modelled."""
    assert isinstance(counted, CounterSensor | Guarded)
    rest = Rest(counted, idle_w)
    if isinstance(counted, CounterSensor) and counted.has_platform:
        state = f"the platform's counter less {counted.name}, where that is plausible"
        return Probe(KIND, (PlatformRest(counted, rest, idle_w),), frozenset({"rest"}), state)
    return Probe(KIND, (rest,), frozenset({"rest"}), f"modelled beside {counted.name}")


def probe_losses(counted: Sensor) -> Probe:
    """The losses beside an accelerator that tells its own energy."""
    assert isinstance(counted, Guarded)
    losses = Losses(counted)
    return Probe(KIND, (losses,), frozenset({losses.name}), "modelled")
