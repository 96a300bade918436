"""The sensor for machines without a counter: watts per hardware thread of servers whose power was published."""

from __future__ import annotations

from payoff.facts._server_power import ServerPower, server_power
from payoff.meter._processor import Processor
from payoff.meter._seam import Drawn, Evidence, Interval


PROCESSOR_SHARE_IDLE = 0.4
"""The part of a server's idle watts taken to be drawn by its packages and memory; an assumption, not a measurement."""


class ServerModel:
    """Power at the wall as idle watts plus watts for each busy hardware thread."""

    name = "model of published servers"

    def __init__(self, processor: Processor) -> None:
        family = f"{processor.vendor}-{processor.family}"
        power = server_power(family, processor.vendor)
        self._idle_w = power.idle_w.mid * processor.threads
        self._dynamic_w = power.dynamic_w.mid
        self.processor_idle_w = self._idle_w * PROCESSOR_SHARE_IDLE
        self.evidence = _evidence(power)

    def drawn(self, interval: Interval) -> Drawn:
        """See `Sensor`."""
        return Drawn(self._idle_w * interval.elapsed_s, self._dynamic_w * interval.busy_s)


def _evidence(power: ServerPower) -> Evidence:
    return Evidence(
        "modelled",
        idle={
            "model: idle watts of a thread": (power.idle_w.low / power.idle_w.mid, power.idle_w.high / power.idle_w.mid)
        },
        dynamic={
            "model: watts of a busy thread": (
                power.dynamic_w.low / power.dynamic_w.mid,
                power.dynamic_w.high / power.dynamic_w.mid,
            )
        },
        sources=(power.source,),
    )
