"""What an hour of an accelerator costs, on three bases that are never mixed."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Literal, get_args

from payoff.errors import InvalidValue, UnknownName
from payoff.facts._accelerators import accelerator, name_of
from payoff.facts._epoch import Record
from payoff.facts._epoch_rows import price_rows
from payoff.facts._refreshed import records, stamp
from payoff.facts._rows import PriceRow
from payoff.facts._tables import Fact, defaults, table_lines
from payoff.frozen import Frozen
from payoff.quantities import Estimate

Basis = Literal["on demand", "committed", "amortised"]

LISTED: dict[str, tuple[str, ...]] = {
    "on demand": ("on demand",),
    "committed": ("3-year commitment", "1-year commitment"),
    "amortised": ("purchase",),
}
"""The bases of `accelerator_prices.csv` behind each of payoff's, the first that is listed before the next."""
FRESH_YEARS = 1.0
"""Prices of one chip count together when they are no older than the newest by this much."""
RENT_SPREAD, PURCHASE_SPREAD = 2.5, 1.5
"""Factors within which nine of ten prices lie of the median of their chip. Rent: the 54 prices on demand of 2024 and
2025 of the 12 chips with three vendors or more; purchase: payoff's judgement."""
H_PER_YEAR = 8766.0


class AcceleratorPrice(Frozen):
    """The price of an hour of one chip, in USD, with the prices it is made of; `date` is that of the newest.

    On demand and committed it is the median of the vendors listed within a year of the newest price; its interval is
    that of a vendor's price about the median, and none where one vendor was named. Amortised it is the price of the
    hardware over the hours it is busy in its life.
    """

    accelerator: str
    basis: Basis
    usd_per_chip_h: Estimate
    date: str
    rows: tuple[PriceRow, ...]
    hint: str = ""

    @property
    def vendors(self) -> tuple[str, ...]:
        """Who asks these prices; empty for prices of hardware."""
        return tuple(dict.fromkeys(row.vendor for row in self.rows if row.vendor))


def accelerator_price(
    name: str, basis: Basis = "on demand", *, vendor: str | None = None, year: int | None = None
) -> AcceleratorPrice:
    """What an hour of a chip costs; of one vendor, or as it was in `year`, if given.

    Raises `UnknownName` for a chip, basis or vendor that is not there and `InvalidValue` where no price is listed.
    """
    if basis not in get_args(Basis):
        raise UnknownName("basis of price", basis, get_args(Basis), way_out="one of " + ", ".join(get_args(Basis)))
    chip = accelerator(name)
    rows = [row for row in chip_prices() if row.accelerator == chip.name and row.basis in LISTED[basis]]
    if vendor is not None:
        rows = _of_vendor(rows, vendor)
    if year is not None:
        rows = [row for row in rows if int(row.date[:4]) <= year]
    if not rows:
        raise InvalidValue(_none_listed(chip.name, basis, year))
    first = next(name for name in LISTED[basis] if any(row.basis == name for row in rows))
    newest = max(row.at for row in rows if row.basis == first)
    kept = tuple(row for row in rows if row.basis == first and newest - row.at <= FRESH_YEARS)
    kept = _latest_of_each(kept)
    spread = PURCHASE_SPREAD if basis == "amortised" else RENT_SPREAD if vendor is None else 1.0
    listed = _median(kept, f"price of {chip.name}, {first}", spread)
    price = _amortised(listed) if basis == "amortised" else listed
    date = max(row.date for row in kept)
    hint = " ".join(part for part in (chip.hint, _age(date, year)) if part)
    return AcceleratorPrice(chip.name, basis, price, date, kept, hint)


def chip_prices() -> tuple[PriceRow, ...]:
    """`accelerator_prices.csv` by chip, basis, vendor and date, with what the user has refreshed over it."""
    return _prices(stamp("prices"), stamp("hardware"))


@cache
def _prices(refreshed: object, _: object) -> tuple[PriceRow, ...]:
    return prices_with(records("prices") if refreshed else ())


def prices_with(snapshot: Sequence[Record]) -> tuple[PriceRow, ...]:
    """The shipped prices and a snapshot's over them."""
    shipped = [PriceRow._make([*r[:4], float(r[4]), *r[5:]]) for r in csv.reader(table_lines("accelerator_prices"))]
    newer = price_rows(snapshot, name_of, via=snapshot[0]["source"]) if snapshot else []
    return tuple(sorted({row[:4]: row for row in (*shipped, *newer)}.values()))


def _latest_of_each(rows: Iterable[PriceRow]) -> tuple[PriceRow, ...]:
    """The newest row of each vendor."""
    return tuple({row.vendor: row for row in sorted(rows, key=lambda row: row.date)}.values())


def _of_vendor(rows: list[PriceRow], vendor: str) -> list[PriceRow]:
    known = {row.vendor.casefold(): row.vendor for row in rows if row.vendor}
    if vendor.casefold() not in known:
        listed = ", ".join(sorted(known.values())) or "none"
        raise UnknownName("vendor", vendor, known.values(), way_out=f"listed for this chip and basis: {listed}")
    return [row for row in rows if row.vendor == known[vendor.casefold()]]


def _none_listed(chip: str, basis: str, year: int | None) -> str:
    others = [b for b in get_args(Basis) if any(r.accelerator == chip and r.basis in LISTED[b] for r in chip_prices())]
    when = f" up to {year}" if year is not None else ""
    instead = f"listed are prices {' and '.join(others)}" if others else "none is listed on any basis"
    return f"no price of {chip} {basis}{when} is known; {instead}; or give your own, for example '$2.5/h'"


def _median(rows: tuple[PriceRow, ...], name: str, spread: float) -> Estimate:
    import statistics

    value = statistics.median(row.usd for row in rows)
    errors = {name: (value / spread, value * spread)} if spread > 1 else {}
    sources = tuple(dict.fromkeys(row.source for row in rows))
    return Estimate(value, errors, {"stated": 1.0}, sources=sources)


def _amortised(purchase: Estimate) -> Estimate:
    """USD per busy chip-hour: price x what the cluster adds / (years of life x hours of a year x share of it busy)."""
    cluster, life, busy = (
        _of_fact(defaults()[quantity, "data centre"], quantity)
        for quantity in ("cluster_price_per_accelerator_price", "accelerator_life_years", "accelerator_busy_share")
    )
    return purchase * cluster / (life * busy * H_PER_YEAR)


def _of_fact(fact: Fact, name: str) -> Estimate:
    return Estimate(fact.value, {name: (fact.low, fact.high)}, {"stated": 1.0}, sources=(fact.source,))


def _age(date: str, year: int | None) -> str:
    """A word about a price of another year than the one asked for, this year if none was."""
    from datetime import UTC, datetime

    asked = datetime.now(UTC).year if year is None else year
    return f"The newest price is of {date}." if int(date[:4]) < asked else ""
