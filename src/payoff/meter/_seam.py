"""The seam behind which every sensor stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, Protocol

from payoff.frozen import Frozen, field
from payoff.quantities import Pair


class Interval(Frozen):
    """The time between two readings of a sensor.

    `busy_s` is the CPU time that all processes of the machine used in it, `pids()` are the processes of the job: a
    driver that tells energy or use by process is asked for these.
    """

    elapsed_s: float
    busy_s: float
    pids: Callable[[], frozenset[int]] = frozenset


class Drawn(Frozen):
    """What a part of the machine drew in an interval: what it draws when idle, and what work added.

    `job_share` is the job's share of what work added, 0 to 1, where the driver tells it; `None` leaves it to CPU time.
    `covers_s` is the time that the joules speak for, where that is not the interval: more when a counter bridges
    earlier gaps, less (0 included) when the answer is still on its way. `device` marks an accelerator: its idle energy
    is held by the jobs that see it, whatever share of the processors they reserved.
    """

    idle_j: float
    dynamic_j: float
    job_share: float | None = None
    covers_s: float | None = None
    device: bool = False


class Evidence(Frozen):
    """What a sensor's figures rest on.

    `idle` and `dynamic` map sources of error to the factors by which the figure would change were that source at
    its 5th or its 95th percentile: {"model: idle watts": (0.4, 2.5)}.
    """

    basis: Literal["measured", "modelled"]
    idle: Mapping[str, Pair] = field(factory=dict)
    dynamic: Mapping[str, Pair] = field(factory=dict)
    sources: tuple[str, ...] = ()


class Sensor(Protocol):
    """Something that tells what this machine, or a part of it, has drawn."""

    @property
    def name(self) -> str:
        """What it is called in reports: 'RAPL (powercap)'."""

    @property
    def evidence(self) -> Evidence:
        """What its figures rest on."""

    def drawn(self, interval: Interval) -> Drawn:
        """Joules since the call before (the first call begins).

        Raises `SensorError` where they cannot be told; the time is then a gap that the account fills with an interval.
        """


class Probe(Frozen):
    """What looking for a kind of sensor found.

    `covers` names the parts of the machine it speaks for ('machine', 'processor', 'memory', 'rest', 'gpu 0'), `state`
    says in a sentence what was found, and `unlock` is the exact line that would make it work, or empty.
    """

    kind: str
    sensors: tuple[Sensor, ...] = ()
    covers: frozenset[str] = frozenset()
    state: str = ""
    unlock: str = ""
    verified: bool = False
    """Whether payoff has been run on the real thing, not only on a recorded or made one."""
