"""What is told of an estimate on a page: what was published, the bill, and what makes it unsure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from rich.console import Group
from rich.text import Text

from payoff.show._estimate import EstimateReport, bill_table, heading, told_waterfall
from payoff.show._html import Drawn, Folded, Part, Story
from payoff.show.figures._estimate import bill_figure, waterfall_figure

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from payoff.predict.estimate import Bill, Waterfall

HOW = (
    "FLOP are six times parameters times tokens (Kaplan et al. 2020), attention apart where the shape is known, or "
    "counted while the module ran. Chip-hours are FLOP over the chip's dense peak times its utilisation, which is "
    "learned from published trainings; its interval is that of the errors for families of models left out.",
    "Watts are a share of what a chip and its part of the host are rated for, as it was where power was measured; "
    "published energies that are hours times TDP teach nothing of it. Carbon is by place; by contract it is another "
    "figure beside it. Costs stand on their own bases and are never added up.",
)


def story_of_estimate(report: EstimateReport) -> Story:
    """Of a report: the waterfall where there is one, then the bill."""
    above = [] if report.waterfall is None else [*_of_waterfall(report.waterfall)]
    below = replace(report, waterfall=None, published=() if report.waterfall else report.published)
    drawn = Drawn(lambda: bill_figure(report.bill), CAPTION)
    return Story(heading(report.bill), (*above, below.__rich__(), drawn, _how()))


CAPTION = (
    "How far each source of error alone moves the carbon, from its 5th to its 95th percentile; dotted the estimate."
)


def story_of_bill(bill: Bill) -> Story:
    """Of a bill alone."""
    return Story(heading(bill), (bill_table(bill), Drawn(lambda: bill_figure(bill), CAPTION), _how()))


def story_of_waterfall(fall: Waterfall) -> Story:
    """Of two answers and the factors between them."""
    return Story(f"{fall.first.name} and {fall.second.name}", tuple(_of_waterfall(fall)))


def figure_of_estimate(report: EstimateReport) -> Figure:
    """The waterfall where two answers differ, else what makes the bill unsure."""
    return bill_figure(report.bill) if report.waterfall is None else waterfall_figure(report.waterfall)


def _of_waterfall(fall: Waterfall) -> Iterator[Part]:
    yield Group(*told_waterfall(fall))
    yield Drawn(lambda: waterfall_figure(fall), "From one published energy to the other, each factor a step.")


def _how() -> Folded:
    return Folded("How this was computed", tuple(Text(paragraph) for paragraph in HOW))
