"""Published trainings as they stand in the folder of data, and predictions of each from other families alone."""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import log
from pathlib import Path

import numpy as np
from scipy.stats import binomtest

from payoff.errors import UnknownName
from payoff.facts import accelerator, published_runs
from payoff.frozen import replace
from payoff.predict.estimate import Claim, claim_with_chip, energy_of
from payoff.predict.estimate._evidence import (
    SCOPES,
    evidence_of,
    measured_power,
    power_evidence,
    shipped_evidence,
)
from payoff.predict.estimate._power import chip_kind, power_share, rating_w
from payoff.predict.estimate._utilisation import LEVEL, Evidence, fit_utilisation

HOUR, DAY, KWH = 3600.0, 86400.0, 3.6e6
HYPOTHETICAL = "TDP at 100% of peak"
SCALE = re.compile(r"[ -]\d+(\.\d+)?[BM]?\b.*|\s*\(.*")


def claims(data: Path) -> list[Claim]:
    """Every row of the tables of published runs in a folder, in SI."""
    found: dict[str, Claim] = {}
    for path in sorted((data / "estimate").glob("published_runs*.csv")):
        with path.open(encoding="utf-8") as file:
            found |= {row["name"]: _claim(row) for row in csv.DictReader(file)}
    return list(found.values())


def family(name: str) -> str:
    """The family of models: as payoff's table has it, else the name up to its size, with the number of a generation."""
    known = {run.name: run.family for run in published_runs()}
    generation = re.match(r"(llama|olmo) ?(\d)\b(?!\d*(\.\d+)?B)", name, re.IGNORECASE)
    if generation:
        return f"Llama {generation[2]}" if generation[1].lower() == "llama" else "OLMo"
    return known.get(name) or SCALE.sub("", name).strip()


def _claim(row: dict[str, str]) -> Claim:
    def number(column: str, unit: float = 1.0) -> float | None:
        return float(row[column]) * unit if row[column] else None

    claim = Claim(
        row["name"],
        family(row["name"]),
        number("active_params") or number("params"),
        number("tokens"),
        hardware=row["hardware"],
        chips=number("chips"),
        duration_s=number("days", DAY),
        chip_s=number("chip_hours", HOUR),
        watts=number("avg_W_per_chip"),
        pue=number("PUE"),
        energy_j=number("MWh", 1e3 * KWH),
        intensity_kg_per_j=number("kg_per_kWh", 1 / KWH),
        emissions_kg=number("tCO2e", 1e3),
        power_kind=row["power_kind"],
        source=row["source"],
    )
    try:
        return claim_with_chip(claim)
    except UnknownName as error:
        print(f"{claim.name}: {error}; nothing is asked of its chip", file=sys.stderr)
        return claim


# Figures that follow from others


def closed_form(runs: Sequence[Claim]) -> tuple[dict[str, float], dict[str, float]]:
    """Relative error of energy, and of carbon, of each run whose inputs are all given."""
    energy = {
        run.name: energy_of(_at_the_meter(run)) / run.energy_j - 1
        for run in runs
        if run.energy_j and run.pue and run.watts and run.chip_s
    }
    carbon = {
        run.name: energy_of(run) * run.intensity_kg_per_j / run.emissions_kg - 1
        for run in runs
        if run.name in energy and run.intensity_kg_per_j and run.emissions_kg
    }
    return energy, carbon


def _at_the_meter(run: Claim) -> Claim:
    """With the PUE that is in its energy."""
    return replace(run, pue=1.0) if "before PUE" in run.power_kind else run


# Chip-hours of families that were not seen


@dataclass(frozen=True, slots=True)
class Score:
    """Predictions of chip-hours against what was published; interval scores are of ln(chip-hours) at 90 %."""

    median_error: float
    within30: float
    coverage: float
    chance: float
    interval_score: float
    count: int


Prediction = tuple[float, float, float]


def told(evidence: Evidence, others: Sequence[Evidence]) -> Prediction:
    """Utilisation by payoff's line: middle, low, high."""
    share = fit_utilisation(others).predict(evidence.params, evidence.chip)
    return share.value, share.low, share.high


def one_for_all(evidence: Evidence, others: Sequence[Evidence]) -> Prediction:
    """The baseline: the median utilisation of all other families, and the middle 90 % of them."""
    shares = [one.utilisation for one in others]
    low, middle, high = np.quantile(shares, [(1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2])
    return float(middle), float(low), float(high)


def asked(runs: Sequence[Claim]) -> list[Evidence]:
    """The runs whose parameters, tokens, chips and chip-hours are published and not supposed."""
    return [one for run in runs if run.power_kind != HYPOTHETICAL and (one := evidence_of(run)) is not None]


def left_out(rows: Sequence[Evidence], way: Callable[[Evidence, Sequence[Evidence]], Prediction] = told) -> Score:
    """Each row predicted from the shipped table and the other rows, its family left out of both."""
    pool = _pool(rows)
    errors, held, scores = [], [], []
    for row in rows:
        others = [one for one in pool if one.family != row.family]
        middle, low, high = way(row, others)
        truth = row.utilisation
        errors.append(abs(truth / middle - 1))
        held.append(low <= truth <= high)
        beyond = max(0.0, log(low / truth)) + max(0.0, log(truth / high))
        scores.append(log(high / low) + 2 / (1 - LEVEL) * beyond)
    count = len(rows)
    chance = float(binomtest(sum(held), count, LEVEL).pvalue) if count else float("nan")
    return Score(
        float(np.median(errors)), float(np.mean(np.array(errors) <= 0.3)), float(np.mean(held)), chance,
        float(np.mean(scores)), count,
    )  # fmt: skip


def _pool(rows: Sequence[Evidence]) -> list[Evidence]:
    """The shipped table and the rows; a training that stands in both counts once."""
    there = {(one.family, round(log(one.params), 1), one.chip.name) for one in rows}
    shipped = [one for one in shipped_evidence() if (one.family, round(log(one.params), 1), one.chip.name) not in there]
    return [*rows, *shipped]


# Energy where power was measured


@dataclass(frozen=True, slots=True)
class Measured:
    """A training whose power was measured: its energy (J, with the PUE where it is in the figure), ours, TDP's."""

    name: str
    energy_j: float
    predicted_j: float
    tdp_j: float
    hours_known: bool


def measured(runs: Sequence[Claim]) -> list[Measured]:
    """Each measured training from chip-hours, chip and PUE, its family left out; from sizes without hours."""
    found = []
    evidence = asked(runs)
    watts = {*power_evidence([_kind_of_table(run) for run in runs]), *measured_power()}
    for run in runs:
        if not (run.power_kind.startswith("measured") and run.energy_j and run.tdp_w):
            continue
        chip = accelerator(run.chip)
        scope = SCOPES[_kind_of_table(run).power_kind]
        share = power_share(chip_kind(chip), scope, [one for one in watts if one.family != run.family]).value
        chip_s = run.chip_s or _chip_s(run, evidence)
        pue = 1.0 if "before PUE" in run.power_kind else run.pue or 1.0
        rating = rating_w(chip, scope)
        assert rating
        ours, by_tdp = (chip_s * watts_of_chip * pue for watts_of_chip in (rating * share, run.tdp_w))
        found.append(Measured(run.name, run.energy_j, ours, by_tdp, run.chip_s is not None))
    return found


def _kind_of_table(run: Claim) -> Claim:
    kind = "measured GPU only" if "GPU-only" in run.power_kind else run.power_kind
    return replace(run, power_kind="measured" if kind.startswith("measured system") else kind)


def _chip_s(run: Claim, evidence: Sequence[Evidence]) -> float:
    assert run.params and run.tokens
    chip = accelerator(run.chip)
    line = fit_utilisation([one for one in _pool(evidence) if one.family != run.family])
    return 6 * run.params * run.tokens / (line.predict(run.params, chip).value * chip.peak(chip.training_precision))
