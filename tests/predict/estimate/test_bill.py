"""From FLOP to chip-hours, energy, carbon, money and water, with named errors."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payoff.errors import InvalidValue, UnknownName
from payoff.facts import Factors
from payoff.predict.estimate import compare, equivalents, estimate_run, published_claims


def test_every_figure_is_the_product_of_those_before_it() -> None:
    bill = estimate_run(7e9, 2e12, hardware="A100", chips=512, utilisation=0.4, watts=500, region="FR")
    hours = 6 * 7e9 * 2e12 / (0.4 * 312e12) / 3600
    used = bill.footprint
    assert bill.chip_s.value / 3600 == pytest.approx(hours)
    assert used.duration_s is not None and used.duration_s.value / 3600 == pytest.approx(hours / 512)
    assert used.energy_j is not None and used.energy_j.value / 3600 == pytest.approx(hours * 500)
    assert bill.drawn_j == used.energy_j * bill.factors.pue
    assert used.emissions_kg == bill.drawn_j * bill.factors.intensity_kg_per_j  # type: ignore[operator]


def test_the_time_of_more_chips_is_shorter_and_all_else_the_same() -> None:
    few, many = (estimate_run(7e9, 2e12, chips=chips) for chips in (8, 800))
    assert few.footprint.duration_s is not None and many.footprint.duration_s is not None
    assert few.footprint.duration_s.value == pytest.approx(100 * many.footprint.duration_s.value)
    assert few.footprint.energy_j == many.footprint.energy_j


@given(params=st.floats(1e8, 1e12), tokens=st.floats(1e9, 1e14), factor=st.floats(1.5, 100))
def test_more_tokens_take_as_much_more(params: float, tokens: float, factor: float) -> None:
    once, more = estimate_run(params, tokens), estimate_run(params, factor * tokens)
    assert more.chip_s.value == pytest.approx(factor * once.chip_s.value)
    assert more.drawn_j.low / once.drawn_j.low == pytest.approx(factor)


def test_intervals_hold_what_llama_2_took() -> None:
    (llama,) = published_claims("Llama 2 7B")
    assert llama.params is not None and llama.tokens is not None and llama.chip_s is not None
    bill = estimate_run(llama.params, llama.tokens, hardware=llama.chip)
    assert bill.chip_s.low < llama.chip_s < bill.chip_s.high


def test_costs_stand_on_named_bases_with_dates() -> None:
    costs = estimate_run(7e9, 2e12, hardware="A100").costs
    assert [cost.basis for cost in costs] == ["on demand", "committed", "amortised"]
    assert all(len(cost.date) == 10 for cost in costs)
    assert costs[0].figure.value > costs[1].figure.value > costs[2].figure.value


def test_carbon_by_place_and_by_contract_stand_side_by_side() -> None:
    used = estimate_run(7e9, 2e12, region="aws:us-east-1").footprint
    assert used.emissions_kg is not None and used.emissions_market_kg is not None
    assert used.emissions_kg.value > 1000 > used.emissions_market_kg.value == 0


def test_every_source_of_error_has_a_name() -> None:
    used = estimate_run(7e9, 2e12, region="FR").footprint
    assert used.emissions_kg is not None
    assert {"utilisation", "power of a GPU"} < set(used.emissions_kg.errors)


def test_at_home_the_making_of_the_machine_weighs_more() -> None:
    bill = estimate_run(1e9, 2e10, hardware="A100")
    local, cloud = compare(bill, ["local", "cloud"], "FR")
    assert local.bill.factors.pue.value == 1.0 < cloud.bill.factors.pue.value
    assert local.embodied_share is not None and cloud.embodied_share is not None
    assert local.embodied_share > cloud.embodied_share
    assert [cost.basis for cost in local.bill.costs] == ["amortised"]
    assert [cost.basis for cost in cloud.bill.costs] == ["on demand", "committed"]


def test_a_place_that_is_nowhere_is_refused() -> None:
    with pytest.raises(UnknownName, match="unknown place 'Atlantis'"):
        compare(estimate_run(1e9, 2e10), ["Atlantis"])


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"tokens": 2e12}, "tokens without parameters; give --params 7e9 --tokens 2e12, or --flop 8.4e22"),
        ({"params": 7e9}, "parameters without tokens; give --tokens 2e12, or --flop 8.4e22"),
        ({}, "neither parameters nor tokens"),
        ({"flop": -1.0}, "flop must be above 0"),
        ({"flop": 1e20, "utilisation": 1.4}, "at most 100 %, got 140 %: no chip does more than its peak"),
        ({"flop": 1e20, "utilisation": 0.0}, "utilisation must be above 0"),
        ({"flop": 1e20, "chips": 0}, "chips must be 1 or more, got 0"),
        ({"flop": 1e20, "watts": -5.0}, "the watts of a chip must be above 0"),
        ({"flop": 1e20, "hardware": "AWS Inferentia2"}, "no TDP of AWS Inferentia2 is known; say what a chip"),
    ],
)
def test_what_cannot_be_is_refused_with_the_way_out(given: dict[str, float], sentence: str) -> None:
    with pytest.raises(InvalidValue, match=sentence):
        estimate_run(**given)  # type: ignore[arg-type]


def test_an_unknown_chip_is_told_what_comes_nearest() -> None:
    with pytest.raises(UnknownName, match="unknown accelerator 'H1000'; did you mean 'H100'"):
        estimate_run(7e9, 2e12, hardware="H1000")


def test_factors_can_be_the_users_own() -> None:
    bill = estimate_run(7e9, 2e12, factors=Factors.of("FR", machine="server", pue=1.3, intensity_g_per_kwh=100))
    assert bill.footprint.emissions_kg is not None
    assert bill.footprint.emissions_kg.value == pytest.approx(bill.drawn_j.value / 3.6e6 * 0.1)


def test_the_essays_kilometres() -> None:
    km, moon, *_ = equivalents(84_738.48, None)
    assert km.tell() == "703,808 km by car (EU new car 2018)"
    assert moon.amount == pytest.approx(703_808 / 2 / 384_400, rel=1e-6)


def test_a_committed_price_that_is_dearer_than_on_demand_is_explained() -> None:
    crossing = estimate_run(7e9, 2e12, hardware="H100", region="FR")
    prices = {cost.basis: cost.usd_per_chip_h.value for cost in crossing.costs}
    assert prices["committed"] > prices["on demand"]
    assert any(
        note.startswith("Committed is dearer here than on demand: its price is of 20") for note in crossing.notes
    )
    usual = estimate_run(7e9, 2e12, hardware="A100", region="FR")
    assert not any("dearer" in note for note in usual.notes)
