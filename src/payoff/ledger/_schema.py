"""The tables of a ledger, and the columns by which runs are found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from payoff.errors import LedgerError
from payoff.model import Footprint, Run, to_text
from payoff.units import DIMENSION_OF

SCHEMA_VERSION = 1

Row = Sequence[Any]


class NoTables(LedgerError):
    """The database holds no ledger yet."""


class Database(Protocol):
    """One connection; `?` stands for a parameter."""

    serial: str
    """The column type of a primary key that counts up."""

    text: str
    """The column type of text that sorts by its code points."""

    @property
    def read_only(self) -> bool:
        """Whether it can only be read."""

    clustered: str
    """What follows a table that is best kept in the order of its primary key."""

    def transaction(self, *, write: bool) -> AbstractContextManager[Database]:
        """All or nothing; writers are serialised, so that the order of keys is the order of commits."""

    def run(self, sql: str, values: Sequence[Any] = ()) -> Iterable[Row]:
        """The rows of one statement."""

    def change(self, sql: str, rows: Iterable[Sequence[Any]]) -> int:
        """One statement for each row of values; how many rows of the table that changed."""

    def scrub(self) -> None:
        """Leave nothing in free space of what was removed."""

    def close(self) -> None:
        """Let go of the connection."""


FIGURES = tuple(DIMENSION_OF)
_SHORT_TEXTS = (
    "id",
    "project",
    "name",
    "state",
    "started_at",
    "ended_at",
    "kept",
    "metric",
    "host",
    "place",
    "study",
    "parent",
)
_LONG_TEXTS = ("tags", "command")
INDEXED = (*_SHORT_TEXTS[:8], "quality", *FIGURES, *_SHORT_TEXTS[8:], *_LONG_TEXTS)
"""The columns beside the number, long texts last so that a scan need not read over them."""

NUMERIC = ("quality", *FIGURES)
COLUMNS = ("number", *_SHORT_TEXTS[:8], "quality", *FIGURES, *_SHORT_TEXTS[8:], *_LONG_TEXTS)
"""What runs can be filtered and sorted by."""

INDEX_TABLES = ("runs", "documents")


def tables(db: Database) -> list[str]:
    """The statements that make the tables; `runs` is narrow, so that it scans fast."""
    columns = ", ".join(f"{name} {'DOUBLE PRECISION' if name in NUMERIC else db.text}" for name in INDEXED)
    return [
        "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
        f"CREATE TABLE IF NOT EXISTS events (seq {db.serial}, id {db.text} NOT NULL UNIQUE, run_id {db.text} NOT NULL, "
        "kind TEXT NOT NULL, at TEXT NOT NULL, data TEXT NOT NULL)",
        "CREATE INDEX IF NOT EXISTS events_of_run ON events (run_id, seq)",
        f"CREATE TABLE IF NOT EXISTS ticks (segment {db.text} PRIMARY KEY, run_id TEXT NOT NULL, at TEXT NOT NULL, "
        "footprint TEXT NOT NULL, grown TEXT NOT NULL)",
        f"CREATE TABLE IF NOT EXISTS trace (segment {db.text} NOT NULL, point BIGINT NOT NULL, "
        "elapsed_s DOUBLE PRECISION NOT NULL, energy_j DOUBLE PRECISION NOT NULL, "
        f"PRIMARY KEY (segment, point)){db.clustered}",
        f"CREATE TABLE IF NOT EXISTS runs (number INTEGER PRIMARY KEY, live INTEGER NOT NULL, {columns}, UNIQUE (id))",
        "CREATE INDEX IF NOT EXISTS live_runs ON runs (live) WHERE live = 1",
        "CREATE INDEX IF NOT EXISTS runs_inside ON runs (parent) WHERE parent IS NOT NULL",
        "CREATE TABLE IF NOT EXISTS documents (number INTEGER PRIMARY KEY, document TEXT NOT NULL)",
    ]


def column(run: Run, name: str) -> Any:
    """The value of a run in a column of the index; `None` where it has none.

    Texts are without what no database takes: NUL, and bytes of a command line that are not UTF-8.
    """
    value = _value(run, name)
    if value is None or name in NUMERIC or name == "number":
        return value
    text = str(value)
    return (text if text.isascii() else text.encode("utf-8", "replace").decode()).replace("\0", "")


def _value(run: Run, name: str) -> Any:
    if name in FIGURES:
        figure = run.footprint[name]
        return None if figure is None else figure.value
    if name == "quality":
        return run.best.value if run.best else None
    if name == "metric":
        return run.objective.metric if run.objective else None
    if name == "command":
        return " ".join(run.command)
    if name == "tags":
        return "\n".join(("", *run.tags, ""))
    if name == "kept":
        return None if run.kept is None else "yes" if run.kept else "no"
    return getattr(run, name)


_written: tuple[Footprint, str] = (Footprint(), "{}")


def footprint_text(footprint: Footprint) -> str:
    """The JSON of a footprint; the same one as last time costs nothing."""
    global _written
    kept, text = _written
    if kept is not footprint:
        text = json_text(footprint.to_json())
        _written = footprint, text
    return text


def json_text(value: object) -> str:
    """JSON that every database and file takes: a byte that is not UTF-8 becomes the escape of its surrogate."""
    text = to_text(value)
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()
