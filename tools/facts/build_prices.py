"""Rebuild src/payoff/facts/data/electricity_prices.csv: what industry pays for a kilowatt-hour before taxes.

    python build_prices.py --countries FILE --states FILE --grids grids.csv --out FILE

The first two are country_electricity_prices.csv and eia_electricity_prices.csv of github sfgunkin/flops_export 70373ede,
folder Data. Only Eurostat's and EIA's figures are taken; figures compiled from commercial sources are not, nor
Eurostat's series that ended early (United Kingdom, Ukraine) or have another band (Liechtenstein).
"""

from __future__ import annotations

import argparse
import csv
import math
import statistics
from pathlib import Path

USD_PER_EUR_2024 = 1.0824
"""European Central Bank, average of the reference rates of 2024."""
LEFT_OUT = {"GBR", "UKR", "LIE", "USA"}
TARIFF_DOWN, TARIFF_UP = math.log(1 / 0.75), math.log(1.6)
"""90 %: the largest users pay a quarter less, commercial users 1.6 times as much (EIA 2024: industrial 8.1, commercial
12.8 US cents/kWh)."""
FIELDS = ("code", "usd_per_kwh", "low_usd_per_kwh", "high_usd_per_kwh", "year", "source", "licence")


def line(
    code: str, price: float, source: str, licence: str, *, low: float | None = None, high: float | None = None
) -> dict[str, object]:
    low = price * math.exp(-TARIFF_DOWN) if low is None else low
    high = price * math.exp(TARIFF_UP) if high is None else high
    return dict(zip(FIELDS, (code, round(price, 4), round(low, 4), round(high, 4), 2024, source, licence), strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("countries", "states", "grids", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    a = parser.parse_args()
    with a.grids.open(encoding="utf-8") as file:
        iso2 = {r["iso3"]: r["code"] for r in csv.DictReader(file) if r["kind"] == "country"}
    rows = []
    with a.countries.open(encoding="utf-8") as file:
        for r in csv.DictReader(file):
            if r["source"] == "Eurostat" and r["iso3"] not in LEFT_OUT:
                source = f"Eurostat nrg_pc_205, band {r['consumption_band']}, without taxes, 2024"
                rows.append(line(iso2[r["iso3"]], float(r["price_eur_kwh"]) * USD_PER_EUR_2024, source, "CC BY 4.0"))
    with a.states.open(encoding="utf-8") as file:
        for r in csv.DictReader(file):
            if r["period"] == "2024" and len(r["stateid"]) == 2 and r["sectorid"] == "IND":
                if r["price-units"] != "cents per kilowatt-hour":
                    raise SystemExit("the unit of the price has changed")
                code = "US" if r["stateid"] == "US" else f"US-{r['stateid']}"
                rows.append(
                    line(code, float(r["price"]) / 100, "EIA retail sales, industrial sector, 2024", "public domain")
                )
    rows.sort(key=lambda r: str(r["code"]))
    known = sorted(float(str(r["usd_per_kwh"])) for r in rows if len(str(r["code"])) == 2)
    low, high = (known[int(share * len(known))] for share in (0.05, 0.95))
    source = f"median and 5-95 % of the {len(known)} countries in this table, widened by the tariff"
    world = line(
        "world",
        statistics.median(known),
        source,
        "computed",
        low=low * math.exp(-TARIFF_DOWN) * 0.5,
        high=high * math.exp(TARIFF_UP),
    )
    with a.out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows([world, *rows])
    print(f"{len(rows) + 1} prices")


if __name__ == "__main__":
    main()
