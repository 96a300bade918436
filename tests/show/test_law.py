"""The report of a law: the same facts for people and for programs."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from rich.console import Console

from payoff.model import to_text
from payoff.predict.curves import Law, fit_law
from payoff.show import LawReport
from tests.predict.laws import runs


@pytest.fixture(scope="module")
def law() -> Law:
    return fit_law(*runs(60, noise=0.004), resamples=100)


def shown(report: LawReport) -> str:
    screen = io.StringIO()
    Console(file=screen, width=80, highlight=False, markup=False).print(report)
    return "\n".join(line.rstrip() for line in screen.getvalue().splitlines())


def whole(law: Law) -> LawReport:
    best = law.optimal(compute=1e22, price=2.5 / 3600, inference_tokens=1e11, inference_utilisation=0.2)
    ranked = law.next_run([(1e8, 1e9)] * 12, (best.n.value, best.d.value))
    return LawReport(law, "runs.csv", "1e22 FLOP", best, ranked)


def test_a_report_fits_eighty_columns_and_says_everything(law: Law) -> None:
    text = shown(whole(law))
    assert max(map(len, text.splitlines())) <= 80
    for words in (
        "runs.csv  60 runs follow",
        "L = E + A/N^alpha + B/D^beta",
        "90 % interval",
        "back-test: runs with",
        "best use of 1e22 FLOP",
        "as good within",
        "serving",
        "assumed: 9.89e14 FLOP/s a device at 40% (20% in serving), 1.28 kW, PUE 1.2",
        "the run to do next",
        "and 2 more (--json has them all)",
        "The run to do next has 100M parameters and 1B tokens.",
    ):
        assert words in text, words


def test_a_report_without_a_budget_leaves_it_out(law: Law) -> None:
    text = shown(LawReport(law, "runs.csv"))
    assert "best use" not in text and "to do next" not in text


def test_the_json_holds_what_people_see(law: Law) -> None:
    report = whole(law)
    told = json.loads(to_text(report.to_json()))
    assert told["schema"] == "payoff.law/1"
    assert told["parameters"]["alpha"]["value"] == law.parameters["alpha"].value
    assert told["parameters"]["alpha"]["standard_error"] == law.standard_errors["alpha"]
    assert told["check"]["tests"][0]["error"] == law.check.tests[0].error
    assert told["allocation"]["n"]["value"] == report.allocation.n.value  # type: ignore[union-attr]
    assert [one["candidate"] for one in told["next_runs"]["candidates"]] == list(range(12))
    assert told["words"].startswith("60 runs follow")


@pytest.mark.parametrize("form", ["chinchilla", "coupled", "farseer"])
@pytest.mark.parametrize("seed", range(0, 40, 5))
def test_whatever_the_runs_a_report_holds_finite_numbers(form: str, seed: int) -> None:
    """Losses that have nothing to do with size and data."""
    rng = np.random.default_rng(seed)
    n, d = np.exp(rng.uniform(5, 30, (2, 20)))
    law = fit_law(n, d, np.exp(rng.normal(0, 2, 20)), form=form, resamples=20 * (seed % 2))
    best = law.optimal(compute=1e22, price=1e-3, inference_tokens=1e9)
    report = LawReport(law, "runs.csv", "1e22 FLOP", best, law.next_run([(1e8, 1e9)], (1e10, 1e11)))
    assert shown(report)
    text = to_text(report.to_json())
    assert "NaN" not in text and "Infinity" not in text


def test_the_json_of_a_bare_law_says_none(law: Law) -> None:
    told = LawReport(law, "runs.csv").to_json()
    assert (told["asked"], told["allocation"], told["next_runs"]) == (None, None, None)
