"""What training notable models took since 1950: Epoch AI's table, shipped, refreshed, or in a file of the user's."""

from __future__ import annotations

import csv
import math
import os
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from typing import NamedTuple

from payoff.errors import InvalidValue
from payoff.facts._epoch import Record, Table, read_snapshot
from payoff.facts._refreshed import records
from payoff.facts._tables import FOLDER, Fact, Rows, dated_fact

SHIPPED = "Epoch AI, notable AI models, snapshot of July 2026 (CC BY 4.0)"
WAY_OUT = "give the CSV file of notable or frontier models (epoch.ai/data)"
TABLE: Table = "notable models"


class NotableModel(NamedTuple):
    """One line of `notable_models.csv`; a figure that is not known is None.

    `date` is the day of publication (ISO 8601), `examples` the size of the training set in the points that Epoch counts
    (tokens, images ...), `cost_usd` in dollars of 2023, `power_w` what the accelerators and their hosts drew.
    """

    name: str
    date: str
    domains: tuple[str, ...]
    flop: float | None
    parameters: float | None
    examples: float | None
    cost_usd: float | None
    power_w: float | None


@cache
def published_trends() -> Mapping[tuple[str, str], Fact]:
    """What others have published on growth, by (quantity, kind), in the unit that the table states."""
    return Rows("published_trends", lambda cells: (cells[0], cells[1]), dated_fact)


def notable_models() -> tuple[NotableModel, ...]:
    """The models by date: of the table that the user refreshed, or of the shipped one."""
    refreshed = records(TABLE)
    return models_of(refreshed) if refreshed else shipped_models()


def notable_models_source() -> str:
    """Where the figures of `notable_models` come from, with the licence."""
    return next((f"{one['source']} ({one['licence']})" for one in records(TABLE)), SHIPPED)


def read_notable_models(path: str) -> tuple[NotableModel, ...]:
    """The models of a CSV file of Epoch AI's, of any snapshot; rows without date or figure are left out.

    Raises `InvalidValue` for another table, and for a cell that is no number or date, by its record.
    """
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            snapshot = read_snapshot(file.read())
        if snapshot.kind != "models":
            raise InvalidValue(f"this is a table of {snapshot.kind}, not of models; {WAY_OUT}")
        return models_of(snapshot.records)
    except UnicodeDecodeError as error:
        raise InvalidValue(f"{path}: a table is text in UTF-8, this is not ({error.reason}); fetch it again") from None
    except InvalidValue as error:
        raise InvalidValue(f"{path}: {error}") from None


@cache
def shipped_models() -> tuple[NotableModel, ...]:
    """The models of the shipped table, whatever the user has refreshed."""
    with open(os.path.join(FOLDER, "notable_models.csv"), encoding="utf-8", newline="") as file:
        return models_of(csv.DictReader(file))


def models_of(rows: Iterable[Record]) -> tuple[NotableModel, ...]:
    """The models of records with payoff's names for the columns; those without date or figure are left out."""
    read = (_model(row, f"record {at} ({row['name']})") for at, row in enumerate(rows, 1))
    return tuple(sorted((one for one in read if one is not None), key=lambda one: (one.date, one.name)))


def _model(row: Record, where: str) -> NotableModel | None:
    figures = [_figure(row.get(name, ""), name, where) for name in NotableModel._fields[3:]]
    if not row["date"] or all(figure is None for figure in figures):
        return None
    domains = row.get("domains", "").replace(";", ",").lower().split(",")
    return NotableModel(
        row["name"], _day(row["date"], where), tuple(name.strip() for name in domains if name.strip()), *figures
    )


def _figure(text: str, name: str, where: str) -> float | None:
    if not text or _is_list(text):  # Epoch lists the parts of a few training sets, not all of one kind
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise InvalidValue(f"{name} must be a number of at least 0, got {text[:40]!r} in {where}; mend or leave it out")
    return value or None


def _is_list(text: str) -> bool:
    return "," in text and all(part.strip().replace(".", "").isdigit() for part in text.split(","))


def _day(text: str, where: str) -> str:
    """A date as a day; of a month or a year alone, the one in the middle."""
    middle = {4: "-07-02", 7: "-16"}.get(len(text), "")
    try:
        return date.fromisoformat(text + middle).isoformat()
    except ValueError:
        raise InvalidValue(f"a date is year-month-day, got {text[:40]!r} in {where}; mend or leave it out") from None
