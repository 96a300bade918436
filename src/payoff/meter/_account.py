"""What one job has used: the joules of the machine's sensors, shared out by CPU time and by what is reserved."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from payoff.errors import SensorError
from payoff.frozen import Frozen, replace
from payoff.meter._seam import Evidence, Interval, Sensor
from payoff.quantities import Estimate, Pair

GAP: Pair = (0.0, 2.0)
"""A gap is filled with the mean power of the rest of the run, which may be wrong by these factors."""
UNEVEN: Pair = (0.75, 1.25)
"""A second of CPU time of one job may take this much of the mean of all jobs that ran beside it; assumed."""


class Part(Frozen):
    """What a job has used of the figures of one sensor.

    `contested_j` is the part of `dynamic_j` that was shared out by CPU time while others worked as well.
    """

    sensor: str
    evidence: Evidence
    idle_j: float = 0.0
    dynamic_j: float = 0.0
    contested_j: float = 0.0
    covered_s: float = 0.0
    gap_s: float = 0.0

    @property
    def energy_j(self) -> float:
        """Joules, gaps filled."""
        known = self.idle_j + self.dynamic_j
        return known * (1 + self.gap_s / self.covered_s) if self.covered_s else known

    def energy(self) -> Estimate:
        """Joules, with what the sensor's errors, the sharing and gaps make of them."""
        evidence = self.evidence
        idle = Estimate(
            self.idle_j, _spread(self.idle_j, evidence.idle), {evidence.basis: 1.0}, sources=evidence.sources
        )
        errors = _spread(self.dynamic_j, evidence.dynamic)
        if self.contested_j:
            certain = self.dynamic_j - self.contested_j
            errors["share of CPU time"] = (
                certain + self.contested_j * UNEVEN[0],
                certain + self.contested_j * UNEVEN[1],
            )
        dynamic = Estimate(self.dynamic_j, errors, {evidence.basis: 1.0}, sources=evidence.sources)
        known = idle + dynamic
        missed_j = self.energy_j - known.value
        if missed_j <= 0:
            return known
        return known + Estimate(
            missed_j, {f"gap of {self.sensor}": (missed_j * GAP[0], missed_j * GAP[1])}, {"modelled": 1.0}
        )

    def to_json(self) -> dict[str, float]:
        """The raw figures, for the audit."""
        return {name: getattr(self, name) for name in ("idle_j", "dynamic_j", "contested_j", "covered_s", "gap_s")}


def _spread(energy_j: float, errors: Mapping[str, Pair]) -> dict[str, Pair]:
    return {name: (energy_j * low, energy_j * high) for name, (low, high) in errors.items()}


class Usage(Frozen):
    """What a job has used by now; `held_s` is for how long it would have held the whole machine to hold as much."""

    duration_s: float
    cpu_s: float
    held_s: float
    parts: tuple[Part, ...]

    @property
    def share(self) -> float:
        """The mean share of the machine that the job held, 0 to 1."""
        return min(1.0, self.held_s / self.duration_s) if self.duration_s > 0 else 0.0

    @property
    def energy_j(self) -> float | None:
        """Joules; `None` where no sensor has said anything."""
        covered = [part.energy_j for part in self.parts if part.covered_s]
        return sum(covered) if covered else None

    def energy(self) -> Estimate | None:
        """Joules with their interval; `None` where no sensor has said anything."""
        figures = [part.energy() for part in self.parts if part.covered_s]
        return sum(figures[1:], figures[0]) if figures else None

    def to_json(self) -> dict[str, Any]:
        """The raw figures, for the audit; the estimate made of them is in the footprint."""
        return {
            "duration_s": self.duration_s,
            "cpu_s": self.cpu_s,
            "held_s": self.held_s,
            "parts": {part.sensor: part.to_json() for part in self.parts},
        }


class Clocks(NamedTuple):
    """Where an account reads the time that passed, and the CPU time that the job and all processes have used."""

    job_cpu_s: Callable[[], float]
    machine_busy_s: Callable[[], float | None]
    now_s: Callable[[], float] = time.monotonic


class Split(NamedTuple):
    """A segment's part of what the machine drew: of the idle energy of the processors and of devices, and of what the
    CPU time of its process drew, where that has several windows.
    """

    idle: float = 1.0
    cpu: float = 1.0
    devices: float = 1.0
    whole_machine: bool = False


class Account:
    """The running account of one segment; safe to use from several threads.

    `split` is asked at each booking: dynamic energy is shared by CPU time, idle energy by what is reserved, or all of
    both is booked where the scope is the whole machine. `pids` names the job's processes to sensors that can tell
    them apart.
    """

    def __init__(
        self,
        sensors: Iterable[Sensor],
        clocks: Clocks,
        split: Callable[[], Split] = Split,
        pids: Callable[[], frozenset[int]] = frozenset,
    ) -> None:
        self._sensors = list(sensors)
        self._parts = [Part(sensor.name, sensor.evidence) for sensor in self._sensors]
        self._clocks, self._split, self._pids = clocks, split, pids
        self._lock = threading.Lock()
        self._began = self._last = clocks.now_s()
        self._seen_cpu_s = clocks.job_cpu_s()
        self._cpu_s = self._held_s = 0.0
        self._busy_s = clocks.machine_busy_s()

    def advance(self, patience_s: float = -1, at_least_s: float = 0.0) -> Usage:
        """Read the sensors and book what came since the last call.

        Another thread that is reading is waited for at most `patience_s` (for ever below 0), and a booking not older
        than `at_least_s` is good enough: a hot loop pays microseconds.
        """
        if self._clocks.now_s() - self._last >= at_least_s and self._lock.acquire(timeout=patience_s):
            try:
                self._book()
            finally:
                self._lock.release()
        return self.usage

    @property
    def usage(self) -> Usage:
        """What is booked."""
        return Usage(self._last - self._began, self._cpu_s, self._held_s, tuple(self._parts))

    def _book(self) -> None:
        now = self._clocks.now_s()
        elapsed_s = now - self._last
        seen_s = max(self._seen_cpu_s, self._clocks.job_cpu_s())
        job_s = seen_s - self._seen_cpu_s
        busy, before = self._clocks.machine_busy_s(), self._busy_s
        busy_s = max(job_s, busy - before) if busy is not None and before is not None else job_s
        split = self._split()
        interval = Interval(elapsed_s, busy_s, self._pids)
        share = 1.0 if split.whole_machine else split.cpu * (job_s / busy_s if busy_s > 0 else 0.0)
        for number, sensor in enumerate(self._sensors):
            self._parts[number] = _booked(self._parts[number], sensor, interval, share, split)
        self._last, self._seen_cpu_s, self._busy_s = now, seen_s, busy
        self._held_s += elapsed_s * (1.0 if split.whole_machine else split.idle)
        self._cpu_s += busy_s if split.whole_machine else job_s * split.cpu


def _booked(part: Part, sensor: Sensor, interval: Interval, share: float, split: Split) -> Part:
    try:
        drawn = sensor.drawn(interval)
    except SensorError:
        return replace(part, gap_s=part.gap_s + interval.elapsed_s)
    idle_share, contested = split.devices if drawn.device else split.idle, 0.0
    if split.whole_machine:
        idle_share, dynamic_j = 1.0, drawn.dynamic_j
    elif drawn.job_share is not None:
        dynamic_j = drawn.dynamic_j * drawn.job_share * split.cpu
    else:
        dynamic_j = drawn.dynamic_j * share
        contested = dynamic_j * (1 - share)
    covers_s = interval.elapsed_s if drawn.covers_s is None else drawn.covers_s
    return replace(
        part,
        evidence=sensor.evidence,
        idle_j=part.idle_j + drawn.idle_j * idle_share,
        dynamic_j=part.dynamic_j + dynamic_j,
        contested_j=part.contested_j + contested,
        covered_s=part.covered_s + covers_s,
        gap_s=max(0.0, part.gap_s + interval.elapsed_s - covers_s),
    )
