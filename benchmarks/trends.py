"""How fast did the field's appetite grow, how sure are the dates at which growth changed, how wrong are projections?

Doubling times are of all models of Epoch AI's table of July 2026 that have a training compute: the line of log10 FLOP
against the date, before 2010 and since, by least squares; no model is left out. `known` are the figures that were
known of this snapshot before payoff had trends: 20.5 and 5.66 months.

Breaks are sought in made-up histories, drawn anew here (see `trends_breaks.py`). Projections are replayed: at the end
of each year the frontier (the mean of the ten largest models so far) and the median of the year's models are predicted
three years ahead, for five quantities, of all domains together and of each that has models enough. The rival `line`
is the textbook's: a straight line through the same yearly values, with its 90 % prediction interval.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from scipy import stats

import trends_breaks as made_up
from contest import Figure, Options, Report, Row, options
from payoff import __version__
from payoff.errors import InvalidValue
from payoff.facts import read_notable_models
from payoff.predict.trends import QUANTITIES, History, Replayed, back_test, fit_trend, history
from payoff.predict.trends._projection import series

FILE = "trends/epoch_notable_ai_models_2026-07.csv"
KNOWN = {"doubling_pre2010_months": 20.5, "doubling_2010_months": 5.66}
DOMAINS = (None, "language", "vision", "multimodal", "image generation", "speech", "games", "biology")
RESAMPLES = 2000

HOW = """What is asked, by its name in `--json` (a rival's figure is NAME@RIVAL; `_low` and `_high` end 90 % intervals):

- `doubling_pre2010_months`, `doubling_2010_months`: the interval leaves out one calendar year after another
  (jackknife).
- `break_coverage`: of the true dates of breaks, where the right number of breaks was found, the share within the 90 %
  set; `break_coverage_worst` in the worst of twelve kinds of history and scatter. `false_second_breaks`: histories of
  one break in which two are found; `false_first_breaks`: of none in which one is; `second_breaks_found`: of two in
  which both are.
- `piecewise-regression` saw one history of each kind, 48 of 1,920, and knows no jumps: `break_coverage_joined` is the
  row that is fair to it.
- `projection_coverage`: three-year projections that ended in their 90 % interval; the intervals around it are of
  whole series drawn anew, since projections of one series are wrong together. `projection_factor`: half of them were
  wrong by this factor or more. `projection_score`: the interval score in decades (Gneiting and Raftery 2007; lower is
  better).

What was tuned on what. The level of the test for one more break (2.5 %) and the form of the confidence set were
chosen on other made-up histories (fixed breaks and sizes, same three designs and four kinds of scatter): five forms
of the set were tried, among them the set of the chosen form alone, which holds as little as a fifth of the true dates
when a jump is small. A first draw of histories like those here (25 of each kind) had .888 of the dates in their sets;
after it the dates that a candidate stands for were widened to its neighbours. The histories of the table are a second
draw, scored once. For the projections windows of 5, 8, 10, 12 and 15 years and all, and a persistence of -0.5, -0.3,
0 and 0.63 were compared on these very series; taken were ten years, and of the persistences the published one for the
frontier and none for the median, not the best in score. So coverage of projections is a little in our favour."""


def doubling(data: Path) -> dict[str, float]:
    """Doubling times before and since 2010 with their intervals, in months."""
    named: dict[str, float] = {}
    eras = fit_trend(read_notable_models(str(data / FILE)), "compute", since=2010.0).eras
    for name, era in zip(KNOWN, eras, strict=True):
        months = era.doubling_months
        if months is None:
            raise SystemExit(f"no growth in {era.since:.0f}-{era.until:.0f}")
        named |= {name: months.value, f"{name}_low": months.low, f"{name}_high": months.high}
        named[f"{name}@known"] = KNOWN[name]
    return named


def breaks(data: Path, quick: bool) -> dict[str, float]:
    """Coverage and invented breaks in made-up histories."""
    table = history(read_notable_models(str(data / FILE)), "compute")
    made = list(made_up.histories(made_up.designs(table), made_up.QUICK_REPEATS if quick else made_up.REPEATS))
    ours, bare = made_up.answers(made)
    named = made_up.figures(ours) | {f"{name}@bic": value for name, value in made_up.figures(bare).items()}
    if not quick:
        some = [one for at, one in enumerate(made) if at % made_up.REPEATS < made_up.RIVAL_REPEATS]
        try:
            rival = made_up.figures(made_up.rival_answers(some))
        except subprocess.SubprocessError as error:  # no network, or too slow a machine
            print(f"{made_up.RIVAL.name} is left out: {error}", file=sys.stderr)
            rival = {}
        named |= {f"{name}@{made_up.RIVAL.name}": value for name, value in rival.items()}
    held = sum(len(one.held) for one in ours)
    single = sum(len(one.made.breaks) == 1 for one in ours)
    for name, count in (("break_coverage", held), ("false_second_breaks", single)):
        figure = made_up.binomial(named[name], count)
        named |= {f"{name}_low": figure.low, f"{name}_high": figure.high, f"{name}_count": float(count)}
    return named


def projections(data: Path, quick: bool) -> dict[str, float]:
    """Three-year projections replayed, and the same by a straight line."""
    models = read_notable_models(str(data / FILE))
    groups: list[list[tuple[History, Replayed]]] = []
    for what in QUANTITIES:
        for domain in DOMAINS:
            try:
                told = history(models, what, domain)
            except InvalidValue:
                continue  # fewer than ten models
            replayed = back_test(told).replayed
            if replayed:
                groups.append([(told, one) for one in replayed])
    ours = [[_ended(one) for _, one in group] for group in groups]
    lines = [[_by_line(told, one) for told, one in group] for group in groups]
    named = _scores(ours, 200 if quick else RESAMPLES)
    return named | {f"{name}@line": value for name, value in _scores(lines, 200 if quick else RESAMPLES).items()}


def _ended(one: Replayed) -> tuple[float, float, float]:
    """The error and the reach of the interval down and up, in decades."""
    told = one.predicted
    return one.error, told.middle - told.low, told.high - told.middle


def _by_line(told: History, one: Replayed) -> tuple[float, float, float]:
    values = series(told, one.predicted.kind, one.predicted.origin)
    t = np.arange(len(values)) - (len(values) - 1) / 2
    slope = float(t @ values / (t @ t))
    residual = values - values.mean() - slope * t
    at = t[-1] + one.predicted.at - one.predicted.origin
    spread = np.sqrt(residual @ residual / (len(t) - 2) * (1 + 1 / len(t) + at * at / (t @ t)))
    reach = float(stats.t.ppf(0.95, len(t) - 2) * spread)
    return one.came - float(values.mean() + slope * at), reach, reach


def _scores(groups: list[list[tuple[float, float, float]]], resamples: int) -> dict[str, float]:
    parts = [np.array(group) for group in groups]
    held = [((-p[:, 1] <= p[:, 0]) & (p[:, 0] <= p[:, 2])).astype(float) for p in parts]
    error, down, up = np.concatenate(parts).T
    beyond = np.maximum(error - up, 0) + np.maximum(-down - error, 0)
    rng = np.random.default_rng(0)
    hits, sizes = np.array([h.sum() for h in held]), np.array([len(h) for h in held])
    picks = rng.integers(0, len(parts), (resamples, len(parts)))
    low, high = np.quantile(hits[picks].sum(axis=1) / sizes[picks].sum(axis=1), [0.05, 0.95])
    return {
        "projection_coverage": float(np.concatenate(held).mean()),
        "projection_coverage_low": float(low),
        "projection_coverage_high": float(high),
        "projection_factor": float(10 ** np.median(np.abs(error))),
        "projection_score": float((down + up + 20 * beyond).mean()),
        "projection_count": float(len(error)),
    }


# What comes out

LABELS = {
    "doubling_pre2010_months": "doubling time before 2010, months (aim 20.5 within 10 %)",
    "doubling_2010_months": "doubling time since 2010, months (aim 5.66 within 5 %)",
    "break_coverage": "dates of breaks in their 90 % set (aim 0.85 to 0.95)",
    "break_coverage_worst": "the same in the worst kind of history",
    "break_coverage_joined": "the same where one joined break is true",
    "false_second_breaks": "one break, two found (aim 0.05 at most)",
    "false_first_breaks": "no break, one found",
    "second_breaks_found": "two breaks, both found",
    "projection_coverage": "three-year projections in their 90 % interval (aim 0.85 to 0.98)",
    "projection_factor": "half of the projections wrong by this factor or more",
    "projection_score": "interval score of the projections, decades",
}


def report(named: Mapping[str, float], asked: Options) -> Report:
    """The page of this benchmark."""
    rows = []
    for name, label in LABELS.items():
        cells: dict[str, Figure | None] = {}
        for contestant in ("payoff", "known", "bic", made_up.RIVAL.name, "line"):
            key = name if contestant == "payoff" else f"{name}@{contestant}"
            if key in named:
                plain, _, rival = key.partition("@")
                ends = (f"{plain}_{side}" + (f"@{rival}" if rival else "") for side in ("low", "high"))
                low, high = (named.get(end, named[key]) for end in ends)
                cells[contestant] = Figure(named[key], low, high)
        rows.append(Row(label, cells))
    versions = {"payoff": __version__, made_up.RIVAL.name: made_up.RIVAL.version, "numpy": np.__version__}
    question = (__doc__ or "").partition("\n")[0]
    how = "\n\n".join([(__doc__ or "").partition("\n\n")[2].strip(), HOW])
    return Report("trends", question, how, rows, versions, 0, named)


def main(arguments: list[str] | None = None) -> None:
    """Work out every figure and write the page."""
    asked = options(__doc__, arguments)
    named = doubling(asked.data) | breaks(asked.data, asked.quick) | projections(asked.data, asked.quick)
    report(named, asked).write(asked)


if __name__ == "__main__":
    main()
