"""Published figures: read from a card, taken apart factor by factor, and checked against each other."""

from __future__ import annotations

from math import prod
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payoff.errors import InvalidValue, UnknownName
from payoff.predict.estimate import Claim, audit, claim_with_chip, energy_of, published_claims, read_claim, waterfall

KWH = 3.6e6
CARD: dict[str, Any] = {
    "params": "7B",
    "tokens": 2e12,
    "hardware": "A100",
    "chip_hours": 184320,
    "watts_per_chip": 400,
    "pue": 1.1,
    "energy": "81.1 MWh",
    "intensity": "385 g/kWh",
    "emissions": "31.2 t",
}


def claim(**changes: Any) -> Claim:
    return claim_with_chip(read_claim({**CARD, **changes}))


def test_a_card_is_read_into_si() -> None:
    read = claim(flop="8.4e22 FLOP", days=30, utilisation="43%")
    assert read.given() == pytest.approx(
        {
            "params": 7e9,
            "tokens": 2e12,
            "flop": 8.4e22,
            "peak_flop_s": 312e12,
            "tdp_w": 400.0,
            "utilisation": 0.43,
            "duration_s": 30 * 86400.0,
            "chip_s": 184320 * 3600.0,
            "watts": 400.0,
            "pue": 1.1,
            "energy_j": 81.1e3 * KWH,
            "intensity_kg_per_j": 0.385 / KWH,
            "emissions_kg": 31_200.0,
        }
    )


def test_plain_numbers_are_in_the_units_people_publish() -> None:
    read = claim(energy=81.1e3, intensity=385, emissions=31.2e3)
    assert read.given() == pytest.approx(claim().given())


def test_a_mixture_is_its_active_parameters() -> None:
    assert claim(params=109e9, active_params=17e9).params == 17e9


def test_a_word_that_means_nothing_is_refused() -> None:
    with pytest.raises(UnknownName, match="unknown figure in a card 'enrgy'; did you mean 'energy'"):
        read_claim({"enrgy": 5})
    with pytest.raises(InvalidValue, match="energy must be a number or a quantity"):
        read_claim({"energy": [1]})
    with pytest.raises(InvalidValue, match="chips must be finite and not below 0"):
        read_claim({"chips": -1})


def test_figures_that_fit_are_sound() -> None:
    found = audit(claim())
    assert found.sound and not found.suspects
    assert found.tell() == "The figures fit together."


@pytest.mark.parametrize(
    ("change", "suspect", "fitting"),
    [
        ({"energy": "810 MWh"}, "energy_j", 81.1e3 * KWH),
        ({"emissions": "3.1 t"}, "emissions_kg", 31.2e3),
        ({"pue": 0.9}, "pue", 1.1),
    ],
)
def test_the_figure_that_cannot_be_right_is_named(change: dict[str, Any], suspect: str, fitting: float) -> None:
    found = audit(claim(**change))
    assert not found.sound
    named = dict(found.suspects)
    assert suspect in named
    assert named[suspect] == pytest.approx(fitting, rel=0.01)


def test_an_energy_out_of_line_with_both_its_neighbours_is_the_one() -> None:
    assert audit(claim(energy="810 MWh")).tell() == (
        "This figure cannot be right: energy of 810 MWh; 81.1 MWh would fit the rest."
    )


def test_more_than_the_peak_cannot_be() -> None:
    found = audit(claim(chip_hours=40_000, energy=17_600, emissions=6_776))
    (broken,) = [finding for finding in found.findings if finding.verdict == "cannot be"]
    assert broken.law == "no chip does more than its peak"
    assert {name for name, _ in found.suspects} <= {"params", "tokens", "chip_s"}


def test_a_stated_utilisation_must_be_that_of_the_hours() -> None:
    assert audit(claim(utilisation="40.6%")).sound
    found = audit(claim(utilisation="60%"))
    assert "utilisation" in {name for name, _ in found.suspects}
    assert {name for name, _ in found.suspects} <= {"params", "tokens", "utilisation"}


def test_chips_and_days_stand_for_chip_hours() -> None:
    changed = {**CARD, "chips": 256, "days": 30}
    del changed["chip_hours"]
    assert audit(claim_with_chip(read_claim(changed))).sound
    assert not audit(claim_with_chip(read_claim({**changed, "days": 60}))).sound
    assert not audit(claim(chips=256, days=60)).sound


def test_more_than_a_node_can_draw_cannot_be() -> None:
    found = audit(claim(watts_per_chip=1200, energy="243 MWh", emissions="93.6 t"))
    assert [f.law for f in found.findings if f.verdict == "cannot be"] == [
        "a chip with its host draws at most 2.5 x TDP"
    ]


def test_a_slow_training_is_doubtful_and_not_impossible() -> None:
    found = audit(claim(chip_hours=2_000_000, energy="880 MWh", emissions="338.8 t"))
    assert found.sound
    assert "doubtful" in {finding.verdict for finding in found.findings}


def test_a_market_based_nought_is_shown_as_what_it_is_and_offsets_are_never_subtracted() -> None:
    said = " ".join(audit(claim(emissions_market=0, offsets="31.2 t")).beside())
    assert said == (
        "By place (what the grid emitted): 31.2 tCO2e. By contract (certificates bought): 0 kgCO2e. "
        "Offsets of 31.2 tCO2e were bought for it; they undo no emission here and are not subtracted."
    )
    nought = audit(claim(emissions=0))
    assert not nought.sound


def test_a_card_with_one_figure_says_that_nothing_can_be_checked() -> None:
    assert audit(Claim("x", energy_j=1.0)).tell().startswith("Nothing can be checked")


def test_every_published_run_fits_together_and_the_one_at_its_peak_is_doubtful() -> None:
    audits = [audit(claim) for claim in published_claims()]
    assert [found.claim.name for found in audits if not found.sound] == []
    doubtful = [found.claim.name for found in audits if {f.verdict for f in found.findings} == {"holds", "doubtful"}]
    assert doubtful == ["GPT-3 (carbontracker / essay)"]


# Waterfall


def gpt3() -> tuple[Claim, Claim]:
    by_kind = {claim.power_kind: claim for claim in published_claims("gpt-3")}
    return by_kind["TDP"], by_kind["measured"]


def test_both_answers_for_gpt_3_follow_from_their_factors() -> None:
    fall = waterfall(*gpt3())
    essay, patterson = fall.energies_j
    assert essay / KWH == pytest.approx(188_701.92, rel=1e-3)
    assert patterson / KWH == pytest.approx(1_287_000, rel=5e-3)
    assert fall.emissions_kg == pytest.approx((84_738.48, 552_100), rel=5e-3)
    factors = {factor.name: round(factor.factor, 2) for factor in fall.energy_factors}
    assert factors == {"utilisation": 5.29, "power": 1.32, "PUE": 0.98}
    assert fall.by_car[0].amount == pytest.approx(703_808, rel=1e-4)


def test_renting_the_chips_of_gpt_3_in_its_year_cost_four_to_five_million() -> None:
    costs = {cost.basis: cost for cost in waterfall(*gpt3()).costs}
    assert 4e6 < costs["committed"].figure.value < 5e6
    assert costs["committed"].date.startswith("2020")


POSITIVE = st.floats(1e-3, 1e3)


@given(*[st.tuples(POSITIVE, POSITIVE) for _ in range(5)])
def test_the_product_of_the_factors_is_exact(
    flop: tuple[float, float],
    hours: tuple[float, float],
    watts: tuple[float, float],
    pue: tuple[float, float],
    intensity: tuple[float, float],
) -> None:
    one, two = (
        Claim(str(i), flop=flop[i], chip_s=hours[i], watts=watts[i], pue=pue[i], intensity_kg_per_j=intensity[i])
        for i in (0, 1)
    )
    fall = waterfall(one, two)
    assert fall.energy_ratio == pytest.approx(energy_of(two) / energy_of(one))
    carbon = prod(factor.factor for factor in fall.carbon_factors)
    assert carbon == pytest.approx(fall.emissions_kg[1] / fall.emissions_kg[0])


def test_a_waterfall_needs_the_work() -> None:
    with pytest.raises(InvalidValue, match="give params and tokens"):
        waterfall(Claim("a", watts=1, pue=1), Claim("b", watts=1, pue=1))
    with pytest.raises(InvalidValue, match="b: watts is not known"):
        waterfall(Claim("a", flop=1, chip_s=1, watts=1, pue=1), Claim("b", flop=1, chip_s=1, pue=1))
