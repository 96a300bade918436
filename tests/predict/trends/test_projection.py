"""Projections: exact for steady growth, honest about their record, and refused where they would say nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payoff.errors import InvalidValue
from payoff.predict.trends import History, Projection, back_test, fit_trend, history, project
from payoff.predict.trends._projection import series
from tests.predict.trends.histories import Array, models


def told(logs: Array | None = None, shift: float = 0.0, scale: float = 0.0) -> History:
    plain = history(models(70, 1990))
    return History(plain.what, "all", plain.years + shift, (plain.logs if logs is None else logs) + scale, plain.names)


def noisy(seed: int = 0) -> History:
    """Twenty models a year, scattered around a level whose growth is never twice the same."""
    rng = np.random.default_rng(seed)
    level = np.cumsum(rng.normal(0.5, 0.3, 32))
    years = np.sort(rng.uniform(1990, 2022, 640))
    logs = level[np.floor(years - 1990).astype(int)] + rng.normal(0, 1.5, 640)
    return History(told().what, "all", years, logs, tuple(f"model {n}" for n in range(640)))


def test_steady_growth_leads_to_where_it_leads() -> None:
    plain = told()
    end = float(plain.years[-1])
    values = series(plain, "frontier", end)
    assert np.diff(values) == pytest.approx(np.full(len(values) - 1, 0.25))
    ahead = project(plain, "frontier", end + 4)
    assert (ahead.middle, ahead.low, ahead.high) == pytest.approx((values[-1] + 1,) * 3)


@given(st.integers(-100, 100), st.floats(-10, 10), st.floats(1.0, 8.0))
def test_unit_and_calendar_do_not_matter(shift: int, scale: float, ahead: float) -> None:
    plain = noisy()
    moved = History(plain.what, "all", plain.years + shift, plain.logs + scale, plain.names)
    at = float(plain.years[-1]) + ahead
    one, other = project(plain, "frontier", at), project(moved, "frontier", at + shift)
    ends = (other.low - scale, other.middle - scale, other.high - scale)
    assert ends == pytest.approx((one.low, one.middle, one.high), abs=1e-6)


def test_an_interval_widens_with_the_distance() -> None:
    plain = noisy()
    end = float(plain.years[-1])
    widths = [(lambda p: p.high - p.low)(project(plain, "frontier", end + years)) for years in (1, 3, 6, 10)]
    assert widths == sorted(widths) and widths[0] < widths[-1] / 2


def test_the_formula_is_that_of_the_paper() -> None:
    plain = noisy()
    ahead = project(plain, "frontier", float(plain.years[-1]) + 3)
    grown = np.diff(series(plain, "frontier", float(plain.years[-1])))
    p, m, h = 0.63, 10, 3
    a_star = -2 * p + (1 + 2 * (m - 1) * p / m + p * p) * (h + h * h / m)
    assert ahead.steps == m
    assert ahead.scale == pytest.approx(grown.std(ddof=1) * np.sqrt(a_star / (1 + p * p)))
    assert ahead.high - ahead.middle == pytest.approx(1.8331129 * ahead.scale)


def test_the_chance_to_be_above_a_quantile_is_what_is_left() -> None:
    ahead = Projection("frontier", 2020.0, 2025.0, 10, 3.0, 0.5)
    assert [ahead.chance_above(ahead.quantile(share)) for share in (0.05, 0.5, 0.9)] == pytest.approx([0.95, 0.5, 0.1])


def test_a_replay_knows_nothing_of_what_came_later() -> None:
    plain = noisy()
    cut = plain.between(None, 2015.0)
    later = [one for one in back_test(plain, kinds=["frontier"]).replayed if one.predicted.origin == 2015]
    assert [one.predicted for one in later] == [project(cut, "frontier", 2018.0, origin=2015.0)]
    assert later[0].came == series(plain, "frontier", 2018.0)[-1]


def test_nine_of_ten_projections_of_a_random_walk_hold() -> None:
    for kind in ("frontier", "median"):
        replayed = [one for seed in range(10) for one in back_test(noisy(seed), kinds=[kind]).replayed]
        assert 0.88 <= np.mean([one.held for one in replayed]) < 1.0


def test_the_record_of_the_shipped_models_is_within_what_is_asked() -> None:
    held = [one.held for what in ("compute", "params", "data") for one in fit_trend(what=what).check.replayed]
    assert 0.85 <= np.mean(held) <= 0.98


@pytest.mark.parametrize("ahead", [-1.0, 0.0, 11.0])
def test_the_past_and_the_far_future_are_refused(ahead: float) -> None:
    plain = told()
    with pytest.raises(InvalidValue, match=r"no further ahead than the 10 years it learns from, got .* ask for a year"):
        project(plain, "frontier", float(plain.years[-1]) + ahead)


def test_a_short_history_is_refused() -> None:
    with pytest.raises(InvalidValue, match="at least 5 years in a row, this history has 2 for its frontier"):
        project(told().between(2018.0).between(None, 2025), "frontier", 2026.0)


def test_a_median_that_cannot_be_told_is_left_out() -> None:
    assert [one.kind for one in fit_trend(models(70, 1990)).project(2026)] == ["frontier"]
    assert [one.kind for one in fit_trend().project(2030)] == ["frontier", "median"]
