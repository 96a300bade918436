"""What does the chip time cost? On three bases that are named and never added up, each price with its date."""

from __future__ import annotations

from typing import Any, get_args

from payoff.errors import InvalidValue
from payoff.facts import AcceleratorFact, Basis, Factors, accelerator_price, defaults
from payoff.frozen import Frozen
from payoff.quantities import Estimate

HOUR, YEAR = 3600.0, 8766 * 3600.0
CHIPS_PER_SERVER = 8


class Cost(Frozen):
    """A cost on a basis, the price of a chip-hour behind it, and the date of that price.

    Amortised is the hardware's price over its busy hours, and the electricity where its price is known.
    """

    basis: Basis
    figure: Estimate
    usd_per_chip_h: Estimate
    date: str

    def to_json(self) -> dict[str, Any]:
        """A plain dictionary."""
        price = self.usd_per_chip_h.to_json()
        return {"basis": self.basis, "usd": self.figure.to_json(), "usd_per_chip_hour": price, "date": self.date}


def costs_of(chip: AcceleratorFact, chip_s: Estimate, drawn_j: Estimate, factors: Factors) -> tuple[Cost, ...]:
    """What is known of on demand, committed and amortised, in this order; a basis without a price is left out."""
    found = []
    for basis in get_args(Basis):
        try:
            price = accelerator_price(chip.name, basis)
        except InvalidValue:
            continue
        figure = chip_s * price.usd_per_chip_h / HOUR
        if basis == "amortised" and factors.electricity_usd_per_j is not None:
            figure = figure + drawn_j * factors.electricity_usd_per_j
        found.append(Cost(basis, figure, price.usd_per_chip_h, price.date))
    return tuple(found)


def embodied_kg_per_chip_s() -> Estimate:
    """Carbon of making a chip and its eighth of a server, over the hours it is busy in its life."""
    chip = _default("embodied_kg", "accelerator")
    server = _default("embodied_kg", "accelerator server")
    life = _default("accelerator_life_years", "data centre")
    busy = _default("accelerator_busy_share", "data centre")
    return (chip + server / CHIPS_PER_SERVER) / (life * busy * YEAR)


def _default(quantity: str, kind: str) -> Estimate:
    fact = defaults()[quantity, kind]
    name = quantity.replace("_", " ")
    return Estimate(fact.value, {f"{name}: {kind}": (fact.low, fact.high)}, {"stated": 1.0}, sources=(fact.source,))
