"""What is told of trends on a page: the answer, the figures, the tables, and how they were made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.text import Text

from payoff.facts import notable_models_source
from payoff.show._html import Drawn, Folded, Heading, Part, Story
from payoff.show._trends import TrendsReport
from payoff.show.figures import back_test_figure, rates_figure, trend_figure

if TYPE_CHECKING:
    from payoff.predict.trends import Trend

HOW = (
    "A doubling time is of a line of log10 of the amount against the date, by least squares; its interval leaves out "
    "one calendar year after another. Quantiles are lines of quantile regression, their intervals of models drawn with "
    "replacement.",
    "Breaks are sought among all placings of none, one and two, joined or jumps. One more is taken where it lowers the "
    "BIC by more than it does in 97.5 % of histories made of the simpler fit and its residuals with random signs. The "
    "set of a break's dates holds those that a test does not refuse.",
    "Projections are a random walk with drift that learns from ten years (Farmer and Lafond 2016); it takes the future "
    "for like the past. Replayed are those that could have been made at each year's end, from the models known today.",
)
MODELS = (
    "Each dot is a notable model, dark where it was among the ten largest so far. The line is the trend with the "
    "breaks that the evidence asks for, the area its 90 % band; bars at the foot are the 90 % sets of the dates."
)
RATES = "Growth rates and their 90 % intervals."
FAN = "What projections predicted three years before, with their 90 % intervals, and what came."


def story_of_trend(trend: Trend) -> Story:
    """Of a trend of the shipped models."""
    return story_of_trends(TrendsReport(trend, notable_models_source()))


def story_of_trends(report: TrendsReport) -> Story:
    """All that the terminal says, and the figures."""
    return Story(f"How {report.trend.history.what.words} has grown", tuple(_parts(report)))


def _parts(report: TrendsReport) -> Iterator[Part]:
    trend = report.trend
    yield Text(report.words())
    yield Drawn(lambda: trend_figure(trend, year=report.year), MODELS)
    if report.year is not None:
        yield report.projection()
    yield Heading("Growth")
    yield Drawn(lambda: rates_figure(trend), RATES)
    yield report.rates()
    yield Heading("When the pace changed")
    yield report.breaks()
    if trend.check.replayed:
        yield Heading("How wrong projections were")
        yield Drawn(lambda: back_test_figure(trend), FAN)
        yield report.back_test()
    yield Folded("How this was computed", tuple(Text(paragraph) for paragraph in HOW))
    yield Text(report.source, style="dim")
