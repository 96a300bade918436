"""Fits of a law: starts by variable projection on a grid of exponents, then a robust polish; all problems at once."""

from __future__ import annotations

import numpy as np

from payoff.predict.curves._law_forms import Coordinates, LawForm
from payoff.predict.curves._solve import Array, Fits, Rows, minimise

DELTA = 1e-3
"""Where Huber's loss of a residual of log loss turns from square to straight (Hoffmann 2022)."""
EXPONENTS = np.geomspace(0.04, 2.5, 18)
STARTS = 4
NORMAL_MAD = 1.4826
"""The standard deviation of a normal distribution by its median absolute deviation."""
CHUNK = 64
"""Problems that are solved together: so many fit into the cache of a processor."""
ITERATIONS, TOLERANCE = 200, 1e-12
FEWER_ITERATIONS = 80
"""For resamples, which begin near their end."""


def fitted(form: LawForm, at: Coordinates, log_loss: Array, weights: Array) -> tuple[Array, float]:
    """The parameters (p,) of the best fit of all starts, and its objective (the weighted sum of Huber's loss)."""
    starts = form.starts(projected(at, log_loss, weights), at)
    fits = polish(form, at, log_loss, np.broadcast_to(weights, (len(starts), len(weights))), starts)
    best = int(np.argmin(fits.objective))
    return fits.parameters[best], float(fits.objective[best])


def polish(
    form: LawForm, at: Coordinates, log_loss: Array, weights: Array, starts: Array, *, iterations: int = ITERATIONS
) -> Fits:
    """Robust fits from `starts` (b, p) with `weights` (b, m)."""

    def model(parameters: Array, rows: Rows) -> tuple[Array, Array]:
        value, jacobian = form(parameters, at)
        return value - log_loss, jacobian

    return minimise(model, starts, weights=weights, delta=DELTA, iterations=iterations, tolerance=TOLERANCE)


def refitted(form: LawForm, at: Coordinates, log_loss: Array, weights: Array, start: Array) -> Array:
    """The parameters (b, p) fitted to each row of `weights` (b, m), all from the one start (p,)."""
    out = np.empty((len(weights), len(start)))
    for first in range(0, len(weights), CHUNK):
        some = weights[first : first + CHUNK]
        starts = np.tile(start, (len(some), 1))
        fits = polish(form, at, log_loss, some, starts, iterations=FEWER_ITERATIONS)
        out[first : first + CHUNK] = fits.parameters
    return out


def projected(at: Coordinates, log_loss: Array, weights: Array) -> Array:
    """The best starts (b, 5) for the plain sum, by variable projection (Golub & Pereyra 1973).

    For given exponents the other numbers are linear. Residuals are relative; pairs of exponents whose factors come out
    negative are left out.
    """
    scale = np.sqrt(weights) * np.exp(-log_loss)
    floor, size, data = scale, np.exp(-np.outer(EXPONENTS, at.x)) * scale, np.exp(-np.outer(EXPONENTS, at.y)) * scale
    count, target = len(EXPONENTS), np.sqrt(weights)
    matrix, right = np.empty((count, count, 3, 3)), np.empty((count, count, 3))
    matrix[..., 0, 0] = floor @ floor
    matrix[..., 0, 1] = matrix[..., 1, 0] = (size @ floor)[:, None]
    matrix[..., 0, 2] = matrix[..., 2, 0] = (data @ floor)[None]
    matrix[..., 1, 1] = (size * size).sum(axis=1)[:, None]
    matrix[..., 2, 2] = (data * data).sum(axis=1)[None]
    matrix[..., 1, 2] = matrix[..., 2, 1] = size @ data.T
    right[..., 0], right[..., 1], right[..., 2] = floor @ target, (size @ target)[:, None], (data @ target)[None]
    ridge = 1e-12 * np.einsum("ijkk->ijk", matrix)[..., None] * np.eye(3)
    factors = np.linalg.solve(matrix + ridge, right[..., None])[..., 0]
    unexplained = np.where((factors > 0).all(axis=2), -(factors * right).sum(axis=2), np.inf)
    best = np.argsort(unexplained, axis=None)[:STARTS]
    first, second = np.unravel_index(best[np.isfinite(unexplained.ravel()[best])], unexplained.shape)
    if not first.size:
        return _plain_guess(log_loss)
    e, a, b = np.log(factors[first, second]).T
    return np.stack([a, b, e, EXPONENTS[first], EXPONENTS[second]], axis=1)


def _plain_guess(log_loss: Array) -> Array:
    """Where no pair of exponents gives a falling sum: half of the least loss is floor, and gentle exponents."""
    gap = float(np.log(np.maximum(np.exp(np.median(log_loss)) - 0.5 * np.exp(log_loss.min()), 1e-300) / 2))
    return np.array([[gap, gap, float(log_loss.min()) - np.log(2), 0.3, 0.3]])


def robust_noise(residuals: Array, weights: Array, numbers: int) -> float:
    """The standard deviation of residuals (m,) by their median size, for a law of so many numbers."""
    used = weights > 0
    left = max(1, int(used.sum()) - numbers)
    return float(np.median(np.abs(residuals[used]))) * NORMAL_MAD * float(np.sqrt(used.sum() / left))


def sandwich(jacobian: Array, residuals: Array, weights: Array, noise: float) -> Array:
    """The covariance of a fit (p, p), as Powell 1991 for medians, since Huber's loss is nearly straight here.

    The bread counts runs within one `noise` of the law, the meat the pull of every run.
    """
    band = max(noise, DELTA)
    jacobian = np.nan_to_num(jacobian, posinf=0.0, neginf=0.0)
    bread = (jacobian.T * (weights * (np.abs(residuals) <= band) * DELTA / band)) @ jacobian
    pull = weights * np.clip(residuals, -DELTA, DELTA)
    inverse = np.linalg.pinv(bread, rcond=1e-12, hermitian=True)
    return np.asarray(inverse @ (jacobian.T * pull**2) @ jacobian @ inverse)
