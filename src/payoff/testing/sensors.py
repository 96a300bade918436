"""Sensors that draw what a test says they draw."""

from __future__ import annotations

from collections.abc import Callable

from payoff.errors import SensorError
from payoff.meter._seam import Drawn, Evidence, Interval

MEASURED = Evidence("measured", sources=("a fake counter",))


class FakeSensor:
    """A machine that draws `idle_w` when it does nothing and `thread_w` for each busy thread.

    While `broken` it cannot be read; `job_share` is what its driver says of the job, if it says anything.
    """

    def __init__(
        self,
        idle_w: float = 10.0,
        thread_w: float = 4.0,
        *,
        name: str = "fake counter",
        evidence: Evidence = MEASURED,
        job_share: Callable[[Interval], float | None] = lambda interval: None,
    ) -> None:
        self.idle_w, self.thread_w = idle_w, thread_w
        self.name, self.evidence = name, evidence
        self.job_share = job_share
        self.broken = False
        self.total_j = 0.0
        """All that was drawn and could be read."""

    def drawn(self, interval: Interval) -> Drawn:
        """See `Sensor`."""
        if self.broken:
            raise SensorError(f"{self.name} cannot be read")
        drawn = Drawn(self.idle_w * interval.elapsed_s, self.thread_w * interval.busy_s, self.job_share(interval))
        self.total_j += drawn.idle_j + drawn.dynamic_j
        return drawn
