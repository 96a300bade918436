"""Points of curves, cleaned and gathered into one batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from payoff.errors import InvalidValue
from payoff.predict.curves._solve import Array

LEAST = 3


@dataclass(frozen=True, slots=True)
class Points:
    """b curves of up to n points: t = log(x / largest x) and log y, both (b, n), weight 0 where there is no point."""

    t: Array
    log_y: Array
    weights: Array
    largest: Array


def gather(xs: Sequence[npt.ArrayLike], ys: Sequence[npt.ArrayLike]) -> Points:
    """One batch of curves; values of y at the same x become their mean, values that are not finite are left out."""
    cleaned = [_clean(x, y, row) for row, (x, y) in enumerate(zip(xs, ys, strict=True))]
    most = max(len(x) for x, _, _ in cleaned)
    t, log_y, weights = (np.zeros((len(cleaned), most)) for _ in range(3))
    for row, (x, y, count) in enumerate(cleaned):
        t[row, : len(x)] = np.log(x / x[-1])
        log_y[row, : len(x)] = np.log(y)
        weights[row, : len(x)] = count
    return Points(t, log_y, weights, np.array([x[-1] for x, _, _ in cleaned]))


def _clean(xs: npt.ArrayLike, ys: npt.ArrayLike, row: int) -> tuple[Array, Array, Array]:
    x, y = np.asarray(xs, dtype=float), np.asarray(ys, dtype=float)
    which = f"curve {row + 1}: " if row else ""
    if x.ndim != 1 or x.shape != y.shape:
        raise InvalidValue(f"{which}x and y must be two lists of the same length, got shapes {x.shape} and {y.shape}")
    kept = np.isfinite(x) & np.isfinite(y)
    x, y = x[kept], y[kept]
    if (x <= 0).any():
        raise InvalidValue(f"{which}x must be above 0, got {x.min():g}; leave out what was read before the first step")
    if (y <= 0).any():
        raise InvalidValue(
            f"{which}y must be above 0, got {y.min():g}; give a loss or an error rate, "
            'or for a score that rises goal="max" and its ceiling'
        )
    distinct, place = np.unique(x, return_inverse=True)
    if len(distinct) < LEAST:
        raise InvalidValue(
            f"{which}a curve needs at least {LEAST} points at different x, got {len(distinct)}; "
            "run a few more small sizes"
        )
    count = np.bincount(place).astype(float)
    return distinct, np.bincount(place, weights=y) / count, count
