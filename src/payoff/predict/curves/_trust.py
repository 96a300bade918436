"""How much each form is trusted, and how far off the combination may be: learned from curves whose end is known.

The constants are fitted by tools/predict/fit_trust.py, with data sets left out in turn.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from payoff.predict.curves._ensemble import Ensemble
from payoff.predict.curves._forms import FORMS
from payoff.predict.curves._solve import Array

LEVELS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)


@dataclass(frozen=True, slots=True)
class Trust:
    """Weights of the forms, softmax of `shared` (3,) and `own` (k, 6) features, and the scale of the error.

    `scale` (4,) multiplies noise, disagreement of the forms, past error and distance, which meet in quadrature;
    `quantiles` are those of |error| / scale at `LEVELS`.
    """

    shared: Array
    own: Array
    scale: Array
    quantiles: Array

    def weights(self, ensemble: Ensemble, t: Array, said: Array) -> Array:
        """The weight of each form at t (b, m), where `said` (b, m, k) is what they say: (b, m, k), adding up to 1.

        Between the points seen the evidence alone weighs: there is nothing to predict.
        """
        logit = shared_features(ensemble, said) @ self.shared + own_features(ensemble, t, said) @ self.own.T
        logit = np.where((t < 0)[..., None], ensemble.evidence[:, None, :], logit)
        share = np.exp(logit - logit.max(axis=-1, keepdims=True))
        weights: Array = share / share.sum(axis=-1, keepdims=True)
        return weights

    def predict(self, ensemble: Ensemble, t: Array) -> tuple[Array, Array]:
        """The middle of log y at t (b, m), and the scale of its error."""
        said = ensemble.log_y(t)
        weights = self.weights(ensemble, t, said)
        middle = (weights * said).sum(axis=-1)
        parts = error_parts(ensemble, t, said, weights, middle)
        return middle, np.sqrt((parts * self.scale**2).sum(axis=-1))

    def factor(self, level: float) -> float:
        """How many scales the interval of this level reaches to either side."""
        return float(np.interp(level, LEVELS, self.quantiles))

    def to_json(self) -> dict[str, Any]:
        """A plain dictionary."""
        rounded: dict[str, Any] = {
            name: np.round(getattr(self, name), 5).tolist() for name in ("shared", "own", "scale", "quantiles")
        }
        return {"forms": list(FORMS), **rounded}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Trust:
        """The trust that `to_json` wrote."""
        arrays = {name: np.array(data[name], dtype=float) for name in ("shared", "own", "scale", "quantiles")}
        return cls(**arrays)


@cache
def shipped() -> Trust:
    """The trust that comes with payoff."""
    return Trust.from_json(json.loads((files("payoff.predict.curves") / "trust.json").read_text("utf-8")))


def shared_features(ensemble: Ensemble, said: Array) -> Array:
    """What speaks for a form by one rule for all: evidence, back-test, nearness to the median of all; (b, m, k, 3)."""
    past = np.log(np.nan_to_num(ensemble.past, nan=1.0) + ensemble.noise[:, None] + 1e-3)
    tested = np.isfinite(ensemble.past)
    worse = np.where(tested, past - np.where(tested, past, 0.0).min(axis=1, keepdims=True), 0.0)
    evidence = np.maximum(ensemble.evidence, -30.0) / 10
    alone = np.clip(np.abs(said - np.median(said, axis=2, keepdims=True)), 0.0, 2.0)
    features = np.broadcast_arrays(evidence[:, None, :], -worse[:, None, :], -alone)
    return np.stack(features, axis=-1)


def own_features(ensemble: Ensemble, t: Array, said: Array) -> Array:
    """What speaks for or against each form by a rule of its own, each about 0 with a spread of 1; (b, m, 6).

    Distance, points and noise; how well the best form did in the back-test, and how far the forms disagree.
    """
    points, noise = np.log(ensemble.points)[:, None] - 2.5, np.log(ensemble.noise)[:, None] / 2 + 2
    past = np.where(np.isfinite(ensemble.past), ensemble.past, np.inf).min(axis=1, keepdims=True)
    past = np.log(np.where(np.isfinite(past), past, 0.05) + 1e-3) / 2 + 1.5
    apart = np.clip(np.log(said.std(axis=2) + 1e-4) / 2 + 2, -2.0, 2.0)
    return np.stack(np.broadcast_arrays(1.0, np.maximum(t, 0.0) - 1.0, points, noise, past, apart), axis=-1)


def error_parts(ensemble: Ensemble, t: Array, said: Array, weights: Array, middle: Array) -> Array:
    """The squares of noise, disagreement, past error and distance, each where the error may come from; (b, m, 4)."""
    apart = (weights * (said - middle[..., None]) ** 2).sum(axis=-1)
    ahead = np.maximum(t, 0.0)
    tested = np.isfinite(ensemble.past.sum(axis=1, keepdims=True))
    past = np.nan_to_num((weights * ensemble.past[:, None, :]).sum(axis=-1), nan=0.0)
    past = np.where(tested, past, 0.1) * np.minimum(ahead / np.log(2), 3.0)
    noise = np.broadcast_to(ensemble.noise[:, None], t.shape)
    return np.stack([noise, np.sqrt(apart), past, 0.05 * ahead], axis=-1) ** 2
