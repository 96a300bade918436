"""Fits of every form to every curve, as maximum a posteriori."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from payoff.predict.curves._forms import Form
from payoff.predict.curves._solve import Array, Rows, huber, minimise

LEVEL_SPREAD, FLOOR_CENTRE, FLOOR_SPREAD = 1.0, 0.0, 1.5


@dataclass(frozen=True, slots=True)
class FormFit:
    """One form on every curve: parameters (b, p), their Gauss-Newton matrix, the noise of log y (b,), the loss (b,)."""

    form: Form
    parameters: Array
    curvature: Array
    noise: Array
    objective: Array

    def log_y(self, t: Array) -> Array:
        """Log y at t (b, n)."""
        return self.form.log_y(self.parameters, t)[0]

    def of(self, rows: slice) -> FormFit:
        """The fit of some of the curves."""
        kept = (part[rows] for part in (self.parameters, self.curvature, self.noise, self.objective))
        return FormFit(self.form, *kept)


def fit_form(form: Form, t: Array, log_y: Array, weights: Array, noise: Array, *, delta: float = 2.0) -> FormFit:
    """Fit one form to b curves: t, log_y and weights are (b, n), a weight of 0 is a point that is not there.

    Residuals are in units of `noise` (b,); those beyond `delta` of it count linearly (Huber 1964).
    """
    if not form.centre:
        return _last_value(form, t, log_y, weights, noise, delta=delta)
    count = len(t)
    level = _last_level(t, log_y, weights)
    starts = []
    for shape in form.starts:
        first = np.empty((count, form.size))
        first[:, 0] = level
        if form.floor:
            first[:, 1] = FLOOR_CENTRE
        first[:, 1 + form.floor :] = shape
        starts.append(first)
    start = np.concatenate(starts)
    of = np.tile(np.arange(count), len(starts))
    centre = np.array([0.0, *([FLOOR_CENTRE] if form.floor else []), *form.centre])
    spread = np.array([LEVEL_SPREAD, *([FLOOR_SPREAD] if form.floor else []), *form.spread])
    all_weights = np.concatenate([weights[of], np.ones((len(of), form.size))], axis=1)
    prior_slope = np.broadcast_to(np.diag(1 / spread), (len(of), form.size, form.size))

    def model(parameters: Array, rows: Rows) -> tuple[Array, Array]:
        at = of[rows]
        value, slope = form.log_y(parameters, t[at])
        scale = noise[at][:, None]
        offset = parameters - centre
        offset[:, 0] -= level[at]
        residuals = np.concatenate([(value - log_y[at]) / scale, offset / spread], axis=1)
        return residuals, np.concatenate([slope / scale[:, :, None], prior_slope[rows]], axis=1)

    fits = minimise(model, start, weights=all_weights, delta=delta, iterations=60, tolerance=1e-6, reweighted=True)
    best = fits.objective.reshape(len(starts), count).argmin(axis=0) * count + np.arange(count)
    parameters = fits.parameters[best]
    return FormFit(form, parameters, fits.curvature[best], noise, fits.objective[best])


def _last_value(form: Form, t: Array, log_y: Array, weights: Array, noise: Array, *, delta: float) -> FormFit:
    """The form that nothing changes any more, fitted to the last point alone and judged by all."""
    last = np.where(weights > 0, t, -np.inf).argmax(axis=1)[:, None]
    parameters = np.take_along_axis(log_y, last, axis=1)
    loss, _ = huber((log_y - parameters) / noise[:, None], delta)
    objective: Array = (weights * loss).sum(axis=1)
    return FormFit(form, parameters, noise[:, None, None] ** -2.0, noise, objective)


def _last_level(t: Array, log_y: Array, weights: Array) -> Array:
    near = weights * np.exp(4.0 * np.minimum(t, 0))
    level: Array = (near * log_y).sum(axis=1) / near.sum(axis=1)
    return level


def local_noise(t: Array, log_y: Array, weights: Array, least: float = 1e-4) -> Array:
    """The noise of log y about a smooth curve, from how far each point is off the line through its neighbours."""
    noise = np.full(len(t), 0.01)
    for row in range(len(t)):
        here = weights[row] > 0
        x, y = t[row, here], log_y[row, here]
        if len(x) < 4:
            continue
        share = (x[1:-1] - x[:-2]) / np.maximum(x[2:] - x[:-2], 1e-12)
        off = (y[1:-1] - (1 - share) * y[:-2] - share * y[2:]) / np.sqrt(1 + (1 - share) ** 2 + share**2)
        noise[row] = max(least, 1.4826 * np.median(np.abs(off)), 0.3 * np.sqrt(np.mean(off**2)))
    return noise
