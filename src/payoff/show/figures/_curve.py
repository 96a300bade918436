"""A learning curve: what was seen, what is predicted, how wrong that was before, and what each doubling buys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from payoff.show._scale import X_DIMENSIONS, is_share
from payoff.show.figures import _theme as theme
from payoff.show.figures._axis import Axis
from payoff.units import significant

if TYPE_CHECKING:
    import numpy.typing as npt
    from plotly.graph_objects import Figure

    from payoff.predict.curves import Curve
    from payoff.quantities import Estimate

    Array = npt.NDArray[np.float64]

FARTHER = 4.0
WIDE = 0.9
LOG_FROM = 5.0
"""An axis whose largest value is so many times its smallest is logarithmic."""
NEARLY = 0.05
"""How far from twice an x another may lie to count as a doubling."""
DODGE = 1.06
"""By how much back-tests, which all stand at the largest x, are set apart."""
TOP, BOTTOM = (0.4, 1.0), (0.0, 0.27)
HEIGHT = 640


def curve_figure(
    curve: Curve,
    *,
    to: float | None = None,
    level: float = 0.8,
    target: float | None = None,
    names: tuple[str, str] = ("x", "y"),
) -> Figure:
    """Above, y against x up to `to` (4 times the largest x unless given) with its bands; below, what doublings buy."""
    view = CurveView.of(curve, FARTHER * curve.largest if to is None else to, level, names)
    gains = _Doublings.of(view)
    return theme.figure(
        [*view.bands(), *view.points(), *view.back_tests(), *view.answer(), *gains.traces()],
        height=HEIGHT,
        xaxis={**view.x.layout, "anchor": "y", "showticklabels": False, "title": None},
        yaxis={**view.y.layout, "domain": TOP},
        xaxis2={**view.x.layout, "anchor": "y2"},
        yaxis2={**gains.y.layout, "domain": BOTTOM},
        shapes=[*view.beyond(), *gains.nothing(), *view.aim(target)],
        annotations=[*view.words(target), theme.note(escape(gains.name), 0, BOTTOM[1], **_PAPER)],
    )


_PAPER = {"xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "bottom"}


@dataclass(frozen=True, slots=True)
class CurveView:
    """A curve as it is seen: `at` are the x at which it is drawn, `x` and `y` its axes."""

    curve: Curve
    to: float
    level: float
    at: Array
    x: Axis
    y: Axis

    @classmethod
    def of(cls, curve: Curve, to: float, level: float, names: tuple[str, str]) -> CurveView:
        """The axes hold the points, the bands as far as the curve can say, and the back-tests."""
        first, last = float(curve.x.min()), max(to, curve.largest)
        at = np.union1d(
            np.geomspace(first, last, 160), [curve.largest, last, *([curve.horizon] * (curve.horizon < last))]
        )
        x = Axis.over(names[0], x_dimension(names[0]), (first, last), log=last >= LOG_FROM * first, room=0.03)
        mid, low, high = curve.predict(at, max(level, WIDE))
        sure = at <= max(curve.horizon, curve.largest)
        tests = [value for test in curve.check for value in (test.predicted, test.low, test.high)]
        y = y_axis(names[1], [curve], [*curve.y, *mid, *low[sure], *high[sure], *tests])
        return cls(curve, to, level, at, x, y)

    def bands(self) -> Iterator[theme.Trace]:
        """The wide band, the band of the level asked for, and the middle: dashed where it cannot be trusted."""
        for level, opacity in sorted({WIDE: 0.13, self.level: 0.22}.items(), reverse=True):
            _, low, high = self.curve.predict(self.at, level)
            yield from theme.band(self.at, low, high, theme.faded(theme.BLUE, opacity), name=per_cent(level))
        mid, low, high = self.curve.predict(self.at, self.level)
        said = [
            theme.told([f"<b>{self.x.tell(x)}</b>", f"{self._y_name} {self.y.tell(m, (least, most))}"])
            for x, m, least, most in zip(self.at, mid, low, high, strict=True)
        ]
        far = self.at >= self.curve.horizon
        near = self.at <= self.curve.horizon
        yield theme.line(self.at[near], mid[near], theme.BLUE, text=_some(said, near), name="predicted", legendrank=1)
        if far.sum() > 1:
            yield theme.line(self.at[far], mid[far], theme.BLUE, dash="dot", text=_some(said, far), showlegend=False)

    def points(self) -> Iterator[theme.Trace]:
        """What was seen."""
        said = [
            theme.told([f"<b>{self.x.tell(x)}</b>", f"{self._y_name} {self.y.tell(y)}, seen"])
            for x, y in zip(self.curve.x, self.curve.y, strict=True)
        ]
        yield theme.marks(self.curve.x, self.curve.y, marker=theme.DOT, text=said, name="seen", legendrank=0)

    def back_tests(self) -> Iterator[theme.Trace]:
        """What the beginning of the curve predicted of its end, with the 90 % interval; set apart a little in x."""
        tests = self.curve.check
        if not tests:
            return
        apart = np.arange(1.0, len(tests) + 1)
        wide = (self.x.high - self.x.low) * 0.012
        at = self.curve.largest * DODGE**apart if self.x.log else self.curve.largest + wide * apart
        said = [
            theme.told(
                [
                    f"<b>back-test at {significant(t.factor, 2)} ×</b>",
                    f"predicted {self.y.tell(t.predicted, (t.low, t.high))}, 90 %",
                    f"came {self.y.tell(t.actual)}{'' if t.held else ', outside'}",
                ]
            )
            for t in tests
        ]
        predicted = [t.predicted for t in tests]
        bars = theme.bars(predicted, [t.low for t in tests], [t.high for t in tests], theme.VERMILION)
        mark = theme.ring(theme.VERMILION, symbol="diamond", size=7)
        yield theme.marks(at, predicted, marker=mark, error_y=bars, text=said, name="back-test")

    def answer(self) -> Iterator[theme.Trace]:
        """The prediction that was asked for."""
        mid, low, high = (float(y) for y in self.curve.predict(self.to, self.level))
        said = theme.told([f"<b>{self.x.tell(self.to)}</b>", f"{self._y_name} {self.y.tell(mid, (low, high))}"])
        yield theme.marks([self.to], [mid], marker=theme.ring(theme.BLUE), text=[said], showlegend=False)

    def beyond(self) -> list[dict[str, Any]]:
        """Where the curve cannot say."""
        edge = max(self.curve.horizon, self.x.low)
        if edge >= self.at[-1]:
            return []
        area = {"type": "rect", "x0": edge, "x1": self.x.high, "y0": 0, "y1": 1, "layer": "below"}
        shade = {"fillcolor": theme.BEYOND, "line": {"width": 0}}
        return [
            {**area, **shade, "xref": "x", "yref": "y domain"},
            {**area, **shade, "xref": "x2", "yref": "y2 domain"},
        ]

    def aim(self, target: float | None) -> list[dict[str, Any]]:
        """The line of a target, where it is in view."""
        if target is None or not self.y.low <= target <= self.y.high:
            return []
        across = {"type": "line", "xref": "x domain", "x0": 0, "x1": 1, "yref": "y", "y0": target, "y1": target}
        return [{**across, "line": {"color": theme.GREEN, "width": 1.2, "dash": "dash"}}]

    def words(self, target: float | None) -> list[dict[str, Any]]:
        """What is written in the figure itself: the answer outside its band, the target, and where nothing is said."""
        mid, low, high = (float(y) for y in self.curve.predict(self.to, self.level))
        _, lowest, highest = (float(y) for y in self.curve.predict(self.to, max(self.level, WIDE)))
        falls = self.curve.goal == "min"
        side = {"yanchor": "bottom"} if falls else {"yanchor": "top"}
        tests = self.curve.check
        edge = max([highest, *(t.high for t in tests)]) if falls else min([lowest, *(t.low for t in tests)])
        edge = min(max(edge, self.y.low), self.y.high)
        told = {"xref": "x", "yref": "y", "xanchor": "right", "xshift": 4, "font": {"size": 12, "color": theme.BLUE}}
        said = [theme.note(self.y.tell(mid, (low, high)), self.x.at(self.to), self.y.at(edge), **told, **side)]
        if self.beyond():
            corner = {"xref": "x domain", "yref": "y domain", "xanchor": "right", "yanchor": "bottom", "xshift": -4}
            said.append(theme.note("cannot say", 1, 0, **corner))
        if target is not None and self.aim(target):
            start = {"xref": "x domain", "yref": "y", "xanchor": "left", "yanchor": "bottom", "xshift": 4}
            green = {"size": 12, "color": theme.GREEN}
            said.append(theme.note(f"target {self.y.tell(target)}", 0, self.y.at(target), **start, font=green))
        return said

    @property
    def _y_name(self) -> str:
        return escape(self.y.name)


@dataclass(frozen=True, slots=True)
class _Doublings:
    """What twice the x buys from each x on: where returns diminish; of the next doubling also the 90 % interval."""

    view: CurveView
    at: Array
    gains: Array
    seen_at: Array
    seen: Array
    next: Estimate
    y: Axis

    @classmethod
    def of(cls, view: CurveView) -> _Doublings:
        """Those that were seen are of pairs of readings, the second at twice the x of the first."""
        curve, sign = view.curve, 1.0 if view.curve.goal == "min" else -1.0
        gains = sign * (curve.predict(view.at).mid - curve.predict(2 * view.at).mid)
        off = np.abs(curve.x[None] / curve.x[:, None] / 2 - 1)
        first = np.flatnonzero(off.min(axis=1) < NEARLY)
        seen = sign * (curve.y[first] - curve.y[off.argmin(axis=1)[first]])
        coming = curve.gain(curve.largest, 2 * curve.largest)
        y = Axis.over("gain", view.y.dimension, [0.0, *gains, *seen, coming.low, coming.high], log=False, room=0.06)
        return cls(view, view.at, gains, curve.x[first], seen, coming, y)

    @property
    def name(self) -> str:
        """The heading of the panel."""
        return f"What twice the {self.view.x.name} buys"

    def traces(self) -> Iterator[theme.Trace]:
        """The line, dotted where nothing was seen; the doublings that were seen; the next one with its interval."""
        here = {"xaxis": "x2", "yaxis": "y2", "showlegend": False}
        now = self.view.curve.largest
        for where, dash in ((self.at <= now, "solid"), (self.at >= now, "dot")):
            said = [self._said(x, self.y.tell(gain)) for x, gain in zip(self.at[where], self.gains[where], strict=True)]
            yield theme.line(self.at[where], self.gains[where], theme.BLUE, dash=dash, text=said, **here)
        said = [self._said(x, f"{self.y.tell(gain)}, seen") for x, gain in zip(self.seen_at, self.seen, strict=True)]
        yield theme.marks(self.seen_at, self.seen, marker=theme.DOT, text=said, **here)
        value, low, high = self.next.value, self.next.low, self.next.high
        bars = theme.bars([value], [low], [high], theme.BLUE)
        text = [self._said(now, f"{self.y.tell(value, (low, high))}, 90 %")]
        yield theme.marks([now], [value], marker=theme.ring(theme.BLUE), error_y=bars, text=text, **here)

    def _said(self, x: float, gain: str) -> str:
        return theme.told([f"<b>{self.view.x.tell(x)} → {self.view.x.tell(2 * x)}</b>", f"gain {gain}"])

    def nothing(self) -> list[dict[str, Any]]:
        """The line of no gain, where gains may be losses."""
        if self.y.low >= 0:
            return []
        across = {"type": "line", "xref": "x2 domain", "x0": 0, "x1": 1, "yref": "y2", "y0": 0, "y1": 0}
        return [{**across, "layer": "below", "line": {"color": theme.FAINT, "width": 1}}]


def per_cent(level: float) -> str:
    """The level of an interval: '80 %'."""
    return f"{100 * level:g} %"


def x_dimension(name: str) -> str:
    """Of an x of that name: energy and time are in SI, all else is counted."""
    return X_DIMENSIONS.get(name, "count")


def y_axis(name: str, curves: list[Curve], values: list[float]) -> Axis:
    """An axis of qualities: errors and losses on a logarithmic one where they span enough, shares in per cent."""
    share = all(is_share(curve) for curve in curves)
    seen = np.array(values)
    falls = all(curve.goal == "min" for curve in curves)
    log = falls and bool((seen > 0).all()) and seen.max() >= LOG_FROM / 2 * seen.min()
    return Axis.over(name, "share" if share else "number", seen, log=log, room=0.04)


def _some(said: list[str], where: npt.NDArray[np.bool_]) -> list[str]:
    return [text for text, wanted in zip(said, where, strict=True) if wanted]
