"""A learning curve, fitted: what it predicts, and how it was wrong before."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from payoff.errors import InvalidValue
from payoff.model import Direction
from payoff.predict.curves._ensemble import Ensemble, fit_all, row_of
from payoff.predict.curves._points import LEAST, Points, gather
from payoff.predict.curves._solve import Array
from payoff.predict.curves._trust import shipped
from payoff.present import figure_of, html_of
from payoff.quantities import Estimate

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

WIDEST = math.log(2.0)
"""An 80 % interval wider than this (in log y) says nothing that a decision could rest on."""
FARTHEST = 100.0
"""No prediction is trusted beyond this many times the largest x seen: none of the curves behind the intervals was."""
CHECKS = (2.0, 4.0, 8.0)


class Prediction(NamedTuple):
    """The middle and the bounds of what y will be, each of the shape of the x asked for."""

    mid: Array
    low: Array
    high: Array


@dataclass(frozen=True, slots=True)
class BackTest:
    """What the curve would have said had it ended `factor` earlier, and what came: y at its largest x."""

    factor: float
    predicted: float
    low: float
    high: float
    actual: float

    @property
    def error(self) -> float:
        """How far off, in y."""
        return abs(self.predicted - self.actual)

    @property
    def held(self) -> bool:
        """Whether the 90 % interval held what came."""
        return self.low <= self.actual <= self.high


@dataclass(frozen=True, repr=False, eq=False)
class Curve:
    """One learning curve with everything fitted to it; made by `fit_curve`.

    With `ceiling` set, y rises towards it, and what is fitted is how much is missing.
    """

    x: Array
    y: Array
    ceiling: float | None
    largest: float
    ensemble: Ensemble

    def __repr__(self) -> str:
        return f"Curve({len(self.x)} points up to x = {self.largest:g}, goal={self.goal!r})"

    @property
    def goal(self) -> Direction:
        """Whether y is to fall or to rise."""
        return "min" if self.ceiling is None else "max"

    def predict(self, x: npt.ArrayLike, level: float = 0.8) -> Prediction:
        """What a reading at x would show; the interval holds it with probability `level` (0.5 to 0.95)."""
        if not 0.5 <= level <= 0.95:
            raise InvalidValue(f"the level of an interval must be between 0.5 and 0.95, got {level:g}; 0.8 is usual")
        middle, scale = self._log(x)
        reach = shipped().factor(level) * scale
        return self._y(middle, reach)

    def gain(self, now: float, later: float) -> Estimate:
        """The improvement of y from x = now to x = later: above 0 is better, whatever the goal."""
        mid, low, high = (float(y[0]) for y in self._gains(now, [later]))
        return Estimate(mid, {"curve: forms and distance": (low, high)}, {"modelled": 1.0}, signed=True)

    def next_step(self, gain: float) -> Prediction:
        """How much more x, from the largest seen on, a gain of y takes: by the middle and the 90 % interval, or inf."""
        ahead = self.largest * np.geomspace(1.0, FARTHEST, 4000)
        mid, low, high = self._gains(self.largest, ahead)
        reached = (np.flatnonzero(gains >= gain) for gains in (mid, high, low))
        return Prediction(*(np.array(ahead[at[0]] - self.largest if at.size else np.inf) for at in reached))

    def cost_to(self, target: float) -> Prediction:
        """The x at which y reaches `target`, by the middle and by the bounds of the 80 % interval; inf if never.

        Looked for up to `FARTHEST` times the largest x seen.
        """
        grid = self.largest * np.geomspace(float(self.x.min()) / self.largest, FARTHEST, 2000)
        mid, low, high = self.predict(grid)
        best, worst = (low, high) if self.goal == "min" else (high, low)
        reached = (np.flatnonzero(y <= target if self.goal == "min" else y >= target) for y in (mid, best, worst))
        return Prediction(*(np.array(grid[at[0]] if at.size else np.inf) for at in reached))

    @cached_property
    def check(self) -> tuple[BackTest, ...]:
        """The same curve, fitted to its beginning and asked for its end: at 2, 4 and 8 times as far as it knew."""
        tests = []
        for factor in CHECKS:
            seen = self.x <= self.largest / factor * 1.0001
            if np.unique(self.x[seen]).size > LEAST:
                earlier = fit_curve(self.x[seen], self.y[seen], goal=self.goal, ceiling=self.ceiling)
                mid, low, high = (float(y) for y in earlier.predict(self.largest, level=0.9))
                actual = float(self.y[self.x == self.largest].mean())
                tests.append(BackTest(self.largest / earlier.largest, mid, low, high, actual))
        return tuple(tests)

    @cached_property
    def horizon(self) -> float:
        """The largest x at which this curve can say something: where the 80 % interval is not too wide.

        Half as far (on the log scale) where a back-test failed.
        """
        ahead = np.geomspace(1.0, FARTHEST, 200)
        _, scale = self._log(self.largest * ahead)
        wide = np.flatnonzero(2 * shipped().factor(0.8) * scale > WIDEST)
        far = float(ahead[max(0, wide[0] - 1)] if wide.size else FARTHEST)
        return self.largest * (far if all(test.held for test in self.check) else math.sqrt(far))

    def plot(
        self, to: float | None = None, *, level: float = 0.8, target: float | None = None, x: str = "x", y: str = "y"
    ) -> Figure:
        """A figure: the points, what is predicted up to `to` (4 times the largest x unless given), what doublings buy.

        The bands hold a reading with probability `level` and 0.9; `x` and `y` are the titles of the axes, where the x
        "energy" is in joules and "time" in seconds. Raises `MissingExtra` without Plotly.
        """
        figure: Figure = figure_of(self, to=to, level=level, target=target, names=(x, y))
        return figure

    def _repr_html_(self) -> str:
        return html_of(self)

    def _log(self, x: npt.ArrayLike) -> tuple[Array, Array]:
        asked = np.asarray(x, dtype=float)
        if not (np.isfinite(asked) & (asked > 0)).all():
            raise InvalidValue(f"x must be above 0 and finite, got {asked}")
        t = np.log(np.atleast_1d(asked).ravel() / self.largest)[None]
        middle, scale = shipped().predict(self.ensemble, t)
        return middle[0].reshape(asked.shape), scale[0].reshape(asked.shape)

    def _gains(self, now: float, later: npt.ArrayLike) -> Prediction:
        """What the error of both ends has in common, and most of the noise of readings, is not in a difference.

        Farther out a step is at least as uncertain as one of the same factor from the end of the data.
        """
        (first,), (near,) = self._log([now])
        middle, scale = self._log(later)
        _, end = self._log(self.largest)
        _, same = self._log(self.largest * np.maximum(np.asarray(later) / now, 1.0))
        noise = float(self.ensemble.noise[0]) * float(shipped().scale[0])
        apart = np.maximum(scale**2 - np.minimum(near, scale) ** 2, same**2 - end**2)
        reach = shipped().factor(0.9) * np.sqrt(np.maximum(apart, 0.0) + (0.3 * noise) ** 2)
        return Prediction(*(-np.exp(first) * np.expm1(middle - first + side * reach) for side in (0, 1, -1)))

    def _y(self, middle: Array, reach: Array) -> Prediction:
        mid, low, high = (np.exp(middle + side * reach) for side in (0, -1, 1))
        return (
            Prediction(mid, low, high)
            if self.ceiling is None
            else Prediction(*(self.ceiling - y for y in (mid, high, low)))
        )


def fit_curve(x: npt.ArrayLike, y: npt.ArrayLike, *, goal: Direction = "min", ceiling: float | None = None) -> Curve:
    """Fit a learning curve: y (a loss or an error; with goal="max" a score below `ceiling`, 1 unless given) at x.

    At least 3 different x above 0. Several y at one x count as that many readings; NaN is left out.
    """
    return fit_curves([x], [y], goal=goal, ceiling=ceiling)[0]


def fit_curves(
    xs: Sequence[npt.ArrayLike], ys: Sequence[npt.ArrayLike], *, goal: Direction = "min", ceiling: float | None = None
) -> list[Curve]:
    """Fit many learning curves at once, much faster than one by one; see `fit_curve`."""
    top = (1.0 if ceiling is None else ceiling) if goal == "max" else None
    if goal not in ("min", "max") or (top is None and ceiling is not None):
        raise InvalidValue(f'a goal is "min" or "max", and only "max" has a ceiling; got {goal!r} and {ceiling}')
    if not xs:
        return []
    pairs = [_finite(x, y, top) for x, y in zip(xs, ys, strict=True)]
    points: Points = gather([x for x, _ in pairs], [y if top is None else top - y for _, y in pairs])
    whole = fit_all(points.t, points.log_y, points.weights)
    return [Curve(x, y, top, float(points.largest[row]), row_of(whole, row)) for row, (x, y) in enumerate(pairs)]


def _finite(xs: npt.ArrayLike, ys: npt.ArrayLike, top: float | None) -> tuple[Array, Array]:
    x, y = np.asarray(xs, dtype=float), np.asarray(ys, dtype=float)
    if x.shape == y.shape and x.ndim == 1:
        x, y = x[np.isfinite(x) & np.isfinite(y)], y[np.isfinite(x) & np.isfinite(y)]
    if top is not None and (y >= top).any():
        raise InvalidValue(f"y must be below its ceiling of {top:g}, got {y.max():g}; give a higher ceiling")
    return x, y
