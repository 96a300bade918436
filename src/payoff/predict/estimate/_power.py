"""What does a chip draw in a training? A share of what it is rated for, as it was where power was measured.

Two scopes are kept apart: the chip alone, as its driver tells, and the chip with its part of the host (processors,
memory, network), as the wall tells. Alone it is rated for its TDP. With its host a GPU is rated for its part of a node
of its maker (eight V100 in 3.5 kW, eight A100 in 6.5 kW), a TPU for its TDP. Hours times TDP, which most papers publish
as energy, is evidence of neither.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import exp, log, sqrt
from statistics import fmean
from typing import Literal

from payoff.facts import AcceleratorFact, defaults
from payoff.frozen import Frozen
from payoff.quantities import Estimate

Scope = Literal["chip", "system"]
Kind = Literal["GPU", "TPU"]

SPREAD = 0.3
"""Half-width of ln(share) at 90 % from one family to the next: as of the TPUs of Patterson et al. 2021, table 4."""
RATED, DRAWN, NODE = "rated_node_w_per_tdp_w", "node_w_per_tdp_w", "8 GPU"


class PowerEvidence(Frozen):
    """A measured training: watts of a chip in a scope, as a share of its rating there."""

    family: str
    kind: Kind
    scope: Scope
    share: float


def chip_kind(chip: AcceleratorFact) -> Kind:
    """Whether a chip's watts are learned from TPUs or from GPUs, which all others are taken for."""
    return "TPU" if chip.row.kind == "TPU" else "GPU"


def rating_w(chip: AcceleratorFact, scope: Scope) -> float | None:
    """What a chip is rated for, alone or with its part of a node; None where no TDP is known."""
    if chip.tdp_w is None or scope == "chip" or chip_kind(chip) == "TPU":
        return chip.tdp_w
    known = (kind for quantity, kind in defaults() if quantity == RATED)
    node = next((kind for kind in known if kind in chip.name), NODE)
    return chip.tdp_w * defaults()[RATED, node].value


def power_share(kind: Kind, scope: Scope, evidence: Iterable[PowerEvidence]) -> Estimate:
    """Watts over rating of a chip of a kind, for a family that is not in the evidence: the geometric mean of families.

    A measured node of eight GPUs counts as one family of GPUs, and as the only one where there is no other evidence.
    """
    by_family: dict[str, list[float]] = {}
    for one in evidence:
        if (one.kind, one.scope) == (kind, scope):
            by_family.setdefault(one.family, []).append(log(one.share))
    means = [fmean(shares) for shares in by_family.values()]
    sources = [f"{len(means)} families of models with measured power ({kind}, {scope})"] if means else []
    if kind == "GPU" or not means:
        node = defaults()[DRAWN, NODE]
        means.append(log(node.value / defaults()[RATED, NODE].value))
        sources.append(node.source)
    middle = fmean(means)
    reach = SPREAD * sqrt(1 + 1 / len(means))
    bounds = exp(middle - reach), exp(middle + reach)
    return Estimate(exp(middle), {f"power of a {kind}": bounds}, {"modelled": 1.0}, sources=tuple(sources))
