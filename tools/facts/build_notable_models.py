"""Rebuild src/payoff/facts/data/notable_models.csv: what training a notable model took, by the day it was published.

    python build_notable_models.py --epoch epoch_notable_ai_models_2026-07.csv --out FILE

The input is Epoch AI's table of notable AI models (epoch.ai/data, CC BY 4.0), the snapshot of July 2026. Rows without
a date, or without any of the five figures, are left out, and so are the columns that payoff does not need.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

from payoff.facts import NotableModel, read_notable_models

DIGITS = 7


def cells(model: NotableModel) -> list[str]:
    figures = (model.flop, model.parameters, model.examples, model.cost_usd, model.power_w)
    return [model.name, model.date, ";".join(model.domains), *("" if x is None else f"{x:.{DIGITS}g}" for x in figures)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("epoch", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    a = parser.parse_args()
    models = sorted(read_notable_models(str(a.epoch)), key=lambda one: (one.date, one.name))
    with a.out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(NotableModel._fields)
        writer.writerows(cells(model) for model in models)
    print(f"{len(models)} models")


if __name__ == "__main__":
    main()
