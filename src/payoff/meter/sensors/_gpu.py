"""What all accelerators share: a counter held against the power reading, and the processes that keep it busy."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Collection, Mapping

from payoff.errors import SensorError
from payoff.meter._seam import Drawn, Evidence, Interval
from payoff.meter.sensors._counter import CounterSensor, Idle, StandsStill
from payoff.meter.sensors._sampled import Sampled

ENOUGH_S = 30.0
"""So long must counter and power reading have been watched before they are compared."""
AGREE = 0.75, 1.33
"""Within these factors counter and power reading agree; sampling alone makes them differ by some per cent."""
STUCK_S = 5.0
"""A counter that has stood still for so long while there is a power reading is given up for that reading."""
IDLE_SHARE = 0.12
"""Idle watts as a share of the power limit, used until a lower power has been seen; an assumption (0.05 to 0.2)."""


class Disagreement:
    """Holds the joules of a counter against power times time."""

    def __init__(self) -> None:
        self._counted_j = self._sampled_j = self._seconds = 0.0

    def watch(self, counted_j: float, watts: float | None, seconds: float) -> None:
        """Take what both said of an interval; without a power reading nothing is learnt."""
        if watts is not None and math.isfinite(watts) and watts >= 0:
            self._counted_j += counted_j
            self._sampled_j += watts * seconds
            self._seconds += seconds

    @property
    def factor(self) -> float | None:
        """Power times time over the counter's joules, where they disagree by far."""
        if self._seconds < ENOUGH_S or not (self._counted_j and self._sampled_j):
            return None
        factor = self._sampled_j / self._counted_j
        return None if AGREE[0] <= factor <= AGREE[1] else factor


class Accelerator:
    """One accelerator: its counter or, failing that, its power reading; and the job's share of the work on it.

    `power` stands in for a counter that is stuck. `share` tells the job's share of the work in the interval, or
    `None`. With `part` below 1 only that part of the device (a MIG slice) belongs to the job's machine.
    """

    def __init__(
        self,
        counter: CounterSensor | None,
        power: Sampled,
        share: Callable[[Collection[int]], float | None],
        *,
        part: float = 1.0,
    ) -> None:
        self.name = power.name
        self._source, self._power = counter or power, power
        self._share, self._part = share, part
        self._check = Disagreement()

    @property
    def evidence(self) -> Evidence:
        """See `Sensor`; where counter and power reading disagree by far, both are inside the interval."""
        known = self._source.evidence
        factor = self._check.factor
        if factor is None:
            return known
        error = {"counter and power reading disagree": (min(1.0, factor), max(1.0, factor))}
        return Evidence(known.basis, {**known.idle, **error}, {**known.dynamic, **error}, known.sources)

    def drawn(self, interval: Interval) -> Drawn:
        """See `Sensor`."""
        try:
            drawn = self._source.drawn(interval)
        except StandsStill as still:
            if still.seconds < STUCK_S or not self._watts():
                raise
            self._source = self._power
            drawn = self._source.drawn(interval)
        if drawn.covers_s and isinstance(self._source, CounterSensor):
            self._check.watch(drawn.idle_j + drawn.dynamic_j, self._watts(), drawn.covers_s)
        pids = interval.pids()
        share = self._share(pids) if pids else None
        return Drawn(drawn.idle_j * self._part, drawn.dynamic_j * self._part, share, drawn.covers_s, True)

    def _watts(self) -> float | None:
        try:
            return self._power.watts()
        except SensorError:
            return None


def share_of_work(mine: Collection[int], work: Mapping[int, float]) -> float | None:
    """The job's share of the work that the processes on a device did; `None` where nothing is told.

    In a container the driver may name processes by ids of another name space, none of which even exists here: the
    device was given to this container, so what works on it is taken to be the job's.

    >>> share_of_work({7}, {7: 30.0, 8: 10.0})
    0.75
    """
    whole = sum(work.values())
    if not work or whole <= 0:
        return None
    ours = sum(amount for pid, amount in work.items() if pid in mine)
    if not ours and not any(os.path.exists(f"/proc/{pid}") for pid in work):
        return 1.0
    return ours / whole


def all_or_none(mine: Collection[int], present: Collection[int]) -> float | None:
    """1 where all processes on a device are the job's, 0 where none is; `None` where some are or nothing is told."""
    share = share_of_work(mine, dict.fromkeys(present, 1.0))
    return share if share in (0.0, 1.0) else None


def idle_of(limit_w: float | None) -> Idle:
    """The split of a device whose power limit is known."""
    return Idle(IDLE_SHARE * limit_w if limit_w else None)
