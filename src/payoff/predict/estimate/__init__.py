"""What will this training, and the research around it, use? FLOP, chip-hours, energy, carbon, money, before it runs.

In go sizes and a chip (or a counted module, or a published card); out come figures with intervals and the sources of
their errors, learned from trainings that were published.

>>> from payoff.predict.estimate import estimate_run, training_flop
>>> training_flop(175e9, 300e9).tell()
'3.15e23 FLOP = matrix products 3.15e+23'
>>> bill = estimate_run(7e9, 2e12, hardware="A100", region="FR")
>>> bill.chip_s.low < 184_320 * 3600 < bill.chip_s.high  # Llama 2 7B took 184,320 A100-hours
True
"""

from payoff.predict.estimate._audit import Audit, Finding, audit
from payoff.predict.estimate._bill import Bill, estimate_run, placed
from payoff.predict.estimate._claim import Claim, read_claim
from payoff.predict.estimate._compare import Setting, compare
from payoff.predict.estimate._costs import Cost
from payoff.predict.estimate._count import count_flop
from payoff.predict.estimate._equivalents import Equivalent, equivalents
from payoff.predict.estimate._evidence import claim_of, claim_with_chip, published_claims
from payoff.predict.estimate._flop import Flop, Shape, Term, training_flop
from payoff.predict.estimate._like import Scaled, parse_scale, scale_run
from payoff.predict.estimate._research import RUN_ALONE, Research, parse_research, published_research, research_of
from payoff.predict.estimate._waterfall import Factor, Waterfall, energy_of, waterfall

__all__ = [
    "Audit",
    "Bill",
    "Claim",
    "Cost",
    "Equivalent",
    "Factor",
    "Finding",
    "Flop",
    "RUN_ALONE",
    "Research",
    "Scaled",
    "Setting",
    "Shape",
    "Term",
    "Waterfall",
    "audit",
    "claim_of",
    "claim_with_chip",
    "compare",
    "count_flop",
    "energy_of",
    "equivalents",
    "estimate_run",
    "parse_research",
    "parse_scale",
    "placed",
    "published_claims",
    "published_research",
    "read_claim",
    "research_of",
    "scale_run",
    "training_flop",
    "waterfall",
]
