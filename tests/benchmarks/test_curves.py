"""The benchmark of learning curves names its figures, and what it asks of us holds on the development curves."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import curves


@pytest.mark.slow
def test_the_benchmark_of_curves_names_its_figures(
    tmp_path: Path, data_file: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    needed = ("benchmark.vision.csv", "benchmark.lang.csv", "chinchilla_epoch.csv", "lcdb_mean_curves_dev.csv.gz")
    folder, *_ = (data_file(f"scale/{name}").parents[1] for name in needed)
    written = tmp_path / "figures.json"
    curves.main(["--quick", "--json", str(written), "--data", str(folder)])
    figures = json.loads(written.read_text())
    asked = {"chinchilla_fit_ms", "chinchilla_objective", "chinchilla_bootstrap_s", "stop_regret", *curves.LABELS}
    assert {name for name in asked if not name.startswith("width80_x2_")} <= set(figures)
    assert figures["ic_rmse"] < 0.031
    assert figures["lcdb_x8"] < 0.04
    assert 0.75 <= figures["coverage80"] <= 0.9
    assert "| figure | payoff |" in capsys.readouterr().out
