"""Watts per hardware thread of servers whose power was published."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Watts:
    """The 5th, 50th and 95th percentile over a group of servers."""

    low: float
    mid: float
    high: float


@dataclass(frozen=True, slots=True)
class ServerPower:
    """Watts at the wall per hardware thread: when idle, and what full load adds."""

    key: str
    servers: int
    idle_w: Watts
    dynamic_w: Watts
    year: str
    source: str
    licence: str


def server_power(*keys: str) -> ServerPower:
    """The first of these kinds of processor that is known ('amd-25', 'amd'), else all servers since 2017."""
    known = _table()
    return next((known[key] for key in keys if key in known), known["any"])


@cache
def _table() -> dict[str, ServerPower]:
    with (files("payoff.facts") / "data" / "server_power.csv").open(newline="", encoding="utf-8") as file:
        return {row["key"]: _row(row) for row in csv.DictReader(file)}


def _row(row: dict[str, str]) -> ServerPower:
    idle, dynamic = (
        Watts(*(float(row[f"{part}_w_{level}"]) for level in ("low", "mid", "high"))) for part in ("idle", "dynamic")
    )
    return ServerPower(row["key"], int(row["servers"]), idle, dynamic, row["year"], row["source"], row["licence"])
