"""What more would bring: the predictions of learning curves, in words and as a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from payoff.errors import InvalidValue
from payoff.judge import along, decide, step_of
from payoff.units import DIMENSION_OF, show, significant

if TYPE_CHECKING:
    from payoff.judge import Verdict
    from payoff.model import Worth
    from payoff.predict.curves import Curve

X_DIMENSIONS = {"energy": "energy", "time": "duration"}
X_FIGURES = {"energy": "energy_j", "time": "duration_s"}
EXAMPLE_COST = {"energy": "3 J", "duration": "2 s", "cost": "$0.08", "emissions": "1 gCO2e"}
STEP_OF_QUALITY = 0.001


@dataclass(frozen=True, slots=True)
class Line:
    """A curve, what it is of, and the x that was asked for."""

    name: str
    curve: Curve
    to: float


@dataclass(frozen=True, slots=True)
class ScaleReport:
    """Predictions of curves of `y` against `x`; `unit_cost` is what one x costs: a figure of a footprint and SI.

    With a `worth`, which must be in the figure of that cost, each curve gets a verdict.
    """

    x: str
    y: str
    lines: tuple[Line, ...]
    level: float = 0.8
    target: float | None = None
    unit_cost: tuple[str, float] | None = None
    worth: Worth | None = None

    def __post_init__(self) -> None:
        if self.worth is None:
            return
        figure = self._each()[0]
        if figure != self.worth.figure:
            paid = DIMENSION_OF[self.worth.figure]
            known = f"one more {self.x} is priced in {DIMENSION_OF[figure]}" if figure else "--unit-cost is not given"
            raise InvalidValue(
                f"the worth is paid in {paid}, and {known}; "
                f"give the cost of one more {self.x} in {paid}, such as --unit-cost '{EXAMPLE_COST.get(paid, '3 J')}'"
            )

    def to_json(self) -> dict[str, Any]:
        """See `Report`."""
        return {
            "schema": "payoff.scale/1",
            "x": self.x,
            "y": self.y,
            "level": self.level,
            "curves": [self._line_to_json(line) for line in self.lines],
        }

    def _line_to_json(self, line: Line) -> dict[str, Any]:
        curve = line.curve
        mid, low, high = (float(value) for value in curve.predict(line.to, self.level))
        return {
            "name": line.name,
            "goal": curve.goal,
            "points": len(curve.x),
            "largest_x": curve.largest,
            "to": line.to,
            "predicted": {"mid": mid, "low": low, "high": high},
            "gain": curve.gain(curve.largest, line.to).to_json(),
            "next_step": None
            if (step := self._next_step(curve)) is None
            else dict(zip(("mid", "low", "high"), step, strict=True)),
            "target": None if self.target is None else [float(x) for x in curve.cost_to(self.target)],
            "horizon": curve.horizon,
            "verdict": self._verdict_to_json(curve),
            "check": [
                {"factor": t.factor, "predicted": t.predicted, "low": t.low, "high": t.high, "actual": t.actual}
                for t in curve.check
            ],
        }

    def __rich__(self) -> RenderableType:
        if len(self.lines) == 1:
            return Text("\n".join(self.sentences(self.lines[0])))
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
        for title in (
            "curve",
            f"{self.x} now",
            f"{self.y} now",
            "at",
            f"{self.y} then ({self.level:.0%})",
            "back-test",
            *(["pays?"] if self.worth else []),
        ):
            table.add_column(title, justify="left" if title == "curve" else "right", overflow="ellipsis", no_wrap=True)
        for line in self.lines:
            now, verdict = float(line.curve.predict(line.curve.largest).mid), self.verdict(line.curve)
            table.add_row(
                line.name,
                self._x(line.curve.largest),
                self._y(now, line.curve),
                self._x(line.to),
                self._then(line),
                self._check(line.curve, short=True),
                *([f"{'yes' if verdict.go_on else 'no'}, {verdict.chance:.0%}"] if verdict else []),
            )
        return Group(table, Text("back-test: how far off y at the end was, predicted from the first half", style="dim"))

    def sentences(self, line: Line) -> list[str]:
        """The answer in words: what more brings, what the next bit costs, how wrong it was before, how far it sees."""
        curve = line.curve
        now = float(curve.predict(curve.largest).mid)
        verb = "lower" if curve.goal == "min" else "raise"
        times = significant(line.to / curve.largest, 2)
        said = [
            f"{times} x the {self.x} ({self._x(curve.largest)} to {self._x(line.to)}) is predicted to {verb} "
            f"{self.y} from {self._y(now, curve)} to {self._then(line)}{self._for(line.to - curve.largest)}."
        ]
        step = self._next_step(curve)
        if step is not None:
            mid, low, high = step
            bounds = f" ({self._cost(low)} to {self._cost(high)})" if low < high else ""
            more = "" if self.unit_cost or self.x in X_DIMENSIONS else f" more {self.x}"
            said.append(f"The next {self._y(STEP_OF_QUALITY, curve)} costs {self._cost(mid)}{more}{bounds}.")
        if self.target is not None:
            said.append(self._told_target(curve))
        said.append(self._check(curve))
        said.append(f"Beyond {self._x(curve.horizon)} this data cannot say.")
        if line.to > curve.horizon:
            said[0] = said[0].replace(" is predicted to", " would, if one could look that far,")
        if verdict := self.verdict(curve):
            said.append(f"{verdict} (One step: {self._more(step_of(curve))}.)")
        return said

    def verdict(self, curve: Curve) -> Verdict | None:
        """Whether to go on; `None` without a worth."""
        return None if self.worth is None else decide(along(curve, self._each()[1]), self.worth)

    def _verdict_to_json(self, curve: Curve) -> dict[str, Any] | None:
        if (verdict := self.verdict(curve)) is None:
            return None
        return {
            "go_on": verdict.go_on,
            "chance": verdict.chance,
            "steps": verdict.steps,
            "step": step_of(curve),
            "reason": verdict.reason,
        }

    def _each(self) -> tuple[str | None, float]:
        """What one more x costs: a figure of a footprint and SI."""
        return self.unit_cost or (X_FIGURES.get(self.x), 1.0)

    def _told_target(self, curve: Curve) -> str:
        assert self.target is not None
        mid, low, high = (float(x) for x in curve.cost_to(self.target))
        aim = self._y(self.target, curve)
        if mid == float("inf"):
            return f"{self.y.capitalize()} of {aim} is not in sight."
        return f"{self.y.capitalize()} of {aim} is reached at {self._x(mid)} ({self._x(low)} to {self._x(high)})."

    def _next_step(self, curve: Curve) -> tuple[float, float, float] | None:
        """How much more x the next tenth of a per cent takes: middle, low and high; None where it is not in sight."""
        if not is_share(curve):
            return None
        mid, low, high = (float(more) for more in curve.next_step(STEP_OF_QUALITY))
        return (mid, low, high) if mid < float("inf") else None

    def _check(self, curve: Curve, *, short: bool = False) -> str:
        if not curve.check:
            return "–" if short else "No back-test: too few points."
        told = [
            f"{self._y(t.error, curve)} at {significant(t.factor, 2)} x" + ("" if t.held else " (outside its interval)")
            for t in curve.check
        ]
        return told[0].replace(" (outside its interval)", " !") if short else f"Back-test error: {', '.join(told)}."

    def _then(self, line: Line) -> str:
        mid, low, high = (float(value) for value in line.curve.predict(line.to, self.level))
        unit = " %" if is_share(line.curve) else ""
        scale = 100.0 if unit else 1.0
        return f"{significant(mid * scale)}{unit} ({significant(low * scale)}–{significant(high * scale)})"

    def _y(self, value: float, curve: Curve) -> str:
        return f"{significant(100 * value)} %" if is_share(curve) else significant(value)

    def _x(self, value: float) -> str:
        if value == float("inf"):
            return "never"
        return show(value, X_DIMENSIONS.get(self.x, "count"))

    def _for(self, more: float) -> str:
        return "" if self.unit_cost is None and self.x not in X_DIMENSIONS else f" for {self._cost(more)}"

    def _more(self, more: float) -> str:
        what = f"{self._x(more)} more" + ("" if self.x in X_DIMENSIONS else f" {self.x}")
        return what if self.unit_cost is None else f"{what}, {self._cost(more)}"

    def _cost(self, more: float) -> str:
        if more == float("inf"):
            return "more than can be seen"
        if self.unit_cost is None:
            return self._x(more)
        figure, each = self.unit_cost
        return show(more * each, DIMENSION_OF[figure])


def is_share(curve: Curve) -> bool:
    """Whether y is a share of 1, shown in per cent."""
    return curve.ceiling == 1.0 or (curve.ceiling is None and bool((curve.y <= 1).all()))
