"""Where does a trend lead, and how wrong were such projections? A random walk with drift, tested on the past."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import stats

from payoff.errors import InvalidValue
from payoff.predict.trends._frontier import TOP
from payoff.predict.trends._series import Array, History

FRONTIER, MEDIAN = "frontier", "median"
KINDS = (FRONTIER, MEDIAN)
LEVEL = 0.9
MOST_STEPS, LEAST_STEPS = 10, 5
"""Years of the past that a projection learns from."""
LEAST_IN_YEAR = 5
"""Models published in a year, for their median to count."""
PERSISTENCE = {FRONTIER: 0.63, MEDIAN: 0.0}
"""How much of a year's surprise the next year's growth keeps. For the frontier that of the costs of 53 technologies
(Farmer and Lafond 2016); a median of a year's models has its own noise, which would make it negative: taken as none."""
HORIZON_Y = 3.0


@dataclass(frozen=True, slots=True)
class Projection:
    """A series at a later date, in log10: the middle and what a Student t of `degrees` says around it.

    `kind` is 'frontier' (the geometric mean of the ten largest so far) or 'median' (of the models of the year up to
    then). `origin` is the date of the last model known, `steps` the years learnt from.
    """

    kind: str
    origin: float
    at: float
    steps: int
    middle: float
    scale: float

    def quantile(self, share: float) -> float:
        """The log10 that the series stays below with this probability."""
        return self.middle + self.scale * float(stats.t.ppf(share, self.steps - 1))

    @property
    def low(self) -> float:
        """The 5th percentile, log10."""
        return self.quantile((1 - LEVEL) / 2)

    @property
    def high(self) -> float:
        """The 95th percentile, log10."""
        return self.quantile((1 + LEVEL) / 2)

    def chance_above(self, log: float) -> float:
        """The probability that the series is above this log10."""
        return float(stats.t.sf((log - self.middle) / self.scale, self.steps - 1))


def series(history: History, kind: str, end: float) -> Array:
    """The series at `end` and each year before it, the oldest first: the unbroken part, of at most 11 years."""
    values: list[float] = []
    for at in end - np.arange(MOST_STEPS + 1):
        some = history.logs[history.years <= at]
        if kind == MEDIAN:
            some = some[history.years[: len(some)] > at - 1]
            if len(some) < LEAST_IN_YEAR:
                break
            values.append(float(np.median(some)))
        else:
            if len(some) < TOP:
                break
            values.append(float(np.sort(some)[-TOP:].mean()))
    return np.array(values[::-1])


def project(history: History, kind: str, at: float, *, origin: float | None = None) -> Projection:
    """The series at the decimal year `at`, as predicted from the models up to `origin` (None: from all).

    The series is taken for a random walk with drift: its mean step is the drift, and the error of a projection over
    h years from m steps of standard deviation K is Student's t (m - 1) times K sqrt(A / (1 + p²)) with
    A = -2 p + (1 + 2 (m - 1) p / m + p²) (h + h² / m), where p is the persistence (Farmer and Lafond 2016). It
    knows that growth rates change; the interval of a fitted line does not.

    Raises `InvalidValue` for a date that is past, or further ahead than the years learnt from.
    """
    start = float(history.years[-1]) if origin is None else origin
    values = series(history, kind, start)
    steps = len(values) - 1
    if steps < LEAST_STEPS:
        raise InvalidValue(
            f"a projection learns from at least {LEAST_STEPS} years in a row, this history has {max(steps, 0)} for its "
            f"{kind}; ask for all domains, or for another quantity"
        )
    ahead = at - start
    if not 0 < ahead <= steps + 0.5:
        raise InvalidValue(
            f"a projection must be after {start:.1f} and no further ahead than the {steps} years it learns from, got "
            f"{at:.1f} (the end of {at - 1:.0f}); ask for a year from {int(start)} to {int(start + steps - 0.5)}"
        )
    grown = np.diff(values)
    p, h = PERSISTENCE[kind], max(ahead, 1.0)
    factor = -2 * p + (1 + 2 * (steps - 1) * p / steps + p * p) * (h + h * h / steps)
    scale = float(grown.std(ddof=1) * np.sqrt(factor / (1 + p * p)))
    return Projection(kind, start, at, steps, float(values[-1] + ahead * grown.mean()), max(scale, 1e-9))


@dataclass(frozen=True, slots=True)
class Replayed:
    """A projection made with the models known at its origin, and what came (log10)."""

    predicted: Projection
    came: float

    @property
    def held(self) -> bool:
        """Whether it came within the interval."""
        return self.predicted.low <= self.came <= self.predicted.high

    @property
    def error(self) -> float:
        """What came less what was predicted, decades."""
        return self.came - self.predicted.middle


@dataclass(frozen=True)
class BackTest:
    """Projections of the past, replayed."""

    replayed: tuple[Replayed, ...]

    @cached_property
    def coverage(self) -> float | None:
        """The share that came within the 90 % interval; None where nothing could be replayed."""
        return float(np.mean([one.held for one in self.replayed])) if self.replayed else None

    @cached_property
    def typical_factor(self) -> float | None:
        """The factor by which half of them were wrong, up or down."""
        return float(10 ** np.median([abs(one.error) for one in self.replayed])) if self.replayed else None

    def of(self, kind: str) -> BackTest:
        """Those of one kind."""
        return BackTest(tuple(one for one in self.replayed if one.predicted.kind == kind))


def back_test(history: History, *, kinds: Sequence[str] = KINDS, horizon: float = HORIZON_Y) -> BackTest:
    """Every projection over `horizon` years that could have been made at a year's end, and what came.

    The models are those known today, cut at the origin: a figure that was published later counts as known.
    """
    return BackTest(tuple(one for kind in kinds for one in _replay(history, kind, horizon)))


def _replay(history: History, kind: str, horizon: float) -> Iterator[Replayed]:
    first, last = int(np.ceil(history.years[0])), int(np.floor(history.years[-1] - horizon))
    for origin in range(first, last + 1):
        came = series(history, kind, origin + horizon)
        if len(came) and len(series(history, kind, origin)) > LEAST_STEPS:
            yield Replayed(project(history, kind, origin + horizon, origin=float(origin)), float(came[-1]))
