"""A ledger in SQL tables; SQLite and PostgreSQL differ only in the `Database` below."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from payoff.errors import InvalidValue, LedgerError, LedgerTooNew
from payoff.ledger._fold import Doc, fold, fold_all, to_run
from payoff.ledger._seam import Query, Tick, TracePoint
from payoff.model import Event, Footprint, Run, to_text
from payoff.quantities import DIMENSION_OF

SCHEMA_VERSION = 1

Row = Sequence[Any]


class NoTables(LedgerError):
    """The database holds no ledger yet."""


class Database(Protocol):
    """One connection; `?` stands for a parameter."""

    serial: str
    """The column type of a primary key that counts up."""

    def transaction(self, *, write: bool) -> AbstractContextManager[Database]:
        """All or nothing; writers are serialised, so that the order of keys is the order of commits."""

    def run(self, sql: str, values: Sequence[Any] = ()) -> Iterable[Row]:
        """The rows of one statement."""

    def run_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """One statement for each row."""

    def close(self) -> None:
        """Let go of the connection."""


FIGURES = tuple(DIMENSION_OF)
_TEXTS = ("id", "project", "name", "study", "parent", "state", "host", "place", "started_at", "ended_at", "kept", "command", "metric", "tags")
_COLUMNS = (*_TEXTS, *FIGURES, "quality")
COLUMNS = ("number", *_COLUMNS)
"""What runs can be filtered and sorted by."""

_TABLES = (
    "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS events (seq {serial}, id TEXT NOT NULL UNIQUE, run_id TEXT NOT NULL, kind TEXT NOT NULL, "
    "at TEXT NOT NULL, data TEXT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS events_of_run ON events (run_id, seq)",
    "CREATE TABLE IF NOT EXISTS ticks (segment TEXT PRIMARY KEY, run_id TEXT NOT NULL, at TEXT NOT NULL, footprint TEXT NOT NULL, counters TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS trace (segment TEXT NOT NULL, point BIGINT NOT NULL, run_id TEXT NOT NULL, "
    "elapsed_s DOUBLE PRECISION NOT NULL, energy_j DOUBLE PRECISION NOT NULL, PRIMARY KEY (segment, point))",
    f"CREATE TABLE IF NOT EXISTS runs (number BIGINT PRIMARY KEY, live BIGINT NOT NULL, "
    f"{', '.join(f'{name} TEXT' for name in _TEXTS)}, {', '.join(f'{name} DOUBLE PRECISION' for name in FIGURES)}, "
    "quality DOUBLE PRECISION, UNIQUE (id))",
    "CREATE INDEX IF NOT EXISTS live_runs ON runs (live) WHERE live = 1",
    "CREATE TABLE IF NOT EXISTS documents (number BIGINT PRIMARY KEY, document TEXT NOT NULL)",
)


class SqlStore:
    """The tables of a ledger on one database."""

    def __init__(self, database: Database, place: str) -> None:
        self.place = place
        self._db = database

    def prepare(self) -> None:
        """Make the tables where they are missing; refuse those of a later version."""
        try:
            self.check_version()
        except NoTables:
            with self._db.transaction(write=True) as db:
                for statement in _TABLES:
                    db.run(statement.format(serial=db.serial))
                db.run("INSERT INTO meta VALUES ('schema', ?) ON CONFLICT (name) DO NOTHING", [str(SCHEMA_VERSION)])

    def check_version(self) -> None:
        """Raise `LedgerTooNew` for a ledger that a later version of payoff wrote."""
        with self._db.transaction(write=False) as db:
            ((version,),) = db.run("SELECT value FROM meta WHERE name = 'schema'")
        if int(version) > SCHEMA_VERSION:
            raise LedgerTooNew(
                f"{self.place} has schema {version}, this payoff knows {SCHEMA_VERSION}; "
                "update payoff, or name another ledger with --ledger PATH"
            )

    # journal

    def append(self, events: Sequence[Event]) -> None:
        """See `Journal`."""
        with self._db.transaction(write=True) as db:
            documents: dict[str, Doc | None] = {}
            for event in events:
                row = (event.id, event.run_id, event.kind, event.at, to_text(event.data))
                if not list(db.run("INSERT INTO events (id, run_id, kind, at, data) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING RETURNING seq", row)):
                    continue
                if event.run_id not in documents:
                    documents[event.run_id] = self._document(db, event.run_id)
                before = documents[event.run_id]
                if before and event.kind == "started":
                    documents[event.run_id] = {**(fold_all(self._events(db, event.run_id)) or {}), "number": before["number"]}
                else:
                    documents[event.run_id] = fold(before, event)
            for document in documents.values():
                if document:
                    self._index(db, document)

    def scan(self, after: str = "") -> Iterator[tuple[str, Event]]:
        """See `Journal`."""
        cursor, batch = int(after or 0), 2000
        while True:
            with self._db.transaction(write=False) as db:
                sql = "SELECT seq, id, run_id, kind, at, data FROM events WHERE seq > ? ORDER BY seq LIMIT ?"
                rows = list(db.run(sql, (cursor, batch)))
            yield from ((str(row[0]), _event(row[1:])) for row in rows)
            if len(rows) < batch:
                return
            cursor = rows[-1][0]

    # pulse

    def beat(self, tick: Tick) -> None:
        """See `Pulse`."""
        with self._db.transaction(write=True) as db:
            row = (tick.segment, tick.run_id, tick.at, to_text(tick.footprint.to_json()), to_text(tick.counters))
            db.run(
                "INSERT INTO ticks VALUES (?, ?, ?, ?, ?) ON CONFLICT (segment) DO UPDATE "
                "SET at = excluded.at, footprint = excluded.footprint, counters = excluded.counters",
                row,
            )
            if tick.trace is None:
                return
            elapsed_s, energy_j = tick.trace
            db.run("INSERT INTO trace VALUES (?, ?, ?, ?, ?) ON CONFLICT (segment, point) DO NOTHING", (tick.segment, tick.point, tick.run_id, elapsed_s, energy_j))
            if tick.point % (2 * tick.trace_step) == 0:
                db.run("DELETE FROM trace WHERE segment = ? AND point % ? <> 0", (tick.segment, tick.trace_step))

    def ticks(self, run_ids: Sequence[str] | None = None) -> list[Tick]:
        """See `Pulse`."""
        sql = "SELECT run_id, segment, at, footprint, counters FROM ticks"
        with self._db.transaction(write=False) as db:
            rows = list(db.run(sql)) if run_ids is None else [row for name in run_ids for row in db.run(sql + " WHERE run_id = ?", [name])]
        return [Tick(run, segment, at, Footprint.from_json(json.loads(footprint)), json.loads(counters)) for run, segment, at, footprint, counters in rows]

    def trace(self, run_id: str) -> dict[str, list[tuple[int, TracePoint]]]:
        """See `Pulse`."""
        with self._db.transaction(write=False) as db:
            rows = list(db.run("SELECT segment, point, elapsed_s, energy_j FROM trace WHERE run_id = ? ORDER BY segment, point", [run_id]))
        found: dict[str, list[tuple[int, TracePoint]]] = {}
        for segment, point, elapsed_s, energy_j in rows:
            found.setdefault(segment, []).append((point, (elapsed_s, energy_j)))
        return found

    # index

    def select(self, query: Query) -> list[Run]:
        """See `Index`. Open runs are few, and what they used is known from their ticks alone: they are ordered here."""
        names = {*query.equals, query.sort}
        if unknown := names - {*COLUMNS, "tag"}:
            raise InvalidValue(f"runs have no column {sorted(unknown)[0]!r}; they have {', '.join(COLUMNS)} and tag")
        open_runs = self._read(query, "r.live = 1", "", ())
        wanted = query.equals.get("state")
        open_runs = [run for run in open_runs if wanted in (None, run.state)]
        order = f" ORDER BY r.{query.sort} IS NULL, r.{query.sort} {'DESC' if query.descending else 'ASC'}, r.number DESC"
        limit = () if query.limit is None else (query.limit,)
        ended = self._read(query, "r.live = 0", order + " LIMIT ?" * len(limit), limit)
        if not open_runs:
            return ended
        runs = sorted(ended + open_runs, key=lambda run: run.number, reverse=True)
        known = [run for run in runs if column(run, query.sort) is not None]
        known.sort(key=lambda run: column(run, query.sort), reverse=query.descending)
        return (known + [run for run in runs if column(run, query.sort) is None])[: query.limit]

    def _read(self, query: Query, where: str, tail: str, values: Sequence[Any]) -> list[Run]:
        conditions, bound = [where], list[Any]()
        for name, value in query.equals.items():
            if name == "tag":
                conditions.append("r.tags LIKE ?")
                bound.append(f"%\n{value}\n%")
            elif not (name == "state" and where == "r.live = 1"):
                conditions.append(f"CAST(r.{name} AS TEXT) = ?")
                bound.append(value)
        if query.text:
            conditions.append("(r.name LIKE ? OR r.project LIKE ? OR r.command LIKE ?)")
            bound += [f"%{query.text}%"] * 3
        sql = f"SELECT d.number, d.document FROM runs r JOIN documents d ON d.number = r.number WHERE {' AND '.join(conditions)}{tail}"
        with self._db.transaction(write=False) as db:
            documents = [json.loads(document) for _, document in db.run(sql, (*bound, *values))]
        return self._runs([d for d in documents if "forgotten" not in d])

    def _runs(self, documents: list[Doc]) -> list[Run]:
        pending = [d["id"] for d in documents if _is_live(d)]
        ticks: dict[str, list[Tick]] = {}
        for tick in self.ticks(pending) if pending else ():
            ticks.setdefault(tick.run_id, []).append(tick)
        return [to_run(document, ticks.get(document["id"], ())) for document in documents]

    def resolve(self, reference: str) -> list[str]:
        """See `Index`."""
        visible = "state IS NOT NULL"
        with self._db.transaction(write=False) as db:
            if reference == "last":
                rows = list(db.run(f"SELECT id FROM runs WHERE {visible} ORDER BY number DESC LIMIT 1"))
            elif reference.isdecimal() and len(reference) < 12:
                rows = list(db.run(f"SELECT id FROM runs WHERE number = ? AND {visible}", [int(reference)]))
            else:
                rows = list(db.run(f"SELECT id FROM runs WHERE name = ? AND {visible} ORDER BY number DESC LIMIT 1", [reference]))
            if not rows and len(reference) >= 4:
                rows = list(db.run(f"SELECT id FROM runs WHERE substr(id, 1, ?) = ? AND {visible} LIMIT 3", (len(reference), reference)))
        return [run_id for (run_id,) in rows]

    def run(self, run_id: str) -> Run:
        """The run of that id."""
        with self._db.transaction(write=False) as db:
            document = self._document(db, run_id)
        return self._runs([document or {}])[0]

    def events_of(self, run_id: str) -> list[Event]:
        """See `Index`."""
        with self._db.transaction(write=False) as db:
            return self._events(db, run_id)

    def rebuild(self) -> int:
        """See `Index`."""
        with self._db.transaction(write=True) as db:
            db.run("DELETE FROM runs")
            db.run("DELETE FROM documents")
            first_seen = list(db.run("SELECT run_id, MIN(seq) FROM events GROUP BY run_id ORDER BY MIN(seq)"))
            for run_id, _ in first_seen:
                if document := fold_all(self._events(db, run_id)):
                    self._index(db, document)
        return len(first_seen)

    def forget(self, run_id: str) -> None:
        """See `Store`."""
        with self._db.transaction(write=True) as db:
            gone = Event(run_id, "forgotten")
            ((first,),) = db.run("SELECT MIN(seq) FROM events WHERE run_id = ?", [run_id])
            db.run("DELETE FROM events WHERE run_id = ? AND seq <> ?", (run_id, first))
            db.run("UPDATE events SET id = ?, kind = ?, data = '{}' WHERE seq = ?", (gone.id, gone.kind, first))
            db.run("DELETE FROM ticks WHERE run_id = ?", [run_id])
            db.run("DELETE FROM trace WHERE run_id = ?", [run_id])
            document = self._document(db, run_id)
            self._index(db, fold(document, gone))

    def check(self) -> list[str]:
        """See `Store`: events that cannot be read, and runs whose index disagrees with the journal."""
        faults = []
        with self._db.transaction(write=False) as db:
            for seq, run_id, data in db.run("SELECT seq, run_id, data FROM events"):
                try:
                    json.loads(data)
                except ValueError:
                    faults.append(f"event {seq} of run {run_id} cannot be read")
            for (run_id,) in list(db.run("SELECT DISTINCT run_id FROM events")):
                document = self._document(db, run_id)
                if not faults and {**(fold_all(self._events(db, run_id)) or {}), "number": (document or {}).get("number")} != document:
                    faults.append(f"the index of run {run_id} differs from the journal: payoff ledger rebuild")
        return faults

    def close(self) -> None:
        """See `Store`."""
        self._db.close()

    # one run in the index

    def _events(self, db: Database, run_id: str) -> list[Event]:
        return [_event(row) for row in db.run("SELECT id, run_id, kind, at, data FROM events WHERE run_id = ? ORDER BY seq", [run_id])]

    def _document(self, db: Database, run_id: str) -> Doc | None:
        rows = list(db.run("SELECT d.document FROM documents d JOIN runs r ON r.number = d.number WHERE r.id = ?", [run_id]))
        return json.loads(rows[0][0]) if rows else None

    def _index(self, db: Database, document: Doc) -> None:
        if document.get("number") is None:
            ((last,),) = db.run("SELECT COALESCE(MAX(number), 0) FROM runs")
            document["number"] = last + 1
        number = document["number"]
        db.run("INSERT INTO documents VALUES (?, ?) ON CONFLICT (number) DO UPDATE SET document = excluded.document", (number, to_text(document)))
        run = to_run(document)
        live = _is_live(document)
        hidden = "forgotten" in document
        values = [None if hidden and name != "id" else column(run, name) for name in _COLUMNS]
        if live:
            values[_COLUMNS.index("state")] = "running"
        marks = ", ".join("?" * (len(values) + 2))
        updates = ", ".join(f"{name} = excluded.{name}" for name in ("live", *_COLUMNS))
        db.run(f"INSERT INTO runs (number, live, {', '.join(_COLUMNS)}) VALUES ({marks}) ON CONFLICT (number) DO UPDATE SET {updates}", (number, int(live), *values))


def column(run: Run, name: str) -> Any:
    """The value of a run in a column of the index; `None` where it has none."""
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
    value = getattr(run, name)
    return str(value) if name == "kept" and value is not None else value


def _is_live(document: Doc) -> bool:
    return any("outcome" not in segment for segment in document["segments"].values())


def _event(row: Row) -> Event:
    event_id, run_id, kind, at, data = row
    return Event(run_id, kind, json.loads(data), at, event_id)
