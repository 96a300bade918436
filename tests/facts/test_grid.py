"""A place is found by the names people give it, and payoff says what it took the name for."""

from __future__ import annotations

import contextlib
import math
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payoff.errors import UnknownName
from payoff.facts import grid, grid_rows, places, region_rows


@pytest.mark.parametrize(
    ("place", "code", "matched"),
    [
        ("FR", "FR", "code"),
        ("fra", "FR", "code"),
        ("France", "FR", "name"),
        (" france ", "FR", "name"),
        ("US-CA", "US-CA", "code"),
        ("us_ca", "US-CA", "code"),
        ("California", "US-CA", "name"),
        ("Québec", "CA-QC", "name"),
        ("Côte d'Ivoire", "CI", "name"),
        ("Guinea-Bissau", "GW", "name"),
        ("UK", "GB", "alias"),
        ("USA", "US", "code"),
        ("Deutschland", "DE", "alias"),
        ("Österreich", "AT", "alias"),
        ("TX", "US-TX", "alias"),
        ("us-east-1", "US-VA", "cloud region"),
        ("AWS:us-east-1", "US-VA", "cloud region"),
        ("us-east-1a", "US-VA", "cloud region"),
        ("us-central1-b", "US-IA", "cloud region"),
        ("gcp:europe-west1", "BE", "cloud region"),
        ("europe-west1", "BE", "cloud region"),
        ("azure:westeurope", "NL", "cloud region"),
        ("West Europe", "NL", "cloud region"),
        ("northeurope", "IE", "cloud region"),
        ("world", "world", "code"),
    ],
)
def test_a_place_is_found_by_any_of_its_names(place: str, code: str, matched: str) -> None:
    fact = grid(place)
    assert (fact.code, fact.matched, fact.sure, fact.hint) == (code, matched, True, "")


def test_a_code_of_two_letters_is_the_country_and_not_the_state() -> None:
    assert [grid(code).row.name for code in ("CA", "GA", "DE", "IN")] == ["Canada", "Gabon", "Germany", "India"]


@pytest.mark.parametrize(
    ("place", "code", "also"),
    [
        ("Georgia", "GE", ("US-GA",)),
        ("Washington", "US-WA", ("US-DC",)),
        ("Korea", "KR", ("KP",)),
        ("Congo", "CG", ("CD",)),
        ("WA", "US-WA", ("AU-WA",)),
    ],
)
def test_a_name_of_several_places_says_so(place: str, code: str, also: tuple[str, ...]) -> None:
    fact = grid(place)
    assert (fact.code, fact.also, fact.sure) == (code, also, False)
    assert also[0] in fact.hint
    assert code in fact.hint


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [("Frence", "France"), ("us-east-11", "us-east-1"), ("Virgina", "Virginia"), ("eu-west-9", "eu-west-1")],
)
def test_an_unknown_name_is_answered_with_the_nearest_ones_and_the_way_out(wrong: str, meant: str) -> None:
    with pytest.raises(UnknownName, match=f"unknown place '{wrong}'; did you mean .*'{meant}'.*; give a country"):
        grid(wrong)


def test_no_place_is_the_average_of_the_world_within_the_range_of_its_countries() -> None:
    fact = grid(None)
    figure = fact.intensity(2026)
    countries = sorted(row.location_g_per_kwh for row in grid_rows().values() if row.kind == "country")
    inside = sum(figure.low * 3.6e9 <= value <= figure.high * 3.6e9 for value in countries) / len(countries)
    assert fact.code == "world"
    assert "no region given" in fact.hint
    assert "PAYOFF_REGION" in fact.hint
    assert list(figure.errors) == ["grid intensity: no region given"]
    assert 0.88 <= inside <= 0.96


def test_the_world_by_name_is_known_better_than_no_place() -> None:
    assert grid("world").intensity(2026).high < grid(None).intensity(2026).high


@given(st.sampled_from(places()))
def test_every_place_has_an_intensity_with_an_interval_and_a_named_source_of_error(place: str) -> None:
    fact = grid(place)
    figure = fact.intensity(2026)
    assert 0 < figure.low < figure.value < figure.high
    assert figure.value == pytest.approx(fact.location_g_per_kwh / 3.6e9)
    assert figure.sources
    assert f"grid intensity {fact.zone} {fact.year}" in figure.errors


@given(st.sampled_from(sorted(grid_rows())), st.integers(2024, 2040), st.integers(1, 10))
def test_an_older_figure_is_less_sure(code: str, year: int, later: int) -> None:
    now, then = grid(code).intensity(year), grid(code).intensity(year + later)
    assert then.value == now.value
    assert then.low < now.low
    assert then.high > now.high


@given(st.text(max_size=20))
def test_no_text_breaks_the_look_up(text: str) -> None:
    with contextlib.suppress(UnknownName):
        assert grid(text).row.code in grid_rows()


def test_a_direct_figure_has_a_one_sided_error_for_what_it_leaves_out() -> None:
    figure = grid("US-VT").intensity(2026)
    low, high = figure.errors["upstream emissions left out"]
    assert low == figure.value
    assert high == pytest.approx(figure.value + (30 + 0.25 * 23.7) / 3.6e9)
    assert "upstream emissions left out" not in grid("FR").intensity(2026).errors


def test_two_regions_in_one_zone_share_their_error() -> None:
    names = [set(grid(place).intensity(2026).errors) for place in ("aws:us-east-1", "aws:us-east-2", "gcp:us-east4")]
    assert names[0] == names[1] == names[2]


def test_a_region_in_the_zone_of_a_country_has_the_figure_of_the_country() -> None:
    assert grid("aws:eu-west-3").intensity(2026) == grid("FR").intensity(2026)
    assert grid("us-east-1").location_g_per_kwh == 396.25


def test_location_and_market_based_figures_are_never_mixed() -> None:
    assert grid("FR").market_g_per_kwh is None
    assert grid("FR").intensity_market() is None
    virginia = grid("aws:us-east-1")
    market = virginia.intensity_market()
    assert market is not None
    assert market.value == 0.0
    assert virginia.intensity(2026).value > 0
    assert all(row.market_g_per_kwh is None for row in region_rows().values() if row.provider == "gcp")


def test_a_second_look_up_takes_well_below_a_millisecond() -> None:
    grid("Sweden"), grid("eu-north-1")
    began = time.perf_counter()
    for _ in range(100):
        grid("Sweden"), grid("eu-north-1")
    assert (time.perf_counter() - began) / 200 < 1e-3


def test_the_room_loads_nothing_but_the_standard_library() -> None:
    code = "import sys; before = set(sys.modules); import payoff.facts; payoff.facts.grid('FR'); " + (
        "print(*{name.partition('.')[0] for name in set(sys.modules) - before})"
    )
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert set(loaded) - set(sys.stdlib_module_names) == {"payoff"}
    assert not {"socket", "urllib", "ssl", "http"} & set(loaded)


def test_the_interval_joins_sources_and_drift_in_quadrature() -> None:
    row = grid_rows()["DE"]
    figure = grid("DE").intensity(row.year + 1)
    expected = math.hypot(math.log(row.high_g_per_kwh / row.location_g_per_kwh), row.drift_per_year)
    assert math.log(figure.high / figure.value) == pytest.approx(expected)
