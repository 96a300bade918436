"""Energy and time become carbon, money and water through factors that say where they come from."""

from __future__ import annotations

import doctest
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import payoff.facts
from payoff.errors import InvalidValue, UnknownName
from payoff.facts import Factors, Machine, defaults, embodied_of_guest, footprint, prices, region_rows
from payoff.model import total
from payoff.quantities import Estimate

KWH = Estimate(3.6e6, {"sensor": (3.4e6, 3.8e6)}, {"measured": 1.0})
HOUR = Estimate(3600.0, {}, {"measured": 1.0})
PLACES = st.sampled_from([None, "FR", "US-CA", "Georgia", "aws:us-east-1", "europe-west1", "eastus", "IN", "GB"])
MACHINES = st.sampled_from(["laptop", "desktop", "server", "cloud", "unknown", None])


def there(figure: Estimate | None) -> Estimate:
    assert figure is not None
    return figure


def value(figure: Estimate | None) -> float:
    return there(figure).value


@given(PLACES, MACHINES)
def test_factors_come_back_from_json_as_they_were(place: str | None, machine: Machine | None) -> None:
    factors = Factors.of(place, machine=machine, year=2026)
    assert Factors.from_json(json.loads(json.dumps(factors.to_json()))) == factors


def test_factors_of_a_later_version_are_read_without_what_is_new() -> None:
    factors = Factors.of("FR", machine="laptop", year=2026)
    assert Factors.from_json({**factors.to_json(), "noise_db": 40}) == factors


@given(PLACES, MACHINES)
def test_every_factor_is_stated_and_has_a_source(place: str | None, machine: Machine | None) -> None:
    factors = Factors.of(place, machine=machine, year=2026)
    figures = [getattr(factors, name) for name in factors.to_json() if isinstance(getattr(factors, name), Estimate)]
    assert all(figure.basis == {"stated": pytest.approx(1.0)} and figure.sources for figure in figures)
    assert set(factors.sources) == {source for figure in figures for source in figure.sources}


def test_a_laptop_in_france_emits_what_its_grid_does() -> None:
    used = footprint(HOUR, KWH, Factors.of("FR", machine="laptop", year=2026))
    assert value(used.emissions_kg) == pytest.approx(0.0442)
    assert used.energy_j == KWH
    assert used.duration_s == HOUR
    assert used.emissions_market_kg is None
    assert value(used.embodied_kg) == pytest.approx(0.012)
    assert value(used.water_l) == pytest.approx(3.1)
    assert value(used.cost_usd) == pytest.approx(prices()["FR"].value * 2.0)
    assert set(there(used.emissions_kg).errors) == {"sensor", "grid intensity FR 2024"}
    assert there(used.emissions_kg).basis == {"stated": 1.0}


def test_the_energy_of_a_footprint_is_at_the_machine_and_its_emissions_are_not() -> None:
    lean, heavy = (footprint(HOUR, KWH, Factors.of("FR", machine="server", pue=pue, year=2026)) for pue in (1.0, 1.5))
    assert heavy.energy_j == lean.energy_j
    assert value(heavy.emissions_kg) == pytest.approx(1.5 * value(lean.emissions_kg))
    assert value(heavy.cost_usd) == pytest.approx(1.5 * value(lean.cost_usd))


def test_water_is_on_site_per_joule_at_the_machine_and_off_site_per_joule_drawn() -> None:
    used = footprint(HOUR, KWH, Factors.of("aws:us-east-1", year=2026))
    assert value(used.water_l) == pytest.approx(0.12 + 1.15 * 3.1)


def test_a_stated_rent_has_the_electricity_in_it() -> None:
    factors = Factors.of("aws:us-east-1", rent_usd_per_h=2.5, electricity_usd_per_kwh=0.3, year=2026)
    assert value(footprint(HOUR, KWH, factors).cost_usd) == pytest.approx(2.5)
    assert footprint(None, KWH, factors).cost_usd is None


def test_in_the_cloud_electricity_is_not_the_users_to_pay() -> None:
    factors = Factors.of("aws:us-east-1", year=2026)
    assert factors.machine == "cloud"
    assert factors.electricity_usd_per_j is None
    assert footprint(HOUR, KWH, factors).cost_usd is None


def test_a_figure_without_its_part_is_none_and_never_zero() -> None:
    used = footprint(HOUR, None, Factors.of("FR", year=2026))
    assert (used.energy_j, used.emissions_kg, used.water_l, used.cost_usd) == (None, None, None, None)
    assert used.embodied_kg is not None
    assert footprint(None, KWH, Factors.of("FR", year=2026)).embodied_kg is None


@given(st.floats(0, 1))
def test_a_share_of_the_machine_carries_that_share_of_its_making(share: float) -> None:
    factors = Factors.of("FR", machine="server", rent_usd_per_h=1.0, year=2026)
    whole, part = footprint(HOUR, KWH, factors), footprint(HOUR, KWH, factors, share=share)
    assert value(part.embodied_kg) == pytest.approx(share * value(whole.embodied_kg))
    assert (part.cost_usd, part.emissions_kg) == (whole.cost_usd, whole.emissions_kg)


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_is_from_0_to_1(share: float) -> None:
    with pytest.raises(InvalidValue, match="share must be from 0 to 1"):
        footprint(HOUR, KWH, Factors.of("FR"), share=share)


@given(PLACES, MACHINES, st.floats(1e-3, 1e15), st.floats(1e-3, 1e9))
def test_a_footprint_scales_with_energy_and_time(
    place: str | None, machine: Machine | None, energy: float, time: float
) -> None:
    factors = Factors.of(place, machine=machine, year=2026)
    one = footprint(Estimate(time), Estimate(energy), factors).present()
    two = footprint(Estimate(2 * time), Estimate(2 * energy), factors).present()
    assert one.keys() == two.keys()
    for name, figure in one.items():
        assert two[name].value == pytest.approx(2 * figure.value)
        assert two[name].high == pytest.approx(2 * figure.high)
        assert figure.low <= figure.value <= figure.high


@given(st.lists(st.floats(1.0, 1e9), min_size=2, max_size=6))
def test_runs_at_one_place_share_the_error_of_its_grid(energies: list[float]) -> None:
    factors = Factors.of("DE", machine="laptop", year=2026)
    parts = there(total(footprint(None, Estimate(energy), factors) for energy in energies).emissions_kg)
    whole = there(footprint(None, Estimate(sum(energies)), factors).emissions_kg)
    assert parts.low == pytest.approx(whole.low)
    assert parts.high == pytest.approx(whole.high)


def test_no_place_gives_the_hint_and_the_widest_interval() -> None:
    factors = Factors.of(year=2026)
    assert factors.place == "world"
    assert "no region given" in factors.hint
    intensity = there(factors.intensity_kg_per_j)
    assert intensity.high / intensity.low > 10


def test_what_the_user_states_replaces_the_table_and_has_no_error() -> None:
    factors = Factors.of(None, pue=1.1, intensity_g_per_kwh=25, electricity_usd_per_kwh=0.2, year=2026)
    used = footprint(None, Estimate(3.6e6), factors)
    assert value(used.emissions_kg) == pytest.approx(0.0275)
    assert there(used.emissions_kg).errors == {}
    assert value(used.cost_usd) == pytest.approx(0.22)
    assert factors.hint == ""
    assert "stated by the user" in factors.sources


def test_a_place_without_a_price_is_given_the_price_of_the_world_within_a_wide_interval() -> None:
    figure = there(Factors.of("GB", machine="server", year=2026).electricity_usd_per_j)
    assert list(figure.errors) == ["electricity price world 2024"]
    assert figure.high / figure.low > 5
    texas = there(Factors.of("US-TX", machine="server", year=2026).electricity_usd_per_j)
    assert list(texas.errors) == ["electricity price US-TX 2024"]


def test_a_machine_of_which_nothing_is_known_pays_a_households_price_or_less() -> None:
    price, industry = there(Factors.of("FR", year=2026).electricity_usd_per_j), prices()["FR"].value / 3.6e6
    assert price.value == pytest.approx(2 * industry)
    assert price.errors["tariff: household or industry"] == pytest.approx((industry, 3 * industry))


@pytest.mark.parametrize(
    ("kind", "on_server", "g_per_thread_hour"),
    [
        ("unknown", True, (0.14, 0.58, 2.2)),
        ("cloud", False, (0.14, 0.58, 2.2)),
        ("server", True, (0.14, 0.58, 2.2)),
        ("unknown", False, (0.02, 0.23, 5.2)),
    ],
)
def test_a_virtual_machine_has_its_threads_share_of_a_host(
    kind: str, on_server: bool, g_per_thread_hour: tuple[float, float, float]
) -> None:
    figure = embodied_of_guest(kind, 4, on_server=on_server)
    shown = tuple(bound * 3600 * 1000 / 4 for bound in (figure.low, figure.value, figure.high))
    assert shown == pytest.approx(g_per_thread_hour, rel=0.2)


def test_a_virtual_machine_as_large_as_a_host_has_all_of_it() -> None:
    assert embodied_of_guest("cloud", 512, on_server=True).value == pytest.approx(0.056 / 3600)


@pytest.mark.parametrize(
    ("stated", "law"),
    [
        ({"pue": 0.9}, "PUE must be at least 1"),
        ({"intensity_g_per_kwh": -1}, "intensity must be at least 0"),
        ({"rent_usd_per_h": float("inf")}, "rent"),
    ],
)
def test_a_stated_figure_keeps_the_law(stated: dict[str, Any], law: str) -> None:
    with pytest.raises(InvalidValue, match=law):
        Factors.of("FR", **stated)


def test_an_unknown_machine_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UnknownName, match="unknown kind of machine 'labtop'; did you mean 'laptop'"):
        Factors.of("FR", machine="labtop")  # type: ignore[arg-type]


def test_every_kind_of_machine_has_its_defaults() -> None:
    kinds = {"laptop", "desktop", "server", "cloud", "unknown"}
    for quantity in ("pue", "wue_l_per_kwh", "embodied_kg_per_h"):
        assert {kind for name, kind in defaults() if name == quantity} == kinds


def test_every_cloud_region_makes_a_whole_footprint() -> None:
    for name in region_rows():
        used = footprint(HOUR, KWH, Factors.of(name, rent_usd_per_h=1.0, year=2026))
        assert {"emissions_kg", "embodied_kg", "cost_usd", "water_l"} <= used.present().keys()


def test_the_example_of_the_room_runs() -> None:
    assert doctest.testmod(payoff.facts).failed == 0
