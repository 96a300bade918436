"""Ticks that cost little: a whole footprint now and then, and in between by how much each figure has grown since."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from payoff.meter._account import Usage
from payoff.model import Footprint

WHOLE_EVERY = 10
"""Every so many ticks the intervals are worked out anew."""


class Growth:
    """Remembers the last whole footprint of a segment; `rented` says that the cost follows time and not energy."""

    def __init__(self, *, rented: bool) -> None:
        self._rented = rented
        self._age = 0
        self._base: dict[str, float] = {}
        self._footprint = Footprint()

    def of(
        self, usage: Usage, counts: Mapping[str, float], whole: Callable[[Usage], Footprint]
    ) -> tuple[Footprint, dict[str, float]]:
        """A footprint, and the factor by which each of its figures has grown since."""
        now = {"duration_s": usage.duration_s, "held_s": usage.held_s, "energy_j": usage.energy_j or 0.0, **counts}
        self._age += 1
        if self._age >= WHOLE_EVERY or now.keys() != self._base.keys() or min(self._base.values()) <= 0:
            self._age, self._base, self._footprint = 0, now, whole(usage)
            return self._footprint, {}
        grown = {name: now[name] / self._base[name] for name in now}
        return self._footprint, {name: grown[self._follows(name)] for name in self._footprint.present()}

    def _follows(self, figure: str) -> str:
        if figure == "embodied_kg" or (figure == "cost_usd" and self._rented):
            return "held_s"
        return figure if figure in self._base else "energy_j"
