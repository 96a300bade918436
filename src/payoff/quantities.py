"""Numbers people can trust: estimates with an interval, a basis and sources.

Inside payoff every number is in SI, with the unit in its name (`energy_j`, `duration_s`, `emissions_kg`).

>>> str(Estimate(100.0, {"sensor": 0.05}, {"measured": 1.0}))
'100 (95–105)'
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from payoff.errors import InvalidValue
from payoff.frozen import Frozen, field
from payoff.units import show

KINDS = ("measured", "stated", "modelled")
"""What a figure rests on, from the firmest to the softest; a product is as soft as its softest factor."""

Pair = tuple[float, float]


class Estimate(Frozen):
    """A number with a 90 % interval, the share of each kind of evidence behind it, and its sources.

    `errors` maps the name of each source of error to the two values the number would take were that
    source alone at its 5th or its 95th percentile. A plain number is read as a spread: logarithmic for
    a quantity (0.05 is -5 % to +5 %), absolute for a signed figure. Arithmetic evaluates the same
    formula at these values, so errors of one source add up or cancel exactly, whatever the order of
    the terms, and independent ones meet in quadrature (on the log scale for a quantity) only when the
    interval is read.

    `basis` maps the kinds in `KINDS` to shares that add up to 1.
    """

    value: float
    errors: Mapping[str, Pair] = field(factory=dict)
    basis: Mapping[str, float] = field(factory=lambda: {"stated": 1.0})
    signed: bool = False
    sources: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not math.isfinite(self.value) or (self.value < 0 and not self.signed):
            law = "finite" if self.signed else "finite and not below 0"
            raise InvalidValue(
                f"the value of an estimate must be {law}, got {self.value}; leave it out (None) if unknown"
            )
        shares = self.basis.values()
        if set(self.basis) - set(KINDS) or not (min(shares, default=-1) >= 0 and abs(sum(shares) - 1) <= 1e-6):
            raise InvalidValue(f"a basis has shares of {', '.join(KINDS)} that add up to 1, got {dict(self.basis)}")
        object.__setattr__(self, "errors", {name: self._pair(spread) for name, spread in self.errors.items()})

    def _pair(self, spread: Pair | float) -> Pair:
        if isinstance(spread, int | float):
            down, up = (-spread, spread) if self.signed else (math.expm1(-spread), math.expm1(spread))
            scale = 1.0 if self.signed else self.value
            spread = self.value + down * scale, self.value + up * scale
        low, high = spread
        if not (math.isfinite(low) and math.isfinite(high)):
            raise InvalidValue(f"the spread of an estimate must be finite, got {spread}")
        return low, high

    # reading

    @property
    def low(self) -> float:
        """The 5th percentile."""
        return self._bound(-1)

    @property
    def high(self) -> float:
        """The 95th percentile."""
        return self._bound(1)

    def _bound(self, side: int) -> float:
        logarithmic = not self.signed and self.value > 0

        def distance(point: float) -> float:
            if logarithmic:
                return math.log(point / self.value) if point > 0 else -math.inf
            return point - self.value

        reach = side * math.hypot(*(max(0.0, *(side * distance(p) for p in pair)) for pair in self.errors.values()))
        if logarithmic:
            return self.value * math.exp(reach)
        return self.value + reach if self.signed else max(0.0, self.value + reach)

    def share(self, kind: str) -> float:
        """The share of `kind` in the basis, 0 to 1."""
        return self.basis.get(kind, 0.0)

    # algebra

    def _at(self, name: str, side: int) -> float:
        pair = self.errors.get(name)
        return self.value if pair is None else pair[side]

    def _join(
        self, other: Estimate, formula: Callable[[float, float], float], basis: Mapping[str, float], signed: bool
    ) -> Estimate:
        value = formula(self.value, other.value)
        errors = {}
        for name in {**self.errors, **other.errors}:
            pair = (formula(self._at(name, 0), other._at(name, 0)), formula(self._at(name, 1), other._at(name, 1)))
            if pair != (value, value):
                errors[name] = pair
        return Estimate(value, errors, basis, signed, tuple(dict.fromkeys(self.sources + other.sources)))

    def __add__(self, other: Estimate | float) -> Estimate:
        other = _estimate(other)
        return self._join(other, lambda a, b: a + b, _shares_of_sum(self, other), self.signed or other.signed)

    def __radd__(self, other: Estimate | float) -> Estimate:
        """A plain 0 adds no evidence, so that `sum` may start there."""
        return self + other if other else self

    def __sub__(self, other: Estimate | float) -> Estimate:
        """The signed difference; `at_least_zero` makes a quantity of it again."""
        other = _estimate(other)
        return self._join(other, lambda a, b: a - b, _shares_of_sum(self, other), True)

    def __rsub__(self, other: float) -> Estimate:
        return _estimate(other) - self

    def __mul__(self, other: Estimate | float) -> Estimate:
        other = _estimate(other)
        return self._join(other, lambda a, b: a * b, _shares_of_product(self, other), self.signed or other.signed)

    def __rmul__(self, other: Estimate | float) -> Estimate:
        return self * other

    def __truediv__(self, other: Estimate | float) -> Estimate:
        other = _estimate(other)
        if other.value == 0 or any(point == 0 for pair in other.errors.values() for point in pair):
            raise InvalidValue("cannot divide by an estimate that may be 0; compare the difference instead")
        return self._join(other, lambda a, b: a / b, _shares_of_product(self, other), self.signed or other.signed)

    def __rtruediv__(self, other: float) -> Estimate:
        return _estimate(other) / self

    def at_least_zero(self) -> Estimate:
        """The same figure as a quantity, cut off at 0."""
        errors = {name: (max(0.0, low), max(0.0, high)) for name, (low, high) in self.errors.items()}
        return Estimate(max(0.0, self.value), errors, self.basis, False, self.sources)

    # storing and telling

    def to_json(self) -> dict[str, Any]:
        """A plain dictionary; `low` and `high` are given for readers and derived anew by `from_json`."""
        return {
            "value": self.value,
            "low": self.low,
            "high": self.high,
            "basis": dict(self.basis),
            "errors": {name: list(pair) for name, pair in self.errors.items()},
            **({"signed": True} if self.signed else {}),
            **({"sources": list(self.sources)} if self.sources else {}),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Estimate:
        """The estimate that `to_json` wrote."""
        errors = {name: (low, high) for name, (low, high) in data["errors"].items()}
        return cls(data["value"], errors, data["basis"], data.get("signed", False), tuple(data.get("sources", ())))

    def tell(self, dimension: str) -> str:
        """The value and interval in the unit people read: '1.9 kWh (1.6–2.4)'."""
        return show(self.value, dimension, (self.low, self.high) if self.errors else None)

    def __str__(self) -> str:
        return self.tell("number")


def _estimate(value: Estimate | float) -> Estimate:
    return value if isinstance(value, Estimate) else Estimate(float(value), {}, {KINDS[0]: 1.0}, value < 0)


def _shares_of_sum(a: Estimate, b: Estimate) -> dict[str, float]:
    weight_a, weight_b = abs(a.value), abs(b.value)
    if weight_a + weight_b == 0:
        weight_a = weight_b = 1.0
    mixed = {k: (weight_a * a.share(k) + weight_b * b.share(k)) / (weight_a + weight_b) for k in KINDS}
    return {kind: share for kind, share in mixed.items() if share > 0}


def _shares_of_product(a: Estimate, b: Estimate) -> dict[str, float]:
    mixed: dict[str, float] = {}
    for kind_a, share_a in a.basis.items():
        for kind_b, share_b in b.basis.items():
            softest = max(kind_a, kind_b, key=KINDS.index)
            mixed[softest] = mixed.get(softest, 0.0) + share_a * share_b
    return mixed
