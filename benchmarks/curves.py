"""How true are predictions of learning curves and scaling laws, and their intervals?

Scaling curves of Alabdulmohsin 2022 (the paper's own split), sample-size curves of LCDB (the error rate at the largest
size, from sizes up to a half and an eighth of it), coverage and width of intervals, speed, the stop rule, and the fit
of Chinchilla's law. Rivals: single forms fitted by plain least squares, as each would be used alone.

The shipped trust in forms was fitted on the development curves. So on these every figure is of trusts fitted anew with
data sets left out; curves in DIR that it never saw can be asked of the shipped one with `--shipped`.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

import curves_law
import curves_stop
from contest import ROOT, Figure, Report, Row, options
from curves_data import Task, answers_of, points_of, sample_size_tasks, scaling_tasks
from curves_rivals import RIVALS, predict_alone
from payoff import __version__, fit_curves
from payoff.predict.curves._ensemble import fit_all
from payoff.predict.curves._solve import Array
from payoff.predict.curves._trust import Trust, shipped

sys.path.append(str(ROOT / "tools" / "predict"))

from fit_trust import all_domains, domain, fit_intervals, left_out

DOMAINS = {"IC": "ic_rmse", "BB": "bb_rmse", "LM": "lm_rmse", "NMT": "nmt_rmse"}
TARGETS = ("lcdb x2", "lcdb x8")
HOW = """
What is asked, by its name in `--json`; a rival's figure is NAME@RIVAL:

- `ic_rmse`, `bb_rmse`, `lm_rmse`, `nmt_rmse`: root of the mean squared error of log loss on the unseen end of a curve,
  mean over curves of image classification, BIG-Bench, language and translation; `geomean_rmse` over all 92.
- `lcdb_x2`, `lcdb_x8`: mean error of the predicted error rate at the largest training size of each curve, from the
  sizes up to a half and an eighth of it, four of them at least (a rival that says more than 1 is taken at 1).
- `coverage80`, `coverage90`, `coverage80_worst_domain`, `width80_x2`: how often the intervals hold what came, domains
  counting equally, and the median width of the 80 % interval (log of high over low) over all points predicted at up to
  2.2 times the largest x seen.
- `ensemble_ms`, `batch1000_s`: CPU time of one curve with everything, and of 1,000 in a batch.
"""

VARIANTS = """
What was tuned on what. Forms, priors, features of the weights and their penalty were chosen on these
development curves, by five-fold cross-validation over data sets: some 43 variants of the weights (the last 27
with three partings in folds), 8 of noise and robustness, 8 of the penalty, 7 of the scale of the intervals (the
first was kept) and the last value as a form. Three choices were made after seeing the figures they change: the
least noise allowed, the penalty, and that LCDB at 8 x counts twice in the scale of the intervals (its coverage
was 0.686 before). That scale is fitted on left-out predictions of the same folds.
So errors here are a little, and coverage more than a little, in our favour; neither was scored on curves not
opened before. The law's coverage is of the very studies its constants were fitted to. The stop rule's
settings were chosen on one half of the data sets and scored on the other, but the constants of the engine
have seen both; where the whole curve costs a tenth of its gain's value, never stopping beats the rule.

Standard errors of Chinchilla's law use the replication's own seed: over ten other seeds that of B, whose tail
is heavy, lies between 1,208 and 1,416, so agreement within 3 % is of that seed. `grid` is a search over the
data exponent with the rest linear, written anew here in place of a package that the index does not have. A
single form is a rival by least squares of log y from the same starts, without a prior. `patience` stops after
the best number of steps without a gain of 1 %, `patience_each` has its best number for each worth,
`last_gain` stops when the last three steps gained less than they cost. Intervals of regret are bootstraps
over data sets; that of the fit's time is over rounds.
"""
LABELS = {
    "ic_rmse": "image classification, RMSE of log loss (aim 0.031)",
    "bb_rmse": "BIG-Bench (aim 0.0083)",
    "lm_rmse": "language (aim 0.0009)",
    "nmt_rmse": "translation (aim 0.0125)",
    "geomean_rmse": "geometric mean of all 92 (aim 0.0175)",
    "lcdb_x2": "LCDB, error of the error rate at 2 x (aim 0.013)",
    "lcdb_x8": "LCDB at 8 x (aim 0.040)",
    "coverage80": "coverage of the 80 % interval (aim 0.75 to 0.85)",
    "coverage90": "coverage of the 90 % interval (aim 0.86 to 0.94)",
    "coverage80_worst_domain": "coverage of the 80 % interval in the worst domain (aim 0.70)",
    "width80_x2": "width of the 80 % interval at 2 x, log, median (aim 0.085)",
    "width80_x2_IC": "the same, image classification alone",
    "width80_x2_lcdb_x2": "the same, LCDB alone",
    "ensemble_ms": "one curve with everything, CPU ms (aim 100)",
    "batch1000_s": "1,000 curves in a batch, CPU s (aim 20)",
}
STOPS = {
    "": "cost-adjusted regret, share of what is at stake",
    "_lcdb": "the same, LCDB",
    "_language": "the same, language",
    **{f"_rate{rate:g}": f"where the whole curve costs {rate:g} x the value of its gain" for rate in curves_stop.RATES},
}


def _rmse(middle: Array, log_y: Array, weights: Array) -> Array:
    rmse: Array = np.sqrt((weights * (middle - log_y) ** 2).sum(axis=1) / weights.sum(axis=1))
    return rmse


def accuracy(data: Path, said: Callable[[list[Task]], Array]) -> dict[str, float]:
    """The errors of a predictor of log y after the cuts."""
    tasks = scaling_tasks(data)
    answers = answers_of(tasks)
    errors = _rmse(said(tasks), answers.log_y, answers.weights)
    of = np.array([task.domain for task in tasks])
    figures = {figure: float(errors[of == name].mean()) for name, figure in DOMAINS.items()}
    figures["geomean_rmse"] = float(np.exp(np.log(errors).mean()))
    for factor in (2, 8):
        tasks = sample_size_tasks(data, factor)
        answers = answers_of(tasks)
        off = np.exp(np.minimum(said(tasks)[:, 0], 0.0)) - np.exp(answers.log_y[:, 0])
        figures[f"lcdb_x{factor}"] = float(np.abs(off).mean())
    return figures


def left_out_figures(data: Path) -> dict[str, float]:
    """Accuracy and intervals of trusts that were fitted without the data set they are asked about."""
    domains = all_domains(data)
    answers = left_out(domains)
    scale, quantiles = fit_intervals(domains, answers)
    figures, errors, widths = {}, [], []
    held: dict[str, tuple[float, float]] = {}
    for d, a in zip(domains, answers, strict=True):
        off = a.middle - d.log_y
        spread = np.sqrt((a.parts * scale**2).sum(axis=-1))
        here = d.weights / len(d.groups)
        held[d.name] = tuple(float((here * (np.abs(off) <= quantiles[i] * spread)).sum()) for i in (3, 4))  # type: ignore[assignment]
        near = (d.weights > 0) & (d.t <= np.log(2.2))
        widths.append(2 * quantiles[3] * spread[near])
        figures[f"width80_x2_{d.name.replace(' ', '_')}"] = float(np.median(widths[-1])) if widths[-1].size else np.nan
        if d.name in DOMAINS:
            errors.append(_rmse(a.middle, d.log_y, d.weights))
            figures[DOMAINS[d.name]] = float(errors[-1].mean())
        elif d.name in TARGETS:
            figures[d.name.replace(" ", "_")] = float(
                (d.weights * np.abs(np.expm1(off)) * np.exp(d.log_y)).sum(axis=1).mean()
            )
    figures["geomean_rmse"] = float(np.exp(np.log(np.concatenate(errors)).mean()))
    return figures | _coverage(held, np.concatenate(widths))


def shipped_figures(data: Path) -> dict[str, float]:
    """The same of the shipped trust, for curves it has not seen."""
    trust = shipped()
    held: dict[str, tuple[float, float]] = {}
    widths = []
    scaling = scaling_tasks(data)
    sets = {name: [task for task in scaling if task.domain == name] for name in DOMAINS}
    sets |= {f"lcdb x{factor}": sample_size_tasks(data, factor) for factor in (2, 4, 8)}
    for name, tasks in sets.items():
        d = domain(name, tasks, share=1.0, unit=1.0)
        middle, spread = trust.predict(d.ensemble, d.t)
        here = d.weights / len(d.groups)
        held[name] = tuple(  # type: ignore[assignment]
            float((here * (np.abs(middle - d.log_y) <= trust.factor(level) * spread)).sum()) for level in (0.8, 0.9)
        )
        widths.append(2 * trust.factor(0.8) * spread[(d.weights > 0) & (d.t <= np.log(2.2))])
    return accuracy(data, lambda tasks: _shipped(tasks, trust)) | _coverage(held, np.concatenate(widths))


def _coverage(held: Mapping[str, tuple[float, float]], widths: Array) -> dict[str, float]:
    eighty, ninety = np.array(list(held.values())).T
    return {
        "coverage80": float(eighty.mean()),
        "coverage90": float(ninety.mean()),
        "coverage80_worst_domain": float(eighty.min()),
        "width80_x2": float(np.median(widths)),
        **{f"coverage80_{name.replace(' ', '_')}": both[0] for name, both in held.items()},
    }


def _shipped(tasks: Sequence[Task], trust: Trust) -> Array:
    points, answers = points_of(list(tasks)), answers_of(list(tasks))
    return trust.predict(fit_all(points.t, points.log_y, points.weights), answers.t)[0]


def speed(count: int) -> dict[str, float]:
    """CPU time of one curve of 24 points with its ensemble and interval, and of `count` in a batch, for 1,000."""
    x = np.geomspace(100, 1e6, 24)
    noise = np.random.default_rng(0).normal(0, 0.02, (count, 24))
    ys = (0.1 + 2 * x**-0.3) * np.exp(noise)

    def taken(curves: Array) -> float:
        start = time.process_time()
        for curve in fit_curves([x] * len(curves), list(curves)):
            curve.predict([2e6])
        return time.process_time() - start

    taken(ys[:1])
    alone = float(np.median([taken(ys[row : row + 1]) for row in range(5)]))
    return {"ensemble_ms": 1e3 * alone, "batch1000_s": taken(ys) * 1000 / count}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    ask_shipped = "--shipped" in words
    chosen = options(__doc__, [word for word in words if word != "--shipped"])
    named = speed(100 if chosen.quick else 1000)
    named |= curves_law.figures(chosen.data, chosen.quick) | curves_stop.figures(chosen.data, chosen.quick)
    ours = shipped_figures(chosen.data) if ask_shipped or chosen.quick else left_out_figures(chosen.data)
    named |= ours
    if not chosen.quick:
        for rival in RIVALS:
            told = accuracy(chosen.data, lambda tasks, name=rival: predict_alone(name, tasks))  # type: ignore[misc]
            named |= {f"{name}@{rival}": value for name, value in told.items()}
    page(named).write(chosen)


def page(named: Mapping[str, float]) -> Report:
    """The figures as a page."""
    rows = [_row(named, key, label, RIVALS) for key, label in LABELS.items()]
    sections = {
        "Chinchilla's law and its kin": curves_law.rows(named),
        "When to stop": [
            _row(named, "stop_regret", label, ("patience", "patience_each", "never", "last_gain"), part)
            for part, label in STOPS.items()
        ],
    }
    question = (__doc__ or "").partition("\n")[0]
    return Report("curves", question, HOW + VARIANTS, rows, {"payoff": __version__}, 5, named, sections)


def _row(named: Mapping[str, float], key: str, label: str, rivals: Sequence[str], part: str = "") -> Row:
    figures = {"payoff": _figure(named, key + part)}
    return Row(label, figures | {rival: _figure(named, f"{key}@{rival}{part}") for rival in rivals})


def _figure(named: Mapping[str, float], key: str) -> Figure | None:
    value = named.get(key, np.nan)
    low, high = named.get(f"{key}_low", value), named.get(f"{key}_high", value)
    return Figure(value, low, high) if np.isfinite(value) else None


if __name__ == "__main__":
    main()
