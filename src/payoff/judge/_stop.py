"""When to stop: when the chance that going on is worth its cost falls below a level."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from payoff.errors import InvalidValue
from payoff.judge._worth import chance_worth
from payoff.model import Worth
from payoff.quantities import Estimate

LEVEL = 0.45
"""Below a half, since going on by one step leaves the choice to stop after it. See benchmarks/curves_stop.py."""
FARTHEST = 16
"""Steps."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """What going on by `steps` more steps would gain over the best so far (above 0 is better), and cost."""

    steps: int
    gain: Estimate
    cost: Estimate | float


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether to go on, and why.

    `chance` is the highest over the horizons and `steps` the horizon that has it, `None` where nothing is left.
    `doubts` counts the decisions in a row, this one included, at which the chance was below the level.
    """

    go_on: bool
    chance: float
    steps: int | None
    doubts: int
    reason: str

    def __str__(self) -> str:
        return self.reason


def horizons(left: int, farthest: int = FARTHEST) -> tuple[int, ...]:
    """How far ahead to look when `left` steps are left: 1, 2, 4, ... up to `farthest`."""
    return tuple(1 << power for power in range(min(left, farthest).bit_length())) if left > 0 else ()


def decide(
    ahead: Iterable[Ahead], worth: Worth, *, level: float = LEVEL, patience: int = 1, doubts: int = 0
) -> Verdict:
    """Stop when no horizon's gain is worth its cost with a chance of at least `level`.

    A plateau may come before a fall, so the best of several horizons counts (see `horizons`). With `patience` above 1
    that many decisions in a row must say so; hand the `doubts` of the last verdict to the next call.
    """
    if not (0 < level < 1 and patience >= 1 and doubts >= 0):
        raise InvalidValue(
            f"a level lies between 0 and 1, patience is at least 1 and doubts are never below 0, "
            f"got {level:g}, {patience} and {doubts}; for example level=0.45, patience=1"
        )
    chances = [(chance_worth(option.gain, option.cost, worth), -option.steps) for option in ahead]
    if not chances:
        return Verdict(False, 0.0, None, doubts + 1, "Stop: nothing is left to go on with.")
    chance, back = max(chances)
    steps = -back
    # rounded down, so that 44.9 % is never told as the 45 % that would have been enough
    odds = f"with a chance of {math.floor(100 * chance + 1e-9)}%"
    if chance >= level:
        cost = "it costs" if steps == 1 else "they cost"
        return Verdict(True, chance, steps, 0, f"Go on: {_span(steps)} will be worth more than {cost} {odds}.")
    doubts += 1
    why = f"at best {_span(steps)} will be worth the cost {odds}, and {100 * level:g}% is asked for"
    if doubts < patience:
        return Verdict(True, chance, steps, doubts, f"Go on for now, doubt {doubts} of {patience}: {why}.")
    return Verdict(False, chance, steps, doubts, f"Stop: {why}.")


def _span(steps: int) -> str:
    return "the next step" if steps == 1 else f"the next {steps} steps"
