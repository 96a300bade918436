"""Rebuild src/payoff/facts/data/published_runs.csv: training runs of which energy, carbon or chip-hours were published.

    python build_published_runs.py --runs FILE --out FILE

The file is published_runs_dev.csv of the development data, compiled from the papers named in each row. Family,
organisation and year are added here; a row says by what its watts are known, because most published energies are hours
times TDP and must not be judged together with measured ones.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

FIELDS = (
    "name", "family", "organisation", "year", "params", "active_params", "tokens", "hardware", "chips", "hours",
    "chip_hours", "watts_per_chip", "power_kind", "pue", "energy_kwh", "intensity_kg_per_kwh", "emissions_kg", "note",
    "source", "licence",
)  # fmt: skip
FAMILIES = {
    "Evolved Transformer NAS": ("Evolved Transformer", "Google", 2019),
    "Meena": ("Meena", "Google", 2020),
    "Switch-1500B": ("Switch", "Google", 2021),
    "GPT-3 (Patterson)": ("GPT-3", "OpenAI", 2020),
    "GPT-3 (carbontracker / essay)": ("GPT-3", "OpenAI", 2020),
    "XLM": ("XLM", "Meta", 2019),
    "LLaMA-7B": ("LLaMA", "Meta", 2023),
    "LLaMA-13B": ("LLaMA", "Meta", 2023),
    "LLaMA-65B": ("LLaMA", "Meta", 2023),
    "OPT-175B (as in LLaMA)": ("OPT", "Meta", 2022),
    "BLOOM-175B (as in LLaMA)": ("BLOOM", "BigScience", 2022),
    "BLOOM-176B (dynamic, France)": ("BLOOM", "BigScience", 2022),
    "Llama 2 7B": ("Llama 2", "Meta", 2023),
    "Llama 2 70B": ("Llama 2", "Meta", 2023),
    "Llama 3 8B": ("Llama 3", "Meta", 2024),
    "Llama 3.1 8B": ("Llama 3", "Meta", 2024),
    "Llama 3.1 70B": ("Llama 3", "Meta", 2024),
    "Llama 3.2 3B": ("Llama 3", "Meta", 2024),
    "Llama 4 Scout": ("Llama 4", "Meta", 2025),
    "OLMo 2 7B": ("OLMo", "Ai2", 2024),
    "OLMo 7B (A100 run)": ("OLMo", "Ai2", 2024),
    "Gopher 280B": ("Gopher", "DeepMind", 2021),
    "Pythia 1.4B": ("Pythia", "EleutherAI", 2023),
    "Pythia 12B": ("Pythia", "EleutherAI", 2023),
}
KINDS = {
    "measured system power": ("measured", ""),
    "measured system power (text says estimated)": ("measured", "the text of the paper says estimated"),
    "measured system power; chip count assumed": ("measured", "the number of chips is assumed"),
    "TDP at 100% of peak": ("TDP", "at 100 % of peak"),
    "as LLMCarbon table": ("stated", "as LLMCarbon's table has it"),
    "TDP x hours (by construction)": ("TDP", ""),
    "measured GPU-only, 1 node extrapolated (before PUE)": (
        "measured GPU only", "one node extrapolated; energy is before PUE, without the host",
    ),
    "assumed average power": ("assumed", ""),
    "none": ("", ""),
}  # fmt: skip
"""How the watts are known: measured, measured GPU only, stated, assumed, TDP, or not at all."""
LLAMA_CARDS = "model card of meta-llama/llama-models"


def scaled(text: str, factor: float) -> str:
    return f"{float(text) * factor:.10g}" if text else ""


def line(r: dict[str, str]) -> dict[str, object]:
    family, organisation, year = FAMILIES[r["name"]]
    power_kind, note = KINDS[r["power_kind"]]
    second_hand = "second-hand" in r["verification"]
    source = r["source"].replace("same, ", f"{LLAMA_CARDS}, ")
    hours = scaled(r["days"], 24.0)
    chip_hours = scaled(r["chip_hours"], 1.0)
    if not hours and chip_hours and r["chips"]:
        hours = scaled(chip_hours, 1 / float(r["chips"]))
    figures = {name: scaled(r[name], 1.0) for name in ("params", "active_params", "tokens", "chips")}
    return figures | {
        "name": r["name"], "family": family, "organisation": organisation, "year": year, "hardware": r["hardware"],
        "hours": hours, "chip_hours": chip_hours, "watts_per_chip": scaled(r["avg_W_per_chip"], 1.0),
        "power_kind": power_kind, "pue": scaled(r["PUE"], 1.0), "energy_kwh": scaled(r["MWh"], 1e3),
        "intensity_kg_per_kwh": scaled(r["kg_per_kWh"], 1.0), "emissions_kg": scaled(r["tCO2e"], 1e3),
        "note": "; ".join(part for part in (note, "read second-hand" if second_hand else "") if part),
        "source": source, "licence": "fact",
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    a = parser.parse_args()
    with a.runs.open(encoding="utf-8", newline="") as file:
        lines = [line(r) for r in csv.DictReader(file)]
    with a.out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)
    print(f"{len(lines)} published runs")


if __name__ == "__main__":
    main()
