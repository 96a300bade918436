"""A trend's figures show its numbers, and its page tells all that the terminal says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from payoff import Trend, fit_trend
from payoff.errors import InvalidValue
from payoff.show import TrendsReport
from payoff.show.figures import back_test_figure, rates_figure, trend_figure
from payoff.show.looks import fragment_of, page_of

pytest.importorskip("plotly")


@pytest.fixture(scope="module")
def trend() -> Trend:
    return fit_trend(what="power", resamples=99)


def named(figure: Any, name: str) -> Any:
    return next(trace for trace in figure.data if trace.name == name)


def test_every_model_is_a_dot_and_the_line_is_the_trend(trend: Trend) -> None:
    figure = trend.plot()
    dots = [named(figure, name) for name in ("models", "among the ten largest so far")]
    amounts = np.sort(np.concatenate([one.y for one in dots]))
    assert amounts == pytest.approx(np.sort(10**trend.history.logs))
    line = named(figure, "trend")
    assert line.y == pytest.approx(10 ** trend.changes.line(line.x)[0])
    low, high = (one for one in figure.data if one.name == "90 %")
    assert (low.y <= line.y).all() and (line.y <= high.y).all()


def test_breaks_are_shown_with_their_sets() -> None:
    compute = fit_trend(resamples=99)
    marks = [one for one in trend_figure(compute).data if one.name == "breaks"]
    told = [(one.x[0], one.x[0] - one.error_x.arrayminus[0], one.x[0] + one.error_x.array[0]) for one in marks]
    expected = [(one.year, one.low, one.high) for one in compute.changes.breaks]
    assert told == [pytest.approx(ends) for ends in expected]


def test_a_projection_is_shown_with_its_interval(trend: Trend) -> None:
    frontier = trend.project(2030)[0]
    mark = named(trend.plot(2030), "frontier, end of 2030")
    assert (mark.x[0], mark.y[0]) == (2031.0, pytest.approx(10**frontier.middle))
    assert mark.y[0] + mark.error_y.array[0] == pytest.approx(10**frontier.high)
    with pytest.raises(InvalidValue, match="the end of 2060"):
        trend.plot(2060)


def test_rates_stand_side_by_side(trend: Trend) -> None:
    (dots,) = rates_figure(trend).data
    shown = dict(zip(dots.y, dots.x, strict=True))
    for name, rate in trend.rates.items():
        assert shown[f"since 2010, {name}"] == rate.per_year.value


def test_the_fan_shows_what_was_predicted_and_what_came(trend: Trend) -> None:
    figure = back_test_figure(trend)
    replayed = trend.check.of("frontier").replayed
    assert named(figure, "frontier, predicted").y == pytest.approx([10**one.predicted.middle for one in replayed])
    assert named(figure, "frontier, what came").y == pytest.approx([10**one.came for one in replayed])


def test_the_page_tells_the_answer_and_the_tables(trend: Trend) -> None:
    report = TrendsReport(trend, "a table", 2030)
    text = fragment_of(report)
    for words in (
        "Since 2010 power drawn in training doubled every 14.3 (11.3–19.5) months",
        "When the pace changed",
        "How wrong projections were",
        "2030",
    ):
        assert words in text
    assert "among the ten largest so far" not in text  # no figure in a fragment
    assert "How power drawn in training has grown" in page_of(report)
    assert "When the pace changed" in trend._repr_html_()
