"""Numbers people can trust: estimates with an interval, and the units they are typed and read in.

Inside payoff every number is in SI (`energy_j`, `duration_s`, `emissions_kg`); `parse` and `show` are
the only doors between SI and what people write.

>>> parse("0.5 kWh", "energy")
1800000.0
>>> show(1.8e6, "energy")
'500 Wh'
>>> str(Estimate(100.0, {"sensor": 0.05}, {"measured": 1.0}))
'100 (95–105)'
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from payoff.errors import InvalidValue, UnknownName

KINDS = ("measured", "stated", "modelled")
"""What a figure rests on, from the firmest to the softest; a product is as soft as its softest factor."""

Pair = tuple[float, float]


@dataclass(frozen=True, slots=True, eq=True)
class Estimate:
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
    errors: Mapping[str, Pair] = field(default_factory=dict)
    basis: Mapping[str, float] = field(default_factory=lambda: {"stated": 1.0})
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


# Units: {dimension: {unit: factor to SI}}, each ladder in the order in which `show` climbs it.


def _ladder(unit: str, prefixes: str, scale: float = 1.0) -> dict[str, float]:
    powers = dict(zip(("m", "", *"kMGTPEZY"), range(-1, 9), strict=True))
    return {("" if p == "_" else p) + unit: scale * 1000.0 ** powers["" if p == "_" else p] for p in prefixes}


_TIME = {"ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_TIME_WORDS = {
    "Ms": 1e6,
    **dict.fromkeys(("sec", "second", "seconds"), 1.0),
    **dict.fromkeys(("minute", "minutes"), 60.0),
    **dict.fromkeys(("hr", "hour", "hours"), 3600.0),
    **dict.fromkeys(("day", "days"), 86400.0),
    **dict.fromkeys(("week", "weeks"), 604800.0),
    **dict.fromkeys(("year", "years"), 31557600.0),
}
_DEVICES = ("device", "GPU", "TPU", "CPU", "chip", "core", "node")
_MASSES = {"mg": 1e-6, "g": 1e-3, "kg": 1.0, "Mg": 1e3, "t": 1e3, "mt": 1e3, "kt": 1e6, "Mt": 1e9, "lb": 0.45359237}
_MAGNITUDES = {"": 1.0, "k": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}

SHOWN: dict[str, dict[str, float]] = {
    "number": {"": 1.0},
    "energy": {"J": 1.0, **_ladder("Wh", "_kMGT", 3600.0)},
    "power": _ladder("W", "m_kMG"),
    "duration": _TIME,
    "emissions": {
        "µgCO2e": 1e-9,
        "mgCO2e": 1e-6,
        "gCO2e": 1e-3,
        "kgCO2e": 1.0,
        "tCO2e": 1e3,
        "ktCO2e": 1e6,
        "MtCO2e": 1e9,
    },
    "cost": {"$": 1.0, "$k": 1e3, "$M": 1e6, "$B": 1e9},
    "water": {"µl": 1e-6, "ml": 1e-3, "l": 1.0, "m3": 1e3},
    "flop": {"FLOP": 1.0},
    "count": _MAGNITUDES,
    "device time": {f"device-{unit}": factor for unit, factor in _TIME.items()},
    "data": _ladder("B", "_kMGTP"),
    "share": {"%": 0.01},
}
_TYPED: dict[str, dict[str, float]] = {
    "energy": {**_ladder("J", "m_kMGTPE"), "mWh": 3.6},
    "duration": _TIME_WORDS,
    "emissions": {
        mass + tail: factor
        for mass, factor in _MASSES.items()
        for tail in ("", "CO2e", "CO2", "CO2eq", " CO2e", " CO2", " CO2eq")
    },
    "cost": {tail: factor for dollar in (" USD", "USD") for m, factor in _MAGNITUDES.items() for tail in (m + dollar,)},
    "water": {
        "mL": 1e-3,
        "L": 1.0,
        "Ml": 1e6,
        "ML": 1e6,
        "m³": 1e3,
        "litre": 1.0,
        "litres": 1.0,
        "liter": 1.0,
        "liters": 1.0,
    },
    "flop": {
        prefix + tail: factor * seconds
        for prefix, factor in _ladder("", "_kMGTPEZY").items()
        for tail, seconds in {"FLOP": 1.0, "FLOPs": 1.0, "FLOP-days": 86400.0, "FLOP/s-days": 86400.0}.items()
    },
    "count": {
        f"{m}{tail}": factor
        for m, factor in _MAGNITUDES.items()
        for tail in (" examples", " labels", " tokens", " items", " images", " queries")
    },
    "device time": {
        f"{device}-{unit}": factor for device in _DEVICES for unit, factor in {**_TIME, **_TIME_WORDS}.items()
    },
    "share": {"": 1.0},
}
_UNITS = {name: {**_TYPED.get(name, {}), **SHOWN[name]} for name in SHOWN}

DIMENSION_OF = {
    "duration_s": "duration",
    "energy_j": "energy",
    "emissions_kg": "emissions",
    "emissions_market_kg": "emissions",
    "embodied_kg": "emissions",
    "cost_usd": "cost",
    "water_l": "water",
    "flop": "flop",
    "examples": "count",
    "labels": "count",
}
"""The dimension of each field of a footprint."""

_QUANTITY = re.compile(
    r"([+-]?)(\$?)\s*((?:(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*)", re.DOTALL
)


def parse(text: str, dimension: str) -> float:
    """Read a quantity such as '0.5 kWh' into SI. Raises `InvalidValue` for anything else."""
    units = _UNITS[dimension]
    number, unit = _split(text, dimension)
    folded = [u for u in units if u.casefold().replace(" ", "") == unit.casefold().replace(" ", "")]
    meant = [unit] if unit in units else folded
    if len({units[u] for u in meant}) == 1:
        amount = number * units[meant[0]]
        if math.isfinite(amount):
            return amount
        raise InvalidValue(f"cannot read {text!r} as {dimension}: it is too large for a number; write less than 1e300")
    offered = ", ".join(u for u in SHOWN[dimension] if u) or "a plain number"
    unknown = f"unit {unit!r} is not known" if unit else "it has no unit"
    problem = f"{unit!r} could be {' or '.join(folded)}" if folded else unknown
    raise InvalidValue(f"cannot read {text!r} as {dimension}: {problem}; write a number with one of {offered}")


def _split(text: str, dimension: str) -> tuple[float, str]:
    match = _QUANTITY.fullmatch(text.strip())
    if match is None:
        first = f"1 {next(iter(SHOWN[dimension]))}".strip()
        example = {"energy": "0.5 kWh", "cost": "$4.6M", "duration": "2 h"}.get(dimension, first)
        raise InvalidValue(
            f"cannot read {text!r} as {dimension}: it does not begin with a number; write for example {example!r}"
        )
    sign, dollar, digits, unit = match.groups()
    return float(sign + digits.replace(",", "")), dollar + unit


def parse_any(
    text: str, dimensions: Iterable[str] = ("energy", "emissions", "cost", "duration", "water", "flop")
) -> tuple[str, float]:
    """Read a quantity whose unit tells its dimension: '2 h' is ('duration', 7200.0)."""
    names = tuple(dimensions)
    for name in names:
        try:
            return name, parse(text, name)
        except InvalidValue:
            continue
    raise InvalidValue(
        f"cannot read {text!r} as {', '.join(names)}; write for example '0.5 kWh', '200 gCO2e', '$5' or '2 h'"
    )


def parse_rate(text: str, above: str, below: str) -> float:
    """Read a price or rate such as '$2.5/GPU-hour' into SI per SI."""
    numerator, slash, denominator = text.partition("/")
    if not slash:
        raise InvalidValue(
            f"cannot read {text!r} as {above} per {below}: it has no '/'; write for example '$2.5/GPU-hour'"
        )
    return parse(numerator, above) / parse("1 " + denominator.strip(), below)


def show(value: float, dimension: str, interval: Pair | None = None, digits: int = 3) -> str:
    """Write an SI value in the unit people read, with its interval if given: '1.9 kWh (1.6–2.4)'."""
    if dimension not in SHOWN:
        raise UnknownName("dimension", dimension, SHOWN)
    ladder = SHOWN[dimension]
    size = abs(value) or (interval and abs(interval[1])) or 0.0
    unit = next(iter(ladder))
    if size > 0:
        for name, factor in ladder.items():
            if float(significant(size / factor, digits)) >= 1:
                unit = name
    elif dimension not in ("energy", "count", "cost", "flop"):
        unit = next(name for name, factor in ladder.items() if factor == 1.0 or dimension == "share")
    scale = ladder[unit]
    if interval is not None:
        digits = min(digits, 2) if value else digits
    text = _with_unit(significant(value / scale, max(digits, 2)), unit)
    if interval is None:
        return text
    low, high = (significant(bound / scale, 2) for bound in interval)
    return (
        f"{text} ({low}–{high})"
        if not low.startswith("-") and not high.startswith("-")
        else f"{text} ({low} to {high})"
    )


def _with_unit(number: str, unit: str) -> str:
    if unit.startswith("$"):
        return ("-" if number.startswith("-") else "") + "$" + number.lstrip("-") + unit[1:]
    return number + unit if unit in ("", "%", *"kMBT") else f"{number} {unit}"


def significant(value: float, digits: int = 3) -> str:
    """`value` with that many significant digits, whole numbers kept whole up to a million."""
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else str(value)
    exponent = math.floor(math.log10(abs(value)))
    if exponent >= 6 or exponent < -4:
        mantissa, power = f"{value:.{digits - 1}e}".split("e")
        return f"{mantissa.rstrip('0').rstrip('.') if '.' in mantissa else mantissa}e{int(power)}"
    text = (
        f"{round(value, digits - 1 - exponent):.{max(0, digits - 1 - exponent)}f}"
        if exponent < digits
        else f"{value:.0f}"
    )
    return text.rstrip("0").rstrip(".") if "." in text else text
