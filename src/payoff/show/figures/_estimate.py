"""Estimates before a run: what leads from one published answer to another, and what makes a figure unsure."""

from __future__ import annotations

from html import escape
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

from payoff.show.figures import _theme as theme
from payoff.show.figures._axis import Axis
from payoff.units import DIMENSION_OF, LABELS, significant

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from payoff.predict.estimate import Bill, Waterfall

WIDTH = 0.62
MOST_SOURCES = 8
ROW = 34


def waterfall_figure(fall: Waterfall) -> Figure:
    """From the energy of the first answer to that of the second, each factor a step on a logarithmic axis."""
    factors = fall.energy_factors
    levels = list(accumulate((f.factor for f in factors), lambda level, by: level * by, initial=fall.energies_j[0]))
    axis = Axis.over("energy", "energy", levels, log=True, room=0.35)
    names = [escape(fall.first.name), *(factor.name for factor in factors), escape(fall.second.name)]
    ends = [(axis.low, levels[0]), *pairwise(levels), (axis.low, levels[-1])]
    labels = [axis.tell(levels[0]), *(f"x {significant(f.factor)}" for f in factors), axis.tell(levels[-1])]
    said = [
        labels[0],
        *(theme.told([f"<b>{f.name}</b>", f"{escape(f.before)} to {escape(f.after)}"]) for f in factors),
        labels[-1],
    ]
    colours = [
        theme.QUIET,
        *(theme.VERMILION if factor.factor > 1 else theme.GREEN for factor in factors),
        theme.QUIET,
    ]
    places = list(range(len(names)))
    bars: theme.Trace = {
        "type": "bar",
        "x": places,
        "base": [min(pair) for pair in ends],
        "y": [abs(pair[1] - pair[0]) for pair in ends],
        "width": WIDTH,
        "marker": {"color": colours},
        "text": said,
        "textposition": "none",
        "hovertemplate": "%{text}<extra></extra>",
    }
    words = [
        theme.note(label, at, axis.at(max(pair)), yanchor="bottom")
        for at, label, pair in zip(places, labels, ends, strict=True)
    ]
    ticks = {"tickmode": "array", "tickvals": places, "ticktext": names, "ticks": ""}
    return theme.figure([bars], height=420, showlegend=False, xaxis=ticks, yaxis=axis.layout, annotations=words)


def bill_figure(bill: Bill, *, of: str = "") -> Figure:
    """How far each source of error moves a figure of the bill (its carbon, else its energy): 5th to 95th percentile."""
    name = of or ("emissions_kg" if bill.footprint.emissions_kg is not None else "energy_j")
    figure = bill.footprint[name]
    assert figure is not None
    reach = sorted(figure.errors.items(), key=lambda item: max(item[1]) - min(item[1]))[-MOST_SOURCES:]
    rows: list[tuple[str, tuple[float, float]]] = [*reach, ("all together", (figure.low, figure.high))]
    seen = [figure.value, *(end for _, pair in rows for end in pair)]
    axis = Axis.over(LABELS[name], DIMENSION_OF[name], seen, log=True, room=0.1)
    places = list(range(len(rows)))
    bars: theme.Trace = {
        "type": "bar",
        "orientation": "h",
        "y": places,
        "base": [min(pair) for _, pair in rows],
        "x": [max(pair) - min(pair) for _, pair in rows],
        "width": WIDTH,
        "marker": {"color": [*[theme.SKY] * len(reach), theme.BLUE]},
        "text": [axis.tell(figure.value, (min(pair), max(pair))) for _, pair in rows],
        "textposition": "none",
        "hovertemplate": "%{text}<extra></extra>",
    }
    ticks: dict[str, Any] = {
        "tickmode": "array",
        "tickvals": places,
        "ticktext": [escape(label.replace("_", " ")) for label, _ in rows],
        "ticks": "",
    }
    middle = {"type": "line", "x0": figure.value, "x1": figure.value, "yref": "paper", "y0": 0, "y1": 1}
    return theme.figure(
        [bars],
        height=120 + ROW * len(rows),
        showlegend=False,
        xaxis=axis.layout,
        yaxis=ticks,
        shapes=[{**middle, "line": {"color": theme.INK, "width": 1, "dash": "dot"}}],
    )
