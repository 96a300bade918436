"""What share of the world's electricity will data centres use? Scenarios from cited inputs, and what they hang on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce

from payoff.errors import InvalidValue
from payoff.facts import Fact, published_trends
from payoff.quantities import Estimate

J_PER_TWH = 3.6e15
FIRST_YEAR, LAST_YEAR = 2024, 2035
SCENARIOS = {
    "continue": "efficiency gains continue",
    "slow": "efficiency gains slow to half the pace",
    "stop": "efficiency gains stop",
}
INPUTS: Mapping[str, tuple[str, str]] = {
    "electricity of data centres": ("data_centre_electricity", "2024"),
    "electricity of the world": ("world_electricity", "2024"),
    "growth of all other use": ("world_electricity_growth", "world"),
    "growth of computing": ("compute_growth", "world"),
}
"""The inputs by the words for them, and their rows among the facts; the gains of a scenario come on top."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """What data centres use in a year: `energy_j`, and `share` of the world's electricity (0 to 1).

    `share.errors` is the sensitivity: the share with one input at its 5th or its 95th percentile, the others in the
    middle.
    """

    name: str
    words: str
    year: int
    energy_j: Estimate
    share: Estimate


def data_centres(year: int = 2030, facts: Mapping[tuple[str, str], Fact] | None = None) -> tuple[Scenario, ...]:
    """The share of the world's electricity in `year` under each scenario.

    share = U / (U + R) with U = E (g i)^n and R = (W - E) w^n, n years after 2024: E and W the electricity of data
    centres and of the world in 2024, g the yearly growth of computing, i the yearly change of energy per computation,
    w the growth of all other use. `facts` may replace the shipped rows. Raises `InvalidValue` for a year before 2024
    or after 2035.
    """
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise InvalidValue(
            f"the year must be {FIRST_YEAR} to {LAST_YEAR}, got {year}; "
            "growth rates say nothing of a time further off, ask for a nearer one"
        )
    rows = published_trends() if facts is None else facts
    used, world, world_growth, computing = (_input(rows[key], words) for words, key in INPUTS.items())
    years = year - FIRST_YEAR
    rest = (world - used).at_least_zero() * J_PER_TWH * _power(world_growth, years)
    out = []
    for name, words in SCENARIOS.items():
        gain = _input(rows["intensity_change", name], "efficiency gains")
        energy = used * J_PER_TWH * _power(computing * gain, years)
        out.append(Scenario(name, words, year, energy, energy / (energy + rest)))
    return tuple(out)


def input_facts() -> Mapping[str, Fact]:
    """The shipped inputs by the words for them, those of the scenarios included."""
    rows = published_trends()
    gains = {f"efficiency gains, {name}": rows["intensity_change", name] for name in SCENARIOS}
    return {words: rows[key] for words, key in INPUTS.items()} | gains


def _input(fact: Fact, words: str) -> Estimate:
    errors = {words: (fact.low, fact.high)} if fact.low < fact.high else {}
    return Estimate(fact.value, errors, {"stated": 1.0}, sources=(fact.source,))


def _power(factor: Estimate, years: int) -> Estimate:
    one = Estimate(1.0, {}, factor.basis, sources=factor.sources)
    return reduce(lambda product, _: product * factor, range(years), one)
