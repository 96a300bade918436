"""What does the chip time cost? On three bases that are named and never added up, each price with its date."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from payoff.errors import InvalidValue
from payoff.facts import AcceleratorPrice, Basis, Factors, accelerator_price, defaults
from payoff.frozen import Frozen
from payoff.quantities import Estimate

HOUR, YEAR = 3600.0, 8766 * 3600.0
CHIPS_PER_SERVER = 8
RENTED: tuple[Basis, ...] = ("on demand", "committed")


class Cost(Frozen):
    """A cost on a basis, the price of a chip-hour behind it, and the date of that price.

    Amortised is the hardware's price over its busy hours, and the electricity at industry's price.
    """

    basis: Basis
    figure: Estimate
    usd_per_chip_h: Estimate
    date: str

    def to_json(self) -> dict[str, Any]:
        """A plain dictionary."""
        price = self.usd_per_chip_h.to_json()
        return {"basis": self.basis, "usd": self.figure.to_json(), "usd_per_chip_hour": price, "date": self.date}


def costs_of(
    chip: str, chip_s: Estimate, drawn_j: Estimate, factors: Factors, *, busy: Estimate | None = None
) -> tuple[Cost, ...]:
    """What is known of on demand, committed and amortised, in this order; a basis without a price is left out."""
    owned = _price(chip, "amortised", None)
    if owned is None:
        return rents(chip, chip_s)
    usd_per_h = owned.usd_per_chip_h
    if busy is not None:
        usd_per_h = usd_per_h * _default("accelerator_busy_share", "data centre") / busy
    figure = chip_s * usd_per_h / HOUR + drawn_j * _electricity(factors)
    return (*rents(chip, chip_s), Cost("amortised", figure, usd_per_h, owned.date))


def rents(chip: str, chip_s: Estimate, *, year: int | None = None) -> tuple[Cost, ...]:
    """The cost of rented chips, on demand and committed, at today's prices or those of a year."""
    prices = ((basis, _price(chip, basis, year)) for basis in RENTED)
    return tuple(
        Cost(basis, chip_s * price.usd_per_chip_h / HOUR, price.usd_per_chip_h, price.date)
        for basis, price in prices
        if price is not None
    )


def crossed(costs: Iterable[Cost]) -> str:
    """A word where committed is dearer than on demand: their prices are of different dates or vendors."""
    by_basis = {cost.basis: cost for cost in costs}
    rented, bound = by_basis.get("on demand"), by_basis.get("committed")
    if rented is None or bound is None or bound.usd_per_chip_h.value <= rented.usd_per_chip_h.value:
        return ""
    return (
        f"Committed is dearer here than on demand: its price is of {bound.date}, that on demand of {rented.date}, and "
        "not of the same vendors; `payoff facts price` shows both."
    )


def _price(chip: str, basis: Basis, year: int | None) -> AcceleratorPrice | None:
    try:
        return accelerator_price(chip, basis, year=year)
    except InvalidValue:
        return None


def _electricity(factors: Factors) -> Estimate:
    """USD per joule drawn: the user's price, or in a cloud, which has no price of its own, that of industry there."""
    price = factors.electricity_usd_per_j or Factors.of(factors.place, machine="server").electricity_usd_per_j
    assert price is not None
    return price


def embodied_kg_per_chip_s(busy: Estimate | None = None) -> Estimate:
    """Carbon of making a chip and its eighth of a server, over the hours it is busy in its life.

    `busy` is the share of its life that it is (None: as in a data centre).
    """
    making = _default("embodied_kg", "accelerator")
    making = making + _default("embodied_kg", "accelerator server") / CHIPS_PER_SERVER
    life = _default("accelerator_life_years", "data centre")
    busy = busy or _default("accelerator_busy_share", "data centre")
    return making / (life * busy * YEAR)


def _default(quantity: str, kind: str) -> Estimate:
    """A default; its error has the name it has in prices, so that the two cancel."""
    fact = defaults()[quantity, kind]
    name = quantity if kind == "data centre" else f"{quantity}: {kind}"
    return Estimate(fact.value, {name: (fact.low, fact.high)}, {"stated": 1.0}, sources=(fact.source,))
