"""Growth: exact where models follow a line, and the same whatever the unit, the calendar or the order."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payoff.errors import InvalidValue
from payoff.facts import notable_models, read_notable_models
from payoff.predict.trends import Growth, fit_trend, growth, history, quantile_growth, top_models
from tests.predict.trends.histories import dates, growing, models

YEARS = dates()


@given(st.floats(-1.0, 1.0))
def test_an_exact_line_gives_its_exact_rate(slope: float) -> None:
    told = growth(YEARS, growing(YEARS, slope, noise=0))
    assert (told.slope, told.low, told.high) == pytest.approx((slope, slope, slope), abs=1e-9)
    assert told.per_year.value == pytest.approx(10**slope)


@given(st.floats(-20, 20), st.integers(-500, 500), st.randoms(use_true_random=False))
def test_unit_calendar_and_order_do_not_matter(scale: float, shift: int, random: object) -> None:
    logs = growing(YEARS)
    order = np.random.default_rng(abs(shift)).permutation(len(YEARS))
    moved = growth((YEARS + shift)[order], (logs + scale)[order])
    plain = growth(YEARS, logs)
    assert (moved.slope, moved.low, moved.high) == pytest.approx((plain.slope, plain.low, plain.high), rel=1e-6)
    for quantile in (0.1, 0.5):
        a = quantile_growth(YEARS + shift, logs + scale, quantile, resamples=19)
        b = quantile_growth(YEARS, logs, quantile, resamples=19)
        assert (a.slope, a.low, a.high) == pytest.approx((b.slope, b.low, b.high), abs=1e-6)


@given(st.floats(0.1, 10.0))
def test_a_stretched_logarithm_stretches_the_rate(factor: float) -> None:
    plain, stretched = growth(YEARS, growing(YEARS)), growth(YEARS, factor * growing(YEARS))
    assert (stretched.slope, stretched.low, stretched.high) == pytest.approx(
        tuple(factor * end for end in (plain.slope, plain.low, plain.high))
    )


def test_what_is_not_surely_growing_has_no_doubling_time() -> None:
    assert Growth(2000, 2010, 20, 0.01, -0.01, 0.03).doubling_months is None
    months = Growth(2000, 2010, 20, 0.1, 0.05, 0.2).doubling_months
    assert months is not None
    assert (months.value, months.low, months.high) == pytest.approx((36.1236, 18.0618, 72.2472), rel=1e-5)
    assert "no sure growth" in Growth(2000, 2010, 20, 0.01, -0.01, 0.03).tell()


def test_nine_intervals_of_ten_hold_the_rate_even_where_years_have_something_in_common() -> None:
    rng = np.random.default_rng(0)
    years = np.sort(rng.uniform(2000, 2020, 200))
    held = []
    for _ in range(300):
        common = rng.normal(0, 0.4, 20)[np.floor(years).astype(int) - 2000]
        scatter = rng.standard_t(3, 200) * np.linspace(0.2, 0.8, 200)
        told = growth(years, 0.3 * years + common + scatter)
        held.append(told.low <= 0.3 <= told.high)
    assert 0.85 <= np.mean(held) <= 0.96


def test_the_quantiles_are_those_of_the_linear_programme() -> None:
    from scipy.optimize import linprog

    logs, t = growing(YEARS), YEARS - YEARS.mean()
    eye = np.eye(len(t))
    for quantile in (0.1, 0.5, 0.9):
        costs = np.concatenate([[0, 0], np.full(len(t), quantile), np.full(len(t), 1 - quantile)])
        limits = [(None, None)] * 2 + [(0, None)] * (2 * len(t))
        exact = linprog(costs, A_eq=np.column_stack([np.ones_like(t), t, eye, -eye]), b_eq=logs, bounds=limits).x[1]
        assert quantile_growth(YEARS, logs, quantile, resamples=19).slope == pytest.approx(exact, abs=2e-3)


def test_the_top_models_are_those_among_the_largest_when_published() -> None:
    told = history(models(12)).kept(np.ones(12, dtype=bool))
    assert top_models(told, 3).all()  # each is larger than all before
    falling = type(told)(told.what, "all", told.years, told.logs[::-1], told.names)
    assert top_models(falling, 3).tolist() == [True] * 3 + [False] * 9
    assert top_models(falling, 1).tolist() == [True] + [False] * 11


def test_too_few_models_or_years_are_refused() -> None:
    with pytest.raises(InvalidValue, match="at least 5 models of 3 different years, got 4 of"):
        growth(YEARS[:4], growing(YEARS)[:4])
    with pytest.raises(InvalidValue, match="got 6 of 2; ask for a longer span"):
        growth(YEARS[:6], growing(YEARS)[:6])


# the figures that are known of the snapshot


def test_the_doubling_times_of_the_shipped_table_are_the_known_ones() -> None:
    before, since = (era.doubling_months for era in fit_trend().eras)
    assert before is not None and since is not None
    assert before.value == pytest.approx(20.5, rel=0.01)
    assert since.value == pytest.approx(5.66, rel=0.01)
    assert before.low < 20.5 < before.high and since.low < 5.66 < since.high


def test_the_shipped_table_tells_what_epochs_file_tells(data_file: Callable[[str], Path]) -> None:
    theirs = history(read_notable_models(str(data_file("trends/epoch_notable_ai_models_2026-07.csv"))))
    ours = history(notable_models())
    assert ours.names == theirs.names
    assert ours.logs == pytest.approx(theirs.logs, abs=1e-6)


def test_an_earlier_snapshot_with_other_columns_is_read(data_file: Callable[[str], Path]) -> None:
    rows = read_notable_models(str(data_file("trends/epoch_frontier_ai_models_2026-05-02.csv")))
    grok = next(one for one in rows if one.name == "Grok 4")
    assert (grok.date, grok.parameters) == ("2025-07-09", 3e12)
    assert grok.flop == pytest.approx(5e26)
    assert fit_trend(rows, since=2018).eras[-1].doubling_months is not None
