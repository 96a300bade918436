"""A trend: amount against date with its breaks, growth rates side by side, and what projections predicted."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from payoff.predict.trends import top_models
from payoff.show.figures import _theme as theme
from payoff.show.figures._axis import Axis
from payoff.units import show, significant

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from payoff.predict.trends import Trend

HEIGHT, HEIGHT_OF_RATE = 480, 34
STEPS = 160
MODEL, LARGE = {"color": theme.FAINT, "size": 4, "opacity": 0.5}, {"color": theme.INK, "size": 5}


def trend_figure(trend: Trend, *, year: int | None = None) -> Figure:
    """Every model by date, the trend with its band and its breaks, and the frontier at the end of `year`."""
    told = trend.history
    ahead = () if year is None else trend.project(year)
    ends = [10**log for one in ahead for log in (one.low, one.high)]
    x = Axis.over("date", "number", [*told.years, *(one.at for one in ahead)], log=False, room=0.02)
    y = Axis.over(told.what.words, told.what.dimension, [*10**told.logs, *ends], log=True, room=0.03)
    traces = [*_models(trend), *_trend(trend), *_breaks(trend, y)]
    for one, colour in zip(ahead, (theme.VERMILION, theme.GREEN), strict=False):
        middle, low, high = (10**log for log in (one.middle, one.low, one.high))
        shown = [show(value, told.what.dimension, digits=2) for value in (middle, low, high)]
        text = theme.told([f"<b>{one.kind}, end of {year}</b>", f"{shown[0]} ({shown[1]} to {shown[2]})"])
        across = theme.bars([middle], [low], [high], colour)
        look = {"marker": theme.ring(colour), "error_y": across, "text": [text]}
        traces.append(theme.marks([one.at], [middle], **look, name=f"{one.kind}, end of {year}"))
    return theme.figure(traces, height=HEIGHT, xaxis=x.layout, yaxis=y.layout)


def rates_figure(trend: Trend) -> Figure:
    """Growth rates with their 90 % intervals, side by side."""
    rows = [(f"between breaks, {one.since:.0f}–{one.until:.0f}", one) for one in trend.changes.stretches]
    rows += [(f"since {trend.since:g}, {name}", one) for name, one in trend.rates.items()]
    if len(trend.eras) > 1:
        rows.append((f"before {trend.since:g}", trend.eras[0]))
    names, rates = [name for name, _ in rows], [one.per_year for _, one in rows]
    x = Axis.over("times a year", "number", [end for one in rates for end in (one.low, one.high)], log=True, room=0.05)
    said = [theme.told([f"<b>{escape(name)}</b>", one.tell()]) for name, one in rows]
    values, lows, highs = ([getattr(one, side) for one in rates] for side in ("value", "low", "high"))
    across = theme.bars(values, lows, highs, theme.BLUE)
    dots = theme.marks(values, names, marker=theme.ring(theme.BLUE), error_x=across, text=said, showlegend=False)
    height = 110 + HEIGHT_OF_RATE * len(rows)
    names_axis = {"type": "category", "ticks": "", "showline": False}
    return theme.figure([dots], height=height, xaxis=x.layout, yaxis=names_axis)


def back_test_figure(trend: Trend) -> Figure:
    """What three-year projections of the frontier and the median predicted, with their intervals, and what came."""
    told = trend.history
    values = [10**log for one in trend.check.replayed for log in (one.came, one.predicted.low, one.predicted.high)]
    x = Axis.over("date", "number", [one.predicted.at for one in trend.check.replayed], log=False, room=0.03)
    y = Axis.over(told.what.words, told.what.dimension, values, log=True, room=0.03)
    traces = [*_fan(trend, "frontier", theme.BLUE), *_fan(trend, "median", theme.GREEN)]
    return theme.figure(traces, height=HEIGHT, xaxis=x.layout, yaxis=y.layout)


def _models(trend: Trend) -> Iterator[theme.Trace]:
    told, large = trend.history, top_models(trend.history)
    for some, look, name in ((~large, MODEL, "models"), (large, LARGE, "among the ten largest so far")):
        kept = told.kept(some)
        said = [
            theme.told([f"<b>{escape(name)}</b>", f"{show(10**log, told.what.dimension)}, {year:.1f}"])
            for name, year, log in zip(kept.names, kept.years, kept.logs, strict=True)
        ]
        yield theme.marks(kept.years, 10**kept.logs, marker=look, text=said, name=name)


def _trend(trend: Trend) -> Iterator[theme.Trace]:
    years = np.linspace(trend.history.years[0], trend.history.years[-1], STEPS)
    middle, low, high = (10**logs for logs in trend.changes.line(years))
    yield from theme.band(years, low, high, theme.faded(theme.BLUE, 0.2), name="90 %")
    yield theme.line(years, middle, theme.BLUE, hoverinfo="skip", name="trend")


def _breaks(trend: Trend, y: Axis) -> Iterator[theme.Trace]:
    """The sets of the breaks' dates, at the foot of the figure."""
    for number, one in enumerate(trend.changes.breaks):
        foot = y.low * (y.high / y.low) ** (0.02 + 0.025 * number)
        across = theme.bars([one.year], [one.low], [one.high], theme.PURPLE)
        said = theme.told([f"<b>break at {one.year:.1f}</b>", f"{one.low:.1f} to {one.high:.1f} (90 %), {one.kind}"])
        look: dict[str, Any] = {"marker": theme.ring(theme.PURPLE, size=7), "error_x": across, "text": [said]}
        yield theme.marks([one.year], [foot], **look, name="breaks", legendgroup="breaks", showlegend=number == 0)


def _fan(trend: Trend, kind: str, colour: str) -> Iterator[theme.Trace]:
    replayed = trend.check.of(kind).replayed
    if not replayed:
        return
    at = [one.predicted.at for one in replayed]
    middle, low, high = ([10 ** getattr(one.predicted, side) for one in replayed] for side in ("middle", "low", "high"))
    said = [
        theme.told(
            [f"<b>predicted in {one.predicted.origin:.0f}</b>", f"wrong by {significant(10 ** abs(one.error), 2)} x"]
        )
        for one in replayed
    ]
    up = theme.bars(middle, low, high, theme.faded(colour, 0.6))
    yield theme.marks(at, middle, marker=theme.ring(colour, size=6), error_y=up, text=said, name=f"{kind}, predicted")
    yield theme.line(at, [10**one.came for one in replayed], colour, hoverinfo="skip", name=f"{kind}, what came")


def _factor(decades: float) -> str:
    return significant(10 ** abs(decades), 2)
