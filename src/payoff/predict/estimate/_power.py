"""What does a chip draw in a training? A share of its TDP, from the trainings and nodes whose power was measured.

Two scopes are kept apart: the chip alone, as its driver tells, and the chip with its part of the host (processors,
memory, network), as the wall tells. Hours times TDP, which most papers publish as energy, is evidence of neither.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import exp, log, sqrt
from statistics import fmean
from typing import Literal

from payoff.facts import defaults
from payoff.frozen import Frozen
from payoff.quantities import Estimate

Scope = Literal["chip", "system"]
Kind = Literal["GPU", "TPU"]

SPREAD = 0.3
"""Half-width of ln(share) at 90 % from one family to the next: as of the TPUs of Patterson et al. 2021, table 4."""


class PowerEvidence(Frozen):
    """A measured training: watts of a chip in a scope, as a share of its TDP."""

    family: str
    kind: Kind
    scope: Scope
    share: float


def power_share(kind: Kind, scope: Scope, evidence: Iterable[PowerEvidence]) -> Estimate:
    """Watts over TDP of a chip of a kind, for a family that is not in the evidence: the geometric mean over families.

    A measured node of eight GPUs counts as one family of GPUs, and as the only one where there is no other evidence.
    """
    by_family: dict[str, list[float]] = {}
    for one in evidence:
        if (one.kind, one.scope) == (kind, scope):
            by_family.setdefault(one.family, []).append(log(one.share))
    means = [fmean(shares) for shares in by_family.values()]
    source = f"{len(means)} families of models with measured power ({kind}, {scope})"
    if kind == "GPU" or not means:
        share, node = _of_a_node(scope)
        means.append(log(share))
        source = node if len(means) == 1 else f"{source}; {node}"
    middle = fmean(means)
    reach = SPREAD * sqrt(1 + 1 / len(means))
    bounds = exp(middle - reach), exp(middle + reach)
    return Estimate(exp(middle), {f"power of a {kind}": bounds}, {"modelled": 1.0}, sources=(source,))


def _of_a_node(scope: Scope) -> tuple[float, str]:
    """A measured node over the TDP of its chips; of the chips alone, what the node draws of its rated power."""
    node, rated = defaults()["node_w_per_tdp_w", "8 GPU"], defaults()["rated_node_w_per_tdp_w", "8 GPU"]
    return (node.value if scope == "system" else node.value / rated.value), node.source
