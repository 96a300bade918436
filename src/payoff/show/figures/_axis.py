"""Axes that people can read: a title with its unit and marks at its round numbers, while the data stay in SI."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import Any

from payoff.units import SHOWN, show, significant

MOST_MARKS = 8
LEAST_MARKS = 3
MAGNITUDES = frozenset({"count"})
"""Dimensions whose marks have their magnitude at each number (64k); others have a unit in the title."""

PLAIN = {"number": ("", 1.0), "share": (" %", 0.01)}
"""Dimensions of qualities, and how they are written."""


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis of a dimension of `payoff.units` from `low` to `high`, in SI; `unit` is what one of its numbers is."""

    name: str
    dimension: str
    low: float
    high: float
    log: bool
    unit: tuple[str, float]

    @classmethod
    def over(cls, name: str, dimension: str, values: Iterable[float], *, log: bool, room: float = 0.0) -> Axis:
        """The axis that holds all finite values and, on both sides, `room` more (as a share of its length)."""
        seen = [float(v) for v in values if math.isfinite(v) and (v > 0 or not log)]
        low, high = min(seen), max(seen)
        unit = _unit(dimension, math.sqrt(low * high) if log else max(abs(low), abs(high)))
        if log:
            more = (high / low) ** room if high > low else 2.0
            return cls(name, dimension, low / more, high * more, log, unit)
        more = (high - low) * room if high > low else abs(high) * 0.1 or 1.0
        return cls(name, dimension, low - more, high + more, log, unit)

    @property
    def title(self) -> str:
        """The name and the unit: 'energy (Wh)'; whatever is in the name is text."""
        unit = self.unit[0]
        return escape(self.name, quote=False) + (f" ({unit})" if unit else "")

    @property
    def layout(self) -> dict[str, Any]:
        """As Plotly wants it."""
        at = self.marks()
        ends = [math.log10(self.low), math.log10(self.high)] if self.log else [self.low, self.high]
        return {
            "type": "log" if self.log else "linear",
            "range": ends,
            "title": {"text": self.title},
            "tickmode": "array",
            "tickvals": at,
            "ticktext": [self._number(value) for value in at],
        }

    def at(self, value: float) -> float:
        """Where Plotly puts words that stand at a value: on a logarithmic axis it wants the power of ten."""
        return math.log10(value) if self.log else value

    def marks(self) -> list[float]:
        """Where the marks are, in SI."""
        scale = self.unit[1]
        low, high = self.low / scale, self.high / scale
        return [mark * scale for mark in (_log_marks(low, high) if self.log else _even_marks(low, high))]

    def tell(self, value: float, interval: tuple[float, float] | None = None) -> str:
        """A value of this axis in words, with its interval: '4.26 % (3.5–5.19)'."""
        if self.dimension not in PLAIN:
            return "out of sight" if math.isinf(value) else show(value, self.dimension, interval)
        unit, scale = PLAIN[self.dimension]
        return f"{significant(value / scale)}{unit}" + (f" ({self.tell_interval(*interval)})" if interval else "")

    def tell_interval(self, low: float, high: float) -> str:
        """The bounds alone, of a quality: '3.5–5.19'."""
        scale = PLAIN[self.dimension][1]
        ends = significant(low / scale), significant(high / scale)
        return (" to " if any(end.startswith("-") for end in ends) else "–").join(ends)

    def _number(self, value: float) -> str:
        if self.dimension in MAGNITUDES:
            return show(value, self.dimension)
        return significant(value / self.unit[1]).replace("-", "−")


def _unit(dimension: str, typical: float) -> tuple[str, float]:
    if dimension in MAGNITUDES:
        return "", 1.0
    fitting = [(name, size) for name, size in SHOWN[dimension].items() if size <= typical]
    return fitting[-1] if fitting else next(iter(SHOWN[dimension].items()))


def _even_marks(low: float, high: float) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten, about five of them."""
    rough = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough)
    return [k * step for k in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _log_marks(low: float, high: float) -> list[float]:
    """1, 2 and 5 of each decade, or whole decades where those are many; even ones where a log axis is short."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    decades = [10.0**power for power in powers if low <= 10.0**power <= high]
    fine = [digit * 10.0**power for power in powers for digit in (1, 2, 5) if low <= digit * 10.0**power <= high]
    if len(fine) < LEAST_MARKS:
        return [mark for mark in _even_marks(low, high) if mark > 0]
    return fine if len(fine) <= MOST_MARKS else decades[:: math.ceil(len(decades) / MOST_MARKS)]
