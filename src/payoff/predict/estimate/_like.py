"""A run that was measured, scaled: ten times the parameters on four times the examples."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from math import exp, log, prod
from typing import Any

from payoff.errors import InvalidValue, UnknownName
from payoff.frozen import Frozen
from payoff.model import Footprint, Run
from payoff.predict.estimate._evidence import shipped_evidence
from payoff.quantities import Estimate

AXES = {
    "params": "parameters of the model",
    "examples": "examples (or tokens) trained on",
    "epochs": "passes over the data",
    "steps": "steps of the same batch",
    "runs": "such runs",
}
"""What can be scaled; every one multiplies the work."""
FIXED_SHARE = 0.2
"""At most this much of a run (imports, reading of data) does not grow with its work; payoff's judgement."""
REPEATED = (0.9, 1.1)
"""A run that is repeated takes between these times as much; payoff's judgement."""
WORK = ("duration_s", "energy_j", "emissions_kg", "emissions_market_kg", "embodied_kg", "cost_usd", "water_l", "flop")


class Scaled(Frozen):
    """The footprint of a run after scaling, on the same machine; `factors` is by what each axis multiplies it."""

    run: Run
    factors: Mapping[str, float]
    work: Estimate
    footprint: Footprint

    def to_json(self) -> dict[str, Any]:
        """A plain dictionary."""
        return {
            "run": self.run.id,
            "name": self.run.name,
            "factors": dict(self.factors),
            "work": self.work.to_json(),
            "footprint": self.footprint.to_json(),
        }


def parse_scale(text: str) -> dict[str, float]:
    """Read 'params=10x, examples=4x'. Raises `UnknownName` for another axis, `InvalidValue` for no factor above 0."""
    factors: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, value = (piece.strip() for piece in part.partition("="))
        if name not in AXES:
            raise UnknownName("axis", name, AXES, way_out=f"axes are {', '.join(AXES)}")
        try:
            factors[name] = float(value.removesuffix("x"))
        except ValueError:
            factors[name] = 0.0
        if not 0 < factors[name] < float("inf"):
            raise InvalidValue(
                f"{name} must be scaled by a factor above 0, got {value!r}; write for example {name}=10x"
            )
    if not factors:
        raise InvalidValue(f"nothing is scaled by {text!r}; write for example --scale 'params=10x, examples=4x'")
    return factors


def scale_run(run: Run, factors: Mapping[str, float]) -> Scaled:
    """What a run like this one uses when its axes are multiplied, on the same machine at the same place.

    Work is proportional to parameters and to examples (Kaplan et al. 2020). Three errors are told: what of a run does
    not grow, how one run differs from the next, and for another size, which fills the machine otherwise, how far
    utilisation moved with size inside published families.
    """
    product = prod(factors.values())
    runs = factors.get("runs", 1.0)  # each begins anew
    fixed = FIXED_SHARE * runs + (1 - FIXED_SHARE) * product
    errors = {
        "what does not grow with the work": (min(product, fixed), max(product, fixed)),
        "one run like the next": (product * REPEATED[0], product * REPEATED[1]),
    }
    if spread := utilisation_slope() * abs(log(factors.get("params", 1.0))):
        errors["utilisation at another size"] = (product * exp(-spread), product * exp(spread))
    work = Estimate(product, errors, {"modelled": 1.0})
    there = run.footprint.present()
    if not there.keys() & set(WORK):
        raise InvalidValue(
            f"run {run.number} ({run.name}) has no figures to scale; `payoff runs` lists those that have"
        )
    figures: dict[str, Any] = {name: figure * work for name, figure in there.items() if name in WORK}
    if "examples" in there:
        seen = there["examples"].value * product / factors.get("params", 1.0)
        figures["examples"] = Estimate(seen, {}, {"stated": 1.0})
    return Scaled(run, dict(factors), work, Footprint(**figures, incomplete=run.footprint.incomplete))


@cache
def utilisation_slope() -> float:
    """How far ln(utilisation) moves for ln(parameters) inside families of published trainings, the worst of them."""
    slopes = []
    by_family: dict[str, list[tuple[float, float]]] = {}
    for one in shipped_evidence():
        by_family.setdefault(f"{one.family} {one.chip.name}", []).append((log(one.params), log(one.utilisation)))
    for points in by_family.values():
        (small, slow), (large, fast) = min(points), max(points)
        if large - small > log(2):
            slopes.append(abs(fast - slow) / (large - small))
    return max(slopes)
