"""Carbon and energy as people can feel them: kilometres by car, to the moon and back, years of a household."""

from __future__ import annotations

from payoff.facts import defaults
from payoff.frozen import Frozen
from payoff.units import significant

KWH = 3.6e6


class Equivalent(Frozen):
    """How many of something an amount is, and whose factor says so."""

    amount: float
    what: str
    source: str

    def tell(self) -> str:
        """'703,808 km by car (EU new car 2018)'."""
        return f"{self.amount:,.0f} {self.what}" if self.amount >= 100 else f"{significant(self.amount, 2)} {self.what}"


def equivalents(emissions_kg: float | None, energy_j: float | None) -> tuple[Equivalent, ...]:
    """What location-based carbon and drawn energy are as much as; nothing for what is not known."""
    found = []
    for (quantity, kind), fact in ((key, defaults()[key]) for key in defaults()):
        if quantity == "car_kg_per_km" and emissions_kg is not None:
            km = emissions_kg / fact.value
            found.append(Equivalent(km, f"km by car ({kind})", fact.source))
            if "EU" in kind:
                moon = defaults()["moon_km", "mean distance"]
                trips = km / (2 * moon.value)
                found.append(Equivalent(trips, "times to the moon and back", f"{fact.source}; {moon.source}"))
        if quantity == "household_kwh_per_year" and energy_j is not None:
            found.append(Equivalent(energy_j / KWH / fact.value, f"household-years ({kind})", fact.source))
    return tuple(found)
