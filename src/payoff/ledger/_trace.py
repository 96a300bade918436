"""The power trace of a segment: bounded, because it halves its own resolution instead of growing."""

from __future__ import annotations

from collections.abc import Iterable

from payoff.ledger._seam import NumberedPoint

SWEEP = 32
"""How many points may be recorded before those that a halving made superfluous are removed."""

LIMIT = 60 * SWEEP
"""The largest number of points that a segment keeps."""


class Trace:
    """Which ticks of a segment become points of its power trace.

    Points hold cumulative energy, so leaving every other one out loses resolution and no joule.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self.step = 1
        self._limit = limit

    def keeps(self, point: int) -> bool:
        """Whether the tick of this number is kept; widens the step when the trace would be too long."""
        while point // self.step >= self._limit:
            self.step *= 2
        return point % self.step == 0


def is_swept(point: int, step: int) -> bool:
    """Whether the points that `step` does not divide are removed with this one; the first of a widened trace always."""
    return point % (SWEEP * step) == 0


def thinned(points: Iterable[NumberedPoint], limit: int = LIMIT) -> list[NumberedPoint]:
    """Points in order, at the finest resolution of which there are at most `limit`."""
    kept, step = dict(sorted(points)), 1
    while len(kept) > limit:
        step *= 2
        kept = {point: values for point, values in kept.items() if point % step == 0}
    return list(kept.items())
