"""Epoch AI's public tables, whatever a snapshot calls its columns: hardware, models and prices of hardware.

A column is found by its name, case, punctuation and units aside, or by a name it had in another snapshot; its place
does not matter, and one that payoff does not read may be there or not.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from typing import Literal, get_args

from payoff.errors import InvalidValue
from payoff.frozen import Frozen

EpochKind = Literal["hardware", "models", "prices"]
Table = Literal["hardware", "notable models", "frontier models", "prices"]
Record = Mapping[str, str]

COLUMNS: dict[str, dict[str, tuple[str, ...]]] = {
    "hardware": {
        "name": ("hardwarename", "name", "hardware", "accelerator", "chip", "chipname"),
        "vendor": ("manufacturer", "vendor"),
        "type": ("type",),
        "released": ("releasedate", "released", "dateofrelease", "launchdate", "releaseyear"),
        "fp64": ("fp64performance", "fp64doubleprecisionperformance", "fp64"),
        "fp32": ("fp32performance", "fp32singleprecisionperformance", "fp32"),
        "tf32": ("tf32performance", "tf32tensorfloat32performance", "tf32"),
        "tensor": ("tensorfp16bf16performance", "tensorfp16performance", "tensorfp16bf16"),
        "fp16": ("fp16performance", "fp16halfprecisionperformance", "fp16"),
        "fp8": ("fp8performance", "fp8"),
        "int8": ("int8performance", "int8"),
        "tdp": ("tdp", "tdpwatts", "thermaldesignpower"),
        "memory": ("memory", "memorybytes", "memorysizeperboard", "memorysize", "memorycapacity"),
        "bandwidth": ("memorybandwidth", "bandwidth"),
    },
    "models": {
        "name": ("model", "system", "modelname", "name"),
        "date": ("publicationdate", "published", "date", "releasedate"),
        "domains": ("domain", "domains"),
        "flop": ("trainingcompute", "trainingcomputeflops", "compute"),
        "parameters": ("parameters", "params"),
        "examples": (
            "trainingdatasetsizetotal",
            "trainingdatasetsize",
            "trainingdatasetsizegradients",
            "trainingdatasetsizedatapoints",
        ),
        "cost_usd": ("trainingcomputecost2023usd", "trainingcomputecost"),
        "power_w": ("trainingpowerdraw",),
        "organisation": ("organization", "organisation"),
        "hours": ("trainingtime", "trainingtimehours"),
        "hardware": ("traininghardware", "hardware"),
        "chips": ("hardwarequantity",),
        "chip_hours": ("trainingchiphours", "chiphours"),
        "mfu": ("hardwareutilizationmfu", "hardwareutilization"),
        "hfu": ("hardwareutilizationhfu",),
        "frontier": ("frontiermodel",),
        "confidence": ("confidence",),
        "link": ("link",),
    },
    "prices": {
        "name": ("hardwaremodel", "hardwarename", "hardware"),
        "date": ("pricedate", "date"),
        "vendor": ("vendor", "provider"),
        "on_demand": ("priceperchiphourondemand", "ondemand"),
        "one_year": ("priceperchiphour1yearcud", "1yearcud"),
        "three_years": ("priceperchiphour3yearcud", "3yearcud"),
        "purchase": ("pricehardwarepurchase", "purchaseprice"),
        "location": ("location", "region"),
        "link": ("pricesource", "source"),
    },
}
"""What payoff reads of each kind, and the names that snapshots gave it, as `column_key` writes them."""
NEEDED: dict[str, tuple[tuple[str, ...], ...]] = {
    "hardware": (("name",), ("released",), ("fp32", "fp16", "tensor"), ("tdp", "memory")),
    "models": (("name",), ("date",), ("flop",)),
    "prices": (("name",), ("date",), ("on_demand", "purchase")),
}
"""The columns without which a table is not of a kind: one of each group must be there."""
_UNIT = re.compile(r"\((?:w|usd|(?:fl)?op/s|(?:bit-)?op/s|bytes?(?:/s)?|bit/s|hours?|flop)\)")


class Snapshot(Frozen):
    """The records of one of Epoch's tables with payoff's names for the columns; `absent` are those it lacks."""

    kind: EpochKind
    records: tuple[Record, ...]
    absent: tuple[str, ...]

    @property
    def table(self) -> Table:
        """Which of Epoch's tables it is: that of frontier models has no others in it."""
        if self.kind != "models":
            return self.kind
        frontier = sum(record.get("frontier", "") not in ("", "False") for record in self.records)
        return "frontier models" if frontier > 0.9 * len(self.records) else "notable models"


def column_key(header: str) -> str:
    """A column's name without case, punctuation and unit: 'TDP (W)' is 'tdp'."""
    return re.sub(r"[^a-z0-9]", "", _UNIT.sub("", header.strip().lower()))


def recognise(headers: Iterable[str]) -> tuple[EpochKind, dict[str, int]] | None:
    """The kind of a table by its columns, and where each column stands; None for a table of another kind."""
    places: dict[str, int] = {}
    for at, header in enumerate(headers):
        places.setdefault(column_key(header), at)
    for kind in get_args(EpochKind):
        found = {
            name: next(places[key] for key in keys if key in places)
            for name, keys in COLUMNS[kind].items()
            if any(key in places for key in keys)
        }
        if all(any(name in found for name in group) for group in NEEDED[kind]):
            return kind, found
    return None


def read_snapshot(text: str) -> Snapshot:
    """The records of a table of Epoch's as text. Raises `InvalidValue` with a sentence for anything else."""
    if text.lstrip().lower().startswith(("<!doctype", "<html", "<?xml")):
        raise InvalidValue(f"this is a web page, not a table; {WAY_OUT}")
    try:
        lines = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True))
    except csv.Error as error:
        raise InvalidValue(f"this is not sound CSV ({error}): the file may be cut off; fetch it again") from error
    lines = [line for line in lines if any(cell.strip() for cell in line)]
    if not lines:
        raise InvalidValue(f"the table is empty; {WAY_OUT}")
    known = recognise(lines[0])
    if known is None:
        named = ", ".join(repr(header) for header in lines[0][:4])
        raise InvalidValue(f"no table of Epoch AI's that payoff knows: its columns begin {named[:120]}; {WAY_OUT}")
    if len(lines) == 1:
        raise InvalidValue(f"the table has no records, only its columns; {WAY_OUT}")
    kind, places = known
    short = [at for at, line in enumerate(lines[1:], 2) if len(line) != len(lines[0])]
    if short:
        cells = len(lines[short[0] - 1])
        raise InvalidValue(
            f"record {short[0]} has {cells} cells where the header has {len(lines[0])}: the file may be cut off; "
            "fetch it again"
        )
    records = tuple({name: line[at].strip() for name, at in places.items()} for line in lines[1:])
    return Snapshot(kind, records, tuple(name for name in COLUMNS[kind] if name not in places))


WAY_OUT = "give the CSV file of hardware, of notable or frontier models (epoch.ai/data) or of hardware prices"
