"""What going on along a fitted curve would gain and cost, as the stop rule asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payoff.judge._stop import Ahead, horizons

if TYPE_CHECKING:
    from payoff.predict.curves import Curve


def step_of(curve: Curve) -> float:
    """How much x the next step takes: as much as the last one took, from the last x but one to the largest."""
    return curve.largest - float(max(x for x in curve.x if x < curve.largest))


def along(curve: Curve, unit_cost: float) -> list[Ahead]:
    """The next 1, 2, 4, 8 and 16 steps, as far as the curve can say; `unit_cost` is what one more x costs (SI)."""
    step = step_of(curve)
    left = max(1, int((curve.horizon - curve.largest) / step))
    return [
        Ahead(steps, curve.gain(curve.largest, curve.largest + steps * step), steps * step * unit_cost)
        for steps in horizons(left)
    ]
