"""Rebuild src/payoff/facts/data/grids.csv: one annual carbon intensity per country, state or province.

    python build_grids.py --carbontracker DIR --codecarbon DIR --co2js DIR --gsf FILE --green-algorithms FILE --out FILE

The three directories are unpacked packages: carbontracker 2.4.7 and codecarbon 3.3.2 (PyPI), @tgwf/co2 0.19.0 (npm).
Each row keeps its scope (lifecycle, or direct emissions only); only figures of one scope are ever compared.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import re
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from spreads import ALONE, ALONE_LARGE, DRIFT, DRIFT_LARGE, FLOOR, LARGE_TWH, half_width_of

EMBER = "Ember Yearly Electricity Data via Our World in Data 2025"
LB_PER_MWH_IN_G_PER_KWH = 0.45359237
# AR5 WG3 Annex III, table A.III.2, medians; petroleum as Electricity Maps has it (UK POST 2014)
IPCC_2014_G_PER_KWH = {
    "coal": 820,
    "naturalGas": 490,
    "petroleum": 650,
    "biomass": 230,
    "hydro": 24,
    "nuclear": 12,
    "wind": 11,
    "solar": 45,
    "tidal": 17,
}
CANADA = {
    "alberta": "AB",
    "british columbia": "BC",
    "manitoba": "MB",
    "new brunswick": "NB",
    "newfoundland and labrador": "NL",
    "northwest territories": "NT",
    "nova scotia": "NS",
    "nunavut": "NU",
    "ontario": "ON",
    "prince edward island": "PE",
    "quebec": "QC",
    "saskatchewan": "SK",
    "yukon": "YT",
}
AUSTRALIA = {  # National Greenhouse Accounts Factors 2024, table 1: scope 2, kg CO2e/kWh, latest estimate (2022-23)
    "AU-NSW": ("New South Wales", 0.66),
    "AU-ACT": ("Australian Capital Territory", 0.66),
    "AU-VIC": ("Victoria", 0.77),
    "AU-QLD": ("Queensland", 0.71),
    "AU-SA": ("South Australia", 0.23),
    "AU-WA": ("Western Australia", 0.51),
    "AU-TAS": ("Tasmania", 0.15),
    "AU-NT": ("Northern Territory", 0.56),
}


@dataclass
class Row:
    code: str
    iso3: str
    name: str
    kind: str
    location_g_per_kwh: float
    market_g_per_kwh: str
    low_g_per_kwh: float
    high_g_per_kwh: float
    drift_per_year: float
    year: int
    scope: str
    second_g_per_kwh: str
    second_source: str
    flag: str
    source: str
    licence: str


def row(
    code: str,
    iso3: str,
    name: str,
    kind: str,
    value: float,
    *,
    year: int,
    scope: str,
    source: str,
    licence: str,
    second: tuple[float, str] | None = None,
    widen: float = 0.0,
    flag: str = "",
    large: bool = False,
) -> Row:
    """A row whose low and high follow from how far apart its sources are."""
    width = max(half_width_of(value, second[0]) if second else ALONE_LARGE if large else ALONE, widen, FLOOR)
    if second and not flag and abs(math.log(value / second[0])) > 0.25:
        flag = "sources differ"
    other, other_source = (f"{second[0]:.1f}", second[1]) if second else ("", "")
    low, high = round(value * math.exp(-width), 1), round(value * math.exp(width), 1)
    drift = DRIFT_LARGE if large else DRIFT
    return Row(
        code,
        iso3,
        name,
        kind,
        round(value, 1),
        "",
        low,
        high,
        drift,
        year,
        scope,
        other,
        other_source,
        flag,
        source,
        licence,
    )


def load_json(root: Path, name: str) -> Any:
    return json.loads(next(root.rglob(name)).read_text(encoding="utf-8"))


def whole_country_electricity_maps(gsf: Path) -> dict[str, float]:
    """Annual lifecycle consumption intensity of 2023 where a zone is a whole country."""
    zones = {}
    with gsf.open(encoding="utf-8-sig") as file:
        for r in csv.DictReader(file):
            value = r["grid-carbon-intensity-average-consumption-annual"]
            if r["year"] == "2023" and value and re.fullmatch(r"[A-Z]{2}(-(NSW|VIC|QC|ON))?", r["em-zone-id"]):
                zones[r["em-zone-id"]] = float(value)
    return zones


def countries(carbontracker: Path, codecarbon: Path, zones: dict[str, float]) -> list[Row]:
    with next(carbontracker.rglob("carbon-intensities.csv")).open(encoding="utf-8") as file:
        newest = list(csv.DictReader(file))
    before = {
        code: r for code, r in load_json(codecarbon, "global_energy_mix.json").items() if r.get("carbon_intensity")
    }
    rows = []
    for r in newest:
        value, old = float(r["Carbon intensity of electricity (gCO2eq/kWh)"]), before.pop(r["Code"], None)
        rows.append(_country(r["alpha-2"], r["Code"], r["Entity"], value, year=int(r["Year"]), old=old, zones=zones))
    for iso3, old in before.items():  # the newest table lost Namibia: its code "NA" reads as missing
        iso2, value = {"NAM": "NA"}[iso3], old["carbon_intensity"]
        rows.append(_country(iso2, iso3, old["country_name"], value, year=old["year"], old=None, zones=zones))
    return rows


def _country(
    iso2: str, iso3: str, name: str, value: float, *, year: int, old: dict[str, Any] | None, zones: dict[str, float]
) -> Row:
    flags, widen = [], 0.0
    if value == 0:
        value, widen = float(IPCC_2014_G_PER_KWH["hydro"]), 1.0
        return row(
            iso2,
            iso3,
            name,
            "country",
            value,
            year=year,
            scope="lifecycle",
            widen=widen,
            licence="CC BY 4.0",
            source=f"{EMBER} gives 0 (rounded); all hydropower, at IPCC AR5 2014",
            flag="rounded to 0 by the source",
        )
    if old:
        years = max(1, year - old["year"])
        change = abs(math.log(value / old["carbon_intensity"]))
        if change / years > 0.3:
            flags.append(f"was {old['carbon_intensity']:.0f} in {old['year']} data")
            widen = change
        rounding = (
            math.log1p(0.005 / old["total_TWh"] + 0.005 / (old["total_TWh"] * value / 1000))
            if old["total_TWh"]
            else 0.7
        )
        if rounding > 0.15:
            flags.append("small grid: the source rounds to 0.01 TWh")
            widen = max(widen, min(rounding, 0.7))
    elif year < 2015:
        flags.append("old")
        widen = 0.6
    second = None
    if iso2 in zones:
        same_year = old["carbon_intensity"] if old and old["year"] == 2023 else value
        second = (value * zones[iso2] / same_year, "Electricity Maps 2023 (GSF real-time-cloud) scaled to the year")
    return row(
        iso2,
        iso3,
        name,
        "country",
        value,
        year=year,
        scope="lifecycle",
        source=EMBER,
        licence="CC BY 4.0",
        second=second,
        widen=widen,
        flag="; ".join(flags),
        large=bool(old and old["total_TWh"] > LARGE_TWH),
    )


def united_states(codecarbon: Path, green_algorithms: Path) -> list[Row]:
    states = load_json(codecarbon, "usa_emissions.json")
    if states["_unit"]["emissions"] != "lbs/MWh":
        raise SystemExit("the unit of usa_emissions.json has changed")
    with green_algorithms.open(encoding="utf-8-sig") as file:
        before = {r[0]: float(r[4]) for r in csv.reader(file) if r[0].startswith("US-")}
    rows = []
    for name, r in states.items():
        if name.startswith("_") or name == "usa":
            continue
        code = f"US-{r['regionCode']}"
        second = (before[code], "carbonfootprint.com 2022 (2020 data) via Green Algorithms") if code in before else None
        rows.append(
            row(
                code,
                "USA",
                name.title().replace(" Of ", " of "),
                "subdivision",
                r["emissions"] * LB_PER_MWH_IN_G_PER_KWH,
                year=2023,
                scope="direct",
                source="EPA eGRID2023, state total output rate CO2e",
                licence="public domain",
                second=second,
            )
        )
    return rows


def canada(codecarbon: Path, zones: dict[str, float]) -> list[Row]:
    rows = []
    for name, mix in load_json(codecarbon, "canada_energy_mix.json").items():
        code = f"CA-{CANADA[name]}"
        named = {fuel: share for fuel, share in mix.items() if fuel in IPCC_2014_G_PER_KWH}
        value = sum(share * IPCC_2014_G_PER_KWH[fuel] for fuel, share in named.items()) / sum(named.values())
        second = (zones[code], "Electricity Maps 2023 (GSF real-time-cloud)") if code in zones else None
        rows.append(
            row(
                code,
                "CAN",
                name.title().replace(" And ", " and "),
                "subdivision",
                value,
                year=2023,
                scope="lifecycle",
                source="generation mix (codecarbon 3.3.2, 2023) times IPCC AR5 2014 medians",
                licence="MIT (mix); computed",
                second=second,
            )
        )
    return rows


def china(codecarbon: Path) -> list[Row]:
    data = load_json(codecarbon, "china_provincial_emissions.json")["data"]
    return [
        row(
            code,
            "CHN",
            r["description"],
            "subdivision",
            r["emission_factor"],
            year=r["year"],
            scope="direct",
            source="MEE and NBS of China, announcement 2025 no. 47, table 3 (CO2 only)",
            licence="facts of a public notice",
        )
        for code, r in data.items()
    ]


def australia() -> list[Row]:
    return [
        row(
            code,
            "AUS",
            name,
            "subdivision",
            1000 * kg,
            year=2023,
            scope="direct",
            source="Australian National Greenhouse Accounts Factors 2024, scope 2",
            licence="CC BY 4.0",
            flag="south-west system only"
            if code == "AU-WA"
            else "Darwin-Katherine system only"
            if code == "AU-NT"
            else "",
        )
        for code, (name, kg) in AUSTRALIA.items()
    ]


def aggregates(co2js: Path) -> list[Row]:
    text = next(co2js.rglob("dist/esm/data/average-intensities.min.js")).read_text(encoding="utf-8")
    values = {code: float(value) for code, value in re.findall(r'"([A-Z ]+)": ([\d.]+)', text)}
    source = "Ember Yearly Electricity Data 2025 via @tgwf/co2 0.19.0"
    world = row(
        "world",
        "",
        "World",
        "world",
        values["WORLD"],
        year=2024,
        scope="lifecycle",
        source=source,
        licence="CC BY 4.0",
        second=(480.6, "Ember Global Electricity Review 2024 (2023 data)"),
        large=True,
    )
    kosovo = row(
        "XK",
        "XKX",
        "Kosovo",
        "country",
        values["XKX"],
        year=2024,
        scope="lifecycle",
        source=source,
        licence="CC BY 4.0",
    )
    return [world, kosovo]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("carbontracker", "codecarbon", "co2js", "gsf", "green-algorithms", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    a = parser.parse_args()
    zones = whole_country_electricity_maps(a.gsf)
    rows = aggregates(a.co2js)[:1]
    rows += sorted(countries(a.carbontracker, a.codecarbon, zones) + aggregates(a.co2js)[1:], key=lambda r: r.code)
    parts = (
        united_states(a.codecarbon, a.green_algorithms)
        + canada(a.codecarbon, zones)
        + china(a.codecarbon)
        + australia()
    )
    rows += sorted(parts, key=lambda r: r.code)
    with a.out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [f.name for f in fields(Row)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(r) for r in rows)
    kinds = [r.kind for r in rows]
    print(f"{len(rows)} rows, {kinds.count('country')} countries, {sum(bool(r.flag) for r in rows)} flagged")


if __name__ == "__main__":
    main()
