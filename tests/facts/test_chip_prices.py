"""Prices of accelerators: three bases that are never mixed, each with its date and its vendors."""

from __future__ import annotations

import statistics

import pytest

from payoff.errors import InvalidValue, UnknownName
from payoff.facts import Basis, accelerator_price, accelerator_rows, chip_prices


def test_a_price_on_demand_is_the_median_of_the_vendors_of_one_year() -> None:
    price = accelerator_price("A100", "on demand", year=2025)
    assert (price.usd_per_chip_h.value, price.date, len(price.vendors)) == (3.3, "2025-03-17", 6)
    assert price.usd_per_chip_h.low == pytest.approx(3.3 / 2.5)
    assert price.usd_per_chip_h.high == pytest.approx(3.3 * 2.5)


def test_nine_of_ten_prices_lie_within_the_spread_of_their_chips_median() -> None:
    latest: dict[str, dict[str, float]] = {}
    for row in chip_prices():
        if row.basis == "on demand" and "2024" <= row.date < "2026":
            latest.setdefault(row.accelerator, {})[row.vendor] = row.usd
    told = [prices.values() for prices in latest.values() if len(prices) > 2]
    ratios = [price / statistics.median(prices) for prices in told for price in prices]
    within = sum(1 / 2.5 <= ratio <= 2.5 for ratio in ratios)
    assert (len(ratios), within) == (54, 49)


def test_the_price_of_one_vendor_is_that_vendors() -> None:
    price = accelerator_price("A100", "on demand", vendor="amazon web services", year=2025)
    assert (price.usd_per_chip_h.value, price.vendors) == (5.12, ("Amazon Web Services",))
    assert price.usd_per_chip_h.errors == {}


def test_a_price_of_another_year_says_so() -> None:
    assert accelerator_price("TPUv3").hint == "The newest price is of 2021-11-17."
    assert accelerator_price("TPUv3", year=2021).hint == ""


def test_a_commitment_of_three_years_goes_before_one_of_one() -> None:
    assert {row.basis for row in accelerator_price("V100", "committed").rows} == {"3-year commitment"}


def test_an_amortised_price_is_the_purchase_over_the_busy_hours_of_its_life() -> None:
    price = accelerator_price("H100", "amortised", year=2025)
    assert [row.usd for row in price.rows] == [31250.0]
    assert price.usd_per_chip_h.value == pytest.approx(31250 * 1.5 / (5 * 0.85 * 8766))
    assert len(price.usd_per_chip_h.sources) == 4


@pytest.mark.parametrize("basis", ["on demand", "committed", "amortised"])
def test_amortised_is_below_committed_is_below_on_demand(basis: Basis) -> None:
    dearer: dict[str, Basis] = {"amortised": "committed", "committed": "on demand"}
    for chip in ("V100", "A100 40GB", "TPU v4"):
        if basis in dearer:
            assert (
                accelerator_price(chip, basis).usd_per_chip_h.value
                < accelerator_price(chip, dearer[basis]).usd_per_chip_h.value
            )


def test_a_chip_without_a_price_gets_the_way_out() -> None:
    with pytest.raises(InvalidValue, match=r"no price of NVIDIA B200 on demand is known; listed are prices amortised"):
        accelerator_price("B200", "on demand")
    with pytest.raises(InvalidValue, match="none is listed on any basis; or give your own"):
        accelerator_price("M1 Max")


def test_an_unknown_basis_or_vendor_gets_the_way_out() -> None:
    with pytest.raises(UnknownName, match="one of on demand, committed, amortised"):
        accelerator_price("A100", "spot")  # type: ignore[arg-type]
    with pytest.raises(UnknownName, match="listed for this chip and basis: "):
        accelerator_price("A100", vendor="Acme")


def test_every_price_is_of_a_known_chip_and_has_a_date_and_a_source() -> None:
    for row in chip_prices():
        assert row.accelerator in accelerator_rows()
        assert 2010 <= row.at < 2027
        assert row.source
        assert row.licence
        assert 0.05 <= row.usd <= 3e6
        assert (row.basis == "purchase") == (row.usd >= 100)
