"""The largest models, and the small ones: running top ten, records, and the growth of quantiles."""

from __future__ import annotations

import heapq

import numpy as np
import numpy.typing as npt

from payoff.predict.trends._growth import Growth, enough
from payoff.predict.trends._series import Array, History

TOP = 10
RESAMPLES = 199
ROUNDS = 60
"""Of reweighting: more move a slope by less than a thousandth of its interval."""


def top_models(history: History, count: int = TOP) -> npt.NDArray[np.bool_]:
    """Which models were among the `count` largest so far on the day they were published (records: count 1); (n,).

    The first models of a history are in the list because it is still short.
    """
    largest: list[float] = []
    inside = np.zeros(len(history), dtype=bool)
    for at, amount in enumerate(history.logs):
        if len(largest) < count:
            heapq.heappush(largest, amount)
            inside[at] = True
        elif amount > largest[0]:
            heapq.heapreplace(largest, amount)
            inside[at] = True
    return inside


def quantile_growth(years: Array, logs: Array, quantile: float, *, resamples: int = RESAMPLES, seed: int = 0) -> Growth:
    """The growth of a quantile of the models (0.5: the median), by quantile regression (Koenker and Bassett 1978).

    The interval is of `resamples` draws of models with replacement, all fitted at once by reweighting (Hunter and
    Lange 2000). Shapes (n,).
    """
    enough(years)
    rng = np.random.default_rng(seed)
    counts = rng.multinomial(len(years), np.full(len(years), 1 / len(years)), size=resamples)
    weights = np.concatenate([np.ones((1, len(years))), counts])
    slopes = _quantile_slopes(years, logs, quantile, weights)
    low, high = np.quantile(slopes[1:], [0.05, 0.95])
    return Growth(float(years.min()), float(years.max()), len(years), float(slopes[0]), float(low), float(high))


def _quantile_slopes(years: Array, logs: Array, quantile: float, weights: Array) -> Array:
    """Slopes of the lines that have the share `quantile` of the weight below them; weights (r, n)."""
    t = years - years.mean()
    near = 1e-4 * max(float(np.std(logs)), 1e-9)
    pull = weights
    slope = np.zeros(len(weights))
    for _ in range(ROUNDS):
        total = pull.sum(axis=1)
        mean_t, mean_y = pull @ t / total, pull @ logs / total
        square = pull @ (t * t) / total - mean_t**2
        slope = (pull @ (t * logs) / total - mean_t * mean_y) / np.maximum(square, 1e-12)
        residual = logs - (mean_y - slope * mean_t)[:, None] - slope[:, None] * t
        side = np.where(residual < 0, 1 - quantile, quantile)
        pull = weights * side / np.maximum(np.abs(residual), near)
    return slope
