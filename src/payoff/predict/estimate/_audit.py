"""Can the published figures of a training all be right? The laws between them, and the figure that breaks most."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf, log
from typing import Any, Literal

from payoff.frozen import Frozen, replace
from payoff.predict.estimate._claim import SHOWN, Claim, tell_figure

Verdict = Literal["holds", "doubtful", "cannot be"]
ROUNDING = 0.02
"""Relations between published figures hold within their rounding; two digits are seldom worse than this."""
HAIRS = 1e-9
CEILING = 1.2
"""What six times parameters times tokens may be off by: embeddings, attention, other lengths (Kaplan et al. 2020)."""
LOOKED_UP = frozenset({"peak_flop_s", "tdp_w"})
"""Figures of the chip, which are facts rather than claims."""
HOST = 2.5
"""No node draws more than this times the TDP of its chips: a DGX A100 is rated at 2.03 times (6.5 kW for 8 x 400 W)."""
DIRTIEST_KG_PER_J = 1.5 / 3.6e6
"""Lignite in an old station emits about 1.2 kg/kWh (IPCC 2014, WG3 Annex III: coal up to 0.91 with hard coal)."""
SLOWEST_UTILISATION, FASTEST_UTILISATION = 0.05, 0.7
"""Between these lie all trainings of language models that were published with their chip-hours."""


class Finding(Frozen):
    """A law held against the figures: both sides, and how far they are apart (1 is agreement)."""

    law: str
    verdict: Verdict
    figures: tuple[str, ...]
    ratio: float
    words: str


class Audit(Frozen):
    """What was found in a claim; `suspects` are the figures that cannot be right, with what would fit the rest."""

    claim: Claim
    findings: tuple[Finding, ...]
    suspects: tuple[tuple[str, float | None], ...]

    @property
    def sound(self) -> bool:
        """Whether no law is broken."""
        return all(finding.verdict != "cannot be" for finding in self.findings)

    def tell(self) -> str:
        """The verdict in words."""
        if not self.findings:
            return "Nothing can be checked: a law needs two figures or more that hang together."
        if self.sound:
            doubts = sum(finding.verdict == "doubtful" for finding in self.findings)
            return "The figures fit together" + (f", {doubts} of them in a doubtful way." if doubts else ".")
        said = []
        for name, fitting in self.suspects:
            instead = "" if fitting is None else f"; {tell_figure(name, fitting)} would fit the rest"
            said.append(f"{SHOWN[name][0]} of {tell_figure(name, getattr(self.claim, name))}{instead}")
        if len(said) == 1:
            return f"This figure cannot be right: {said[0]}."
        return "One of these figures cannot be right, which one the card does not tell: " + "; or ".join(said) + "."

    def beside(self) -> tuple[str, ...]:
        """Carbon by place, by contract and by offset, each for what it is: none is ever taken from another."""
        claim = self.claim
        location = claim.emissions_kg
        if location is None and claim.energy_j is not None and claim.intensity_kg_per_j is not None:
            location = claim.energy_j * claim.intensity_kg_per_j
        said = []
        if claim.emissions_market_kg is not None or claim.offsets_kg is not None:
            told = "not given" if location is None else tell_figure("emissions_kg", location)
            said.append(f"By place (what the grid emitted): {told}.")
        if claim.emissions_market_kg is not None:
            told = tell_figure("emissions_market_kg", claim.emissions_market_kg)
            said.append(f"By contract (certificates bought): {told}.")
        if claim.offsets_kg is not None:
            told = tell_figure("offsets_kg", claim.offsets_kg)
            said.append(f"Offsets of {told} were bought for it; they undo no emission here and are not subtracted.")
        return tuple(said)

    def to_json(self) -> dict[str, Any]:
        """A plain dictionary."""
        return {
            "claim": self.claim.name,
            "sound": self.sound,
            "findings": [
                {"law": f.law, "verdict": f.verdict, "figures": list(f.figures), "ratio": f.ratio, "words": f.words}
                for f in self.findings
            ],
            "suspects": [
                {"figure": name, "given": getattr(self.claim, name), "fitting": value} for name, value in self.suspects
            ],
            "beside": list(self.beside()),
            "words": self.tell(),
        }


class Law(Frozen):
    """left = factor x the product of the right, within `slack` (0.02 is 2 %)."""

    name: str
    left: str
    right: tuple[str, ...]
    slack: float
    factor: float = 1.0

    def ratio(self, claim: Claim) -> float | None:
        """The left side over the right; None where a figure is missing, infinite where the right side is 0."""
        values = [getattr(claim, name) for name in (self.left, *self.right)]
        if any(value is None for value in values):
            return None
        right = self.factor
        for value in values[1:]:
            right *= value
        return values[0] / right if right else (1.0 if values[0] == 0 else inf)

    def fitting(self, claim: Claim, name: str) -> float | None:
        """What the figure would have to be for the law to hold."""
        ratio = self.ratio(claim)
        value = getattr(claim, name)
        if not ratio or ratio == inf:
            right = self.ratio(replace(claim, **{self.left: 1.0}))
            return 1 / right if name == self.left and right and right != inf else None
        return value / ratio if name == self.left else value * ratio  # type: ignore[no-any-return]


LAWS = (
    Law("FLOP = 6 x parameters x tokens", "flop", ("params", "tokens"), CEILING - 1, 6.0),
    Law("chip time = chips x duration", "chip_s", ("chips", "duration_s"), ROUNDING),
    Law("FLOP = chip time x peak x utilisation", "flop", ("chip_s", "peak_flop_s", "utilisation"), 3 * ROUNDING),
    Law("energy = chip time x watts x PUE", "energy_j", ("chip_s", "watts", "pue"), ROUNDING),
    Law("emissions = energy x intensity", "emissions_kg", ("energy_j", "intensity_kg_per_j"), ROUNDING),
)


DERIVED: tuple[tuple[str, tuple[str, str], float], ...] = (
    ("flop", ("params", "tokens"), 6.0),
    ("chip_s", ("chips", "duration_s"), 1.0),
)
"""Figures that follow from two others where they are not given, and the factor between."""


def audit(claim: Claim) -> Audit:
    """Hold every law whose figures are there against a claim.

    The figure that cannot be right is the one that all broken laws share and no law that holds vouches for; where
    several remain, all are named, each with what would fit the rest.
    """
    known = _completed(claim)
    findings = [*_equations(known, claim), *_limits(known, claim)]
    broken = [finding for finding in findings if finding.verdict == "cannot be"]
    return Audit(known, tuple(findings), tuple(_suspects(known, claim, broken, findings)))


def _completed(claim: Claim) -> Claim:
    """With what follows by definition: chip time of chips and days, FLOP of sizes; given figures are left alone."""
    for left, (one, two), factor in DERIVED:
        if getattr(claim, left) is None and getattr(claim, one) and getattr(claim, two):
            claim = replace(claim, **{left: factor * getattr(claim, one) * getattr(claim, two)})
    return claim


def _as_given(figures: tuple[str, ...], given: Claim) -> tuple[str, ...]:
    """The figures that a card says, in place of those that follow from them."""
    behind = {left: pair for left, pair, _ in DERIVED if getattr(given, left) is None}
    return tuple(name for figure in figures for name in behind.get(figure, (figure,)))


def _equations(claim: Claim, given: Claim) -> Iterator[Finding]:
    for law in LAWS:
        ratio = law.ratio(claim)
        by_definition = (law.left, law.right) in [(left, pair) for left, pair, _ in DERIVED]
        if ratio is None or (by_definition and getattr(given, law.left) is None):
            continue
        holds = ratio > 0 and abs(log(ratio)) <= log(1 + law.slack) + HAIRS if ratio != inf else False
        right = getattr(claim, law.left) / ratio if ratio and ratio != inf else law.fitting(claim, law.left)
        said = tell_figure(law.left, getattr(claim, law.left))
        words = f"{said} given, {tell_figure(law.left, right or 0.0)} follows"
        figures = _as_given((law.left, *law.right), given)
        yield Finding(law.name, "holds" if holds else "cannot be", figures, ratio, words)


def _limits(claim: Claim, given: Claim) -> Iterator[Finding]:
    """What no figure can be whatever the others say."""

    def finding(law: str, ratio: float, figures: tuple[str, ...], words: str, doubtful: bool = False) -> Finding:
        verdict: Verdict = "cannot be" if ratio > 1 + HAIRS else "doubtful" if doubtful else "holds"
        return Finding(law, verdict, figures, ratio, words)

    if claim.pue is not None:
        yield finding("PUE is at least 1", 1 / claim.pue if claim.pue else inf, ("pue",), f"{claim.pue:g} given")
    if claim.utilisation is not None:
        said = f"{tell_figure('utilisation', claim.utilisation)} given"
        yield finding("utilisation is at most 100 %", claim.utilisation, ("utilisation",), said)
    if claim.flop and claim.chip_s and claim.peak_flop_s:
        used = claim.flop / claim.chip_s / claim.peak_flop_s
        figures = _as_given(("flop", "chip_s", "peak_flop_s"), given)
        odd = not SLOWEST_UTILISATION <= used <= FASTEST_UTILISATION
        words = f"{tell_figure('utilisation', used)} of the peak follows"
        slack = 1.0 + ROUNDING
        yield finding("no chip does more than its peak", used / slack, figures, words, odd)
    if claim.watts and claim.tdp_w:
        share = claim.watts / claim.tdp_w
        words = f"{claim.watts:.3g} W of {claim.tdp_w:.3g} W TDP"
        yield finding(
            "a chip with its host draws at most 2.5 x TDP", share / HOST, ("watts", "tdp_w"), words, share < 0.3
        )
    if claim.energy_j and claim.chip_s and claim.tdp_w and not claim.watts:
        drawn = claim.energy_j / claim.chip_s / (claim.pue or 1.0)
        share = drawn / claim.tdp_w
        words = f"{drawn:.3g} W a chip follow, TDP is {claim.tdp_w:.3g} W"
        figures = ("energy_j", "chip_s", "tdp_w")
        yield finding("a chip with its host draws at most 2.5 x TDP", share / HOST, figures, words, share < 0.3)
    if claim.intensity_kg_per_j is not None:
        words = f"{tell_figure('intensity_kg_per_j', claim.intensity_kg_per_j)} given"
        dirt = claim.intensity_kg_per_j / DIRTIEST_KG_PER_J
        yield finding("no grid emits more than 1,500 g/kWh", dirt, ("intensity_kg_per_j",), words)


def _suspects(
    claim: Claim, given: Claim, broken: list[Finding], findings: list[Finding]
) -> Iterator[tuple[str, float | None]]:
    """The given figures that every broken law has and no law that holds vouches for; of none such, any that may be."""
    if not broken:
        return
    firm = {name for one in findings if one.verdict == "holds" and len(one.figures) > 1 for name in one.figures}
    shared = [name for name in broken[0].figures if all(name in one.figures for one in broken)]
    named = shared or list(dict.fromkeys(name for one in broken for name in one.figures))
    stated = [name for name in named if getattr(given, name) is not None and name not in LOOKED_UP] or named
    laws = [law for law in LAWS if any(one.law == law.name for one in broken)]
    for name in [name for name in stated if name not in firm] or stated:
        yield name, next((law.fitting(claim, name) for law in laws), None)
