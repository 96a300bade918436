"""Why do two published answers for the same training differ? Factor by factor, and the product is exact."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from payoff.errors import InvalidValue
from payoff.frozen import Frozen
from payoff.predict.estimate._claim import Claim, tell_figure
from payoff.predict.estimate._costs import Cost, rents
from payoff.predict.estimate._equivalents import Equivalent, equivalents
from payoff.present import figure_of, html_of
from payoff.quantities import Estimate

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


class Factor(Frozen):
    """One step from an answer to another: by what it multiplies, and the figure of each side in words."""

    name: str
    factor: float
    before: str
    after: str


class Waterfall(Frozen):
    """From the energy and carbon of `first` to those of `second`; energies in J and kg, as their figures imply.

    energy = FLOP / (FLOP/s of a chip at its utilisation) x watts x PUE, and carbon = energy x intensity.
    """

    first: Claim
    second: Claim
    energy_factors: tuple[Factor, ...]
    carbon_factors: tuple[Factor, ...]

    @property
    def energies_j(self) -> tuple[float, float]:
        """What the figures of each side multiply out to."""
        return energy_of(self.first), energy_of(self.second)

    @property
    def emissions_kg(self) -> tuple[float, float]:
        """Each energy by its own intensity."""
        one, two = self.energies_j
        return one * _needed(self.first, "intensity_kg_per_j"), two * _needed(self.second, "intensity_kg_per_j")

    @property
    def chip_s(self) -> tuple[float, float]:
        """The chip time of each side."""
        (flop, rate), (other, faster) = _work(self.first), _work(self.second)
        return flop / rate, other / faster

    @property
    def by_car(self) -> tuple[Equivalent, Equivalent]:
        """The carbon of each side in kilometres of a new European car."""
        one, two = self.emissions_kg
        return equivalents(one, None)[0], equivalents(two, None)[0]

    @property
    def costs(self) -> tuple[Cost, ...]:
        """The chip time of the second by the hour, at prices of the year of its training, where they are known."""
        if not (self.second.chip and self.second.year):
            return ()
        return rents(self.second.chip, Estimate(self.chip_s[1]), year=self.second.year)

    @property
    def energy_ratio(self) -> float:
        """The product of the factors, which is the ratio of the energies."""
        return prod(factor.factor for factor in self.energy_factors)

    def to_json(self) -> dict[str, Any]:
        """A plain dictionary."""

        def told(factors: tuple[Factor, ...]) -> list[dict[str, Any]]:
            return [{"name": f.name, "factor": f.factor, "before": f.before, "after": f.after} for f in factors]

        return {
            "first": self.first.name,
            "second": self.second.name,
            "energies_j": list(self.energies_j),
            "published_j": [self.first.energy_j, self.second.energy_j],
            "emissions_kg": list(self.emissions_kg),
            "published_kg": [self.first.emissions_kg, self.second.emissions_kg],
            "by_car_km": [one.amount for one in self.by_car] if self.carbon_factors else None,
            "costs": [cost.to_json() for cost in self.costs],
            "energy_factors": told(self.energy_factors),
            "carbon_factors": told(self.carbon_factors),
        }

    def plot(self) -> Figure:
        """A figure: from one energy to the other, each factor a step. Raises `MissingExtra` without Plotly."""
        figure: Figure = figure_of(self)
        return figure

    def _repr_html_(self) -> str:
        return html_of(self)


def waterfall(first: Claim, second: Claim) -> Waterfall:
    """The factors that lead from one claim to another; each needs chip-hours (or FLOP, peak and utilisation), watts
    and PUE. Raises `InvalidValue` where one is missing.
    """
    (f1, r1), (f2, r2) = _work(first), _work(second)
    factors = []
    if f1 != f2:
        factors.append(Factor("FLOP", f2 / f1, tell_figure("flop", f1), tell_figure("flop", f2)))
    factors.append(Factor("utilisation", r1 / r2, _rate(first, r1), _rate(second, r2)))
    for name, label in (("watts", "power"), ("pue", "PUE")):
        one, two = _needed(first, name), _needed(second, name)
        factors.append(Factor(label, two / one, tell_figure(name, one), tell_figure(name, two)))
    carbon = []
    if first.intensity_kg_per_j and second.intensity_kg_per_j:
        one, two = first.intensity_kg_per_j, second.intensity_kg_per_j
        told = tell_figure("intensity_kg_per_j", one), tell_figure("intensity_kg_per_j", two)
        carbon = [*factors, Factor("intensity", two / one, *told)]
    return Waterfall(first, second, tuple(factors), tuple(carbon))


def energy_of(claim: Claim) -> float:
    """Joules drawn from the grid that the other figures of a claim imply: chip time x watts x PUE."""
    chip_s = claim.chip_s
    if chip_s is None:
        flop, rate = _work(claim)
        chip_s = flop / rate
    return chip_s * _needed(claim, "watts") * _needed(claim, "pue")


def _work(claim: Claim) -> tuple[float, float]:
    """FLOP, and the FLOP/s of a chip: peak x utilisation where both are given, else FLOP over chip time."""
    flop = claim.flop
    if flop is None and claim.params and claim.tokens:
        flop = 6 * claim.params * claim.tokens
    if claim.utilisation and claim.peak_flop_s and flop:
        return flop, claim.peak_flop_s * claim.utilisation
    if claim.chip_s and flop:
        return flop, flop / claim.chip_s
    raise InvalidValue(
        f"{claim.name}: the work must be known to tell where two answers differ; "
        "give params and tokens (or flop), and chip-hours or utilisation"
    )


def _rate(claim: Claim, rate: float) -> str:
    peak = f" ({100 * rate / claim.peak_flop_s:.3g} % of peak)" if claim.peak_flop_s else ""
    return f"{rate / 1e12:.3g} TFLOP/s{peak}"


def _needed(claim: Claim, name: str) -> float:
    value: float | None = getattr(claim, name)
    if not value:
        raise InvalidValue(f"{claim.name}: {name} is not known, and the way to its energy leads through it")
    return value
