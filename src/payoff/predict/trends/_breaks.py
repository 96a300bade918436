"""When did growth change? Breaks of a trend, how many the evidence asks for, and how sure their dates are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from payoff.errors import InvalidValue
from payoff.predict.trends._growth import Growth
from payoff.predict.trends._placings import FORMS, JUMP, Form, Placings, numbers
from payoff.predict.trends._series import Array

LEVEL = 0.025
"""The chance of a break where there is none that is put up with at each step."""
CONFIDENCE = 0.9
RESAMPLES = 399
MOST_BREAKS = 2
MOST_LEVERAGE = 0.9


@dataclass(frozen=True, slots=True)
class Break:
    """A change of growth: its decimal year with the 90 % confidence set (from `low` to `high`), and its kind.

    `step` is the factor by which the level changes at a jump, with its interval; None where the trend stays joined.
    """

    year: float
    low: float
    high: float
    kind: str
    step: tuple[float, float, float] | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """One step of the choice: by how much one more break lowers the BIC, and how often chance does as well."""

    breaks: int
    gain: float
    chance: float

    @property
    def taken(self) -> bool:
        """Whether the break was taken."""
        return self.chance <= LEVEL


@dataclass(frozen=True, slots=True)
class Fit:
    """The best placing (its number) of a form, and its BIC."""

    form: Form
    placing: int
    bic: float


@dataclass(frozen=True, eq=False)
class Changes:
    """A trend with its breaks; everything that takes resampling is worked out when it is asked for."""

    placings: Placings
    logs: Array
    fit: Fit
    evidence: tuple[Evidence, ...]
    resamples: int
    seed: int

    @property
    def form(self) -> Form:
        """The kind of each break, in order of date."""
        return self.fit.form

    @cached_property
    def _fitted(self) -> Array:
        """The numbers of the fit; (k,)."""
        design = self.placings.design(self.form, self.fit.placing)
        return np.asarray(np.linalg.lstsq(design, self.logs, rcond=None)[0])

    @cached_property
    def _drawn(self) -> tuple[Array, Array]:
        """Of each resample: which placing is best (r,), and its numbers (r, k)."""
        fake = _resampled(self.placings, self.fit, self.logs, self.resamples, self.seed)
        best = self.placings.squares(fake, (self.form,))[self.form].argmin(axis=1)
        found = np.empty((len(fake), self.placings.picked(self.form).shape[1]))
        for placing in np.unique(best):
            mine = best == placing
            found[mine] = np.linalg.lstsq(self.placings.design(self.form, placing), fake[mine].T, rcond=None)[0].T
        return best, found

    @cached_property
    def breaks(self) -> tuple[Break, ...]:
        """The breaks by date, each with its 90 % confidence set.

        The set holds the dates that a test does not refuse (Hansen 2017, with critical values from a wild bootstrap).
        The test lets every break be a jump whichever form was chosen: a small jump is easily taken for a joined break,
        whose own set would then be far too narrow.
        """
        places = self.placings.places(self.form)
        dates = np.arange(len(self.placings.dates))
        out = []
        for at, kind in enumerate(self.form):
            chosen = places[self.fit.placing, at]
            refused = self._lag(self.logs[None], at)[0] > self._limits[at]
            inside = dates[~refused | (dates == chosen)]
            low, high = self.placings.cell(inside[0])[0], self.placings.cell(inside[-1])[1]
            year = float(self.placings.dates[chosen])
            out.append(Break(year, low, high, kind, self._step(at) if kind == JUMP else None))
        return tuple(out)

    @cached_property
    def _limits(self) -> Array:
        """The critical value of each break's date, averaged over the forms by their evidence; (breaks,)."""
        fits = _fits(self.placings, self.logs, len(self.form))
        weights = np.exp(-0.5 * np.array([one.bic - fits[0].bic for one in fits]))
        limits = np.zeros((len(fits), len(self.form)))
        for row, one in zip(limits, fits, strict=True):
            fake = _resampled(self.placings, one, self.logs, self.resamples, self.seed)
            for at, true in enumerate(self.placings.places(one.form)[one.placing]):
                row[at] = np.quantile(self._lag(fake, at)[:, true], CONFIDENCE)
        return np.asarray(weights @ limits / weights.sum())

    def _lag(self, logs: Array, at: int) -> Array:
        """How far each date of break `at` lags the best, all breaks being jumps: n (S(date) - S) / S; (r, g)."""
        general = (JUMP,) * len(self.form)
        squares = self.placings.squares(logs, (general,))[general]
        profile = np.full((len(logs), len(self.placings.dates)), np.inf)
        places = self.placings.places(general)[:, at]
        for date in np.unique(places):
            profile[:, date] = squares[:, places == date].min(axis=1)
        least = squares.min(axis=1, keepdims=True)
        return np.asarray(logs.shape[1] * (profile - least) / least)

    def _step(self, at: int) -> tuple[float, float, float]:
        column = 1 + sum(2 if kind == JUMP else 1 for kind in self.form[: at + 1])
        low, high = np.quantile(self._drawn[1][:, column], _tails())
        return float(10 ** self._fitted[column]), float(10**low), float(10**high)

    @cached_property
    def stretches(self) -> tuple[Growth, ...]:
        """The growth between breaks; the intervals know that the breaks' dates are not sure."""
        matrix = self.placings.slopes(self.form)
        slopes = matrix @ self._fitted
        lows, highs = np.quantile(self._drawn[1] @ matrix.T, _tails(), axis=0)
        years = self.placings.years
        dates = [float(self.placings.dates[c]) for c in self.placings.places(self.form)[self.fit.placing]]
        ends = [float(years[0]), *dates, float(years[-1])]
        counts = np.histogram(years, [ends[0], *dates, np.inf])[0]
        return tuple(
            Growth(ends[i], ends[i + 1], int(counts[i]), float(slopes[i]), float(lows[i]), float(highs[i]))
            for i in range(len(slopes))
        )

    def line(self, years: Array) -> tuple[Array, Array, Array]:
        """The trend (log10) at these dates, and the band that holds it at 90 %; (m,) each."""
        best, found = self._drawn
        middle = self.placings.at(self.form, self.fit.placing, years) @ self._fitted
        drawn = np.empty((len(best), len(years)))
        for placing in np.unique(best):
            mine = best == placing
            drawn[mine] = found[mine] @ self.placings.at(self.form, placing, years).T
        low, high = np.quantile(drawn, _tails(), axis=0)
        return middle, np.minimum(low, middle), np.maximum(high, middle)


def changes(
    years: Array,
    logs: Array,
    *,
    most: int = MOST_BREAKS,
    resamples: int = RESAMPLES,
    seed: int = 0,
    placings: Placings | None = None,
) -> Changes:
    """The breaks that the evidence asks for: none, one or two, joined or jumps; `years` sorted, shapes (n,).

    Within a number of breaks the form with the lowest BIC is taken. One more break is taken where it lowers the BIC by
    more than it would by chance: in all but 2.5 % of histories made of the simpler fit and its residuals with random
    signs, one for each quarter of a year (a wild bootstrap: Wu 1986, Cameron et al. 2008), which makes no assumption on
    how the scatter changes, how heavy its tails are, or what the models of a quarter have in common.
    `placings` of the same years may be given to spare making them anew.
    """
    if not 0 <= most <= MOST_BREAKS:
        raise InvalidValue(f"most breaks must be 0 to {MOST_BREAKS}, got {most}; 2 tries them all")
    if not 19 <= resamples <= 10_000:
        raise InvalidValue(f"resamples must be 19 to 10000, got {resamples}; 399 is a good number")
    made = placings or Placings(years)
    evidence: list[Evidence] = []
    now = _fits(made, logs, 0)[0]
    for breaks in range(1, min(most, made.most_breaks) + 1):
        more = _fits(made, logs, breaks)[0]
        fake = _resampled(made, now, logs, resamples, seed)
        by_chance = _least_bic(made, fake, breaks - 1) - _least_bic(made, fake, breaks)
        gain = now.bic - more.bic
        chance = float((1 + (by_chance >= gain).sum()) / (1 + resamples))
        evidence.append(Evidence(breaks, gain, chance))
        if not evidence[-1].taken:
            break
        now = more
    return Changes(made, logs, now, tuple(evidence), resamples, seed)


def _bic(squares: Array, form: Form, models: int) -> Array:
    return np.asarray(models * np.log(squares / models) + numbers(form) * np.log(models))


def _fits(placings: Placings, logs: Array, breaks: int) -> list[Fit]:
    """The best placing of each form with so many breaks, the lowest BIC first."""
    squares = placings.squares(logs[None], FORMS[breaks])
    fits = []
    for form, some in squares.items():
        at = int(some[0].argmin())
        fits.append(Fit(form, at, float(_bic(some[0, at], form, len(logs)))))
    return sorted(fits, key=lambda one: one.bic)


def _least_bic(placings: Placings, logs: Array, breaks: int) -> Array:
    squares = placings.squares(logs, FORMS[breaks])
    each = [_bic(some.min(axis=1), form, logs.shape[1]) for form, some in squares.items()]
    return np.asarray(np.min(each, axis=0))


def _resampled(placings: Placings, fit: Fit, logs: Array, count: int, seed: int) -> Array:
    """Histories made of a fit and its residuals with random signs, one sign for the models of a quarter; (count, n).

    Each residual is made as large as if its model had no pull on the fit.
    """
    q = np.linalg.qr(placings.design(fit.form, fit.placing))[0]
    told = q @ (q.T @ logs)
    leverage = np.minimum((q * q).sum(axis=1), MOST_LEVERAGE)
    residual = (logs - told) / np.sqrt(1 - leverage)
    quarters = np.unique(np.floor(4 * placings.years), return_inverse=True)[1]
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], (count, int(quarters.max()) + 1))
    return np.asarray(told + signs[:, quarters] * residual)


def _tails() -> list[float]:
    return [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]
