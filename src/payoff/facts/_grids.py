"""From the name of a place to the carbon intensity of its electricity."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from functools import cache
from typing import Literal

from payoff.errors import UnknownName
from payoff.facts._tables import GridRow, RegionRow, Scope, grid_rows, region_rows, world_spread
from payoff.frozen import Frozen, replace
from payoff.quantities import Estimate

Matched = Literal["code", "name", "alias", "cloud region", "nothing given"]

KG_PER_J = 1e-3 / 3.6e6
"""One g/kWh in kg/J."""
NO_REGION = (
    "no region given: the world's average is used, from 5 to 95 % of its countries; set --region or PAYOFF_REGION."
)
WAY_OUT = "give a country, state, ISO code or cloud region, for example FR, US-CA, California or aws:us-east-1"
DRIFT_POWER = 2 / 3
"""Grids drift by `drift_per_year` times years to this power (Electricity Maps 2021-2025: 0.21, 0.34, 0.45, 0.54)."""
UPSTREAM_G_PER_KWH, UPSTREAM_SHARE = 30.0, 0.25
"""A direct factor leaves out at most 30 g + 25 % (34 of 37 Google regions in 2024: Electricity Maps less Google)."""
REGION_HALF_WIDTH = 0.25
"""Half-width of ln(intensity) of a zone with one source, as for large grids (tools/facts/spreads.py)."""

ALIASES = {
    "uk": "GB", "great britain": "GB", "britain": "GB", "england": "GB", "scotland": "GB", "wales": "GB",
    "northern ireland": "GB", "u s": "US", "u s a": "US", "united states of america": "US", "america": "US",
    "deutschland": "DE", "allemagne": "DE", "espana": "ES", "italia": "IT", "schweiz": "CH", "suisse": "CH",
    "svizzera": "CH", "osterreich": "AT", "oesterreich": "AT", "nederland": "NL", "holland": "NL",
    "the netherlands": "NL", "belgie": "BE", "belgique": "BE", "polska": "PL", "sverige": "SE", "norge": "NO",
    "danmark": "DK", "suomi": "FI", "brasil": "BR", "czech republic": "CZ", "turkiye": "TR", "korea": "KR",
    "republic of korea": "KR", "viet nam": "VN", "russian federation": "RU", "uae": "AE", "ivory coast": "CI",
    "burma": "MM", "macedonia": "MK", "drc": "CD", "el": "GR", "washington dc": "US-DC", "nyc": "US-NY",
    "new york city": "US-NY", "global": "world", "earth": "world", "wld": "world",
}  # fmt: skip
ALSO = {"korea": ("KP",), "washington": ("US-DC",), "congo": ("CD",)}
"""Names that mean more places than the tables show."""


class GridFact(Frozen):
    """The electricity of a place: its row, what the name was matched as, and what else it could have meant.

    The intensity is location-based and an annual average; `market_g_per_kwh` is market-based (a residual mix, or the
    claim of a cloud provider after its contracts), another quantity that is never mixed in. `scope` says whether
    emissions upstream of the power station are in it. `also` lists other places of the same name; when it is empty the
    match is sure.
    """

    asked: str | None
    matched: Matched
    row: GridRow
    zone: str
    location_g_per_kwh: float
    low_g_per_kwh: float
    high_g_per_kwh: float
    year: int
    scope: Scope
    source: str
    region: RegionRow | None = None
    also: tuple[str, ...] = ()

    @property
    def code(self) -> str:
        """The ISO code of the country, state or province, or 'world'."""
        return self.row.code

    @property
    def sure(self) -> bool:
        """Whether the name means one place only."""
        return self.matched != "nothing given" and not self.also

    @property
    def market_g_per_kwh(self) -> float | None:
        """The market-based figure, where one is published."""
        return self.region.market_g_per_kwh if self.region else self.row.market_g_per_kwh

    @property
    def hint(self) -> str:
        """What the user should know or do about the match; empty when there is nothing."""
        if self.matched == "nothing given":
            return NO_REGION
        if not self.also:
            return ""
        others, taken = " and ".join(self.also), f"{self.code} ({self.row.name}) was taken"
        return f"{self.asked!r} could also mean {others}; {taken}: write {self.code} or {others} to be sure."

    def intensity(self, year: int | None = None) -> Estimate:
        """The location-based intensity in kg/J for use in `year` (this year if None).

        Its error joins how far sources lie apart with how far grids drift in the years since the figure; for a figure
        of direct emissions a second, one-sided error is what it leaves out.
        """
        value = self.location_g_per_kwh
        if self.matched == "nothing given":
            name, low, high = "grid intensity: no region given", self.low_g_per_kwh, self.high_g_per_kwh
        else:
            age = max(0, (datetime.now(UTC).year if year is None else year) - self.year)
            drift = self.row.drift_per_year * age**DRIFT_POWER
            name = f"grid intensity {self.zone} {self.year}"
            low = value * math.exp(-math.hypot(math.log(value / self.low_g_per_kwh), drift))
            high = value * math.exp(math.hypot(math.log(self.high_g_per_kwh / value), drift))
        errors = {name: (low * KG_PER_J, high * KG_PER_J)}
        if self.scope == "direct":
            upstream = UPSTREAM_G_PER_KWH + UPSTREAM_SHARE * value
            errors["upstream emissions left out"] = (value * KG_PER_J, (value + upstream) * KG_PER_J)
        return Estimate(value * KG_PER_J, errors, {"stated": 1.0}, sources=(self.source,))

    def intensity_market(self) -> Estimate | None:
        """The market-based intensity in kg/J, or None where none is published."""
        value = self.market_g_per_kwh
        if value is None:
            return None
        source = self.row.source
        if self.region:
            source = (
                f"claim of {self.region.provider} after its contracts, {self.region.market_year}; {self.region.source}"
            )
        return Estimate(value * KG_PER_J, {}, {"stated": 1.0}, sources=(source,))


def grid(place: str | None) -> GridFact:
    """The electricity of `place`: an ISO code, a name of a country or state, or a cloud region; None is anywhere.

    Case, accents and punctuation do not matter. Raises `UnknownName` with the nearest names for anything else.
    """
    if place is None:
        return _anywhere()
    if place in grid_rows():
        return _of_row(place, "code", grid_rows()[place])
    code = place.strip().casefold().replace("_", "-")
    if code in _codes():
        return _of_row(place, "code", grid_rows()[_codes()[code]])
    name = plain(place)
    if name in ALIASES:
        return _of_row(place, "alias", grid_rows()[ALIASES[name]], ALSO.get(name, ()))
    rows = _names().get(name, ())
    if rows:
        return _of_row(place, "name", rows[0], (*(other.code for other in rows[1:]), *ALSO.get(name, ())))
    states = [row for part, row in _states() if part == code]
    if states:
        return _of_row(place, "alias", states[0], tuple(other.code for other in states[1:]))
    region = _region(code)
    if region is not None:
        return _of_region(place, region)
    raise UnknownName("place", place, places(), way_out=WAY_OUT)


def places() -> list[str]:
    """Every name that `grid` knows, aliases left out."""
    grids = grid_rows().values()
    regions = region_rows().values()
    return [
        *(r.name for r in grids),
        *(r.code for r in grids),
        *(r.region for r in regions),
        *(r.name for r in regions),
    ]


def plain(text: str) -> str:
    """Lower case, without accents, punctuation as single spaces: "Côte d'Ivoire" is 'cote d ivoire'."""
    if text.isascii() and text.isalpha():
        return text.casefold()
    if not text.isascii():
        import unicodedata

        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(re.findall(r"[^\W_]+", text.casefold()))


@cache
def _codes() -> dict[str, str]:
    rows = grid_rows().values()
    by_iso3 = {row.iso3.casefold(): row.code for row in rows if row.kind == "country"}
    return {**by_iso3, **{code.casefold(): code for code in grid_rows()}}


@cache
def _names() -> dict[str, tuple[GridRow, ...]]:
    found: dict[str, tuple[GridRow, ...]] = {}
    for row in grid_rows().values():
        found[plain(row.name)] = (*found.get(plain(row.name), ()), row)
    return found


@cache
def _states() -> list[tuple[str, GridRow]]:
    """States by the part of the code that people write: 'tx', American ones first."""
    parts = [row for row in grid_rows().values() if row.kind == "subdivision"]
    return [(row.code.partition("-")[2].casefold(), row) for row in sorted(parts, key=lambda row: row.iso3 != "USA")]


@cache
def _regions() -> dict[str, RegionRow]:
    rows = region_rows()
    return {**{row.region: row for row in rows.values()}, **rows}


def _region(code: str) -> RegionRow | None:
    """A cloud region by name, with or without its provider, also 'West Europe' and a zone such as 'us-east-1a'."""
    known = _regions()
    closed = code.replace(" ", "")
    return known.get(closed) or known.get(re.sub(r"(?<=\d)-?[a-f]$", "", closed))


def _of_row(
    asked: str | None, matched: Matched, row: GridRow, also: tuple[str, ...] = (), *, region: RegionRow | None = None
) -> GridFact:
    return GridFact(
        asked,
        matched,
        row,
        zone=row.code,
        location_g_per_kwh=row.location_g_per_kwh,
        low_g_per_kwh=row.low_g_per_kwh,
        high_g_per_kwh=row.high_g_per_kwh,
        year=row.year,
        scope=row.scope,
        source=row.source,
        region=region,
        also=also,
    )


def _of_region(asked: str, region: RegionRow) -> GridFact:
    """The row of the grid it lies in, unless the region has a zone of its own with a published lifecycle figure."""
    fact = _of_row(asked, "cloud region", grid_rows()[region.grid], region=region)
    value, year = region.lifecycle_g_per_kwh, region.lifecycle_year
    if value is None or year is None or region.zone == region.grid:
        return fact
    return replace(
        fact,
        zone=region.zone,
        location_g_per_kwh=value,
        low_g_per_kwh=value * math.exp(-REGION_HALF_WIDTH),
        high_g_per_kwh=value * math.exp(REGION_HALF_WIDTH),
        year=year,
        scope="lifecycle",
        source=region.source,
    )


def _anywhere() -> GridFact:
    low, high = world_spread()
    return replace(_of_row(None, "nothing given", grid_rows()["world"]), low_g_per_kwh=low, high_g_per_kwh=high)
