"""What is told of learning curves on a page: the answer, the figure, what was predicted before, and how it was made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from payoff.show._html import Drawn, Folded, Heading, Part, Story
from payoff.show._scale import Line, ScaleReport
from payoff.show.figures import curve_figure, curves_figure
from payoff.show.figures._curve import FARTHER, CurveView, per_cent
from payoff.units import significant

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from payoff.predict.curves import Curve

MOST_TOLD = 12
"""Of more curves than this only the overview is told."""
HOW = (
    "Ten forms are fitted to the logarithm of y at once, by a robust loss with a prior on each shape: power laws "
    "with and without a floor and shifted, M4 (Alabdulmohsin et al. 2022), mmf4, wbl4 and exp3 (LCDB: Mohr et al. "
    "2022), smoothly broken laws with one and two breaks (Caballero et al. 2022), and the last value.",
    "What is predicted is their combination, weighted by how well each explains the points, by the back-test, and "
    "by what each is good for at this distance. An interval joins the noise of the points, how far the forms "
    "disagree, and how wrong they were on curves whose end is known.",
    "The back-test fits the beginning of this very curve and asks it for its end. The data cannot say where the "
    "80 % interval spans more than a factor of two; where a back-test failed, half as far on the logarithmic "
    "scale.",
)


def story_of_curve(curve: Curve) -> Story:
    """Of one curve, whose x and y have no names."""
    return story_of_curves([curve])


def story_of_curves(curves: list[Curve]) -> Story:
    """Of curves without names."""
    lines = (Line(f"curve {place}", curve, FARTHER * curve.largest) for place, curve in enumerate(curves, 1))
    return story_of_scale(ScaleReport("x", "y", tuple(lines)))


def story_of_scale(report: ScaleReport) -> Story:
    """Of one curve all there is to tell; of several an overview first."""
    title = f"{report.y} against {report.x}"
    title = title[:1].upper() + title[1:]
    how = Folded("How this was computed", tuple(Text(paragraph) for paragraph in HOW))
    if len(report.lines) == 1:
        return Story(title, (*_one(report, report.lines[0]), how))
    shown = Drawn(lambda: figure_of_scale(report), _caption(report))
    each = [part for line in report.lines[:MOST_TOLD] for part in (Heading(line.name), *_one(report, line))]
    left = len(report.lines) - MOST_TOLD
    more = [Text(f"{left} more curves are in the table above.")] if left > 0 else []
    return Story(title, (report.__rich__(), shown, *each, *more, how))


def figure_of_scale(report: ScaleReport) -> Figure:
    """Of one curve all there is to see; of several what is predicted of each."""
    names = report.x, report.y
    if len(report.lines) == 1:
        (line,) = report.lines
        return curve_figure(line.curve, to=line.to, level=report.level, target=report.target, names=names)
    curves, ends, labels = zip(*((line.curve, line.to, line.name) for line in report.lines), strict=True)
    return curves_figure(curves, to=ends, level=report.level, names=names, labels=labels)


def _one(report: ScaleReport, line: Line) -> Iterator[Part]:
    answer, *more = report.sentences(line)
    alone = ScaleReport(report.x, report.y, (line,), report.level, report.target)
    yield Text(answer)
    yield Text(" ".join(more))
    yield Drawn(lambda: figure_of_scale(alone), _caption(alone))
    view = CurveView.of(line.curve, line.to, report.level, (report.x, report.y))
    yield Text("What is predicted", style="bold")
    yield _predicted(view)
    if line.curve.check:
        yield Text("Back-test", style="bold")
        yield _back_test(view)
    yield Folded(f"The {len(line.curve.x)} points", (_points(view),))


def _caption(report: ScaleReport) -> str:
    level = per_cent(report.level)
    if len(report.lines) > 1:
        return f"What is predicted of each curve, with its {level} band; dotted where the curve cannot say."
    return (
        f"Above: the points, what is predicted with its {level} and 90 % bands, and what the beginning of the curve "
        "predicted of its end. Below: the gain from each doubling; of the next one with its 90 % interval. Grey is "
        "where the data cannot say."
    )


def _predicted(view: CurveView) -> Table:
    """Now, at two and four times as much, where it was asked, and at the horizon."""
    curve, level = view.curve, per_cent(view.level)
    table = _table(view.x.name, "times", f"{view.y.name} ({level})", "90 %", "gain from now (90 %)")
    wanted = {curve.largest, 2 * curve.largest, FARTHER * curve.largest, view.to, curve.horizon}
    for x in sorted(wanted):
        mid, low, high = (float(y) for y in curve.predict(x, view.level))
        _, least, most = (float(y) for y in curve.predict(x, 0.9))
        gain = curve.gain(curve.largest, x)
        table.add_row(
            view.x.tell(x) + (" (cannot say)" if x > curve.horizon else ""),
            significant(x / curve.largest, 2),
            view.y.tell(mid, (low, high)),
            view.y.tell_interval(least, most),
            "" if x == curve.largest else view.y.tell(gain.value, (gain.low, gain.high)),
        )
    return table


def _back_test(view: CurveView) -> Table:
    curve = view.curve
    table = _table("known up to", "asked at", "predicted (90 %)", "came", "off by", "")
    for test in curve.check:
        table.add_row(
            view.x.tell(curve.largest / test.factor),
            f"{significant(test.factor, 2)} x",
            view.y.tell(test.predicted, (test.low, test.high)),
            view.y.tell(test.actual),
            view.y.tell(test.error),
            "" if test.held else "outside its interval",
        )
    return table


def _points(view: CurveView) -> Table:
    table = _table(view.x.name, view.y.name)
    for x, y in sorted(zip(view.curve.x, view.curve.y, strict=True)):
        table.add_row(view.x.tell(float(x)), view.y.tell(float(y)))
    return table


def _table(first: str, *titles: str) -> Table:
    table = Table()
    table.add_column(first)
    for title in titles:
        table.add_column(title, justify="right")
    return table
