"""Rebuild src/payoff/facts/data/accelerator_prices.csv: what an accelerator costs to rent for an hour, or to buy.

    python build_accelerator_prices.py --prices FILE --out FILE

The file is the table of hardware prices of github epoch-research/training-cost-trends (Cottier et al. 2024), which states
no licence; prices are facts. Of each chip, basis and vendor the last date of each year is kept: the median of what is
listed there. accelerators.csv must be there already: it gives the chips their names.
"""

from __future__ import annotations

import argparse
import csv
import statistics
from collections import defaultdict
from pathlib import Path
from urllib.parse import urlsplit

from payoff.errors import UnknownName
from payoff.facts._accelerators import accelerator
from payoff.facts._epoch import read_snapshot

FIELDS = ("accelerator", "basis", "vendor", "date", "usd", "source", "licence")
BASES = {
    "on_demand": "on demand",
    "one_year": "1-year commitment",
    "three_years": "3-year commitment",
    "purchase": "purchase",
}
LEAST = {"on demand": 0.05, "1-year commitment": 0.05, "3-year commitment": 0.05, "purchase": 100.0}
"""USD; less is a price of scrap, or a slip."""
VIA = "epoch-research/training-cost-trends"
LATER = (
    ("NVIDIA H100 SXM5 80GB", "on demand", "median of 37 providers", "2026-05-20", "2.95",
     "AIMultiple, Cloud GPU Rental Price Index of 20 May 2026", "fact"),
)  # fmt: skip
"""Prices of later than the table, typed in."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prices", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    a = parser.parse_args()
    listed: dict[tuple[str, str, str, str], dict[str, list[tuple[float, str]]]] = defaultdict(lambda: defaultdict(list))
    unknown = set()
    for record in read_snapshot(a.prices.read_text(encoding="utf-8")).records:
        try:
            name = accelerator(record["name"]).name
        except UnknownName:
            unknown.add(record["name"])
            continue
        site = urlsplit(record["link"]).hostname or record["link"][:60] or "no source named"
        for column, basis in BASES.items():
            if record[column] and record["date"] and float(record[column]) >= LEAST[basis]:
                key = name, basis, record["vendor"], record["date"][:4]
                listed[key][record["date"]].append((float(record[column]), site))
    rows = []
    for (name, basis, vendor, _), by_date in sorted(listed.items()):
        date = max(by_date)
        usd = statistics.median(price for price, _ in by_date[date])
        row = name, basis, vendor, date, f"{usd:.4g}", f"{by_date[date][0][1]} via {VIA}", "fact; none stated"
        rows.append(row)
    rows = sorted([*rows, *LATER])
    with a.out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(FIELDS)
        writer.writerows(rows)
    print(f"{len(rows)} prices of {len({row[0] for row in rows})} accelerators; not in the table: {sorted(unknown)}")


if __name__ == "__main__":
    main()
