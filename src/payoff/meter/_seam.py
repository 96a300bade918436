"""The seam behind which every sensor stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from payoff.quantities import Pair


@dataclass(frozen=True, slots=True)
class Interval:
    """The time between two readings of a sensor, and the CPU time that all processes used in it."""

    elapsed_s: float
    busy_s: float


@dataclass(frozen=True, slots=True)
class Drawn:
    """What the machine drew in an interval: what it draws when idle, and what work added."""

    idle_j: float
    dynamic_j: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a sensor's figures rest on.

    `idle` and `dynamic` map sources of error to the factors by which the figure would change were that source at
    its 5th or its 95th percentile: {"model: idle watts": (0.4, 2.5)}.
    """

    basis: str
    idle: Mapping[str, Pair] = field(default_factory=dict)
    dynamic: Mapping[str, Pair] = field(default_factory=dict)
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
        """Joules since the call before (the first call begins). Raises `SensorError`; the next call then covers the gap."""
