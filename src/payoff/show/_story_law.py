"""What is told of a law on a page: the answer, its landscape, the numbers, the back-test, and how it was made."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from payoff.show._html import Drawn, Folded, Heading, Part, Story
from payoff.show._law import LawReport, assumed
from payoff.show.figures import law_figure

HOW = (
    "The sum of Huber's loss (delta 0.001) of the residuals of log loss is made small, as in approach 3 of "
    "Hoffmann et al. 2022, from a grid of starting exponents for which the other numbers are linear.",
    "Intervals of the numbers come from fits to runs drawn with replacement. Those of predictions also hold how "
    "far laws stray beyond their runs, which grows with the distance in compute and was fitted to nine public "
    "sets of runs.",
    "The region holds the sizes whose loss for the same budget differs from the best by less than the noise of "
    "one run. The back-test fits the smaller runs and asks for the larger ones; beyond what it vouches for, the "
    "runs cannot say.",
)
LANDSCAPE = (
    "Grey lines join sizes and tokens of equal loss; dots are the runs. The green line is the best use of every "
    "budget of compute, and the green area what is as good within the noise of one run."
)
BUDGET = (
    "  Blue is what this budget is best spent on. Below: the loss of each size when the rest of the budget goes "
    "into tokens; the bar is the 90 % interval of the best size."
)


def story_of_law(report: LawReport) -> Story:
    """All that the terminal says, and the landscape."""
    return Story(f"A law of size and data from {report.table}", tuple(_parts(report)))


def _parts(report: LawReport) -> Iterator[Part]:
    law, best, ranked = report.law, report.allocation, report.next_runs
    if best is not None:
        yield Text(best.tell())
    yield Text(law.tell())
    yield Drawn(lambda: law_figure(law, best=best), LANDSCAPE + (BUDGET if best is not None else ""))
    if best is not None:
        yield Heading(f"Best use of {report.asked or 'the budget'}")
        yield report.best(best)
        yield Text(assumed(best), style="dim")
    if ranked is not None:
        yield from report.next(ranked)
    yield Heading("The law")
    yield Text(f"L = {law.form.formula}")
    yield Text(law.form.source, style="dim")
    yield report.numbers()
    yield Heading("Back-test")
    yield report.back_test()
    yield Folded("How this was computed", tuple(Text(paragraph) for paragraph in HOW))
