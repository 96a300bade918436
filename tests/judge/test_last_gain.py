"""What the last bit of quality took."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payoff.judge import LastGain, last_gain
from payoff.model import Objective, Reading

ACCURACY, LOSS = Objective("accuracy"), Objective("loss", "min")


def curve(*values: float | None, metric: str = "accuracy") -> list[Reading]:
    """A reading at every step, ten joules each; `None` has no energy."""
    return [
        Reading(step, metric, value if value is not None else 0.5, energy_j=None if value is None else 10.0 * step)
        for step, value in enumerate(values, 1)
    ]


def test_it_goes_from_the_first_that_is_near_to_the_first_that_is_best() -> None:
    readings = curve(0.5, 0.9, 0.95, 0.951, 0.94, 0.951)
    assert last_gain(readings, ACCURACY, 0.001) == LastGain(readings[3], readings[2], 0.001, 10.0)
    assert last_gain(readings, ACCURACY, 0.1) == LastGain(readings[3], readings[1], 0.1, 20.0)


def test_less_is_better_where_the_objective_says_so() -> None:
    readings = curve(2.0, 1.0, 0.5, 0.45, 0.6, metric="loss")
    gain = last_gain(readings, LOSS, 0.06)
    assert gain is not None and (gain.best.step, gain.within.step, gain.share) == (4, 3, 0.25)


@pytest.mark.parametrize(
    "readings",
    [[], curve(None, None), curve(math.nan), curve(0.5, metric="loss")],
    ids=["none", "no energy", "not a number", "another metric"],
)
def test_without_readings_that_cost_something_nothing_is_said(readings: list[Reading]) -> None:
    assert last_gain(readings, ACCURACY, 0.001) is None


def test_a_run_that_was_best_at_once_took_nothing_for_its_last_bit() -> None:
    gain = last_gain(curve(0.9, 0.8), ACCURACY, 0.001)
    assert gain is not None and (gain.energy_j, gain.share) == (0.0, 0.0)


@given(st.lists(st.floats(0, 1) | st.just(math.nan), min_size=1), st.floats(1e-6, 1))
def test_a_share_is_from_0_to_1_and_grows_with_the_gain(values: list[float], gain: float) -> None:
    readings = curve(*values)
    small, large = last_gain(readings, ACCURACY, gain), last_gain(readings, ACCURACY, 2 * gain)
    if small is None or large is None:
        assert all(math.isnan(value) for value in values)
    else:
        assert 0 <= small.share <= large.share <= 1
        assert abs(small.best.value - small.within.value) <= gain * (1 + 1e-6)
