"""All forms together: what each says, how much each is trusted, how far off they may be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from payoff.predict.curves._fit import FormFit, fit_form, local_noise
from payoff.predict.curves._forms import FORMS
from payoff.predict.curves._solve import Array

HALF = np.log(0.5)
NOISE_LEAST = 2e-4
ENOUGH_FOR_A_BACK_TEST = 4


@dataclass(frozen=True, slots=True)
class Ensemble:
    """Every form fitted to b curves.

    `evidence` (b, k) is the log of Laplace's evidence of each form, above that of the best; `past` (b, k) the error of
    log y that each made when fitted to the first half and asked for the second, NaN where there was too little.
    """

    fits: tuple[FormFit, ...]
    evidence: Array
    past: Array
    noise: Array
    points: Array

    def log_y(self, t: Array) -> Array:
        """What every form says at t (b, m): (b, m, k)."""
        return np.stack([fit.log_y(t) for fit in self.fits], axis=-1)


def fit_all(t: Array, log_y: Array, weights: Array) -> Ensemble:
    """Fit every form to b curves, and in the same batch to the first half of each; t is log(x / largest x)."""
    noise = _noise(t, log_y, weights)
    seen, count = weights > 0, len(t)
    early = seen & (t <= HALF + 1e-9)
    late = seen & ~early
    tested = (early.sum(axis=1) >= ENOUGH_FOR_A_BACK_TEST) & late.any(axis=1)
    shift = np.where(early[tested], t[tested], -np.inf).max(axis=1, keepdims=True)
    earlier, answers, asked = t[tested] - shift, log_y[tested], late[tested]
    halves = (earlier, answers, early[tested].astype(float), noise[tested])
    batch = [np.concatenate(pair) for pair in zip((t, log_y, weights, noise), halves, strict=True)]
    fits, past = [], np.full((count, len(FORMS)), np.nan)
    for k, form in enumerate(FORMS.values()):
        fit = fit_form(form, *batch)
        fits.append(fit.of(slice(count)))
        off = np.where(asked, fit.of(slice(count, None)).log_y(earlier) - answers, 0.0)
        past[tested, k] = np.sqrt((off**2).sum(axis=1) / asked.sum(axis=1))
    evidence = np.stack([_evidence(fit) for fit in fits], axis=1)
    return Ensemble(tuple(fits), evidence - evidence.max(axis=1, keepdims=True), past, noise, seen.sum(axis=1))


def _evidence(fit: FormFit) -> Array:
    """Laplace's approximation, up to what all forms share."""
    _, logdet = np.linalg.slogdet(fit.curvature)
    spread = np.log([*([1.5] if fit.form.floor else []), *fit.form.spread]).sum() if fit.form.size > 1 else 0.0
    evidence: Array = -fit.objective - logdet / 2 - spread
    return evidence


def _noise(t: Array, log_y: Array, weights: Array) -> Array:
    """The noise of log y (b,): the least of what neighbours and two flexible forms leave over.

    Where points are few and far between, the bend of the curve looks like noise to neighbours.
    """
    noise = np.maximum(local_noise(t, log_y, weights), NOISE_LEAST)
    points = weights.sum(axis=1)
    for name in ("m3", "wbl4"):
        fit = fit_form(FORMS[name], t, log_y, weights, noise)
        left = np.where(weights > 0, fit.log_y(t) - log_y, 0.0)
        spare = np.maximum(points - fit.form.size, 1.0)
        noise = np.minimum(noise, np.maximum(np.sqrt((weights * left**2).sum(axis=1) / spare), NOISE_LEAST))
    return noise


def row_of(whole: Ensemble, row: int) -> Ensemble:
    """The ensemble of one curve of the batch."""
    here = slice(row, row + 1)
    fits = tuple(fit.of(here) for fit in whole.fits)
    return Ensemble(fits, whole.evidence[here], whole.past[here], whole.noise[here], whole.points[here])
