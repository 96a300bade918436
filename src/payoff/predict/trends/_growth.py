"""Growth at a constant rate: the line of log10 of the amount against the date, by least squares."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from payoff.errors import InvalidValue
from payoff.predict.trends._series import Array
from payoff.quantities import Estimate

MONTHS_PER_YEAR = 12.0
FEWEST, FEWEST_YEARS = 5, 3
"""Models, and calendar years, for a rate with an interval."""


@dataclass(frozen=True, slots=True)
class Growth:
    """Growth between two dates: decades (powers of ten) a year with the 90 % interval, of `models` models."""

    since: float
    until: float
    models: int
    slope: float
    low: float
    high: float

    @property
    def per_year(self) -> Estimate:
        """The factor a year."""
        return _estimate(10**self.slope, 10**self.low, 10**self.high)

    @property
    def doubling_months(self) -> Estimate | None:
        """The months it takes to double; None where the interval holds no growth at all."""
        if self.low <= 0:
            return None
        months = MONTHS_PER_YEAR * np.log10(2)
        return _estimate(months / self.slope, months / self.high, months / self.low)

    def tell(self) -> str:
        """The rate in plain words."""
        months = self.doubling_months
        rate = f"{self.per_year.tell('number')} x a year"
        return f"{rate}: twice as much every {months.tell('number')} months" if months else f"{rate}: no sure growth"


def _estimate(value: float, low: float, high: float) -> Estimate:
    return Estimate(float(value), {"scatter of the models": (float(low), float(high))}, {"modelled": 1.0})


def enough(years: Array) -> None:
    """Refuse too few models, or models of too few years, for a rate with an interval."""
    if len(years) < FEWEST or len(np.unique(np.floor(years))) < FEWEST_YEARS:
        raise InvalidValue(
            f"a growth rate needs at least {FEWEST} models of {FEWEST_YEARS} different years, got {len(years)} of "
            f"{len(np.unique(np.floor(years)))}; ask for a longer span"
        )


def growth(years: Array, logs: Array, *, level: float = 0.9) -> Growth:
    """The growth of the models given, by least squares, with its interval; shapes (n,).

    The interval is of a jackknife that leaves out one calendar year after another (CR3: Bell and McCaffrey 2002) and
    Student's t: it is safe where the scatter changes with the date, and where the models of a year have something in
    common. Raises `InvalidValue` for fewer than 5 models or 3 years.
    """
    enough(years)
    when = np.unique(np.floor(years), return_inverse=True)[1]
    t, y = years - years.mean(), logs - logs.mean()
    moments = np.stack([np.bincount(when, some) for some in (np.ones_like(t), t, y, t * t, t * y)])
    whole = moments.sum(axis=1, keepdims=True)
    slope, left = float(_slope(whole)[0]), _slope(whole - moments)
    count = moments.shape[1]
    error = float(np.sqrt((count - 1) / count * ((left - left.mean()) ** 2).sum()))
    reach = float(stats.t.ppf((1 + level) / 2, count - 1)) * error
    return Growth(float(years.min()), float(years.max()), len(years), slope, slope - reach, slope + reach)


def _slope(moments: Array) -> Array:
    """Slopes from the sums of 1, t, y, t² and t y; (5, r)."""
    n, t, y, tt, ty = moments
    return np.asarray((n * ty - t * y) / (n * tt - t * t))
