"""What all figures share: colours, type, and the one place that loads Plotly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from payoff.errors import MissingExtra

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

Trace = dict[str, Any]

BLUE, VERMILION, GREEN, ORANGE, SKY, PURPLE = "#0072b2", "#d55e00", "#009e73", "#e69f00", "#56b4e9", "#cc79a7"
PALETTE = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY)
"""Colours that people of every kind of colour vision tell apart (Okabe and Ito 2008)."""
INK, QUIET, FAINT = "#222222", "#636363", "#9a9a9a"
BEYOND = "rgba(34,34,34,0.06)"
"""Where a result says nothing."""
FONT = "'Source Sans 3', 'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', sans-serif"

_AXIS = {
    "showgrid": False,
    "zeroline": False,
    "showline": True,
    "linecolor": INK,
    "linewidth": 1,
    "ticks": "outside",
    "ticklen": 4,
    "tickcolor": INK,
    "title": {"standoff": 8},
    "automargin": True,
}
TEMPLATE = {
    "layout": {
        "font": {"family": FONT, "size": 13, "color": INK},
        "paper_bgcolor": "white",
        "plot_bgcolor": "white",
        "colorway": list(PALETTE),
        "xaxis": _AXIS,
        "yaxis": _AXIS,
        "margin": {"l": 56, "r": 16, "t": 16, "b": 48},
        "legend": {
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "y": 1.02,
            "yanchor": "bottom",
            "traceorder": "normal",
        },
        "hoverlabel": {"bgcolor": "white", "bordercolor": FAINT, "font": {"color": INK}, "align": "left"},
        "hovermode": "closest",
        "dragmode": False,
    }
}


DOT = {"color": INK, "size": 6}
"""The mark of what was seen."""


def figure(traces: Iterable[Trace], **layout: Any) -> Figure:
    """The figure of these traces in the theme; raises `MissingExtra` where Plotly is not installed."""
    try:
        from plotly.graph_objects import Figure
    except ImportError:
        raise MissingExtra("report", "a figure") from None
    return Figure({"data": list(traces), "layout": {"template": TEMPLATE, **layout}})


def faded(colour: str, opacity: float) -> str:
    """A colour such as '#0072b2' that lets what is behind it through."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"


def line(x: Any, y: Any, colour: str = INK, **more: Any) -> Trace:
    """A line without marks; `width` and `dash` are those of the line."""
    drawn = {"color": colour, "width": more.pop("width", 2), "dash": more.pop("dash", "solid")}
    return {"type": "scatter", "mode": "lines", "x": x, "y": y, "line": drawn, **_hover(more)}


def marks(x: Any, y: Any, **more: Any) -> Trace:
    """Points without a line."""
    return {"type": "scatter", "mode": "markers", "x": x, "y": y, **_hover(more)}


def band(x: Any, low: Any, high: Any, colour: str, **more: Any) -> tuple[Trace, Trace]:
    """The area between two lines: the lower, and the upper that fills down to it and stands in the legend."""
    more |= {"width": 0, "hoverinfo": "skip"}
    return line(x, low, **more | {"showlegend": False}), line(x, high, **more, fill="tonexty", fillcolor=colour)


def _hover(more: Mapping[str, Any]) -> dict[str, Any]:
    """With `text`, that is what is said of each point, and nothing else."""
    return {**({"hovertemplate": "%{text}<extra></extra>"} if "text" in more else {}), **more}


def ring(colour: str, symbol: str = "circle", size: float = 9) -> dict[str, Any]:
    """The mark of what is predicted."""
    return {"color": "white", "symbol": symbol, "size": size, "line": {"color": colour, "width": 1.8}}


def bars(values: Sequence[float], lows: Sequence[float], highs: Sequence[float], colour: str) -> dict[str, Any]:
    """Bars from the lows to the highs, as `error_x` or `error_y`."""
    up, down = ([abs(end - v) for v, end in zip(values, ends, strict=True)] for ends in (highs, lows))
    look = {"thickness": 1.2, "width": 3, "color": colour}
    return {"type": "data", "symmetric": False, "array": up, "arrayminus": down, **look}


def note(text: str, x: Any, y: Any, **more: Any) -> Trace:
    """Words in a figure, at a place of its axes."""
    return {"text": text, "x": x, "y": y, "showarrow": False, "font": {"size": 12, "color": QUIET}, **more}


def told(values: Sequence[str]) -> str:
    """Lines of what is said when a point is pointed at."""
    return "<br>".join(values)
