"""Laws whose numbers are known, and runs that follow them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

HOFFMANN = {"E": 1.69, "A": 406.4, "B": 410.7, "alpha": 0.34, "beta": 0.28}


def loss_of(n: Array, d: Array, numbers: dict[str, float] = HOFFMANN) -> Array:
    return np.asarray(
        numbers["E"] + numbers["A"] / n ** numbers["alpha"] + numbers["B"] / d ** numbers["beta"], dtype=float
    )


def runs(count: int = 40, seed: int = 0, noise: float = 0.0) -> tuple[Array, Array, Array]:
    """Sizes of 10M to 3G and tokens of 0.3G to 300G, in no order."""
    rng = np.random.default_rng(seed)
    n, d = np.exp(rng.uniform(np.log([1e7, 3e8]), np.log([3e9, 3e11]), (count, 2))).T
    return n, d, loss_of(n, d) * np.exp(noise * rng.standard_normal(count))
