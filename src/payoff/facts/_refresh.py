"""From a newer table of Epoch AI's to the user's own snapshot of it: recognised, verified, compared, then stored."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Literal, NamedTuple

from payoff.errors import InvalidValue
from payoff.facts._accelerators import rows_with
from payoff.facts._chip_prices import prices_with
from payoff.facts._epoch import COLUMNS, Record, Snapshot, Table, read_snapshot
from payoff.facts._history import models_of, shipped_models
from payoff.facts._refreshed import records, store
from payoff.frozen import Frozen

LICENCES: dict[Table, str] = {"prices": "fact, none stated"}
EPOCH_LICENCE = "CC BY 4.0"
TITLES: dict[Table, str] = {
    "hardware": "Epoch AI, Machine Learning Hardware",
    "notable models": "Epoch AI, Notable AI Models",
    "frontier models": "Epoch AI, Frontier AI Models",
    "prices": "epoch-research/training-cost-trends",
}
RANGES: dict[str, tuple[float, float]] = {
    **dict.fromkeys(("fp64", "fp32", "tf32", "tensor", "fp16", "fp8", "int8"), (1e9, 1e18)),
    "tdp": (1.0, 1e5),
    "memory": (1e6, 1e14),
    "bandwidth": (1e8, 1e18),
    "flop": (1.0, 1e30),
    "parameters": (1.0, 1e16),
    "cost_usd": (0.01, 1e12),
    "power_w": (1.0, 1e11),
    "chips": (1.0, 1e8),
    "hours": (0.001, 1e6),
    "mfu": (0.001, 1.0),
    "hfu": (0.001, 1.0),
    **dict.fromkeys(("on_demand", "one_year", "three_years"), (0.001, 1e4)),
    "purchase": (1.0, 1e8),
}
"""Outside of these a figure is a slip, or in another unit."""
FIGURES: dict[str, tuple[str, ...]] = {
    "hardware": ("fp32", "tensor", "fp16", "fp8", "int8", "tdp", "memory"),
    "models": ("flop", "parameters", "examples"),
    "prices": ("on_demand", "one_year", "three_years", "purchase"),
}
"""A record without any of these says nothing."""
LEAST_WITH_FIGURES, MOST_IMPLAUSIBLE, LEAST_OF_BEFORE = 0.5, 0.05, 0.8
COMPARED = ("date", "flop", "parameters", "examples", "cost_usd", "power_w")
"""The columns of models whose values are compared."""
Figures = dict[str, dict[str, str]]
"""Values by column, by the name of their row."""


class Changed(NamedTuple):
    """One value that is another now."""

    name: str
    column: str
    before: str
    after: str


class Refresh(Frozen):
    """What a newer table changed, or would change where `stored` is None, the path of the snapshot otherwise.

    `added`, `removed` and `changed` compare what payoff tells with it to what it told `before`. `rows` are the records
    of the table, `rows_before` those of the user's last snapshot, if any; `left_out` are records with a figure that
    cannot be, `absent` the columns that the table lacks.
    """

    table: Table
    source: str
    licence: str
    read_on: str
    rows: int
    rows_before: int | None
    before: Literal["the last snapshot", "the table in the package", "nothing"]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[Changed, ...]
    left_out: tuple[str, ...]
    absent: tuple[str, ...]
    stored: str | None = None


def refresh(text: str, origin: str, *, store_it: bool = True, even_if_smaller: bool = False) -> Refresh:
    """Take a newer table of Epoch AI's: hardware, notable or frontier models, or prices of hardware.

    `text` is the whole CSV file and `origin` where it is from, which is kept with every row. Raises `InvalidValue` for
    a table that payoff does not know or that fails a check, `FactsUnusable` where it cannot be stored.
    """
    snapshot = read_snapshot(text)
    table = snapshot.table
    read_on = datetime.now(UTC).date().isoformat()
    source = f"{TITLES[table]}, read on {read_on} from {origin}"
    kept, left_out = _plausible(snapshot)
    last = records(table)
    _check_figures(snapshot, kept, left_out)
    if not even_if_smaller:
        _check_size(len(snapshot.records), last or (shipped_models() if table == "notable models" else ()))
    licence = LICENCES.get(table, EPOCH_LICENCE)
    marked = [{**record, "source": source, "licence": licence} for record in kept]
    before = _figures(table, last)
    added, removed, changed = _difference(before, _figures(table, marked))
    path = None
    if store_it:
        columns = [name for name in COLUMNS[snapshot.kind] if name not in snapshot.absent]
        path = store(table, marked, [*columns, "source", "licence"])
    return Refresh(
        table=table,
        source=source,
        licence=licence,
        read_on=read_on,
        rows=len(kept),
        rows_before=len(last) or None,
        before="the last snapshot" if last else "the table in the package" if before else "nothing",
        added=added,
        removed=removed,
        changed=changed,
        left_out=left_out,
        absent=snapshot.absent,
        stored=path,
    )


def _plausible(snapshot: Snapshot) -> tuple[list[Record], tuple[str, ...]]:
    """The records whose figures can be, and a word about each that is left out."""
    kept: list[Record] = []
    left_out = []
    for record in snapshot.records:
        if not record["name"]:
            left_out.append("a record without a name")
            continue
        wrong = next(filter(None, (_fault(column, record[column]) for column in record)), None)
        if wrong:
            left_out.append(f"{record['name']}: {wrong}")
        else:
            kept.append(record)
    return kept, tuple(left_out)


def _fault(column: str, text: str) -> str | None:
    if not text:
        return None
    if column in ("date", "released"):
        return None if re.match(r"(19|20)\d\d(-\d\d){0,2}", text) else f"{column} {text[:40]!r} is no date"
    if column not in RANGES:
        return None
    low, high = RANGES[column]
    try:
        value = float(text)
    except ValueError:
        return f"{column} {text[:40]!r} is no number"
    return None if low <= value <= high else f"{column} {text[:40]} is not within {low:g} and {high:g}"


def _check_figures(snapshot: Snapshot, kept: Sequence[Record], left_out: Sequence[str]) -> None:
    """Refuse a table that is half empty or in another unit."""
    rows = len(snapshot.records)
    if len(left_out) > MOST_IMPLAUSIBLE * rows:
        raise InvalidValue(
            f"{len(left_out)} of {rows} records have a figure that cannot be, for example {left_out[0]}; "
            "the unit of a column may have changed: nothing was stored"
        )
    telling = sum(any(record.get(name) for name in FIGURES[snapshot.kind]) for record in kept)
    if telling < LEAST_WITH_FIGURES * rows:
        raise InvalidValue(
            f"only {telling} of {rows} records have a figure, the table is half empty; nothing was stored"
        )


def _check_size(rows: int, before: Sequence[object]) -> None:
    """Refuse a table that has lost a fifth of what it would replace."""
    if rows < LEAST_OF_BEFORE * len(before):
        raise InvalidValue(
            f"{rows} records where there were {len(before)}: the file may be cut off; nothing was stored: "
            "fetch it again, or say --even-if-smaller if it is meant"
        )


def _difference(old: Figures, new: Figures) -> tuple[tuple[str, ...], tuple[str, ...], tuple[Changed, ...]]:
    """The names that are new, those that are gone, and the values that are others now; a value gone is a change."""
    changed = [
        Changed(name, column, old[name].get(column, ""), value)
        for name, figures in new.items()
        if name in old
        for column, value in figures.items()
        if not _same(old[name].get(column, ""), value)
    ]
    return tuple(name for name in new if name not in old), tuple(n for n in old if n not in new), tuple(changed)


def _figures(table: Table, snapshot: Sequence[Record]) -> Figures:
    """What payoff would tell from a snapshot, or from the package where it is empty."""
    if table == "hardware":
        return {name: _told(row._asdict(), row._fields[4:14]) for name, row in rows_with(snapshot).items()}
    if table == "prices":
        prices = prices_with(snapshot)
        return {", ".join(filter(None, row[:4])): {"usd": f"{row.usd:.4g}"} for row in prices}
    models = models_of(snapshot) if snapshot or table != "notable models" else shipped_models()
    return {model.name: _told(model._asdict(), COMPARED) for model in models}


def _told(row: Mapping[str, object], columns: Iterable[str]) -> dict[str, str]:
    values = {column: row[column] for column in columns}
    return {
        column: "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)
        for column, value in values.items()
    }


def _same(a: str, b: str) -> bool:
    if a == b:
        return True
    try:
        return abs(float(a) - float(b)) <= 1e-5 * max(abs(float(a)), abs(float(b)))
    except ValueError:
        return False
