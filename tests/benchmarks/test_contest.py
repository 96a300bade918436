"""The conventions of the benchmarks: intervals that are right, options that are shared, turns that are taken."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

import contest
import meter


def test_the_interval_of_a_median_covers_the_truth_as_often_as_it_says() -> None:
    noise = np.random.default_rng(7)
    inside = 0
    for trial in range(200):
        figure = contest.median(noise.normal(10.0, 1.0, 30), seed=trial)
        inside += figure.low <= 10.0 <= figure.high
    assert 0.83 <= inside / 200 <= 0.97


def test_a_ratio_says_how_many_times_the_other_takes() -> None:
    figure = contest.ratio(np.full(20, 2.0), np.linspace(5.9, 6.1, 20))
    assert figure.low < 3.0 < figure.high
    assert figure.value == pytest.approx(3.0)


def test_contestants_take_turns_and_the_first_round_is_not_counted() -> None:
    order: list[str] = []

    def contestant(name: str) -> Mapping[str, float]:
        order.append(name)
        return {"turn": float(len(order))}

    samples = contest.rounds({"a": lambda: contestant("a"), "b": lambda: contestant("b")}, 2)
    assert "".join(order) == "abbaab"
    assert {name: figures["turn"].tolist() for name, figures in samples.items()} == {"a": [4.0, 5.0], "b": [3.0, 6.0]}


def test_a_contestant_that_fails_is_not_a_fast_one(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="no such tool"):
        contest.child_figures(sys.executable, "raise SystemExit('no such tool')", tmp_path)


@pytest.mark.slow
def test_the_meter_benchmark_names_its_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written = tmp_path / "figures.json"
    meter.main(["--quick", "--json", str(written), "--data", str(tmp_path)])
    figures = json.loads(written.read_text())
    asked_of_data = {"load_curve_mae", "load_curve_gain_low", "interval_coverage", "interval_width_ratio"}
    assert {name for name, _ in meter.WINDOWS.values()} | meter.SINGLE.keys() - asked_of_data <= set(figures)
    assert figures["total_cpu_ms"] > figures["load_cpu_ms"]
    assert figures["sigkill_runs_over_one_tick"] == 0
    assert figures["fork_heavy_error"] <= 0.03
    assert figures["idle_process_watts"] <= 0.1
    assert figures["day_energy_error"] <= 1e-9
    assert "| import over bare Python, CPU ms |" in capsys.readouterr().out
