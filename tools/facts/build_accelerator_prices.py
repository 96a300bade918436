"""Rebuild src/payoff/facts/data/accelerator_prices.csv: what an accelerator costs to rent for an hour, or to buy.

    python build_accelerator_prices.py --prices FILE --out FILE

The file is the table of hardware prices of github epoch-research/training-cost-trends (Cottier et al. 2024), which states
no licence; prices are facts. Of each chip, basis and vendor the last date of each year is kept: the median of what is
listed there. accelerators.csv must be there already: it gives the chips their names.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

from payoff.facts._accelerators import name_of
from payoff.facts._epoch import read_snapshot
from payoff.facts._epoch_rows import price_rows
from payoff.facts._rows import PriceRow

VIA = "epoch-research/training-cost-trends"
LATER = (
    PriceRow(
        *("NVIDIA H100 SXM5 80GB", "on demand", "median of 37 providers", "2026-05-20", 2.95),
        *("AIMultiple, Cloud GPU Rental Price Index of 20 May 2026", "fact"),
    ),
)
"""Prices of later than the table, typed in."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prices", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    a = parser.parse_args()
    records = read_snapshot(a.prices.read_text(encoding="utf-8")).records
    rows = sorted([*price_rows(records, name_of, via=VIA), *LATER])
    with a.out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(PriceRow._fields)
        writer.writerows([*row[:4], f"{row.usd:.4g}", *row[5:]] for row in rows)
    print(f"{len(rows)} prices of {len({row.accelerator for row in rows})} accelerators")


if __name__ == "__main__":
    main()
