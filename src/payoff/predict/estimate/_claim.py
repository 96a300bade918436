"""What somebody has published about a training: the figures as given, and the laws that tie them together."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from payoff.errors import InvalidValue, UnknownName
from payoff.frozen import Frozen, by_name
from payoff.units import parse, parse_rate, show

KWH = 3.6e6
HOUR, DAY = 3600.0, 86400.0


class Claim(Frozen):
    """The figures of a training as published, in SI; absent is None.

    `params` are those a token meets (the active ones of a mixture). `energy_j` is drawn from the grid, PUE included,
    and `emissions_kg` location-based, `emissions_market_kg` market-based; `offsets_kg` were bought and are never
    subtracted. `watts` is the mean of a chip, with its share of the host where `power_kind` says so; `hardware` is its
    name as published, `chip` the one that payoff takes it for.
    """

    name: str
    family: str = ""
    params: float | None = None
    tokens: float | None = None
    flop: float | None = None
    hardware: str = ""
    peak_flop_s: float | None = None
    tdp_w: float | None = None
    utilisation: float | None = None
    chips: float | None = None
    duration_s: float | None = None
    chip_s: float | None = None
    watts: float | None = None
    pue: float | None = None
    energy_j: float | None = None
    intensity_kg_per_j: float | None = None
    emissions_kg: float | None = None
    emissions_market_kg: float | None = None
    offsets_kg: float | None = None
    power_kind: str = ""
    source: str = ""
    chip: str = ""
    year: int | None = None

    def given(self) -> dict[str, float]:
        """The figures that are there, by name."""
        return {name: value for name, value in by_name(self).items() if name in SHOWN and value is not None}


def _watts(text: str) -> float:
    return parse(text, "power")


def _intensity(text: str) -> float:
    return parse_rate(text, "emissions", "energy")


def _of(dimension: str) -> Callable[[str], float]:
    return lambda text: parse(text, dimension)


CARD: dict[str, tuple[str, float, Callable[[str], float]]] = {
    "params": ("params", 1.0, _of("count")),
    "active_params": ("params", 1.0, _of("count")),
    "tokens": ("tokens", 1.0, _of("count")),
    "flop": ("flop", 1.0, _of("flop")),
    "peak_flop_s": ("peak_flop_s", 1.0, _of("flop")),
    "tdp_w": ("tdp_w", 1.0, _watts),
    "utilisation": ("utilisation", 1.0, _of("share")),
    "chips": ("chips", 1.0, _of("count")),
    "duration": ("duration_s", DAY, _of("duration")),
    "days": ("duration_s", DAY, _of("number")),
    "chip_hours": ("chip_s", HOUR, _of("count")),
    "watts_per_chip": ("watts", 1.0, _watts),
    "pue": ("pue", 1.0, _of("number")),
    "energy": ("energy_j", KWH, _of("energy")),
    "intensity": ("intensity_kg_per_j", 1e-3 / KWH, _intensity),
    "emissions": ("emissions_kg", 1.0, _of("emissions")),
    "emissions_market": ("emissions_market_kg", 1.0, _of("emissions")),
    "offsets": ("offsets_kg", 1.0, _of("emissions")),
}
"""What a card may say: the field, what a plain number is multiplied by, and how text is read.

A plain energy is in kWh, an intensity in g/kWh, emissions in kg, a duration in days.
"""
WORDS = ("name", "family", "hardware", "power_kind", "source")


def read_claim(card: Mapping[str, Any], *, name: str = "the card") -> Claim:
    """The claim of a card, a flat mapping such as TOML gives: {'energy': '36 MWh', 'pue': 1.1, 'hardware': 'A100'}.

    Raises `UnknownName` for a key that means nothing and `InvalidValue` for what cannot be read.
    """
    found: dict[str, Any] = {"name": name}
    for key, value in card.items():
        if key in WORDS:
            found[key] = str(value)
        elif key in CARD:
            where, unit, read = CARD[key]
            if key == "params" and "active_params" in card:
                continue
            if isinstance(value, bool) or not isinstance(value, int | float | str):
                raise InvalidValue(f"{key} must be a number or a quantity, got {value!r}; write for example 36e3")
            found[where] = (
                read(value) * (unit if key in ("days", "chip_hours") else 1.0)
                if isinstance(value, str)
                else value * unit
            )
            if not 0 <= found[where] < math.inf:
                raise InvalidValue(f"{key} must be finite and not below 0, got {value}; leave it out if unknown")
        else:
            known = [*WORDS, *CARD]
            raise UnknownName("figure in a card", key, known, way_out=f"a card may say {', '.join(known)}")
    return Claim(**found)


SHOWN: dict[str, tuple[str, str]] = {
    "params": ("parameters", "count"),
    "tokens": ("tokens", "count"),
    "flop": ("FLOP", "flop"),
    "peak_flop_s": ("peak of a chip", "flop"),
    "tdp_w": ("TDP", "power"),
    "utilisation": ("utilisation", "share"),
    "chips": ("chips", "number"),
    "duration_s": ("duration", "duration"),
    "chip_s": ("chip-hours", "device time"),
    "watts": ("watts of a chip", "power"),
    "pue": ("PUE", "number"),
    "energy_j": ("energy", "energy"),
    "intensity_kg_per_j": ("intensity", "intensity"),
    "emissions_kg": ("emissions", "emissions"),
    "emissions_market_kg": ("emissions, market-based", "emissions"),
    "offsets_kg": ("offsets", "emissions"),
}
"""What people call each figure, and its dimension."""


def tell_figure(name: str, value: float) -> str:
    """A figure of a claim in the unit people read: '73.7 MWh', '385 g/kWh'."""
    dimension = SHOWN[name][1]
    if name == "pue":
        return f"{value:g}"
    if dimension == "intensity":
        return f"{value * KWH * 1e3:.3g} g/kWh"
    if dimension == "device time":
        return f"{value / HOUR:,.0f}"
    return show(value, dimension) + ("/s" if name == "peak_flop_s" else "")
