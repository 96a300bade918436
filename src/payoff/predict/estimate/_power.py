"""What does a chip draw in a training? A share of its TDP, from the published trainings where power was measured.

Two scopes are kept apart: the chip alone, as its driver tells, and the chip with its part of the host (processors,
memory, network), as the wall tells. Hours times TDP, which most papers publish as energy, is evidence of neither.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import exp, log, sqrt
from statistics import fmean
from typing import Literal

from payoff.frozen import Frozen
from payoff.quantities import Estimate

Scope = Literal["chip", "system"]
Kind = Literal["GPU", "TPU"]

PRIOR: dict[Scope, float] = {"chip": 0.80, "system": 1.05}
"""The shares of TDP that are assumed before any evidence."""
BELIEF = 1.0
"""How many families of evidence the assumption counts for."""
SPREAD = 0.25
"""Half-width of ln(share) at 90 % from one training to the next."""


class PowerEvidence(Frozen):
    """A measured training: watts of a chip in a scope, as a share of its TDP."""

    family: str
    kind: Kind
    scope: Scope
    share: float


def power_share(kind: Kind, scope: Scope, evidence: Iterable[PowerEvidence]) -> Estimate:
    """Watts over TDP of a chip of a kind, for a family that is not in the evidence.

    The geometric mean over families, drawn towards the assumption by one family's weight.
    """
    by_family: dict[str, list[float]] = {}
    for one in evidence:
        if (one.kind, one.scope) == (kind, scope):
            by_family.setdefault(one.family, []).append(log(one.share))
    means = [fmean(shares) for shares in by_family.values()]
    belief = BELIEF * (0.5 if means else 1.0)
    middle = (belief * log(PRIOR[scope]) + sum(means)) / (belief + len(means))
    reach = SPREAD * sqrt(1 + 1 / (belief + len(means)))
    source = f"{len(means)} families of models with measured power ({kind}, {scope})" if means else "assumed"
    bounds = exp(middle - reach), exp(middle + reach)
    return Estimate(exp(middle), {f"power of a {kind}": bounds}, {"modelled": 1.0}, sources=(source,))
