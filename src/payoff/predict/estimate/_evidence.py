"""The published trainings that payoff ships, as claims; what is learned from them, once a process."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from payoff.facts import PublishedRun, accelerator, published_run, published_runs, utilisation_evidence
from payoff.frozen import replace
from payoff.predict.estimate._claim import HOUR, KWH, Claim
from payoff.predict.estimate._power import PowerEvidence, Scope, chip_kind, rating_w
from payoff.predict.estimate._utilisation import Evidence, UtilisationLine, fit_utilisation

SCOPES: dict[str, Scope] = {"measured": "system", "measured GPU only": "chip"}
"""The kinds of power in the table of published runs that were measured, and what of."""


def claim_of(run: PublishedRun) -> Claim:
    """A row of the table of published runs as a claim; the chip's peak and TDP are looked up."""
    claim = Claim(
        run.name,
        run.family,
        run.active_params or run.params,
        run.tokens,
        hardware=run.hardware,
        chips=run.chips,
        duration_s=_times(run.hours, HOUR),
        chip_s=_times(run.chip_hours, HOUR),
        watts=run.watts_per_chip,
        pue=run.pue,
        energy_j=_times(run.energy_kwh, KWH),
        intensity_kg_per_j=_times(run.intensity_kg_per_kwh, 1 / KWH),
        emissions_kg=run.emissions_kg,
        power_kind=run.power_kind,
        source=run.source,
        year=run.year,
    )
    return claim_with_chip(claim)


def claim_with_chip(claim: Claim) -> Claim:
    """With peak and TDP of the chip it names, where it does not say them itself. Raises `UnknownName`."""
    if not claim.hardware:
        return claim
    chip = accelerator(claim.hardware)
    return replace(
        claim,
        chip=chip.name,
        peak_flop_s=claim.peak_flop_s or chip.peak(chip.training_precision),
        tdp_w=claim.tdp_w or chip.tdp_w,
    )


def _times(value: float | None, unit: float) -> float | None:
    return None if value is None else value * unit


def published_claims(name: str | None = None) -> tuple[Claim, ...]:
    """All published runs as claims, or those of a name ('gpt-3' has two). Raises `UnknownName`."""
    return tuple(claim_of(run) for run in (published_runs() if name is None else published_run(name)))


def shipped_evidence() -> tuple[Evidence, ...]:
    """The trainings whose FLOP and chip-hours are known apart from each other; a stated utilisation is not evidence:
    it is that of undisturbed steps.
    """
    return tuple(
        Evidence(
            row.family, row.name, row.active_params or row.params or 0.0, accelerator(row.hardware), row.utilisation
        )
        for row in utilisation_evidence()
        if row.basis == "chip-hours" and (row.active_params or row.params)
    )


def evidence_of(claim: Claim) -> Evidence | None:
    """What a claim says of utilisation, where it says parameters, tokens, chip time and a chip that is known."""
    if not (claim.params and claim.tokens and claim.chip_s and claim.chip):
        return None
    chip = accelerator(claim.chip)
    used = 6 * claim.params * claim.tokens / (claim.chip_s * chip.peak(chip.training_precision))
    return Evidence(claim.family or claim.name, claim.name, claim.params, chip, used)


@cache
def learned_utilisation() -> UtilisationLine:
    """The line fitted to all that is shipped."""
    return fit_utilisation(shipped_evidence())


def power_evidence(claims: Iterable[Claim]) -> tuple[PowerEvidence, ...]:
    """The claims whose watts were measured, as shares of the rating; hours times TDP is evidence of nothing."""
    found = []
    for claim in claims:
        if claim.power_kind in SCOPES and claim.watts and claim.chip:
            chip, scope = accelerator(claim.chip), SCOPES[claim.power_kind]
            rating = rating_w(chip, scope)
            if rating:
                found.append(PowerEvidence(claim.family, chip_kind(chip), scope, claim.watts / rating))
    return tuple(found)


@cache
def measured_power() -> tuple[PowerEvidence, ...]:
    """The measured power of all that is shipped."""
    return power_evidence(published_claims())
