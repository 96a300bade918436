"""Rebuild src/payoff/facts/data/accelerators.csv: what each accelerator can do, draws and holds.

    python build_accelerators.py --epoch FILE --out FILE

The file is Epoch AI's table of machine learning hardware (epoch.ai/data, CC BY 4.0). Figures are corrected or added from
the data sheets of the makers where the table has a gap, a mix of two products, or a peak that is not the one of training:
dense, fp16 or bf16 on tensor cores with fp32 accumulation. `checked` names the columns that payoff set itself.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

from accelerator_sheets import ALIASES, CORRECTED, EXTRA, LEFT_OUT
from payoff.facts._epoch import Record, read_snapshot
from payoff.facts._epoch_rows import accelerator_row
from payoff.facts._rows import AcceleratorRow

FIELDS = AcceleratorRow._fields
SCALES = dict(zip(FIELDS[5:14], (*[1e12] * 6, 1.0, 1e9, 1e9), strict=True))
"""Data sheets are in TFLOP/s, W, GB and GB/s."""
EPOCH = "Epoch AI, Machine Learning Hardware, July 2026 (epoch.ai/data)"


def number(text: str) -> str:
    return f"{float(text):.6g}" if text else ""


def from_epoch(record: Record) -> dict[str, str]:
    """A line of the table, with the figures of Epoch's."""
    row = accelerator_row(record, source=EPOCH)
    return {
        field: "" if value is None or value == () else f"{value:.6g}" if isinstance(value, float) else str(value)
        for field, value in row._asdict().items()
    }


def corrected(line: dict[str, str]) -> dict[str, str]:
    """The line with the figures that payoff set itself, and their source."""
    change = dict(CORRECTED.get(line["name"], {}))
    if not change:
        return line
    source, note = str(change.pop("source")), str(change.pop("note", ""))
    figures = {
        field: "" if value is None else number(str(float(str(value)) * SCALES.get(field, 1.0)))
        for field, value in change.items()
    }
    return line | figures | {
        "checked": "|".join(figures), "note": note, "source": f"{line['source']}; {source}",
    }  # fmt: skip


def extra(values: tuple[object, ...]) -> dict[str, str]:
    """A chip that Epoch's table lacks, from its maker's data sheet."""
    name, vendor, kind, year, *figures, source, note = values
    line = {"name": name, "vendor": vendor, "kind": kind, "year": year, "source": source, "licence": "fact"}
    line |= {
        field: "" if value is None else number(str(float(str(value)) * SCALES[field]))
        for field, value in zip(FIELDS[5:14], figures, strict=True)
    }
    line |= {"note": note, "checked": "|".join(field for field in FIELDS[5:14] if line[field])}
    return {field: str(value) for field, value in line.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epoch", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    a = parser.parse_args()
    snapshot = read_snapshot(a.epoch.read_text(encoding="utf-8"))
    wanted = [r for r in snapshot.records if r["name"] not in LEFT_OUT and r["released"]]
    lines = [corrected(from_epoch(record)) for record in wanted]
    lines = [line for line in lines if any(line[field] for field in FIELDS[5:11])] + [extra(values) for values in EXTRA]
    names = {line["name"] for line in lines}
    unknown = (set(ALIASES) | set(CORRECTED)) - names
    if unknown or len(names) != len(lines):
        raise SystemExit(f"not in the table, or twice: {sorted(unknown)}")
    for line in lines:
        line["aliases"] = "|".join(ALIASES.get(line["name"], ()))
    lines.sort(key=lambda line: (line["vendor"], line["name"]))
    with a.out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)
    print(f"{len(lines)} accelerators")


if __name__ == "__main__":
    main()
