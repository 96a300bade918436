"""The tables shipped with payoff say where every figure comes from, and are what their scripts make."""

from __future__ import annotations

import csv
import math
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from payoff.facts import (
    AcceleratorRow,
    GridRow,
    PriceRow,
    PublishedRun,
    RegionRow,
    Utilisation,
    defaults,
    grid,
    grid_rows,
    prices,
    region_rows,
)

ROOT = Path(__file__).parents[2]
TABLES = ROOT / "src" / "payoff" / "facts" / "data"
OURS = ("grids", "cloud_regions", "electricity_prices", "defaults")
DATED = ("accelerators", "accelerator_prices", "published_runs", "utilisation")
STATES = (
    "AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA "
    "RI SC SD TN TX UT VT VA WA WV WI WY DC"
)
PROVINCES = "AB BC MB NB NL NT NS NU ON PE QC SK YT"


def lines(table: str) -> list[dict[str, str]]:
    with (TABLES / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("table", OURS)
def test_every_row_has_a_value_a_year_a_source_and_a_licence(table: str) -> None:
    for row in lines(table):
        figures = [float(text) for name, text in row.items() if text and re.search("per_kwh|^value$|^pue$", name)]
        years = [int(text) for name, text in row.items() if text and name.endswith("year") and "per" not in name]
        assert all(math.isfinite(figure) and figure >= 0 for figure in figures)
        assert all(2009 <= year <= 2026 for year in years)
        assert row["source"]
        assert row["licence"]
        if table != "cloud_regions":
            assert figures
            assert years


@pytest.mark.parametrize("table", DATED)
def test_every_row_of_chips_and_runs_has_a_year_a_source_and_a_licence(table: str) -> None:
    for row in lines(table):
        assert 2008 <= int((row.get("year") or row["date"])[:4]) <= 2026
        assert row["source"]
        assert row["licence"]


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("accelerators", AcceleratorRow),
        ("accelerator_prices", PriceRow),
        ("published_runs", PublishedRun),
        ("utilisation", Utilisation),
    ],
)
def test_the_columns_of_chips_and_runs_are_in_the_order_in_which_they_are_read(table: str, row: Any) -> None:
    assert list(lines(table)[0]) == list(row._fields)


@pytest.mark.parametrize(
    ("table", "script", "inputs"),
    [
        ("accelerators", "build_accelerators", {"--epoch": "estimate/epoch_ml_hardware_2026-07.csv"}),
        ("accelerator_prices", "build_accelerator_prices", {"--prices": "estimate/epoch_hardware_prices.csv"}),
        ("published_runs", "build_published_runs", {"--runs": "estimate/published_runs_dev.csv"}),
        (
            "utilisation",
            "build_utilisation",
            {"--notable": "trends/epoch_notable_ai_models_2026-07.csv", "--runs": ""},
        ),
    ],
)
def test_a_table_of_chips_or_runs_is_what_its_script_makes(
    table: str, script: str, inputs: dict[str, str], tmp_path: Path, data_file: Callable[[str], Path]
) -> None:
    given = {option: data_file(name) if name else TABLES / "published_runs.csv" for option, name in inputs.items()}
    words = [str(word) for pair in given.items() for word in pair]
    made = tmp_path / f"{table}.csv"
    program = str(ROOT / "tools" / "facts" / f"{script}.py")
    subprocess.run([sys.executable, program, *words, "--out", str(made)], check=True, capture_output=True)
    assert made.read_text(encoding="utf-8") == (TABLES / f"{table}.csv").read_text(encoding="utf-8")


def test_every_published_figure_of_a_cloud_region_has_its_year() -> None:
    for row in region_rows().values():
        pairs = (
            (row.pue, row.pue_year),
            (row.wue_l_per_kwh, row.wue_year),
            (row.lifecycle_g_per_kwh, row.lifecycle_year),
        )
        more = ((row.direct_g_per_kwh, row.direct_year), (row.market_g_per_kwh, row.market_year))
        assert all((figure is None) == (year is None) for figure, year in (*pairs, *more))


def test_the_columns_of_a_table_are_in_the_order_in_which_they_are_read() -> None:
    grids = [name for name in lines("grids")[0] if not name.startswith("second_")]
    assert grids == list(GridRow._fields)
    assert list(lines("cloud_regions")[0]) == list(RegionRow._fields)


def test_more_than_two_hundred_countries_are_known() -> None:
    countries = [row for row in grid_rows().values() if row.kind == "country"]
    assert len(countries) > 200
    assert all(re.fullmatch("[A-Z]{2}", row.code) and re.fullmatch("[A-Z]{3}", row.iso3) for row in countries)
    assert len({row.iso3 for row in countries}) == len(countries)


def test_namibia_is_there_though_its_code_reads_as_missing() -> None:
    assert grid_rows()["NA"].name == "Namibia"


def test_every_american_state_and_canadian_province_is_known() -> None:
    parts = {code for code, row in grid_rows().items() if row.kind == "subdivision"}
    assert {code[3:] for code in parts if code.startswith("US-")} == set(STATES.split())
    assert {code[3:] for code in parts if code.startswith("CA-")} == set(PROVINCES.split())


def test_the_interval_of_every_figure_contains_it() -> None:
    assert all(row.low_g_per_kwh < row.location_g_per_kwh < row.high_g_per_kwh for row in grid_rows().values())
    assert all(fact.low <= fact.value <= fact.high for fact in (*prices().values(), *defaults().values()))


def test_every_intensity_is_in_grams_and_not_in_kilograms_or_pounds() -> None:
    assert all(10 < row.location_g_per_kwh < 1500 for row in grid_rows().values())
    virginia = 539.599 * 453.59237 / 1000
    assert grid_rows()["US-VA"].location_g_per_kwh == pytest.approx(virginia, abs=0.05)
    assert grid_rows()["US-WV"].location_g_per_kwh == pytest.approx(893.1, abs=0.1)


def test_countries_are_lifecycle_figures_and_american_states_direct_ones() -> None:
    scopes = {(row.kind, row.iso3): row.scope for row in grid_rows().values()}
    assert {scope for (kind, _), scope in scopes.items() if kind == "country"} == {"lifecycle"}
    assert scopes["subdivision", "USA"] == "direct"


def test_every_cloud_region_lies_in_a_known_grid() -> None:
    assert {row.grid for row in region_rows().values()} <= set(grid_rows())
    assert all(1.0 <= row.pue <= 1.6 for row in region_rows().values() if row.pue is not None)
    assert len(region_rows()) > 140


def test_no_two_providers_share_the_name_of_a_region() -> None:
    names = [row.region for row in region_rows().values()]
    assert len(names) == len(set(names))


def test_the_direct_figure_of_a_region_is_below_its_lifecycle_figure_but_for_hong_kong_whose_own_row_is_used() -> None:
    known = [(row.name, row.direct_g_per_kwh, row.lifecycle_g_per_kwh) for row in region_rows().values()]
    assert {name for name, direct, lifecycle in known if direct and lifecycle and direct > lifecycle} == {
        "gcp:asia-east2"
    }
    assert grid("gcp:asia-east2").location_g_per_kwh == grid_rows()["HK"].location_g_per_kwh


def test_every_price_is_of_a_known_grid() -> None:
    assert set(prices()) <= set(grid_rows())
    assert all(fact.low > 0.01 and fact.high < 1.0 for fact in prices().values())


def test_no_table_names_a_path_or_an_address() -> None:
    for file in (*TABLES.glob("*.csv"), *TABLES.glob("*.md"), *(ROOT / "tools" / "facts").glob("build_*.py")):
        assert not re.search(
            r"/tmp/|/opt/|/root/|/home/|localhost|\d+\.\d+\.\d+\.\d+", file.read_text(encoding="utf-8")
        ), file.name


def test_the_table_of_cloud_regions_is_what_its_script_makes(tmp_path: Path) -> None:
    data = ROOT.parent / "shared" / "data" / "place"
    if not data.exists():
        missing = "needs the cloud regions of github Green-Software-Foundation/real-time-cloud b2858aa"
        pytest.fail(missing) if os.environ.get("CI") == "true" else pytest.skip(missing)
    made = tmp_path / "cloud_regions.csv"
    script = ROOT / "tools" / "facts" / "build_cloud_regions.py"
    inputs = ("--gsf", str(data / "cloud_regions_gsf.csv"), "--google", str(data / "google_regions_2024.csv"))
    subprocess.run([sys.executable, str(script), *inputs, "--out", str(made)], check=True, capture_output=True)
    assert made.read_text(encoding="utf-8") == (TABLES / "cloud_regions.csv").read_text(encoding="utf-8")
