"""How does each result look? One table from the name of a type to its figure and to what is told of it.

>>> from payoff.predict.curves import fit_curve
>>> look_of(fit_curve([1, 2, 4], [0.4, 0.3, 0.25])) is LOOKS["Curve"]
True
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from payoff.errors import UnknownName
from payoff.show._html import Story
from payoff.show._law import LawReport
from payoff.show._page import fragment, page
from payoff.show._story_estimate import figure_of_estimate, story_of_bill, story_of_estimate, story_of_waterfall
from payoff.show._story_law import story_of_law
from payoff.show._story_scale import figure_of_scale, story_of_curve, story_of_curves, story_of_scale
from payoff.show._story_trends import story_of_trend, story_of_trends
from payoff.show.figures import bill_figure, curve_figure, curves_figure, law_figure, trend_figure, waterfall_figure

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


@dataclass(frozen=True, slots=True)
class Look:
    """What draws a result (with what is asked of the figure), and what tells of it."""

    figure: Callable[..., Figure]
    story: Callable[[Any], Story]


LOOKS = {
    "Bill": Look(bill_figure, story_of_bill),
    "Curve": Look(curve_figure, story_of_curve),
    "list of Curve": Look(curves_figure, story_of_curves),
    "EstimateReport": Look(figure_of_estimate, story_of_estimate),
    "Law": Look(law_figure, lambda law: story_of_law(LawReport(law, "a table"))),
    "LawReport": Look(lambda report: law_figure(report.law, best=report.allocation), story_of_law),
    "ScaleReport": Look(figure_of_scale, story_of_scale),
    "Trend": Look(trend_figure, story_of_trend),
    "TrendsReport": Look(lambda report: trend_figure(report.trend, year=report.year), story_of_trends),
    "Waterfall": Look(waterfall_figure, story_of_waterfall),
}


def look_of(result: object) -> Look:
    """The look of a result, or of a list of results of one type."""
    name = type(result).__name__
    if isinstance(result, list | tuple) and result:
        name = f"list of {type(result[0]).__name__}"
    if name not in LOOKS:
        raise UnknownName("kind of result", name, LOOKS, way_out=f"figures are drawn of {', '.join(LOOKS)}")
    return LOOKS[name]


def fragment_of(result: object) -> str:
    """What is told of a result as HTML without scripts or figures."""
    return fragment(look_of(result).story(result))


def page_of(result: object) -> str:
    """What is told of a result, with its figures, as the text of one HTML file that stands alone."""
    return page(look_of(result).story(result))
