"""Rebuild src/payoff/facts/data/utilisation.csv: what share of the peak of their chips published trainings used.

    python build_utilisation.py --notable FILE --runs published_runs.csv --out FILE

The first file is Epoch AI's table of notable models (epoch.ai/data, CC BY 4.0), the second payoff's own table of runs. Only
models are taken whose FLOP and chip-hours are known independently of each other (basis 'chip-hours': the share is
flop / (chip-hours x dense fp16 peak)), or that state their utilisation (basis 'stated'). Left out are those where the
table derives one from the other with an assumed utilisation, which would only give the assumption back.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path
from typing import NamedTuple

from payoff.facts._accelerators import accelerator
from payoff.facts._epoch import Record, read_snapshot

FIELDS = (
    "name", "family", "organisation", "year", "domain", "params", "active_params", "tokens", "flop", "flop_basis",
    "hardware", "chip_hours", "mfu", "hfu", "precision", "basis", "utilisation", "note", "source", "licence",
)  # fmt: skip
EPOCH = "Epoch AI, Notable AI Models, July 2026 (epoch.ai/data)"
WALL = "chip-hours are of the calendar, stops included"


class Chosen(NamedTuple):
    """What is taken of a model: None is what the table says; `chip_hours` 0 is that they are not known apart."""

    family: str
    organisation: str
    active_params: float | None = None
    tokens: float | None = None
    chip_hours: float | None = None
    flop: float | None = None
    precision: str = "fp16"
    note: str = ""
    hardware: str | None = None


CHOSEN: dict[str, Chosen] = {
    "K-EXAONE": Chosen("EXAONE", "LG", active_params=23e9, precision="fp8", note=WALL),
    "Olmo 3": Chosen("OLMo", "Ai2", note=WALL),
    "EXAONE 4.0 (32B)": Chosen("EXAONE", "LG", precision="fp8", note=WALL),
    "Pangu Ultra": Chosen("Pangu", "Huawei", chip_hours=0),
    "DeepSeek-V3": Chosen("DeepSeek", "DeepSeek", active_params=37e9, chip_hours=2.788e6, precision="fp8"),
    "AFM-server": Chosen("AFM", "Apple", chip_hours=0),
    "Llama 3.1-405B": Chosen("Llama 3", "Meta", chip_hours=30.84e6),
    "Nemotron-4 340B": Chosen("Nemotron", "NVIDIA", chip_hours=0),
    "nekomata-14b": Chosen("nekomata", "rinna", flop=6 * 14.2e9 * 66e9, note="continued training"),
    "Nemotron-3-8B": Chosen("Nemotron", "NVIDIA"),
    "Skywork-13B": Chosen("Skywork", "Kunlun", hardware="A800 SXM"),
    "Amazon Titan": Chosen("Titan", "Amazon", note=WALL),
    "Falcon-180B": Chosen("Falcon", "TII"),
    "Falcon-40B": Chosen("Falcon", "TII", note=WALL),
    "Jais": Chosen("Jais", "Cerebras", flop=6 * 13e9 * 395e9),
    "StarCoder": Chosen("StarCoder", "BigCode", tokens=1e12, flop=8.46e22),
    "BloombergGPT": Chosen("BloombergGPT", "Bloomberg", note=WALL),
    "GLM-130B": Chosen("GLM", "Tsinghua", tokens=4e11, note=WALL),
    "AlexaTM 20B": Chosen("AlexaTM", "Amazon", chip_hours=0),
    "BLOOM-176B": Chosen("BLOOM", "BigScience", chip_hours=0),
    "UL2": Chosen("UL2", "Google", note=WALL),
    "OPT-175B": Chosen("OPT", "Meta", chip_hours=0),
    "PaLM (540B)": Chosen(
        "PaLM", "Google", chip_hours=6144 * 1200.0 + 3072 * 336.0, note="the paper's own MFU is of undisturbed steps"
    ),
    "LaMDA": Chosen("LaMDA", "Google", chip_hours=0),
    "AlphaCode": Chosen("AlphaCode", "DeepMind", chip_hours=23000 * 24.0),
    "XGLM-7.5B": Chosen("XGLM", "Meta", note=WALL),
    "GLaM": Chosen("GLaM", "Google", active_params=96.6e9),
    "Megatron-Turing NLG 530B": Chosen("Megatron", "NVIDIA", chip_hours=0),
    "Switch": Chosen("Switch", "Google", flop=8.22e22),
    "Meena": Chosen("Meena", "Google", flop=1.12e23),
    "T5-11B": Chosen("T5", "Google", flop=4.05e22),
    "GPT-3 175B (davinci)": Chosen("GPT-3", "OpenAI", flop=3.14e23, note="the number of chips is assumed"),
    "Megatron-LM (8.3B)": Chosen("Megatron", "NVIDIA", chip_hours=0),
    "BERT-Large": Chosen("BERT", "Google", flop=2.85e20),
    "ViT-22B": Chosen("ViT", "Google", chip_hours=0),
    "ViT-Huge/14": Chosen("ViT", "Google", flop=4.262e21, chip_hours=2500 * 24 / 2),
}
NOT_TOKENS = frozenset({"Switch", "Meena", "T5-11B", "BERT-Large", "GPT-3 175B (davinci)", "ViT-22B", "ViT-Huge/14"})
"""Their size of the data set is not what was seen in training, or not of tokens."""
NOT_RUNS = frozenset({"BLOOM-175B (as in LLaMA)", "GPT-3 (Patterson)", "GPT-3 (carbontracker / essay)", "Meena"})
"""Runs of payoff's table that stand in Epoch's too, or whose hours were themselves derived from a utilisation."""


def number(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


def figure(text: str) -> float | None:
    return float(text) if text else None


def finished(line: dict[str, str], active: float | None, tokens: float | None, flop: float | None) -> dict[str, str]:
    """The line with its FLOP (6ND, or as published), the share of the peak and what that rests on."""
    line |= {"flop_basis": "published" if flop else "6ND" if active and tokens else ""}
    flop = flop or (6 * active * tokens if active and tokens else None)
    chip = accelerator(line["hardware"])
    hours = figure(line["chip_hours"])
    share = flop / (hours * 3600 * chip.peak("fp16")) if flop and hours else figure(line["mfu"] or line["hfu"])
    basis = "chip-hours" if flop and hours else "stated"
    return line | {
        "hardware": chip.name, "flop": number(flop), "tokens": number(tokens), "basis": basis,
        "utilisation": f"{share:.4f}" if share else "",
    }  # fmt: skip


def of_model(record: Record, chosen: Chosen) -> dict[str, str]:
    chip_hours = chosen.chip_hours
    if chip_hours is None:
        listed = figure(record.get("chip_hours", ""))
        chips, hours = figure(record["chips"]), figure(record["hours"])
        chip_hours = listed or (chips * hours if chips and hours else None)
    params = figure(record["parameters"])
    tokens = None if record["name"] in NOT_TOKENS else chosen.tokens or figure(record["examples"])
    line = {
        "name": record["name"], "family": chosen.family, "organisation": chosen.organisation,
        "year": record["date"][:4], "domain": record["domains"].partition(",")[0].lower(),
        "params": number(params), "active_params": number(chosen.active_params),
        "hardware": chosen.hardware or record["hardware"], "chip_hours": number(chip_hours or None),
        "mfu": record["mfu"], "hfu": record["hfu"], "precision": chosen.precision, "note": chosen.note,
        "source": EPOCH, "licence": "CC BY 4.0",
    }  # fmt: skip
    if chosen.chip_hours == 0:
        return finished(line, None, tokens, None)
    return finished(line, chosen.active_params or params, tokens, chosen.flop)


def of_run(r: dict[str, str]) -> dict[str, str]:
    same = ("name", "family", "organisation", "year", "params", "active_params", "hardware", "chip_hours")
    line = {name: r[name] for name in same} | {"domain": "language", "mfu": "", "hfu": "", "precision": "fp16"}
    tokens = "3e11" if r["name"].startswith("OPT-175B") else r["tokens"]
    line |= {"note": r["note"], "source": r["source"], "licence": r["licence"]}
    return finished(line, figure(r["active_params"] or r["params"]), figure(tokens), None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("notable", "runs", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    a = parser.parse_args()
    records = {record["name"]: record for record in read_snapshot(a.notable.read_text(encoding="utf-8")).records}
    lines = [of_model(records[name], chosen) for name, chosen in CHOSEN.items()]
    with a.runs.open(encoding="utf-8", newline="") as file:
        runs = [r for r in csv.DictReader(file) if r["chip_hours"] and r["name"] not in NOT_RUNS]
    lines += [of_run(r) for r in runs if r["tokens"] or r["name"].startswith("OPT-175B")]
    lines = [line for line in lines if line["utilisation"]]
    lines.sort(key=lambda line: (line["year"], line["organisation"], line["name"]))
    with a.out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)
    print(f"{len(lines)} trainings of {len({line['family'] for line in lines})} families")


if __name__ == "__main__":
    main()
