"""The power trace of a segment: bounded, because it halves its own resolution instead of growing."""

from __future__ import annotations

LIMIT = 2000
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
        if point // self.step >= self._limit:
            self.step *= 2
        return point % self.step == 0
