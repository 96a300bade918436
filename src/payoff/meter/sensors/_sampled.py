"""Sensors that tell watts, not joules: energy is the area under the samples, with an interval for what lies between."""

from __future__ import annotations

import math
from collections.abc import Callable

from payoff.errors import SensorError
from payoff.meter._seam import Drawn, Evidence, Interval
from payoff.meter.sensors._counter import Idle

FEW = 3
FEW_SAMPLES = 0.7, 1.3
"""What so few samples say of the mean power; an assumption."""
TO_90_PERCENT = 1.645 / math.sqrt(3)
"""From the half-width of a uniform error to that of a 90 % interval, once many are added."""


class Sampled:
    """A sensor of watts, integrated by the trapezoid rule.

    Between two samples the power may have been anywhere between them: that error is taken as uniform over half
    their difference and independent from one interval to the next.
    """

    def __init__(self, name: str, watts: Callable[[], float], evidence: Evidence, *, idle: Idle | None = None) -> None:
        self.name = name
        self.watts, self._evidence, self._idle = watts, evidence, idle or Idle()
        self._last_w: float | None = None
        self._since_s = 0.0
        self._energy_j = self._variance = 0.0
        self._samples = 0
        self.latest: Drawn | None = None

    @property
    def evidence(self) -> Evidence:
        """See `Sensor`."""
        known, sampling = self._idle.told(self._evidence, self.name), {f"sampling of {self.name}": self._sampling()}
        return Evidence(known.basis, {**known.idle, **sampling}, {**known.dynamic, **sampling}, known.sources)

    def _sampling(self) -> tuple[float, float]:
        if self._samples < FEW or not self._energy_j:
            return FEW_SAMPLES
        share = min(0.9, TO_90_PERCENT * math.sqrt(self._variance) / self._energy_j)
        return 1 - share, 1 + share

    def drawn(self, interval: Interval) -> Drawn:
        """See `Sensor`."""
        self.latest = None
        self._since_s += interval.elapsed_s
        watts = self.watts()
        if not math.isfinite(watts) or watts < 0:
            raise SensorError(f"{self.name} says {watts} W")
        before, seconds = self._last_w, self._since_s
        self._last_w, self._since_s = watts, 0.0
        joules = seconds * (watts if before is None else (before + watts) / 2)
        self._energy_j += joules
        self._variance += (seconds * (watts if before is None else abs(watts - before)) / 2) ** 2
        self._samples += 1
        idle_j, dynamic_j = self._idle.split(joules, seconds)
        self.latest = Drawn(idle_j, dynamic_j, covers_s=seconds)
        return self.latest
