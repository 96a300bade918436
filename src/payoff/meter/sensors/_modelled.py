"""The sensor for machines without a counter: watts per hardware thread of servers whose power was published."""

from __future__ import annotations

from payoff.facts._server_power import ServerPower, Watts, server_power
from payoff.meter._processor import Processor
from payoff.meter._seam import Drawn, Evidence, Interval

PROCESSOR_SHARE_IDLE = 0.4
"""The part of a server's idle watts taken to be drawn by its packages and memory; an assumption, not a measurement."""


class ServerModel:
    """Power at the wall by the published load curve of such servers; memory is inside and must not be added again.

    Idle watts are always drawn; at utilisation u = busy time / (threads x elapsed time) work adds the curve's share of
    the dynamic watts. The curve bends: the first busy threads cost more than their share of a full machine, so what a
    job is charged (dynamic joules times its share of CPU time) depends on how busy the others are. Jobs' shares add
    up to the machine's; a job alone on a machine at 10 % pays up to three times as much per CPU second as at 100 %.
    Loads between two readings are taken at their mean. In a virtual machine u is the guest's, not the host's.
    """

    name = "model of published servers"

    def __init__(self, processor: Processor, socket_threads: int | None = None) -> None:
        """`socket_threads` are the hardware threads of one processor; `None` where a virtual machine hides them."""
        self.power = server_power(
            processor.vendor, processor.family, processor.model, name=processor.name, socket_threads=socket_threads
        )
        self.threads = processor.threads
        self.idle_w = self.power.idle_w.mid * processor.threads
        self.dynamic_w = self.power.dynamic_w.mid * processor.threads
        self.processor_idle_w = self.idle_w * PROCESSOR_SHARE_IDLE
        self.evidence = _evidence(self.power)

    def watts(self, utilisation: float) -> float:
        """Watts at the wall at a utilisation of 0 to 1; it never falls as utilisation grows."""
        return self.idle_w + self.dynamic_w * self.power.share(utilisation)

    def drawn(self, interval: Interval) -> Drawn:
        """See `Sensor`."""
        span_s = interval.elapsed_s
        share = self.power.share(interval.busy_s / (self.threads * span_s)) if span_s > 0 else 0.0
        return Drawn(self.idle_w * span_s, self.dynamic_w * share * span_s)


def socket_threads(cpuinfo: str = "/proc/cpuinfo") -> int | None:
    """Hardware threads of this machine's first processor; `None` in a virtual machine, which shows what it was lent."""
    about: dict[str, str] = {}
    try:
        with open(cpuinfo) as file:
            for line in file:
                key, _, value = line.partition(":")
                if not key.strip():
                    break
                about[key.strip()] = value.strip()
    except OSError:
        return None
    siblings = about.get("siblings", "")
    return int(siblings) if siblings.isdecimal() and "hypervisor" not in about.get("flags", "").split() else None


def _evidence(power: ServerPower) -> Evidence:
    return Evidence(
        "modelled",
        idle={"model: idle watts of a thread": _factors(power.idle_w)},
        dynamic={"model: watts of a busy thread": _factors(power.dynamic_w), "model: load curve": power.curve_error},
        sources=(power.source,),
    )


def _factors(watts: Watts) -> tuple[float, float]:
    return watts.low / watts.mid, watts.high / watts.mid
