"""Several learning curves in one figure: each in its colour where they are few, else all alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING

from payoff.errors import InvalidValue
from payoff.show.figures import _theme as theme
from payoff.show.figures._axis import Axis
from payoff.show.figures._curve import FARTHER, LOG_FROM, CurveView, x_dimension, y_axis

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from payoff.predict.curves import Curve

HEIGHT = 460


def curves_figure(
    curves: Sequence[Curve],
    *,
    to: float | Sequence[float] | None = None,
    level: float = 0.8,
    names: tuple[str, str] = ("x", "y"),
    labels: Sequence[str] | None = None,
) -> Figure:
    """All curves up to `to` (of each, 4 times its largest x unless given), dotted where they cannot say.

    `to` may be one x for each; `names` are those of x and y, `labels` those of the curves.
    """
    if not curves:
        raise InvalidValue("a figure of curves needs at least one, got none; fit one with payoff.fit_curve")
    far = [to] * len(curves) if isinstance(to, int | float) else to
    ends = [FARTHER * curve.largest for curve in curves] if far is None else list(far)
    views = [CurveView.of(curve, end, level, names) for curve, end in zip(curves, ends, strict=True)]
    called = labels or [f"curve {place}" for place in range(1, len(curves) + 1)]
    low, high = min(view.at[0] for view in views), max(view.at[-1] for view in views)
    x = Axis.over(names[0], x_dimension(names[0]), (low, high), log=high >= LOG_FROM * low, room=0.03)
    y = y_axis(names[1], list(curves), [end for view in views for end in (view.y.low, view.y.high)])
    few = len(views) <= len(theme.PALETTE)
    traces = [
        trace
        for place, (view, label) in enumerate(zip(views, called, strict=True))
        for trace in _one(view, label, theme.PALETTE[place] if few else theme.FAINT, few=few)
    ]
    return theme.figure(traces, height=HEIGHT, xaxis=x.layout, yaxis=y.layout)


def _one(view: CurveView, label: str, colour: str, *, few: bool) -> Iterator[theme.Trace]:
    curve, at = view.curve, view.at
    mid, low, high = curve.predict(at, view.level)
    name = escape(label, quote=False)
    here = {"legendgroup": name, "name": name}
    said = [
        theme.told([f"<b>{name}</b>", view.x.tell(x), f"{escape(view.y.name)} {view.y.tell(m, (least, most))}"])
        for x, m, least, most in zip(at, mid, low, high, strict=True)
    ]
    near = at <= curve.horizon
    if few:
        yield from theme.band(at, low, high, theme.faded(colour, 0.15), **here, showlegend=False)
        yield theme.marks(
            curve.x, curve.y, marker={"color": colour, "size": 5}, hoverinfo="skip", showlegend=False, **here
        )
    yield theme.line(
        at[near], mid[near], colour, width=2 if few else 1, text=said[: near.sum()], showlegend=few, **here
    )
    if (~near).sum() > 1:
        dotted = {"dash": "dot", "width": 2 if few else 1, "showlegend": False}
        yield theme.line(at[~near], mid[~near], colour, text=said[near.sum() :], **dotted, **here)
