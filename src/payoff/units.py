"""The units that people type and read, and the only doors between them and SI.

>>> parse("0.5 kWh", "energy")
1800000.0
>>> show(1.8e6, "energy")
'500 Wh'
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from payoff.errors import InvalidValue, UnknownName


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
    "cost": {"$": 1.0, "$k": 1e3, "$M": 1e6, "$B": 1e9, "$T": 1e12},
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
LABELS = {
    "duration_s": "time",
    "energy_j": "energy",
    "emissions_kg": "carbon",
    "emissions_market_kg": "carbon, market-based",
    "embodied_kg": "embodied carbon",
    "cost_usd": "cost",
    "water_l": "water",
    "flop": "compute",
    "examples": "examples",
    "labels": "labels",
}
"""What people call the figures of a footprint."""

_QUANTITY = r"(?s)([+-]?)(\$?)\s*((?:(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*)"


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
    match = re.fullmatch(_QUANTITY, text.strip())
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


def show(value: float, dimension: str, interval: tuple[float, float] | None = None, digits: int = 3) -> str:
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
    low, high = (significant(float(f"{bound / scale:.2e}"), 2) for bound in interval)
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
