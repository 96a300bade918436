"""What one job has used: the joules of the machine's sensors, shared out by CPU time and by what is reserved."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from payoff.errors import SensorError
from payoff.meter._seam import Evidence, Interval, Sensor
from payoff.quantities import Estimate, Pair

GAP = (0.0, 2.0)
"""A gap is filled with the mean power of the rest of the run, which may be wrong by these factors."""


@dataclass(slots=True)
class Part:
    """What a job has used of the figures of one sensor."""

    sensor: Sensor
    idle_j: float = 0.0
    dynamic_j: float = 0.0
    covered_s: float = 0.0
    gap_s: float = 0.0

    def energy(self) -> Estimate:
        """Joules, with what the sensor's errors and gaps make of them."""
        evidence = self.sensor.evidence
        idle = _figure(self.idle_j, evidence, evidence.idle)
        dynamic = _figure(self.dynamic_j, evidence, evidence.dynamic)
        known = idle + dynamic
        if not (self.gap_s and self.covered_s):
            return known
        missed_j = known.value / self.covered_s * self.gap_s
        gap = {f"gap of {self.sensor.name}": (missed_j * GAP[0], missed_j * GAP[1])}
        return known + Estimate(missed_j, gap, {"modelled": 1.0})


def _figure(energy_j: float, evidence: Evidence, errors: Any) -> Estimate:
    pairs: dict[str, Pair] = {name: (energy_j * low, energy_j * high) for name, (low, high) in errors.items()}
    return Estimate(energy_j, pairs, {evidence.basis: 1.0}, sources=evidence.sources)


@dataclass(frozen=True, slots=True)
class Usage:
    """What a job has used by now."""

    duration_s: float
    cpu_s: float
    energy: Estimate | None
    parts: dict[str, dict[str, float]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The raw figures, for the audit; the estimate made of them is in the footprint."""
        return {"duration_s": self.duration_s, "cpu_s": self.cpu_s, "parts": self.parts}


class Account:
    """The running account of one job; safe to use from several threads.

    `job_cpu_s` and `machine_busy_s` are clocks: CPU seconds used so far by the job and by all processes.
    Dynamic energy is shared by CPU time, idle energy by `reserved`, the share of the machine that the job holds.
    """

    def __init__(
        self,
        sensors: Iterable[Sensor],
        job_cpu_s: Callable[[], float],
        machine_busy_s: Callable[[], float | None],
        *,
        reserved: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._parts = [Part(sensor) for sensor in sensors]
        self._job_cpu_s, self._machine_busy_s, self._clock = job_cpu_s, machine_busy_s, clock
        self._reserved = reserved
        self._lock = threading.Lock()
        self._began = self._last = clock()
        self._first_cpu_s = self._cpu_s = job_cpu_s()
        self._busy_s = machine_busy_s()

    def advance(self, patience_s: float = -1, at_least_s: float = 0.0) -> Usage:
        """Read the sensors and book what came since the last call.

        Another thread that is reading is waited for at most `patience_s` (for ever below 0), and a reading not older
        than `at_least_s` is good enough: a hot loop pays microseconds.
        """
        if self._clock() - self._last >= at_least_s and self._lock.acquire(timeout=patience_s):
            try:
                self._book()
            finally:
                self._lock.release()
        return self.usage()

    def _book(self) -> None:
        now = self._clock()
        elapsed_s, self._last = now - self._last, now
        cpu_s = max(self._cpu_s, self._job_cpu_s())
        job_s, self._cpu_s = cpu_s - self._cpu_s, cpu_s
        busy, before = self._machine_busy_s(), self._busy_s
        self._busy_s = busy
        busy_s = max(job_s, busy - before) if busy is not None and before is not None else job_s
        interval = Interval(elapsed_s, busy_s)
        for part in self._parts:
            try:
                drawn = part.sensor.drawn(interval)
            except SensorError:
                part.gap_s += elapsed_s
                continue
            part.covered_s += elapsed_s
            part.idle_j += drawn.idle_j * self._reserved
            by_time = job_s / busy_s if busy_s > 0 else 0.0
            part.dynamic_j += drawn.dynamic_j * (by_time if drawn.job_share is None else drawn.job_share)

    def usage(self) -> Usage:
        """What is booked so far."""
        figures = [part.energy() for part in self._parts if part.covered_s]
        parts = {
            part.sensor.name: {"idle_j": part.idle_j, "dynamic_j": part.dynamic_j, "covered_s": part.covered_s, "gap_s": part.gap_s}
            for part in self._parts
        }
        energy = sum(figures[1:], figures[0]) if figures else None
        return Usage(self._last - self._began, self._cpu_s - self._first_cpu_s, energy, parts)
