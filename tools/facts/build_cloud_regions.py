"""Rebuild src/payoff/facts/data/cloud_regions.csv: cloud regions, their grid, PUE, water and intensity.

    python build_cloud_regions.py --gsf cloud_regions_gsf.csv --google google_regions_2024.csv --out FILE

Columns of the Green Software Foundation's file and what they are:
- grid-carbon-intensity-average-consumption-annual: Electricity Maps' annual, location-based, lifecycle intensity of the
  zone, but Google's own operational (direct) figure in Google's rows of 2024; so 2024 is not read for Google. AWS rows
  of 2024 repeat those of 2023: a repeated figure keeps the year it first had.
- provider-carbon-intensity-market-annual: the provider's market-based claim after its contracts; 0 where
  it claims 100 %. Not taken for Google: the file has 0 for every region, while Google's own reports have market-based scope 2 above 0.
- the marginal and production columns are not taken.
"""

from __future__ import annotations

import argparse
import csv
from collections import defaultdict
from dataclasses import asdict, dataclass, fields
from pathlib import Path

PROVIDERS = {"Amazon Web Services": "aws", "Google Cloud": "gcp", "Microsoft Azure": "azure"}
AZURE_NAMES = {  # names of the file that are not the provider's: (region, location) -> region
    ("westus", "Washington: West US"): "westus2",
    ("northeurope", "Finland"): "finlandcentral",
    ("asiapacific", "Indonesia"): "indonesiacentral",
}
GRID_OF = {  # where the electricity zone is larger or smaller than a row of grids.csv
    "aws:us-east-1": "US-VA",
    "aws:us-east-2": "US-OH",
    "aws:us-west-1": "US-CA",
    "aws:us-west-2": "US-OR",
    "aws:us-gov-east-1": "US-OH",
    "aws:us-gov-west-1": "US-OR",
    "aws:ca-west-1": "CA-AB",
    "aws:cn-north-1": "CN-BJ",
    "aws:cn-northwest-1": "CN-NX",
    "aws:eu-north-1": "SE",
    "azure:centralus": "US-IA",
    "azure:eastus": "US-VA",
    "azure:eastus2": "US-VA",
    "azure:eastus3": "US-GA",
    "azure:northcentralus": "US-IL",
    "azure:southcentralus": "US-TX",
    "azure:westcentralus": "US-WY",
    "azure:westus2": "US-WA",
    "azure:westus3": "US-AZ",
    "gcp:us-central1": "US-IA",
    "gcp:us-central2": "US-OK",
    "gcp:us-east1": "US-SC",
    "gcp:us-east2": "US-GA",
    "gcp:us-east4": "US-VA",
    "gcp:us-east5": "US-OH",
    "gcp:us-south1": "US-TX",
    "gcp:us-west1": "US-OR",
    "gcp:us-west2": "US-CA",
    "gcp:us-west3": "US-UT",
    "gcp:us-west4": "US-NV",
    "gcp:europe-north2": "SE",
    "gcp:europe-west10": "DE",
    "gcp:northamerica-south1": "MX",
    "gcp:me-central1": "QA",
    "gcp:me-central2": "SA",
    "gcp:asia-east2": "HK",
    "gcp:europe-north1": "FI",
}
ZONE_MISTAKEN = {"gcp:me-central1"}
"""Regions to which the file gives the zone of another country (Doha the Emirates')."""
ELSEWHERE = """
aws ap-southeast-5 Malaysia MY
aws ap-southeast-7 Thailand TH
aws ap-east-2 Taipei TW
aws mx-central-1 Mexico MX
azure uksouth London GB
azure ukwest Cardiff GB
azure francecentral Paris FR
azure francesouth Marseille FR
azure germanywestcentral Frankfurt DE
azure germanynorth Berlin DE
azure norwayeast Norway NO
azure norwaywest Norway NO
azure switzerlandnorth Zurich CH
azure switzerlandwest Geneva CH
azure belgiumcentral Brussels BE
azure westus California US-CA
azure canadacentral Toronto CA-ON
azure canadaeast Quebec CA-QC
azure brazilsoutheast Rio BR
azure chilecentral Santiago CL
azure eastasia Hong-Kong HK
azure japaneast Tokyo JP
azure japanwest Osaka JP
azure koreacentral Seoul KR
azure koreasouth Busan KR
azure centralindia Pune IN
azure southindia Chennai IN
azure westindia Mumbai IN
azure malaysiawest Kuala-Lumpur MY
azure australiacentral Canberra AU-ACT
azure southafricanorth Johannesburg ZA
azure southafricawest Cape-Town ZA
azure uaenorth Dubai AE
azure uaecentral Abu-Dhabi AE
azure qatarcentral Doha QA
azure israelcentral Israel IL
azure chinaeast Shanghai CN-SH
azure chinanorth Beijing CN-BJ
azure usgovvirginia Virginia US-VA
azure usgovtexas Texas US-TX
azure usgovarizona Arizona US-AZ
"""
"""Regions without a published figure: provider, name, location, grid; from the providers' lists of regions."""


@dataclass
class Region:
    provider: str
    region: str
    location: str
    grid: str
    zone: str = ""
    pue: str = ""
    pue_year: str = ""
    wue_l_per_kwh: str = ""
    wue_year: str = ""
    lifecycle_g_per_kwh: str = ""
    lifecycle_year: str = ""
    direct_g_per_kwh: str = ""
    direct_year: str = ""
    market_g_per_kwh: str = ""
    market_year: str = ""
    source: str = ""
    licence: str = ""


def by_region(gsf: Path) -> dict[tuple[str, str], list[dict[str, str]]]:
    """The rows of each region, newest first."""
    found = defaultdict(list)
    with gsf.open(encoding="utf-8-sig") as file:
        for r in csv.DictReader(file):
            provider, name = PROVIDERS[r["cloud-provider"]], r["cloud-region"]
            found[provider, AZURE_NAMES.get((name, r["location"]), name)].append(r)
    return {key: sorted(rows, key=lambda r: -int(r["year"])) for key, rows in found.items()}


def newest(rows: list[dict[str, str]], column: str) -> tuple[str, str]:
    """The newest figure and its year; a figure repeated unchanged keeps the year it first had."""
    given = [(r[column], r["year"]) for r in rows if r[column]]
    if not given:
        return "", ""
    value = given[0][0]
    return value, [year for other, year in given if other == value][-1]


def newest_claim(rows: list[dict[str, str]]) -> tuple[str, str]:
    """The newest market-based claim and its year; a claim is made anew each year."""
    given = [(r["provider-carbon-intensity-market-annual"], r["year"]) for r in rows]
    return next(((value, year) for value, year in given if value), ("", ""))


def region_of(provider: str, name: str, rows: list[dict[str, str]]) -> Region:
    latest = rows[0]
    zone = next((r["em-zone-id"] for r in rows if r["em-zone-id"]), "")
    grid = GRID_OF.get(f"{provider}:{name}") or (zone if zone in ("AU-NSW", "AU-VIC", "CA-QC", "CA-ON") else zone[:2])
    lifecycle = newest(
        [r for r in rows if provider != "gcp" or int(r["year"]) < 2024],
        "grid-carbon-intensity-average-consumption-annual",
    )
    columns = {"pue": "power-usage-effectiveness", "wue_l_per_kwh": "water-usage-effectiveness"}
    found = {key: newest(rows, column) for key, column in columns.items()}
    found["market_g_per_kwh"] = newest_claim(rows) if provider != "gcp" else ("", "")
    if f"{provider}:{name}" in ZONE_MISTAKEN:
        zone, lifecycle = "", ("", "")
    return Region(
        provider,
        name,
        latest["location"].replace("Sāo", "São"),
        grid,
        zone,
        pue=found["pue"][0],
        pue_year=found["pue"][1],
        wue_l_per_kwh=found["wue_l_per_kwh"][0],
        wue_year=found["wue_l_per_kwh"][1],
        lifecycle_g_per_kwh=lifecycle[0],
        lifecycle_year=lifecycle[1],
        market_g_per_kwh=found["market_g_per_kwh"][0],
        market_year=found["market_g_per_kwh"][1],
        source="GSF real-time-cloud b2858aa (intensity: Electricity Maps)",
        licence="MIT",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("gsf", "google", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    a = parser.parse_args()
    regions = {key: region_of(*key, rows) for key, rows in by_region(a.gsf).items()}
    with a.google.open(encoding="utf-8-sig") as file:
        for r in csv.DictReader(file):
            name = r["Google Cloud Region"]
            known = regions.setdefault(
                ("gcp", name), Region("gcp", name, r["Location"], GRID_OF.get(f"gcp:{name}", ""))
            )
            known.direct_g_per_kwh, known.direct_year = str(float(r["Grid carbon intensity (gCO2eq / kWh)"])), "2024"
            known.source = "; ".join(filter(None, (known.source, "Google region-carbon-info 49f3f26")))
            known.licence = "; ".join(filter(None, (known.licence, "Apache-2.0")))
    for entry in ELSEWHERE.splitlines():
        if entry:
            provider, name, location, grid = entry.split()
            listed = Region(
                provider,
                name,
                location.replace("-", " "),
                grid,
                source="the provider's list of regions",
                licence="facts",
            )
            regions.setdefault((provider, name), listed)
    rows = [regions[key] for key in sorted(regions)]
    with a.out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [f.name for f in fields(Region)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(r) for r in rows)
    print(f"{len(rows)} regions, {sum(bool(r.lifecycle_g_per_kwh) for r in rows)} with a lifecycle intensity")


if __name__ == "__main__":
    main()
