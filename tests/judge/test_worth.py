"""A gain against its cost under a worth."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payoff.judge import chance_worth, expected_net, net_value
from payoff.model import Worth
from payoff.quantities import Estimate

WORTH = Worth.parse("0.1% = 2 kWh")
KWH = 3.6e6

values = st.floats(-1.0, 1.0)
widths = st.floats(0.001, 1.0)
costs = st.floats(0.0, 1e9)
worths = st.builds(Worth, gain=st.floats(1e-3, 1.0), figure=st.just("energy_j"), amount=st.floats(1.0, 1e7))


def gain(value: float, down: float, up: float) -> Estimate:
    return Estimate(value, {"curve": (value - down, value + up)}, {"modelled": 1.0}, signed=True)


def test_what_is_left_of_a_gain_is_in_the_figure_of_the_worth() -> None:
    net = net_value(gain(0.003, 0.001, 0.002), 4 * KWH, WORTH)
    assert (net.low, net.value, net.high) == pytest.approx((0.0, 2 * KWH, 6 * KWH), abs=1e-3)


def test_a_gain_whose_interval_begins_at_its_cost_is_worth_it_in_19_of_20_cases() -> None:
    assert chance_worth(gain(0.003, 0.001, 0.002), 4 * KWH, WORTH) == pytest.approx(0.95)
    assert chance_worth(gain(0.0, 0.001, 0.002), 4 * KWH, WORTH) == pytest.approx(0.05)


def test_an_interval_that_leans_upwards_raises_the_mean_above_the_middle() -> None:
    assert expected_net(gain(0.003, 0.001, 0.001), 4 * KWH, WORTH) == pytest.approx(2 * KWH)
    leaning = expected_net(gain(0.003, 0.001, 0.003), 4 * KWH, WORTH)
    assert leaning == pytest.approx(2 * KWH + 4 * KWH * 0.39894 / 1.64485, rel=1e-4)


def test_what_is_certain_has_no_chance_between() -> None:
    sure = Estimate(0.001, {}, {"measured": 1.0}, signed=True)
    assert [chance_worth(sure, cost, WORTH) for cost in (KWH, 3 * KWH)] == [1.0, 0.0]


def test_an_unsure_cost_makes_the_chance_less_sure() -> None:
    likely, cost = gain(0.003, 0.001, 0.001), Estimate(4 * KWH, {"meter": (3 * KWH, 6 * KWH)})
    assert 0.5 < chance_worth(likely, cost, WORTH) < chance_worth(likely, 4 * KWH, WORTH)


@given(values, widths, widths, costs, worths, st.floats(0.0, 1.0))
def test_the_chance_rises_with_the_gain(
    value: float, down: float, up: float, cost: float, worth: Worth, more: float
) -> None:
    less = chance_worth(gain(value, down, up), cost, worth)
    assert 0.0 <= less <= chance_worth(gain(value + more, down, up), cost, worth) + 1e-9


@given(values, widths, widths, costs, worths, costs)
def test_the_chance_and_the_mean_fall_with_the_cost(
    value: float, down: float, up: float, cost: float, worth: Worth, more: float
) -> None:
    same = gain(value, down, up)
    assert chance_worth(same, cost + more, worth) <= chance_worth(same, cost, worth) + 1e-9 <= 1.0 + 1e-9
    assert expected_net(same, cost + more, worth) <= expected_net(same, cost, worth) + 1e-6 * (cost + more)


@given(values, widths, widths, costs, worths, st.floats(1e-3, 1e3))
def test_the_units_of_quality_and_cost_do_not_matter(
    value: float, down: float, up: float, cost: float, worth: Worth, scale: float
) -> None:
    chance = chance_worth(gain(value, down, up), cost, worth)
    in_other_quality = Worth(worth.gain * scale, worth.figure, worth.amount)
    in_other_cost = Worth(worth.gain, worth.figure, worth.amount * scale)
    larger = gain(value * scale, down * scale, up * scale)
    assert chance_worth(larger, cost, in_other_quality) == pytest.approx(chance, abs=1e-6)
    assert chance_worth(gain(value, down, up), cost * scale, in_other_cost) == pytest.approx(chance, abs=1e-6)
