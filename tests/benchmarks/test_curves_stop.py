"""The benchmark of the stop rule: regret is measured against the best stop, and the rule is below its rivals."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import curves_stop


def falling(*y: float) -> curves_stop.Replay:
    return curves_stop.Replay("lcdb", "1", np.arange(1.0, len(y) + 1), np.array(y), {})


def test_regret_is_what_the_best_stop_had_more_of_what_is_at_stake() -> None:
    replay = falling(0.9, 0.8, 0.7, 0.6, 0.4, 0.4, 0.4)
    # the whole gain of 0.2 is made by the first of three steps, each a third of the cost
    assert [replay.regret(stop, 0.5) for stop in (3, 4, 5, 6)] == pytest.approx([5 / 6, 0.0, 1 / 6, 1 / 3])
    assert [replay.regret(stop, 2.0) for stop in (3, 4, 5, 6)] == pytest.approx([1 / 6, 0.0, 1 / 3, 2 / 3])


def test_patience_stops_after_so_many_steps_without_an_improvement() -> None:
    replay = falling(0.9, 0.8, 0.7, 0.6, 0.598, 0.597, 0.3)
    assert [curves_stop.by_patience(steps)(replay, 1.0) for steps in (1, 2, 3)] == [4, 5, 6]


def test_no_data_set_is_both_chosen_on_and_scored_on() -> None:
    every = [curves_stop.Replay("lcdb", str(n // 3), np.ones(5), np.ones(5), {}) for n in range(60)]
    choosing, scoring = curves_stop.halves(every)
    assert not {r.group for r in choosing} & {r.group for r in scoring}
    assert len(choosing) + len(scoring) == 60


def test_the_rule_regrets_less_than_patience_and_never(data_file: Callable[[str], Path]) -> None:
    data_file("scale/benchmark.lang.csv")
    folder = data_file("scale/lcdb_mean_curves_dev.csv.gz").parents[1]
    figures = curves_stop.figures(folder, quick=True)
    assert figures["stop_lead@patience_low"] > 0 and figures["stop_lead@never_low"] > 0
    assert figures["stop_regret_low"] < figures["stop_regret"] < figures["stop_regret_high"]
