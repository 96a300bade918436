"""When to stop."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payoff.errors import InvalidValue
from payoff.judge import Ahead, Verdict, along, decide, horizons, step_of
from payoff.model import Worth
from payoff.predict.curves import fit_curve
from payoff.quantities import Estimate

WORTH = Worth(0.01, "examples", 1000)


def ahead(steps: int, gain: float, cost: float, spread: float = 0.01) -> Ahead:
    reach = (gain - spread, gain + spread)
    return Ahead(steps, Estimate(gain, {"curve": reach}, {"modelled": 1.0}, signed=True), cost)


def test_it_goes_on_while_the_chance_is_at_the_level() -> None:
    even = ahead(1, 0.02, 2000)
    assert decide([even], WORTH, level=0.5) == Verdict(
        True, 0.5, 1, 0, "Go on: the next step will be worth more than it costs with a chance of 50%."
    )
    why = "at best the next step will be worth the cost with a chance of 50%, and 51% is asked for"
    assert decide([even], WORTH, level=0.51) == Verdict(False, 0.5, 1, 1, f"Stop: {why}.")
    waiting = decide([even], WORTH, level=0.51, patience=3, doubts=1)
    assert waiting == Verdict(True, 0.5, 1, 2, f"Go on for now, doubt 2 of 3: {why}.")


def test_a_plateau_is_crossed_where_a_fall_is_seen_behind_it() -> None:
    plateau, fall = ahead(1, 0.0, 1000), ahead(4, 0.2, 4000)
    assert not decide([plateau], WORTH).go_on
    verdict = decide([plateau, fall], WORTH)
    assert (verdict.go_on, verdict.steps) == (True, 4)
    assert str(verdict) == "Go on: the next 4 steps will be worth more than they cost with a chance of 100%."


def test_patience_waits_for_doubts_in_a_row() -> None:
    poor, fine = [ahead(1, 0.0, 1000)], [ahead(1, 0.1, 1000)]
    told = []
    doubts = 0
    for options in (poor, fine, poor, poor):
        verdict = decide(options, WORTH, patience=2, doubts=doubts)
        doubts = verdict.doubts
        told.append((verdict.go_on, verdict.doubts))
    assert told == [(True, 1), (True, 0), (True, 1), (False, 2)]


def test_a_chance_just_short_of_the_level_is_not_told_as_the_level() -> None:
    verdict = decide([ahead(1, 0.0199, 2000)], WORTH, level=0.5)
    assert (verdict.go_on, round(verdict.chance, 2)) == (False, 0.49)
    assert decide([ahead(1, 0.01999, 2000)], WORTH, level=0.5).reason.endswith("of 49%, and 50% is asked for.")


def test_the_nearest_of_equal_horizons_is_named() -> None:
    options = [ahead(4, 0.2, 0.0, spread=0.0), ahead(2, 0.2, 0.0, spread=0.0)]
    assert decide(options, WORTH).steps == 2


def test_nothing_left_is_a_stop() -> None:
    assert decide([], WORTH) == Verdict(False, 0.0, None, 1, "Stop: nothing is left to go on with.")


def test_horizons_double_up_to_what_is_left() -> None:
    assert [horizons(left) for left in (0, 1, 3, 4, 100)] == [(), (1,), (1, 2), (1, 2, 4), (1, 2, 4, 8, 16)]
    assert horizons(100, farthest=3) == (1, 2)


@pytest.mark.parametrize(
    "wrong", [{"level": 0.0}, {"level": 1.0}, {"level": math.nan}, {"patience": 0}, {"doubts": -1}]
)
def test_a_setting_out_of_range_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidValue, match="a level lies between 0 and 1, patience is at least 1"):
        decide([ahead(1, 0.1, 1.0)], WORTH, **wrong)  # type: ignore[arg-type]


@given(st.floats(1e-6, 1e3), st.floats(0.0, 0.99), st.floats(0.01, 0.99))
def test_a_certain_gain_above_its_cost_always_goes_on(gain: float, share: float, level: float) -> None:
    assert decide([ahead(1, gain, gain * share * WORTH.price, spread=0.0)], WORTH, level=level).go_on


@settings(max_examples=10, deadline=None)
@given(st.floats(0.05, 5.0), st.integers(4, 12))
def test_a_flat_curve_stops(height: float, points: int) -> None:
    x = [100.0 * 2**power for power in range(points)]
    curve = fit_curve(x, [height] * points)
    options = [Ahead(s, curve.gain(x[-1], x[-1] * 2**s), cost=x[-1] * (2**s - 1)) for s in (1, 2)]
    assert not decide(options, Worth(height, "examples", x[-1])).go_on


@given(st.lists(st.tuples(st.floats(-0.1, 0.1), st.floats(0, 1e4)), min_size=1, max_size=5), st.floats(0.01, 0.9))
def test_a_lower_level_never_stops_earlier(options: list[tuple[float, float]], level: float) -> None:
    steps = [ahead(1 << power, *option) for power, option in enumerate(options)]
    assert decide(steps, WORTH, level=level).go_on >= decide(steps, WORTH, level=min(0.99, level * 1.1)).go_on


@given(st.lists(st.tuples(st.floats(-0.1, 0.1), st.floats(0, 1e4)), min_size=2, max_size=5))
def test_another_horizon_never_lowers_the_chance(options: list[tuple[float, float]]) -> None:
    steps = [ahead(1 << power, *option) for power, option in enumerate(options)]
    assert decide(steps, WORTH).chance >= decide(steps[:-1], WORTH).chance


def test_the_steps_along_a_curve_are_as_large_as_its_last_and_end_where_it_cannot_say() -> None:
    x = [100.0, 200.0, 400.0, 800.0]
    curve = fit_curve(x, [0.02 + 2 * size**-0.5 for size in x])
    options = along(curve, unit_cost=3.0)
    assert step_of(curve) == 400.0
    assert [(option.steps, option.cost) for option in options] == [
        (steps, steps * 1200.0) for steps in horizons(int((curve.horizon - 800) / 400))
    ]
    assert [option.gain.value for option in options] == [
        curve.gain(800, 800 + 400 * option.steps).value for option in options
    ]
