"""Robust least squares for many small problems at once.

A model is a function of parameters; a problem is a start. Everything has a leading axis of problems.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]
Model = Callable[[Array, Rows], tuple[Array, Array]]
"""Parameters (b, p) of the problems with these numbers (b,), to residuals (b, n) and their Jacobian (b, n, p)."""

DAMPING_FIRST, DAMPING_LEAST, DAMPING_MOST = 1e-2, 1e-12, 1e10


@dataclass(frozen=True, slots=True)
class Fits:
    """What `minimise` found: parameters (b, p), objective (b,), Gauss-Newton matrix (b, p, p), whether it settled.

    The matrix is that of the residuals reweighted as by `huber`.
    """

    parameters: Array
    objective: Array
    curvature: Array
    settled: npt.NDArray[np.bool_]


def huber(residuals: Array, delta: float) -> tuple[Array, Array]:
    """The loss of Huber (1964), quadratic up to `delta`, and the weight of each residual in a reweighted square."""
    size = np.abs(residuals)
    inside = np.minimum(size, delta)
    return inside * (size - inside / 2), np.where(size > delta, delta / np.maximum(size, delta), 1.0)


@np.errstate(all="ignore")
def minimise(
    model: Model,
    start: Array,
    *,
    weights: Array | float = 1.0,
    delta: float = np.inf,
    iterations: int = 100,
    tolerance: float = 1e-10,
    reweighted: bool = False,
) -> Fits:
    """Levenberg-Marquardt on a robust sum of squares, each problem with its own damping.

    `start` is (b, p), `weights` (b, n) or one for all. Curvature counts only residuals within `delta`, as the second
    derivative of Huber's loss does (Madsen & Nielsen 1990); damping follows the reweighted square, which lies above
    the loss and bounds a step when few residuals are within. A problem that has settled (its objective fell by less
    than `tolerance` of itself) or that no damping helps is left alone from then on. `reweighted` takes the curvature of
    the reweighted square instead: slower near the end, surer from far away.
    """
    parameters = np.array(start, dtype=float)
    count = len(parameters)
    everything = np.arange(count)
    residuals, jacobian = model(parameters, everything)
    weights = np.broadcast_to(np.asarray(weights, dtype=float), residuals.shape)
    objective, gradient, curvature, scale = _quadratic(residuals, jacobian, weights, delta, reweighted)
    damping = np.full(count, DAMPING_FIRST)
    settled = np.zeros(count, dtype=bool)
    for _ in range(iterations):
        rows = np.flatnonzero(~settled)
        if not rows.size:
            break
        trial = parameters[rows] + _step(gradient[rows], curvature[rows], damping[rows, None] * scale[rows])
        found = _quadratic(*model(trial, rows), weights[rows], delta, reweighted)
        better = found[0] < objective[rows]
        small = np.abs(objective[rows] - found[0]) <= tolerance * np.abs(objective[rows])
        settled[rows] = (better & small) | (damping[rows] >= DAMPING_MOST)
        damping[rows] = np.clip(np.where(better, damping[rows] / 6, damping[rows] * 5), DAMPING_LEAST, DAMPING_MOST)
        won = rows[better]
        parameters[won] = trial[better]
        objective[won], gradient[won], curvature[won], scale[won] = (part[better] for part in found)
    return Fits(parameters, objective, _reweighted(model, parameters, weights, delta), settled)


def _quadratic(
    residuals: Array, jacobian: Array, weights: Array, delta: float, reweighted: bool
) -> tuple[Array, Array, Array, Array]:
    """The objective, its gradient, its Gauss-Newton matrix, and the diagonal that scales the damping."""
    if np.isinf(delta):
        weighted = np.swapaxes(jacobian * weights[:, :, None], 1, 2)
        objective = (weights * residuals * residuals).sum(axis=1) / 2
        curvature = weighted @ jacobian
        return _finite(objective), _times(weighted, residuals), curvature, _floored(np.einsum("bii->bi", curvature))
    loss, reweight = huber(residuals, delta)
    across = np.swapaxes(jacobian, 1, 2)
    within = weights * (reweight if reweighted else reweight == 1.0)
    curvature = (across * within[:, None, :]) @ jacobian
    diagonal = _times(across * across, weights * reweight)
    return (
        _finite((weights * loss).sum(axis=1)),
        _times(across, weights * reweight * residuals),
        curvature,
        _floored(diagonal),
    )


def _reweighted(model: Model, parameters: Array, weights: Array, delta: float) -> Array:
    residuals, jacobian = model(parameters, np.arange(len(parameters)))
    pull = weights if np.isinf(delta) else weights * huber(residuals, delta)[1]
    return np.swapaxes(jacobian * pull[:, :, None], 1, 2) @ jacobian


def _finite(objective: Array) -> Array:
    return np.nan_to_num(objective, nan=np.inf)


def _times(matrices: Array, vectors: Array) -> Array:
    return np.asarray((matrices @ vectors[:, :, None])[:, :, 0])


def _floored(diagonal: Array) -> Array:
    return np.asarray(np.maximum(diagonal, 1e-12 * diagonal.max(axis=1, keepdims=True) + 1e-300))


def _step(gradient: Array, curvature: Array, damping: Array) -> Array:
    damped = curvature + damping[:, :, None] * np.eye(gradient.shape[1])
    return np.asarray(-np.linalg.solve(damped, gradient[:, :, None])[:, :, 0])
