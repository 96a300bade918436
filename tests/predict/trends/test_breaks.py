"""Breaks: found where they are, dated within their sets, not invented; the same whatever the unit or the order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payoff.errors import InvalidValue
from payoff.predict.trends import Changes, changes
from payoff.predict.trends._placings import FORMS, Placings
from tests.predict.trends.histories import Array, dates, growing

YEARS = dates()
RESAMPLES = 99


def found(logs: Array, years: Array = YEARS, *, most: int = 2, seed: int = 0) -> Changes:
    return changes(years, logs, most=most, resamples=RESAMPLES, seed=seed)


def test_steady_growth_has_no_break() -> None:
    told = found(growing(YEARS))
    assert (told.form, told.breaks, len(told.stretches)) == ((), (), 1)
    assert [one.taken for one in told.evidence] == [False]


@pytest.mark.parametrize(("kind", "bend", "step"), [("joined", 0.4, 0.0), ("jump", 0.2, 3.0)])
def test_a_break_is_found_with_its_kind_and_the_growth_around_it(kind: str, bend: float, step: float) -> None:
    told = found(growing(YEARS, bend=bend, step=step))
    (one,) = told.breaks
    assert (one.kind, told.form) == (kind, (kind,))
    assert one.low <= 2005 <= one.high and one.low <= one.year <= one.high
    before, after = told.stretches
    assert before.low <= 0.2 <= before.high and after.low <= 0.2 + bend <= after.high
    assert before.models + after.models == len(YEARS)
    if kind == "jump":
        assert one.step is not None and one.step[1] <= 10**step <= one.step[2]
    else:
        assert one.step is None


def test_two_breaks_are_found_in_order() -> None:
    logs = growing(YEARS, bend=0.8, at=1995, noise=0.4) - 0.8 * np.maximum(YEARS - 2012, 0)
    told = found(logs)
    assert [one.taken for one in told.evidence] == [True, True]
    first, second = told.breaks
    assert first.low <= 1995 <= first.high < second.low <= 2012 <= second.high


def test_what_follows_a_line_exactly_has_no_break_and_what_bends_exactly_has_one() -> None:
    assert found(growing(YEARS, noise=0)).breaks == ()
    first, *_ = found(growing(YEARS, bend=0.4, noise=0), most=1).breaks
    assert first.low <= 2005 <= first.high


def test_no_more_breaks_than_asked() -> None:
    logs = growing(YEARS, bend=0.8, at=1995, noise=0.4) - 0.8 * np.maximum(YEARS - 2012, 0)
    assert len(found(logs, most=1).breaks) == 1
    assert found(logs, most=0).breaks == ()


@settings(max_examples=10)
@given(st.floats(-20, 20), st.integers(-400, 400), st.floats(0.01, 100))
def test_unit_and_calendar_do_not_matter(offset: float, shift: int, factor: float) -> None:
    logs = growing(YEARS, bend=0.4)
    plain, moved = found(logs), found(factor * logs + offset, YEARS + shift)
    (a,), (b,) = plain.breaks, moved.breaks
    assert (b.year - shift, b.low - shift, b.high - shift) == pytest.approx((a.year, a.low, a.high), abs=1e-6)
    for one, other in zip(plain.stretches, moved.stretches, strict=True):
        ends = (other.slope, other.low, other.high)
        assert ends == pytest.approx(tuple(factor * end for end in (one.slope, one.low, one.high)), rel=1e-6)


def test_the_same_seed_gives_the_same_answer() -> None:
    logs = growing(YEARS, bend=0.3)
    assert found(logs, seed=3).breaks == found(logs, seed=3).breaks
    assert found(logs, seed=3).stretches == found(logs, seed=3).stretches


def test_the_band_holds_the_trend_and_passes_through_the_break() -> None:
    told = found(growing(YEARS, bend=0.4))
    middle, low, high = told.line(YEARS)
    assert (low <= middle).all() and (middle <= high).all()
    truth = growing(YEARS, bend=0.4, noise=0)
    assert np.mean((low <= truth) & (truth <= high)) > 0.8


def test_the_moments_give_the_squares_of_least_squares() -> None:
    placings = Placings(YEARS)
    logs = np.stack([growing(YEARS, bend=0.3), growing(YEARS, step=2.0)])
    for forms in FORMS.values():
        for form, squares in placings.squares(logs, forms).items():
            for placing in (0, squares.shape[1] // 2, squares.shape[1] - 1):
                design = placings.design(form, placing)
                exact = [((y - design @ np.linalg.lstsq(design, y, rcond=None)[0]) ** 2).sum() for y in logs]
                assert squares[:, placing] == pytest.approx(exact, rel=1e-6)


def test_models_of_one_day_are_never_parted() -> None:
    years = np.repeat(dates(20), 8)
    placings = Placings(years)
    assert len(placings.dates) > 0
    assert not set(placings.dates) & set(years)
    assert [int((years < date).sum()) for date in placings.dates] == placings.before.tolist()


def test_a_short_history_is_told_without_breaks() -> None:
    years = dates(12)
    told = found(growing(years, bend=0.5), years)
    assert (told.placings.most_breaks, told.breaks) == (0, ())


@pytest.mark.parametrize(("most", "resamples"), [(3, 99), (-1, 99), (2, 5)])
def test_nonsense_is_refused(most: int, resamples: int) -> None:
    with pytest.raises(InvalidValue, match=r"must be .* got "):
        changes(YEARS, growing(YEARS), most=most, resamples=resamples)
