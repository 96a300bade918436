"""How much of its peak does a chip do in a training? Learned from published trainings, for a family not seen before.

Utilisation is six times (active) parameters times tokens over chip time and dense fp16 peak. Its logarithm is a level,
less what a fast chip loses on a small model (log of its peak over an A100's, times log of the size under 70 billion
parameters), less what all but a TPU lose by little memory (log under 80 GB: activations are worked out again, models
are cut into more pieces). A family of models (LLaMA, Pythia) counts as the square root of its number of trainings. The
interval is that of the errors for families left out in turn: that of a stranger's next training, not of the line.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import exp, log, sqrt

import numpy as np

from payoff.errors import InvalidValue
from payoff.facts import AcceleratorFact
from payoff.frozen import Frozen
from payoff.quantities import Estimate

PEAK_OF_A100, FASTEST_KNOWN = 312e12, 1.25e15
"""Faster chips than the second count as that: of them too little is known."""
LARGE = 70e9
AMPLE_MEMORY, LEAST_MEMORY = 80e9, 30e9
RIDGE = 1.0
LEVEL = 0.9
FEWEST_FAMILIES = 4


class Evidence(Frozen):
    """A published training of a family: what it was, and the utilisation that its chip-hours imply."""

    family: str
    name: str
    params: float
    chip: AcceleratorFact
    utilisation: float


class UtilisationLine(Frozen):
    """A line fitted to evidence, and the reach of its errors on families left out (logarithmic, at `LEVEL`).

    `smallest` is the size of the smallest model in the evidence.
    """

    weights: tuple[float, ...]
    reach: float
    trainings: int
    families: int
    smallest: float

    def predict(self, params: float | None, chip: AcceleratorFact) -> Estimate:
        """The utilisation of a training of a new family; one of unknown size counts as large."""
        middle = exp(float(_features(params or LARGE, chip) @ np.array(self.weights)))
        low, high = middle * exp(-self.reach), min(1.0, middle * exp(self.reach))
        source = f"{self.trainings} published trainings of {self.families} families of models"
        return Estimate(middle, {"utilisation": (low, high)}, {"modelled": 1.0}, sources=(source,))


def fit_utilisation(evidence: Iterable[Evidence]) -> UtilisationLine:
    """Fit the line, and learn its interval by leaving out each family in turn. Raises `InvalidValue` for too few."""
    rows = list(evidence)
    families = sorted({row.family for row in rows})
    if len(families) < FEWEST_FAMILIES:
        raise InvalidValue(
            f"utilisation is learned from {FEWEST_FAMILIES} families of models at least, got {len(families)}; "
            "state it with --utilisation"
        )
    errors = np.empty(len(rows))
    for left_out in families:
        line = _fit([row for row in rows if row.family != left_out])
        for at, row in enumerate(rows):
            if row.family == left_out:
                errors[at] = abs(log(row.utilisation) - float(_features(row.params, row.chip) @ line))
    reach = _quantile(errors, _row_weights(rows), min(1.0, LEVEL * (1 + 1 / len(families))))
    weights = tuple(float(weight) for weight in _fit(rows))
    return UtilisationLine(weights, reach, len(rows), len(families), min(row.params for row in rows))


def _features(params: float, chip: AcceleratorFact) -> np.ndarray:
    peak = chip.peak(chip.training_precision)
    faster = min(max(0.0, log(peak / PEAK_OF_A100)), log(FASTEST_KNOWN / PEAK_OF_A100))
    memory = None if chip.row.kind == "TPU" else chip.row.memory_bytes
    scarce = log(max(memory, LEAST_MEMORY) / AMPLE_MEMORY) if memory and memory < AMPLE_MEMORY else 0.0
    return np.array([1.0, faster * min(0.0, log(params / LARGE)), scarce])


def _row_weights(rows: Sequence[Evidence]) -> np.ndarray:
    names = [row.family for row in rows]
    weights = np.array([1 / sqrt(names.count(name)) for name in names])
    return weights / weights.mean()  # type: ignore[no-any-return]


def _fit(rows: Sequence[Evidence]) -> np.ndarray:
    """Weighted least squares with a ridge on all but the level."""
    x = np.stack([_features(row.params, row.chip) for row in rows])
    y = np.log([row.utilisation for row in rows])
    w = _row_weights(rows)
    ridge = np.diag([0.0] + [RIDGE] * (x.shape[1] - 1))
    return np.linalg.solve(x.T @ (w[:, None] * x) + ridge, x.T @ (w * y))


def _quantile(values: np.ndarray, weights: np.ndarray, level: float) -> float:
    order = np.argsort(values)
    share = np.cumsum(weights[order]) / weights.sum()
    return float(values[order][min(len(values) - 1, int(np.searchsorted(share, level - 1e-12)))])
