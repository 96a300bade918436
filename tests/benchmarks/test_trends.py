"""The benchmark of trends names its figures, and its made-up histories are what they say."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import trends
import trends_breaks
from payoff.facts import notable_models
from payoff.predict.trends import history


def test_the_benchmark_names_its_figures(
    tmp_path: Path, data_file: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = data_file(trends.FILE).parents[1]
    written = tmp_path / "figures.json"
    trends.main(["--quick", "--json", str(written), "--data", str(folder)])
    figures = json.loads(written.read_text())
    assert set(trends.LABELS) <= set(figures)
    assert figures["doubling_pre2010_months"] == pytest.approx(20.5, rel=0.1)
    assert figures["doubling_2010_months"] == pytest.approx(5.66, rel=0.05)
    assert 0.85 <= figures["projection_coverage"] <= 0.98
    assert figures["projection_score"] < figures["projection_score@line"]
    assert "| figure | payoff |" in capsys.readouterr().out


def test_a_made_up_history_has_the_breaks_it_names() -> None:
    designs = trends_breaks.designs(history(notable_models()))
    made = list(trends_breaks.histories(designs, 1))
    assert len(made) == 3 * 4 * 4
    for one in made:
        assert len(one.breaks) == trends_breaks.TRUTHS[one.truth]
        assert (np.diff(one.years) >= 0).all()
        assert all(one.years[0] < date < one.years[-1] for date in one.breaks)


def test_only_histories_with_the_right_number_of_breaks_are_dated() -> None:
    made = trends_breaks.Made("even", "joined", "normal", np.arange(3.0), np.zeros(3), (1.5,))
    answers = [
        trends_breaks.Answer(made, sets, len(sets)) for sets in ((), ((1.0, 2.0),), ((1.6, 2.0),), ((0, 1), (1, 2)))
    ]
    assert [one.held for one in answers] == [[], [True], [False], []]
    figures = trends_breaks.figures(answers)
    assert (figures["break_coverage"], figures["false_second_breaks"]) == (0.5, 0.25)


def test_the_interval_of_a_share_is_wilsons() -> None:
    figure = trends_breaks.binomial(0.9, 100)
    assert (figure.value, figure.low, figure.high) == pytest.approx((0.9, 0.8392, 0.9395), abs=1e-3)
