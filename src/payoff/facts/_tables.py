"""The tables shipped with payoff: read at the first look-up, kept, never written."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Literal, NamedTuple, TypeVar, cast

Kind = Literal["country", "subdivision", "world"]
Scope = Literal["lifecycle", "direct"]

Key = TypeVar("Key")
Row = TypeVar("Row", covariant=True)

FOLDER = os.path.join(os.path.dirname(__file__), "data")


class GridRow(NamedTuple):
    """One line of `grids.csv`; low and high are the 5th and 95th percentile in the row's own year.

    `location_g_per_kwh` is the average of the grid, `market_g_per_kwh` its residual mix (what is left after contracts);
    `drift_per_year` is the change of ln(intensity) that 90 % of such grids stay within in a year.
    """

    code: str
    iso3: str
    name: str
    kind: Kind
    location_g_per_kwh: float
    market_g_per_kwh: float | None
    low_g_per_kwh: float
    high_g_per_kwh: float
    drift_per_year: float
    year: int
    scope: Scope
    flag: str
    source: str
    licence: str


class RegionRow(NamedTuple):
    """One line of `cloud_regions.csv`. `zone` is the electricity zone, `grid` the row of `grids.csv` it lies in."""

    provider: str
    region: str
    location: str
    grid: str
    zone: str
    pue: float | None
    pue_year: int | None
    wue_l_per_kwh: float | None
    wue_year: int | None
    lifecycle_g_per_kwh: float | None
    lifecycle_year: int | None
    direct_g_per_kwh: float | None
    direct_year: int | None
    market_g_per_kwh: float | None
    market_year: int | None
    source: str
    licence: str

    @property
    def name(self) -> str:
        """The unique name: 'aws:us-east-1'."""
        return f"{self.provider}:{self.region}"


class Fact(NamedTuple):
    """A published figure with its 90 % interval, in the unit of its table."""

    value: float
    low: float
    high: float
    year: int
    source: str
    licence: str


def table_lines(table: str) -> list[str]:
    """The lines of a table, without its header; the columns are in the order of its row type."""
    with open(os.path.join(FOLDER, f"{table}.csv"), encoding="utf-8", newline="") as file:
        return file.read().splitlines()[1:]


def number_or_none(text: str) -> float | None:
    return float(text) if text else None


def _year(text: str) -> int | None:
    return int(text) if text else None


class Rows(Mapping[Key, Row]):
    """The rows of a table by their keys, which are made of the first two cells.

    A row is made of its line when it is asked for, because most never are.
    """

    def __init__(self, table: str, key: Callable[[list[str]], Key], make: Callable[[list[str]], Row]) -> None:
        self._lines = {key(line.split(",", 2)): line for line in table_lines(table)}
        self._make = make

    def __getitem__(self, key: Key) -> Row:
        return self._make(next(csv.reader([self._lines[key]])))

    def __iter__(self) -> Iterator[Key]:
        return iter(self._lines)

    def __len__(self) -> int:
        return len(self._lines)


@cache
def grid_rows() -> Mapping[str, GridRow]:
    """`grids.csv` by code."""
    return Rows("grids", lambda cells: cells[0], _grid_row)


@cache
def world_spread() -> tuple[float, float]:
    """The intensities of countries from which up to which nine of ten lie, in g/kWh."""
    countries = sorted(float(line[4]) for line in csv.reader(table_lines("grids")) if line[3] == "country")
    return countries[int(0.05 * len(countries))], countries[int(0.95 * len(countries))]


def _grid_row(r: list[str]) -> GridRow:
    code, iso3, name, kind, location, market, low, high, drift, year, scope, _, _, flag, source, licence = r
    figures = float(location), number_or_none(market), float(low), float(high), float(drift), int(year)
    return GridRow(code, iso3, name, cast(Kind, kind), *figures, cast(Scope, scope), flag, source, licence)


@cache
def region_rows() -> Mapping[str, RegionRow]:
    """`cloud_regions.csv` by 'provider:region'."""
    return Rows("cloud_regions", lambda cells: f"{cells[0]}:{cells[1]}", _region_row)


def _region_row(r: list[str]) -> RegionRow:
    figures = [_year(text) if at % 2 else number_or_none(text) for at, text in enumerate(r[5:15])]
    return RegionRow._make([*r[:5], *figures, *r[15:]])


@cache
def prices() -> Mapping[str, Fact]:
    """Electricity prices in USD/kWh by code of the grid; 'world' is always there."""
    return Rows("electricity_prices", lambda cells: cells[0], lambda line: _fact(line[1:]))


@cache
def defaults() -> Mapping[tuple[str, str], Fact]:
    """Defaults by (quantity, kind), in the unit that the quantity's name or the table states."""
    return Rows("defaults", lambda cells: (cells[0], cells[1]), dated_fact)


def dated_fact(r: list[str]) -> Fact:
    """A line of a table with the columns quantity, kind, value, low, high, unit, year, source, licence."""
    return _fact([*r[2:5], *r[6:]])


def _fact(r: list[str]) -> Fact:
    value, low, high, year, source, licence = r
    return Fact(float(value), float(low), float(high), int(year), source, licence)
