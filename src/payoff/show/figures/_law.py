"""A law of size and data: its landscape of losses, the best use of every budget, and what one budget can buy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from payoff.predict.curves import Allocation
from payoff.predict.curves._law_points import FLOP_PER_PARAMETER_TOKEN
from payoff.show.figures import _theme as theme
from payoff.show.figures._axis import Axis
from payoff.units import show, significant

if TYPE_CHECKING:
    import numpy.typing as npt
    from plotly.graph_objects import Figure

    from payoff.predict.curves import Law

    Array = npt.NDArray[np.float64]

LEVEL = 0.8
GRID = 48
CONTOURS = 12
BUDGETS = 40
AROUND = 4.0
"""How many times smaller and larger than the region the sizes are whose loss is drawn."""
TOP, BOTTOM = (0.4, 1.0), (0.0, 0.27)
HEIGHT, HEIGHT_OF_ONE = 740, 480


def law_figure(law: Law, *, compute: float | None = None, best: Allocation | None = None, **terms: Any) -> Figure:
    """The landscape; with a budget (`compute` or the `terms` of `Law.optimal`, or its answer `best`) what that buys."""
    if best is None and (compute is not None or terms):
        best = law.optimal(compute, **terms)
    view = _Landscape.of(law, best)
    traces = [*view.contours(), *view.reach(), *view.frontier(), *view.runs()]
    if best is None:
        return theme.figure(traces, height=HEIGHT_OF_ONE, xaxis=view.n.layout, yaxis=view.d.layout)
    budget = _Budget.of(law, best)
    return theme.figure(
        [*traces, *view.best(best), *budget.traces()],
        height=HEIGHT,
        xaxis={**view.n.layout, "anchor": "y", "showticklabels": False, "title": None},
        yaxis={**view.d.layout, "domain": TOP},
        xaxis2={**view.n.layout, "anchor": "y2"},
        yaxis2={**budget.loss.layout, "domain": BOTTOM},
        shapes=budget.shapes(),
        annotations=[budget.title()],
    )


@dataclass(frozen=True, slots=True)
class _Landscape:
    """Sizes and tokens as far as the runs, or the answer, reach."""

    law: Law
    compute: Array
    n: Axis
    d: Axis
    unique: float | None

    @classmethod
    def of(cls, law: Law, best: Allocation | None) -> _Landscape:
        ends = [float(law.points.compute.min()), float(law.points.compute.max())]
        sizes, tokens = list(law.points.n), list(law.points.d)
        if best is not None:
            ends.append(best.compute.value)
            sizes += [best.region.n[0], AROUND * best.region.n[1], best.n.low, best.n.high]
            tokens += [*best.region.d, best.d.low, best.d.high]
        n = Axis.over("parameters", "count", sizes, log=True, room=0.05)
        d = Axis.over("training tokens", "count", tokens, log=True, room=0.05)
        return cls(law, np.geomspace(min(ends), max(ends), BUDGETS), n, d, None if best is None else best.unique)

    def contours(self) -> Iterator[theme.Trace]:
        """Lines of equal loss."""
        n, d = np.geomspace(self.n.low, self.n.high, GRID), np.geomspace(self.d.low, self.d.high, GRID)
        sizes, tokens = np.meshgrid(n, d)
        loss = self.law.loss(sizes.ravel(), tokens.ravel(), unique=self.unique).reshape(sizes.shape)
        for value in _levels(loss):
            yield {
                "type": "contour",
                "x": n,
                "y": d,
                "z": loss,
                "contours": {
                    "type": "levels",
                    "start": value,
                    "end": value,
                    "size": 1,
                    "coloring": "none",
                    "showlabels": True,
                    "labelfont": {"size": 11, "color": theme.QUIET},
                },
                "line": {"color": theme.FAINT, "width": 0.8, "smoothing": 1},
                "hoverinfo": "skip",
                "showscale": False,
                "showlegend": False,
            }

    def reach(self) -> Iterator[theme.Trace]:
        """Budgets that the back-test does not vouch for."""
        reach = self.law.check.reach
        if reach >= FLOP_PER_PARAMETER_TOKEN * self.n.high * self.d.high:
            return
        n = np.geomspace(self.n.low, self.n.high, GRID)
        edge = np.clip(reach / (FLOP_PER_PARAMETER_TOKEN * n), self.d.low, self.d.high)
        name = f"cannot say: beyond {show(reach, 'flop')}"
        yield from theme.band(n, edge, np.full(GRID, self.d.high), theme.BEYOND, name=name)

    def runs(self) -> Iterator[theme.Trace]:
        """The runs the law was fitted to."""
        points = self.law.points
        said = [
            theme.told([f"<b>{_sizes(n, d)}</b>", f"loss {significant(loss, 4)}, seen"])
            for n, d, loss in zip(points.n, points.d, points.loss, strict=True)
        ]
        dot = {"color": theme.INK, "size": 4.5, "opacity": 0.65}
        yield theme.marks(points.n, points.d, marker=dot, text=said, name="runs", legendrank=0)

    def frontier(self) -> Iterator[theme.Trace]:
        """The best use of every budget, and what is as good within the noise."""
        front = self.law.frontier(self.compute, unique=self.unique)
        sizes = np.concatenate([front.low_n, front.high_n[::-1]])
        budgets = np.concatenate([front.compute, front.compute[::-1]])
        yield {
            **theme.line(sizes, budgets / (FLOP_PER_PARAMETER_TOKEN * sizes), width=0, hoverinfo="skip"),
            "fill": "toself",
            "fillcolor": theme.faded(theme.GREEN, 0.18),
            "name": f"as good within {significant(100 * self.law.noise, 2)} %",
        }
        said = [
            theme.told([f"<b>{show(c, 'flop')}</b>", f"best at {_sizes(n, d)}"])
            for c, n, d in zip(front.compute, front.n, front.d, strict=True)
        ]
        yield theme.line(front.n, front.d, theme.GREEN, text=said, name="best use of compute", legendrank=1)

    def best(self, best: Allocation) -> Iterator[theme.Trace]:
        """The region that the budget is best spent in, and its optimum."""
        n = np.geomspace(*best.region.n, 30)
        yield theme.line(n, _along(best, n), theme.BLUE, width=5, hoverinfo="skip", name="this budget", legendrank=2)
        said = theme.told(
            [
                f"<b>{show(best.compute.value, 'flop')}</b>",
                f"{best.n.tell('count')} parameters",
                f"{best.d.tell('count')} tokens",
                f"loss {_loss(best.loss.value, best.loss.low, best.loss.high)}, 90 %",
            ]
        )
        yield theme.marks([best.n.value], [best.d.value], marker=theme.ring(theme.BLUE), text=[said], showlegend=False)


@dataclass(frozen=True, slots=True)
class _Budget:
    """What each size brings when the rest of the budget goes into tokens; the interval of a loss is told, not drawn."""

    law: Law
    best: Allocation
    n: Array
    mid: Array
    loss: Axis

    @classmethod
    def of(cls, law: Law, best: Allocation) -> _Budget:
        """Sizes around the region that the budget can pay for."""
        low, high = best.region.n
        n = np.union1d(np.geomspace(low / AROUND, high * AROUND, 120), [low, best.n.value, high])
        n = n[_budget_tokens(best, n) > 0]
        mid = law.loss(n, _budget_tokens(best, n), unique=best.unique)
        return cls(law, best, n, mid, Axis.over("loss", "number", mid, log=False, room=0.06))

    def traces(self) -> Iterator[theme.Trace]:
        """The loss of each size, and the best with the 90 % interval of its size."""
        here = {"xaxis": "x2", "yaxis": "y2", "showlegend": False}
        tokens = _budget_tokens(self.best, self.n)
        mid, low, high = self.law.predict(self.n, tokens, level=LEVEL, unique=self.best.unique)
        said = [
            theme.told([f"<b>{_sizes(n, d)}</b>", f"loss {_loss(*loss)}, 80 %"])
            for n, d, *loss in zip(self.n, tokens, mid, low, high, strict=True)
        ]
        yield theme.line(self.n, self.mid, theme.BLUE, text=said, **here)
        n, loss = self.best.n, self.best.loss.value
        across = theme.bars([n.value], [n.low], [n.high], theme.BLUE)
        text = [f"<b>best: {n.tell('count')} parameters</b>"]
        yield theme.marks([n.value], [loss], marker=theme.ring(theme.BLUE), error_x=across, text=text, **here)

    def shapes(self) -> list[dict[str, Any]]:
        """The sizes that are as good as the best."""
        low, high = self.best.region.n
        area = {"type": "rect", "xref": "x2", "x0": low, "x1": high, "yref": "y2 domain", "y0": 0, "y1": 1}
        return [{**area, "layer": "below", "fillcolor": theme.faded(theme.GREEN, 0.18), "line": {"width": 0}}]

    def title(self) -> dict[str, Any]:
        """The heading of the lower panel."""
        paper = {"xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "bottom"}
        return theme.note(f"{show(self.best.compute.value, 'flop')} of training at each size", 0, BOTTOM[1], **paper)


def _sizes(n: float, d: float) -> str:
    return f"{show(n, 'count')} parameters, {show(d, 'count')} tokens"


def _loss(mid: float, low: float, high: float) -> str:
    return f"{significant(mid, 4)} ({significant(low, 4)}–{significant(high, 4)})"


def _budget_tokens(best: Allocation, n: Array) -> Array:
    """Tokens that are left for a size when training and serving take what they take at the optimum."""
    served = best.terms.served
    budget = best.n.value * (FLOP_PER_PARAMETER_TOKEN * best.d.value + served)
    return np.asarray((budget / n - served) / FLOP_PER_PARAMETER_TOKEN)


def _along(best: Allocation, n: Array) -> Array:
    """Tokens along the region, from its ends to the optimum: straight in logarithms, as a budget of compute is."""
    sizes = np.log([best.region.n[0], best.n.value, best.region.n[1]])
    tokens = np.log([best.region.d[1], best.d.value, best.region.d[0]])
    return np.asarray(np.exp(np.interp(np.log(n), sizes, tokens)))


def _levels(loss: Array) -> list[float]:
    """Losses to draw lines at: closer and closer towards the lowest, where decisions are made, and rounded."""
    least, most = float(loss.min()), float(np.quantile(loss, 0.99))
    return sorted(
        {float(significant(value, 3)) for value in least + (most - least) * np.geomspace(0.01, 1.0, CONTOURS)}
    )
