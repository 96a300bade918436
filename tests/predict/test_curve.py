"""A learning curve is predicted with an interval, and says how wrong it was before and how far it can see."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payoff import fit_curve, fit_curves
from payoff.errors import InvalidValue

X = np.geomspace(100, 1e5, 16)


def power(x: np.ndarray, noise: float = 0.0, seed: int = 0) -> np.ndarray:
    return (0.05 + 2 * x**-0.4) * np.exp(noise * np.random.default_rng(seed).normal(size=len(x)))


def test_a_power_law_is_predicted_four_times_farther() -> None:
    mid, low, high = fit_curve(X, power(X, 0.01)).predict([4e5])
    truth = power(np.array([4e5]))
    assert low[0] < truth[0] < high[0]
    assert mid[0] == pytest.approx(truth[0], rel=0.05)


def test_intervals_of_curves_with_noise_hold_what_comes_at_least_as_often_as_they_say() -> None:
    ys = [power(X, 0.03, seed) for seed in range(200)]
    later = np.array([2e5])
    inside = 0
    for seed, curve in enumerate(fit_curves([X] * 200, ys)):
        _, low, high = curve.predict(later, level=0.8)
        inside += int(low[0] <= power(later, 0.03, 1000 + seed)[0] <= high[0])
    assert inside / 200 >= 0.75


def test_a_score_that_rises_stays_below_its_ceiling() -> None:
    curve = fit_curve(X, 1 - power(X), goal="max")
    mid, low, high = curve.predict([1e6, 1e7])
    assert (low < mid).all() and (mid < high).all() and (high < 1).all()
    assert curve.gain(1e5, 1e6).value > 0


@settings(max_examples=15)
@given(scale=st.floats(1e-3, 1e3), unit=st.floats(1e-6, 1e6))
def test_other_units_of_x_and_y_change_nothing_else(scale: float, unit: float) -> None:
    y = power(X, 0.01)
    here, there = fit_curve(X, y), fit_curve(X * unit, y * scale)
    for a, b in zip(here.predict([3e5]), there.predict([3e5 * unit]), strict=True):
        np.testing.assert_allclose(b, a * scale, rtol=1e-3)


def test_the_order_of_points_and_those_that_are_not_numbers_do_not_matter() -> None:
    y = power(X, 0.01)
    shuffled = np.random.default_rng(1).permutation(len(X))
    mixed = fit_curve([*X[shuffled], 5e4], [*y[shuffled], np.nan])
    np.testing.assert_allclose(mixed.predict([2e5]).mid, fit_curve(X, y).predict([2e5]).mid)


def test_a_curve_of_a_batch_is_the_curve_alone() -> None:
    few = fit_curve(X[:8], power(X[:8]))
    together = fit_curves([X, X[:8]], [power(X, 0.02), power(X[:8])])[1]
    np.testing.assert_allclose(together.predict([1e5]).mid, few.predict([1e5]).mid, rtol=1e-6)


def test_an_interval_widens_with_level_and_distance() -> None:
    curve = fit_curve(X, power(X, 0.02))
    widths = [np.log(high / low) for _, low, high in (curve.predict([2e5, 1e6], level) for level in (0.5, 0.8, 0.95))]
    assert (np.diff(widths, axis=0) > 0).all()
    assert all(near < far for near, far in widths)


def test_the_way_to_a_target_has_bounds_and_may_be_endless() -> None:
    curve = fit_curve(X, power(X, 0.01))
    mid, low, high = curve.cost_to(0.065)
    assert 1e5 < low < mid < high
    assert curve.cost_to(0.01).mid == np.inf


def test_the_next_step_buys_its_gain() -> None:
    curve = fit_curve(X, power(X, 0.01))
    step = curve.next_step(0.001)
    assert curve.gain(1e5, 1e5 + float(step.mid)).value == pytest.approx(0.001, rel=0.05)
    assert step.low < step.mid < step.high


def test_the_back_test_asks_the_beginning_for_the_end() -> None:
    curve = fit_curve(X, power(X, 0.01))
    assert [round(test.factor) for test in curve.check] == [3, 6, 10]
    assert all(test.actual == curve.y[-1] for test in curve.check)


def test_a_curve_that_its_back_test_belies_sees_less_far() -> None:
    y = power(X)
    belied = y.copy()
    belied[-1] *= 2
    assert fit_curve(X, belied).horizon < fit_curve(X, y).horizon


@pytest.mark.parametrize(
    ("x", "y", "said"),
    [
        ([1, 2], [0.3, 0.2], "at least 3 points at different x, got 2"),
        ([5, 5, 5, 5], [0.3, 0.2, 0.3, 0.2], "at least 3 points at different x, got 1"),
        ([0, 1, 2, 3], [0.4, 0.3, 0.2, 0.1], "x must be above 0, got 0"),
        ([1, 2, 3], [0.4, -0.3, 0.2], "y must be above 0, got -0.3"),
        ([1, 2, 3], [0.4, 0.3], "lists of the same length"),
        ([1, np.nan, 3], [0.4, 0.3, np.nan], "got 1"),
    ],
)
def test_what_cannot_be_fitted_is_refused_with_what_is_missing(x: list[float], y: list[float], said: str) -> None:
    with pytest.raises(InvalidValue, match=said):
        fit_curve(x, y)


@pytest.mark.parametrize("y", [[0.2] * 6, [0.5, 0.2, 0.4, 0.1, 0.3, 0.25], [0.1, 0.12, 0.15, 0.2, 0.3, 0.4]])
def test_constant_wild_and_rising_losses_are_answered_with_finite_numbers(y: list[float]) -> None:
    curve = fit_curve([1, 2, 4, 8, 16, 32], y)
    assert all(np.isfinite(part).all() for part in curve.predict([64, 1000]))
    assert np.isfinite(curve.horizon)


def test_a_score_at_its_ceiling_is_refused() -> None:
    with pytest.raises(InvalidValue, match="below its ceiling of 1, got 1"):
        fit_curve([1, 2, 3, 4], [0.5, 0.8, 0.9, 1.0], goal="max")


def test_a_level_that_is_not_calibrated_is_refused() -> None:
    with pytest.raises(InvalidValue, match=r"between 0.5 and 0.95, got 0.99"):
        fit_curve(X, power(X)).predict([2e5], level=0.99)


def test_a_curve_prints_as_a_line() -> None:
    assert repr(fit_curve(X, power(X))) == "Curve(16 points up to x = 100000, goal='min')"


def test_between_the_points_the_curve_goes_through_them() -> None:
    x = np.geomspace(1000, 64000, 7)
    y = 0.03 + 3.2 * x**-0.45
    assert fit_curve(x, y).predict(x).mid == pytest.approx(y, rel=3e-3)


@given(st.floats(1.0, 20.0))
def test_a_gain_farther_out_is_no_surer_than_one_of_the_same_factor_at_the_end(farther: float) -> None:
    x = np.geomspace(1000, 64000, 7)
    curve = fit_curve(x, (0.03 + 3.2 * x**-0.45) * np.exp(0.05 * np.random.default_rng(1).normal(size=7)))

    def width(now: float) -> float:
        gain, at = curve.gain(now, 2 * now), float(curve.predict(now).mid)
        return (gain.high - gain.low) / at

    assert width(curve.largest * farther) >= 0.9 * width(curve.largest)
