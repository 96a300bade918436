"""How far apart sources of grid intensity are, how fast grids change, and what direct factors leave out.

    python spreads.py --carbontracker DIR --codecarbon DIR --co2js DIR --gsf FILE --google FILE

prints the constants that `defaults.csv` and `build_grids.py` use. Electricity Maps' yearly tables (in @tgwf/co2, ODbL)
are only summarised here; none of their figures is taken over.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import re
import statistics
from pathlib import Path

LARGE_TWH = 50.0
"""Yearly generation above which a grid counts as large; the sources know large grids better."""
ALONE_LARGE, ALONE = 0.25, 0.33
"""Half-width of ln(intensity) at 90 % when there is one source: Ember and Electricity Maps differ by up to 0.35 (large
grids) or 0.46 (all) in 90 % of 196 countries, so each of the two by that over sqrt(2)."""
FLOOR = 0.08
"""Half-width when both sources agree: two thirds of their median difference of 0.12."""
DRIFT_LARGE, DRIFT = 0.13, 0.21
"""Change of ln(intensity) in a year that 90 % of grids stay within; over n years it grows as n ** (2 / 3)."""


def half_width_of(value: float, second: float) -> float:
    """90 % half-width of ln(value) seen from one other source: 1.645 |d| / sqrt(2)."""
    return 1.645 * abs(math.log(value / second)) / math.sqrt(2)


def electricity_maps(co2js: Path, year: int) -> dict[str, float]:
    text = next(co2js.rglob(f"dist/esm/data/electricity-maps/yearly_{year}.js")).read_text(encoding="utf-8")
    found = re.findall(r'"([A-Z0-9-]+)": \{ "zone".*?"carbonIntensity": \{ "value": ([\d.]+)', text)
    return {zone: float(value) for zone, value in found}


def quantile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("carbontracker", "codecarbon", "co2js", "gsf", "google"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    a = parser.parse_args()
    years = {year: electricity_maps(a.co2js, year) for year in range(2021, 2026)}
    with next(a.carbontracker.rglob("carbon-intensities.csv")).open(encoding="utf-8") as file:
        ember = [(r["alpha-2"], r["Code"], int(r["Year"]), float(list(r.values())[4])) for r in csv.DictReader(file)]
    tell(
        "Ember against Electricity Maps 2024",
        [abs(math.log(years[2024][c] / v)) for c, _, _, v in ember if c in years[2024] and v > 0],
    )
    for lag in range(1, 5):
        spans = [(years[y], years[y + lag]) for y in range(2021, 2026 - lag)]
        tell(
            f"drift over {lag} years",
            [abs(math.log(b[z] / a[z])) for a, b in spans for z in a if len(z) == 2 and a[z] > 0 and b.get(z, 0) > 0],
        )
    mixes = json.loads(next(a.codecarbon.rglob("global_energy_mix.json")).read_text(encoding="utf-8"))
    pairs = [
        (v, mixes[iso3]) for _, iso3, year, v in ember if iso3 in mixes and year == mixes[iso3]["year"] + 1 and v > 0
    ]
    tell("Ember against Ember a year before", [abs(math.log(v / before["carbon_intensity"])) for v, before in pairs])
    large = [(v, before) for v, before in pairs if before["total_TWh"] > LARGE_TWH]
    tell("the same, large grids", [abs(math.log(v / before["carbon_intensity"])) for v, before in large])
    print_upstream(a.gsf, a.google, years[2024])


def tell(what: str, distances: list[float]) -> None:
    middle, most = statistics.median(distances), quantile(distances, 0.9)
    print(f"{what}, |ln|: {len(distances)} pairs, median {middle:.3f}, 90 % {most:.2f}")


def print_upstream(gsf: Path, google: Path, maps: dict[str, float]) -> None:
    """Lifecycle (Electricity Maps) less direct (Google) at Google's regions, both for 2024."""
    with gsf.open(encoding="utf-8-sig") as file:
        ours = [r for r in csv.DictReader(file) if r["year"] == "2024" and r["cloud-provider"] == "Google Cloud"]
    zones = {r["cloud-region"]: r["em-zone-id"] for r in ours}
    with google.open(encoding="utf-8-sig") as file:
        direct = {
            r["Google Cloud Region"]: float(r["Grid carbon intensity (gCO2eq / kWh)"]) for r in csv.DictReader(file)
        }
    pairs = [(value, maps[zones[region]] - value) for region, value in direct.items() if zones.get(region) in maps]
    upstream = [more for _, more in pairs]
    low, mid, high = (quantile(upstream, share) for share in (0.05, 0.5, 0.95))
    covered = sum(more <= 30 + 0.25 * value for value, more in pairs)
    print(f"upstream, g/kWh: {len(upstream)} regions, 5 % {low:.0f}, median {mid:.0f}, 95 % {high:.0f}")
    print(f"{covered} of them within 30 g + 25 %")


if __name__ == "__main__":
    main()
