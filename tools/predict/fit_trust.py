"""Fit how far the forms of a learning curve are trusted, and the intervals: writes predict/curves/trust.json.

    python tools/predict/fit_trust.py --data DIR [--check]

Weights minimise the error of the combination, a domain counting as much as it is given below; intervals are made on
predictions of data sets that were left out (five folds; a data set, or a task of a benchmark, stays in one fold).
`--check` prints the left-out errors and writes nothing. Variants tried are told in docs/benchmarks/curves.md.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from curves_data import Task, answers_of, early_tasks, points_of, sample_size_tasks, scaling_tasks
from payoff.predict.curves._ensemble import Ensemble, fit_all
from payoff.predict.curves._forms import FORMS
from payoff.predict.curves._solve import Array
from payoff.predict.curves._trust import LEVELS, Trust, error_parts, own_features, shared_features

SHARED, OWN = 3, 6
WHERE = Path(__file__).parents[2] / "src" / "payoff" / "predict" / "curves" / "trust.json"
FOLDS = 5
PENALTY = 1e-2
TAIL = 3.0
"""Degrees of freedom of Student's t, by whose likelihood the scale of errors is fitted."""


@dataclass(frozen=True, slots=True)
class Domain:
    """Tasks with what every form says of them: features, predictions and answers, leading axis tasks."""

    name: str
    groups: tuple[str, ...]
    ensemble: Ensemble
    t: Array
    said: Array
    log_y: Array
    weights: Array
    share: float
    unit: float
    absolute: bool


def domain(name: str, tasks: Sequence[Task], *, share: float, unit: float, absolute: bool = False) -> Domain:
    """Fit every form to these tasks; errors are counted in `unit`, of y where `absolute`, else of log y."""
    points, answers = points_of(list(tasks)), answers_of(list(tasks))
    ensemble = fit_all(points.t, points.log_y, points.weights)
    said = ensemble.log_y(answers.t)
    weights = answers.weights / answers.weights.sum(axis=1, keepdims=True)
    groups = tuple(task.group for task in tasks)
    return Domain(name, groups, ensemble, answers.t, said, answers.log_y, weights, share, unit, absolute)


def part(whole: Domain, rows: np.ndarray) -> Domain:
    """The tasks with these numbers."""
    e = whole.ensemble
    ensemble = Ensemble((), e.evidence[rows], e.past[rows], e.noise[rows], e.points[rows])
    groups = tuple(whole.groups[row] for row in rows)
    arrays = {name: getattr(whole, name)[rows] for name in ("t", "said", "log_y", "weights")}
    return replace(whole, groups=groups, ensemble=ensemble, **arrays)


def all_domains(data: Path) -> list[Domain]:
    """Everything that is known to its end."""
    scaling = scaling_tasks(data)
    of = {name: [task for task in scaling if task.domain == name] for name in ("IC", "BB", "LM", "NMT")}
    return [
        *(
            domain(f"lcdb x{factor}", sample_size_tasks(data, factor), share=share, unit=unit, absolute=True)
            for factor, share, unit in ((2, 1.0, 0.015), (4, 0.7, 0.025), (8, 1.0, 0.035))
        ),
        domain("IC", of["IC"], share=1.0, unit=0.03),
        domain("BB", of["BB"], share=0.4, unit=0.008),
        domain("LM", of["LM"], share=0.2, unit=0.001),
        domain("NMT", of["NMT"], share=0.4, unit=0.012),
        domain("early", list(early_tasks(data)), share=0.3, unit=0.08),
    ]


def fit_weights(domains: Sequence[Domain]) -> Trust:
    """The softmax weights that make the combination's error least."""
    count = len(FORMS)
    first = np.zeros(SHARED + count * OWN)
    first[:2] = 1.0
    prepared = [
        (d, shared_features(d.ensemble, d.said), own_features(d.ensemble, d.t, d.said), _price(d))
        for d in domains
        if d.groups
    ]

    def loss(theta: Array) -> tuple[float, Array]:
        total, slope = PENALTY * ((theta - first) ** 2).sum(), 2 * PENALTY * (theta - first)
        trust = _trust(theta)
        for d, shared, own, price in prepared:
            weights = trust.weights(d.ensemble, d.t, d.said)
            middle = (weights * d.said).sum(axis=-1)
            off = middle - d.log_y
            size = np.sqrt(off**2 + 1e-6)
            total += (price * size).sum()
            pull = (price * off / size)[..., None] * weights * (d.said - middle[..., None])
            slope[:SHARED] += np.einsum("bmk,bmkq->q", pull, shared)
            slope[SHARED:] += np.einsum("bmk,bmg->kg", pull, own).ravel()
        return total, slope

    return _trust(minimize(loss, first, jac=True, method="L-BFGS-B", options={"maxiter": 1500}).x)


def _trust(theta: Array) -> Trust:
    return Trust(theta[:SHARED], theta[SHARED:].reshape(len(FORMS), OWN), np.ones(4), np.ones(len(LEVELS)))


def _price(d: Domain) -> Array:
    size = np.exp(np.clip(d.log_y, -4, 0.5)) if d.absolute else 1.0
    price: Array = d.weights * size * d.share / d.unit / len(d.groups)
    return price


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Predictions of tasks by a trust fitted without them: middle (b, m), and where its error may come from."""

    middle: Array
    parts: Array


def left_out(domains: Sequence[Domain], seed: int = 0) -> list[LeftOut]:
    """Each domain's tasks, predicted without their fold."""
    names = sorted({group for d in domains for group in d.groups})
    fold_of = dict(zip(names, np.random.default_rng(seed).permutation(len(names)) % FOLDS, strict=True))
    folds = [np.array([fold_of[group] for group in d.groups]) for d in domains]
    answers = [LeftOut(np.zeros(d.t.shape), np.zeros((*d.t.shape, 4))) for d in domains]
    for fold in range(FOLDS):
        trust = fit_weights([part(d, np.flatnonzero(f != fold)) for d, f in zip(domains, folds, strict=True)])
        for d, f, answer in zip(domains, folds, answers, strict=True):
            rows = np.flatnonzero(f == fold)
            if rows.size:
                here = part(d, rows)
                weights = trust.weights(here.ensemble, here.t, here.said)
                middle = (weights * here.said).sum(axis=-1)
                answer.middle[rows] = middle
                answer.parts[rows] = error_parts(here.ensemble, here.t, here.said, weights, middle)
    return answers


def fit_intervals(domains: Sequence[Domain], answers: Sequence[LeftOut]) -> tuple[Array, Array]:
    """The scale of each part of the error (4,), and the quantiles of |error| / scale at `LEVELS`."""
    off = np.concatenate([np.abs(a.middle - d.log_y).ravel() for d, a in zip(domains, answers, strict=True)])
    parts = np.concatenate([a.parts.reshape(-1, 4) for a in answers])
    equal = {"IC": 2.0, "lcdb x8": 2.0, "BB": 1.0, "LM": 1.0, "NMT": 1.0, "early": 0.5}
    price = np.concatenate([(d.weights * equal.get(d.name, 1.0) / len(d.groups)).ravel() for d in domains])

    def loss(theta: Array) -> float:
        scale = np.sqrt((parts * np.exp(2 * theta)).sum(axis=1) + 1e-12)
        return float((price * (np.log(scale) + (TAIL + 1) / 2 * np.log1p((off / scale) ** 2 / TAIL))).sum())

    scale = np.exp(minimize(loss, np.zeros(4), method="Nelder-Mead", options={"maxiter": 600}).x)
    ratio = off / np.sqrt((parts * scale**2).sum(axis=1) + 1e-12)
    order = np.argsort(ratio)
    reached = np.cumsum(price[order]) / price.sum()
    return scale, ratio[order][np.searchsorted(reached, LEVELS)]


def report(domains: Sequence[Domain], answers: Sequence[LeftOut], scale: Array, quantiles: Array) -> str:
    """The left-out errors and coverages, a line a domain."""
    lines = []
    for d, a in zip(domains, answers, strict=True):
        off = a.middle - d.log_y
        rmse = np.sqrt((d.weights * off**2).sum(axis=1)).mean()
        absolute = (d.weights * np.abs(np.exp(a.middle) - np.exp(d.log_y))).sum(axis=1).mean()
        ratio = np.abs(off) / np.sqrt((a.parts * scale**2).sum(axis=-1) + 1e-12)
        held = {
            level: (d.weights * (ratio <= q)).sum() / len(d.groups) for level, q in zip(LEVELS, quantiles, strict=True)
        }
        width = np.median(2 * quantiles[3] * np.sqrt((a.parts * scale**2).sum(axis=-1))[d.weights > 0])
        lines.append(
            f"{d.name:8} rmse of log {rmse:.4f}  mean error {absolute:.5f}"
            f"  80 %: {held[0.8]:.3f}  90 %: {held[0.9]:.3f}  width of 80 %: {width:.3f}"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--check", action="store_true")
    chosen = parser.parse_args()
    domains = all_domains(chosen.data)
    answers = left_out(domains)
    scale, quantiles = fit_intervals(domains, answers)
    print(report(domains, answers, scale, quantiles))
    print("scale", scale.round(3), "quantiles", quantiles.round(3))
    if not chosen.check:
        trust = replace(fit_weights(domains), scale=scale, quantiles=quantiles)
        WHERE.write_text(json.dumps(trust.to_json(), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
