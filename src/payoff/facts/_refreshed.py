"""The user's own snapshots of Epoch AI's tables: a CSV file each, replaced as a whole, the last one kept beside it."""

from __future__ import annotations

import csv
import io
import os
import tempfile
from collections.abc import Iterable, Sequence
from functools import cache
from typing import get_args

from payoff.errors import FactsUnusable, InvalidValue
from payoff.facts._epoch import Record, Table

OLD = ".before.csv"
UNDO = "take it back with `payoff facts refresh --undo`, or remove the file"


def folder() -> str:
    """Where they are kept: `payoff/facts` in the user's data directory (XDG)."""
    data = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    return os.path.join(data, "payoff", "facts")


def place(table: Table) -> str:
    """The file of a table, there or not."""
    return os.path.join(folder(), f"{table.replace(' ', '_')}.csv")


def stamp(table: Table) -> tuple[str, int, int] | None:
    """What tells one snapshot from another; None where the user has none."""
    path = place(table)
    try:
        there = os.stat(path)
    except OSError:
        return None
    return path, there.st_mtime_ns, there.st_size


def records(table: Table) -> tuple[Record, ...]:
    """The records of the user's snapshot, none where there is none. Raises `FactsUnusable` where it cannot be read."""
    there = stamp(table)
    return _read(there) if there else ()


@cache
def _read(there: tuple[str, int, int]) -> tuple[Record, ...]:
    try:
        with open(there[0], encoding="utf-8", newline="") as file:
            lines = list(csv.DictReader(file, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise FactsUnusable(f"{there[0]} cannot be read ({error}); {UNDO}") from error
    if not lines or any(None in line or None in line.values() or not line.get("source") for line in lines):
        raise FactsUnusable(f"{there[0]} is not what payoff wrote; {UNDO}")
    return tuple(lines)


def store(table: Table, rows: Iterable[Record], columns: Sequence[str]) -> str:
    """Replace the user's snapshot as a whole and keep the one before; returns its path.

    Raises `FactsUnusable` where it cannot be written: what was there is then as it was.
    """
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path = place(table)
    try:
        os.makedirs(folder(), exist_ok=True)
        if os.path.exists(path):
            with open(path, encoding="utf-8", newline="") as file:
                _replace(path.removesuffix(".csv") + OLD, file.read())
        _replace(path, text.getvalue())
    except OSError as error:
        raise FactsUnusable(
            f"{path} cannot be written ({error.strerror or error}); nothing was changed: "
            "make room or give rights there, or set XDG_DATA_HOME to another folder"
        ) from error
    return path


def undo() -> tuple[Table, str, bool]:
    """Bring back the snapshot before the last refresh: which table, its path, and whether payoff's own is used again.

    Raises `InvalidValue` where nothing was refreshed and `FactsUnusable` where the folder cannot be written.
    """
    there = [(found[1], table) for table in get_args(Table) if (found := stamp(table))]
    if not there:
        raise InvalidValue(
            f"nothing was refreshed: {folder()} has no snapshot; refresh with `payoff facts refresh --from FILE`"
        )
    table = max(there)[1]
    path = place(table)
    before = path.removesuffix(".csv") + OLD
    shipped = not os.path.exists(before)
    try:
        os.remove(path) if shipped else os.replace(before, path)
    except OSError as error:
        raise FactsUnusable(f"{path} cannot be changed ({error.strerror or error}); give rights there") from error
    return table, path, shipped


def _replace(path: str, text: str) -> None:
    """Write a file beside and put it in the place of the old one in one step."""
    handle, beside = tempfile.mkstemp(dir=os.path.dirname(path), prefix=".", suffix=".part")
    try:
        with open(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except BaseException:
        os.unlink(beside)
        raise
