"""Every placing of up to two breaks in a history, fitted at once: least squares from shared moments.

A break is *joined* (growth changes, the level does not) or a *jump* (both change). The columns of every fit are among
1, t, max(t - b, 0) and [t >= b] for the candidate dates b, so that the moments of these with y, and of these with
each other, are worked out once and serve all placings and any number of resampled y.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from payoff.predict.trends._series import Array

Form = tuple[str, ...]
"""The kind of each break, in order of date."""
JOINED, JUMP = "joined", "jump"
FORMS: dict[int, tuple[Form, ...]] = {
    0: ((),),
    1: ((JOINED,), (JUMP,)),
    2: ((JOINED, JOINED), (JOINED, JUMP), (JUMP, JOINED), (JUMP, JUMP)),
}
MOST_DATES = 64
"""Candidate dates, spread evenly over the models: where models are dense, so are the dates."""
LEAST_SHARE, LEAST_MODELS = 0.05, 8
"""Of the models, that a stretch without a break has at least."""

ROUNDING, TINY = 1e-12, 1e-300
"""Squares below this share of the whole are nothing but rounding."""


def numbers(form: Form) -> int:
    """How many numbers a form fits: two of the line, and a date, a growth and perhaps a step of each break."""
    return 2 + sum(3 if kind == JUMP else 2 for kind in form)


class Placings:
    """All placings of breaks in models of these dates (sorted, (n,)); `dates` are the candidates (g,)."""

    def __init__(self, years: Array) -> None:
        self.years = years
        self.least = max(LEAST_MODELS, int(np.ceil(LEAST_SHARE * len(years))))
        self.dates, self.before = _candidates(years, self.least)
        self._centre, self._scale = float(years.mean()), float(max(np.ptp(years), 1e-9))
        self._columns = self._basis(years)
        self._gram = self._columns @ self._columns.T

    def _basis(self, years: Array) -> Array:
        """1, t, the hinges and the steps at the candidate dates; (2 + 2g, n)."""
        t = (years - self._centre) / self._scale
        after = years - self.dates[:, None]
        return np.concatenate([[np.ones_like(t), t], np.maximum(after, 0.0) / self._scale, after >= 0])

    @cached_property
    def _pairs(self) -> tuple[Array, Array]:
        first, second = np.triu_indices(len(self.dates), 1)
        apart = self.before[second] - self.before[first] >= self.least
        return first[apart], second[apart]

    @property
    def most_breaks(self) -> int:
        """How many breaks there is room for: 0, 1 or 2."""
        return 0 if not len(self.dates) else 1 if not len(self._pairs[0]) else 2

    def places(self, form: Form) -> np.ndarray:
        """The candidates (their numbers) of each placing of a form; (p, breaks)."""
        if not form:
            return np.zeros((1, 0), dtype=int)
        if len(form) == 1:
            return np.arange(len(self.dates))[:, None]
        return np.stack(self._pairs, axis=1)

    def picked(self, form: Form) -> np.ndarray:
        """The columns of each placing of a form; (p, k)."""
        places, g = self.places(form), len(self.dates)
        parts = [np.broadcast_to([0, 1], (len(places), 2))]
        for at, kind in enumerate(form):
            parts.append(2 + places[:, at, None] + ([0, g] if kind == JUMP else [0]))
        return np.concatenate(parts, axis=1)

    def _whitener(self, form: Form) -> Array:
        """The inverse of the Cholesky factor of each placing's moments; (p, k, k)."""
        if form not in self._whiteners:
            picked = self.picked(form)
            some = self._gram[picked[:, :, None], picked[:, None, :]]
            ridge = 1e-12 * np.einsum("pii->pi", some)[:, :, None] * np.eye(picked.shape[1])
            self._whiteners[form] = np.linalg.inv(np.linalg.cholesky(some + ridge))
        return self._whiteners[form]

    @cached_property
    def _whiteners(self) -> dict[Form, Array]:
        return {}

    def squares(self, logs: Array, forms: tuple[Form, ...]) -> dict[Form, Array]:
        """The sum of squared residuals of each placing, for each of `logs` (r, n): arrays (r, p)."""
        centred = logs - logs.mean(axis=-1, keepdims=True)
        moments = centred @ self._columns.T
        whole = (centred * centred).sum(axis=-1)
        out = {}
        for form in forms:
            some = np.moveaxis(moments[:, self.picked(form)], 0, 2)
            told = self._whitener(form) @ some
            left = whole[:, None] - np.einsum("pkr,pkr->rp", told, told)
            out[form] = np.maximum(left, ROUNDING * whole[:, None] + TINY)
        return out

    def design(self, form: Form, placing: int) -> Array:
        """The columns of one placing; (n, k)."""
        return np.asarray(self._columns[self.picked(form)[placing]].T)

    def at(self, form: Form, placing: int, years: Array) -> Array:
        """The same columns at other dates; (m, k)."""
        return np.asarray(self._basis(np.asarray(years, dtype=float))[self.picked(form)[placing]].T)

    def cell(self, candidate: int) -> tuple[float, float]:
        """The dates that a candidate stands for, up to its neighbours or to the end of the history: either of two
        candidates may be the best where the break is between them.
        """
        ends = np.concatenate([self.years[:1], self.dates, self.years[-1:]])
        return float(ends[candidate]), float(ends[candidate + 2])

    def slopes(self, form: Form) -> Array:
        """The matrix from a fit's numbers to its growth in each stretch, decades a year; (breaks + 1, k)."""
        out = np.zeros((len(form) + 1, numbers(form) - len(form)))
        out[:, 1] = 1.0
        at = 2
        for place, kind in enumerate(form):
            out[place + 1 :, at] = 1.0
            at += 2 if kind == JUMP else 1
        return out / self._scale


def _candidates(years: Array, least: int) -> tuple[Array, np.ndarray]:
    """Dates half way between neighbouring models, with enough models on each side, and how many lie before each."""
    before = np.arange(least, len(years) - least + 1)
    before = before[years[before - 1] < years[before]] if len(before) else before
    if len(before) > MOST_DATES:
        before = before[np.linspace(0, len(before) - 1, MOST_DATES).round().astype(int)]
    return (years[before - 1] + years[before]) / 2, before
