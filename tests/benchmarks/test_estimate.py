"""The benchmark of estimates names its figures, and what it asks of us holds on the development runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import estimate
import estimate_runs
from tests.integrations.frameworks import library


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("LLaMA-33B", "LLaMA"),
        ("Llama 2 13B", "Llama 2"),
        ("Llama 3.2 1B", "Llama 3"),
        ("Llama 4 Maverick", "Llama 4"),
        ("Pythia 70M", "Pythia"),
        ("OLMo 2 13B", "OLMo"),
        ("GPT-3 (carbontracker / essay)", "GPT-3"),
        ("GShard-600B", "GShard"),
        ("T5", "T5"),
    ],
)
def test_a_family_is_a_name_with_its_generation(name: str, family: str) -> None:
    assert estimate_runs.family(name) == family


@pytest.mark.slow
def test_the_benchmark_of_estimates_names_its_figures(
    tmp_path: Path, data_file: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    library("torch")
    folder = data_file("estimate/published_runs_dev.csv").parents[1]
    written = tmp_path / "figures.json"
    estimate.main(["--quick", "--json", str(written), "--data", str(folder)])
    figures = json.loads(written.read_text())
    assert {*estimate.LABELS, "flop_error"} <= set(figures)
    assert figures["gpt3_essay_kwh"] == pytest.approx(188_701.92, rel=1e-3)
    assert figures["gpt3_patterson_mwh"] == pytest.approx(1287, rel=5e-3)
    assert figures["closed_form_worst"] <= 0.01
    assert figures["closed_form_carbon_worst"] <= 0.015
    assert figures["flop_error"] <= 0.01
    assert figures["chip_hours_median_error"] <= 0.17
    assert figures["chip_hours_interval_score"] < figures["chip_hours_interval_score@baseline"]
    assert figures["chip_hours_coverage_p"] > 0.05
    assert figures["measured_energy_median_error"] <= 0.20
    assert "| figure | payoff | baseline |" in capsys.readouterr().out
