"""What the last bit of quality took."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from payoff.model import Objective, Reading


@dataclass(frozen=True, slots=True)
class LastGain:
    """What the last `gain` of quality took of the energy until the best reading.

    Both energies are of one run, so an error that scales the whole run leaves `share` as it is.
    """

    best: Reading
    within: Reading
    gain: float
    energy_j: float

    @property
    def share(self) -> float:
        """Of the energy until the best reading, 0 to 1."""
        return self.energy_j / self.best.energy_j if self.best.energy_j else 0.0


def last_gain(readings: Iterable[Reading], objective: Objective, gain: float) -> LastGain | None:
    """From the first reading within `gain` of the best to the first that is the best; `None` without energies."""
    curve = [r for r in readings if r.metric == objective.metric and r.energy_j is not None and r.value == r.value]
    best: Reading | None = None
    for reading in curve:
        if objective.better(reading.value, best.value if best else None):
            best = reading
    if best is None:
        return None
    reach = gain * (1 + 1e-9)
    within = next(r for r in curve if abs(best.value - r.value) <= reach or objective.better(r.value, best.value))
    return LastGain(best, within, gain, (best.energy_j or 0.0) - (within.energy_j or 0.0))
