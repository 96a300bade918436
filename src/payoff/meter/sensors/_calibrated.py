"""This very machine's idle and full watts, as `payoff calibrate` found them, kept in the user's configuration.

One file serves all machines of a user (homes are often shared): each entry is for one host and its processor.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Sequence
from typing import Any, Protocol

from payoff.errors import InvalidValue
from payoff.frozen import Frozen, by_name
from payoff.ledger import own_lease
from payoff.meter._processor import Processor
from payoff.meter._seam import Drawn, Evidence, Interval, Probe
from payoff.quantities import Pair

KIND = "calibrated model"
SCHEMA = "payoff.machine/1"
KIND_OF_WORK = 0.75, 1.1
"""Matrix products, which the calibration does, are about the heaviest work there is: other work draws less; assumed."""
T_95 = (6.31, 2.92, 2.35, 2.13, 2.02, 1.94, 1.89, 1.86, 1.83)
"""Student's t at 95 %, by degrees of freedom from 1."""


class Calibration(Frozen):
    """Watts at the wall of one machine, when idle and when all its threads are busy, each with its 90 % interval."""

    idle_w: float
    idle_interval: Pair
    full_w: float
    full_interval: Pair
    threads: int
    processor: str
    date: str
    against: str
    meter: str | None = None
    """The command of the meter, where it is to be read in every run."""

    def __post_init__(self) -> None:
        if not 0 < self.idle_w < self.full_w:
            raise InvalidValue(
                f"full load must draw more than idle, and both more than 0, got {self.idle_w:.4g} W and"
                f" {self.full_w:.4g} W; was the machine busy while it should have been idle?"
            )


def mean_interval(samples: Sequence[float], accuracy: float) -> tuple[float, Pair]:
    """The mean of some samples and its 90 % interval: their scatter (Student's t) and the meter's accuracy.

    >>> mean_interval([60.0, 60.0, 60.0], 0.02)
    (60.0, (58.8, 61.2))
    """
    count = len(samples)
    if not count or not all(map(math.isfinite, samples)):
        raise InvalidValue(f"a calibration needs finite samples, got {list(samples)[:3]}")
    mean = sum(samples) / count
    reach = accuracy * mean
    if count > 1:
        deviation = math.sqrt(sum((sample - mean) ** 2 for sample in samples) / (count - 1))
        t = T_95[count - 2] if count - 2 < len(T_95) else 1.7
        reach = math.hypot(reach, t * deviation / math.sqrt(count))
    return mean, (mean - reach, mean + reach)


class Curve(Protocol):
    """How power grows between idle and full load, with its error: the published servers' `ServerPower` has one."""

    @property
    def curve_error(self) -> Pair:
        """The factors by which the share may be off between idle and full load."""

    def share(self, utilisation: float) -> float:
        """The share of the dynamic watts at a utilisation, both 0 to 1."""


Loaded = tuple[float, Pair]
"""Mean watts under a load, with their 90 % interval."""


def fitted(light: Loaded, heavy: Loaded, shares: Pair) -> tuple[Loaded, Loaded]:
    """Idle and full watts from two loads, `shares` being the shares of the dynamic watts that were drawn at them.

    What is inferred beyond the two loads may be off by half.

    >>> fitted((60.0, (59.0, 61.0)), (156.0, (155.0, 157.0)), (0.0, 0.96))
    ((60.0, (59.0, 61.0)), (160.0, (157.0, 163.0)))
    """
    low, high = shares
    if not 0 <= low < high <= 1:
        raise InvalidValue(
            f"the load must grow from the first phase to the second, got {low:.0%} and {high:.0%} of full load;"
            " calibrate when nothing else runs"
        )
    slope = (heavy[0] - light[0]) / (high - low)
    return _moved(light, -slope * low), _moved(heavy, slope * (1 - high))


def _moved(measured: Loaded, by: float) -> Loaded:
    mean, (low, high) = measured
    return mean + by, (low + by - abs(by) / 2, high + by + abs(by) / 2)


class CalibratedModel:
    """Power at the wall as this machine's idle watts and, between idle and full load, the curve of its like."""

    name = KIND

    def __init__(self, known: Calibration, curve: Curve) -> None:
        self._known, self._curve = known, curve
        self.evidence = _evidence(known, curve.curve_error)

    def drawn(self, interval: Interval) -> Drawn:
        """See `Sensor`."""
        seconds, known = interval.elapsed_s, self._known
        share = self._curve.share(interval.busy_s / (known.threads * seconds)) if seconds > 0 else 0.0
        return Drawn(known.idle_w * seconds, (known.full_w - known.idle_w) * share * seconds)


def _evidence(known: Calibration, curve_error: Pair) -> Evidence:
    span_w = known.full_w - known.idle_w
    reach = math.hypot(known.full_interval[1] - known.full_w, known.idle_interval[1] - known.idle_w) / span_w
    return Evidence(
        "modelled",
        idle={
            "calibration: idle watts": (known.idle_interval[0] / known.idle_w, known.idle_interval[1] / known.idle_w)
        },
        dynamic={
            "calibration: full watts": (max(0.0, 1 - reach), 1 + reach),
            "calibration: kind of work": KIND_OF_WORK,
            "model: load curve": curve_error,
        },
        sources=(f"calibrated on {known.date} against {known.against}",),
    )


def load(processor: Processor, path: str, host: str | None = None) -> Calibration | None:
    """This host's calibration, if it is for this processor; a damaged file is as good as none."""
    known: Any = _entries(path).get(host or own_lease().host)
    try:
        pairs = {name: tuple(known[name]) for name in ("idle_interval", "full_interval")}
        found = Calibration(**{**known, **pairs})
    except (TypeError, KeyError, InvalidValue):
        return None
    return found if (found.processor, found.threads) == (processor.name, processor.threads) else None


def save(calibration: Calibration, path: str, host: str | None = None) -> None:
    """Keep the calibration of this host beside those of others."""
    entries = {**_entries(path), (host or own_lease().host): by_name(calibration)}
    os.makedirs(os.path.dirname(path), exist_ok=True)
    new = f"{path}.{os.getpid()}"
    with open(new, "w", encoding="utf-8") as file:
        json.dump({"schema": SCHEMA, "machines": entries}, file, indent=2)
    os.replace(new, path)


def _entries(path: str) -> dict[str, Any]:
    try:
        with open(path, encoding="utf-8") as file:
            told = json.load(file)
    except (OSError, ValueError):
        return {}
    machines = told.get("machines") if isinstance(told, dict) and told.get("schema") == SCHEMA else None
    return machines if isinstance(machines, dict) else {}


def probe(known: Calibration, curve: Curve) -> Probe:
    """The calibration of this machine."""
    covers = frozenset({"processor", "memory", "rest"})
    return Probe(KIND, (CalibratedModel(known, curve),), covers, f"calibrated on {known.date} against {known.against}")
