"""A ledger in SQL tables; SQLite and PostgreSQL differ only in the `Database` below."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain, islice
from typing import Any

from payoff.errors import LedgerDamaged
from payoff.ledger import _select
from payoff.ledger._fold import Doc, fold, fold_all, is_late, open_segments, to_run
from payoff.ledger._migrate import migrate, version_of
from payoff.ledger._schema import (
    INDEXED,
    SCHEMA_VERSION,
    Database,
    NoTables,
    Row,
    column,
    footprint_text,
    json_text,
    tables,
)
from payoff.ledger._seam import Query, SegmentTrace, Tick
from payoff.ledger._trace import is_swept, thinned
from payoff.model import Event, Footprint, Run, witness

_BATCH = 500
_MANY_OPEN = 100
_LONG_LOST = timedelta(hours=1)
_EVENT = "id, run_id, kind, at, data"
_INDEX_RUN = (
    f"INSERT INTO runs (number, live, {', '.join(INDEXED)}) VALUES (?, ?{', ?' * len(INDEXED)}) "
    f"ON CONFLICT (number) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in ('live', *INDEXED))}"
)
_INDEX_DOCUMENT = "INSERT INTO documents VALUES (?, ?) ON CONFLICT (number) DO UPDATE SET document = excluded.document"
_PUT_TICK = (
    "INSERT INTO ticks VALUES (?, ?, ?, ?, ?) ON CONFLICT (segment) DO UPDATE "
    "SET at = excluded.at, footprint = excluded.footprint, grown = excluded.grown"
)
_PUT_POINT = "INSERT INTO trace VALUES (?, ?, ?, ?) ON CONFLICT (segment, point) DO NOTHING"


class SqlStore:
    """The tables of a ledger on one database."""

    def __init__(self, database: Database, place: str) -> None:
        self.place = place
        self._db = database

    def prepare(self) -> None:
        """See `Upkeep`."""
        try:
            with self._db.transaction(write=False) as db:
                if version_of(db, self.place) == SCHEMA_VERSION:
                    return
        except NoTables:
            pass
        with self._db.transaction(write=True) as db:
            for statement in tables(db):
                db.run(statement)
            db.run("INSERT INTO meta VALUES ('schema', ?) ON CONFLICT (name) DO NOTHING", [str(SCHEMA_VERSION)])
            if migrate(db, self.place):
                self.restore(db, {})

    # journal

    def append(self, events: Sequence[Event]) -> None:
        """See `Journal`."""
        with self._db.transaction(write=True) as db:
            self.put(db, events)
        if any(event.kind == "forgotten" for event in events):
            self._db.scrub()

    def put(self, db: Database, events: Sequence[Event]) -> None:
        """`append` within a transaction."""
        documents: dict[str, Doc] = {}
        late: set[str] = set()
        for event in events:
            run_id = event.run_id
            document = documents.get(run_id) or self._document(db, run_id)
            if (document and document.get("forgotten")) or not self._insert(db, event):
                continue
            if event.kind == "forgotten":
                self._erase(db, run_id)
            elif event.kind == "finished":
                db.run("DELETE FROM ticks WHERE segment = ?", [event.data.get("segment")])
            if document and (event.kind == "forgotten" or is_late(document, event)):
                late.add(run_id)
            documents[run_id] = fold(document, event)
        for run_id, document in documents.items():
            if run_id in late:
                document = {**(fold_all(self._events(db, run_id)) or {}), "number": document.get("number")}
            self._index(db, document)

    def _insert(self, db: Database, event: Event) -> bool:
        row = (event.id, event.run_id, event.kind, event.at, json_text(event.data))
        return db.change(f"INSERT INTO events ({_EVENT}) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING", [row]) > 0

    def _erase(self, db: Database, run_id: str) -> None:
        """Remove what is known of a run; an empty first event stays, so that numbers follow from the journal."""
        segments = [event.data.get("segment") for event in self._events(db, run_id)]
        ((first,),) = db.run("SELECT MIN(seq) FROM events WHERE run_id = ?", [run_id])
        db.run("DELETE FROM events WHERE run_id = ? AND seq <> ? AND kind <> 'forgotten'", (run_id, first))
        db.run("UPDATE events SET kind = 'erased', data = '{}' WHERE seq = ? AND kind <> 'forgotten'", [first])
        db.run("DELETE FROM ticks WHERE run_id = ?", [run_id])
        db.change("DELETE FROM trace WHERE segment = ?", [(segment,) for segment in segments if segment])

    def scan(self, after: str = "") -> Iterator[tuple[str, Event]]:
        """See `Journal`."""
        cursor = int(after or 0)
        while True:
            with self._db.transaction(write=False) as db:
                sql = f"SELECT seq, {_EVENT} FROM events WHERE seq > ? ORDER BY seq LIMIT ?"
                rows = list(db.run(sql, (cursor, _BATCH)))
            yield from ((str(row[0]), _event(row[1:])) for row in rows)
            if len(rows) < _BATCH:
                return
            cursor = rows[-1][0]

    def missing(self, events: Sequence[Event]) -> list[Event]:
        """See `Journal`."""
        known: set[str] = set()
        with self._db.transaction(write=False) as db:
            for start in range(0, len(events), _BATCH):
                ids = [event.id for event in events[start : start + _BATCH]]
                known.update(name for (name,) in db.run(f"SELECT id FROM events WHERE id IN ({_marks(ids)})", ids))
            forgotten = self._forgotten(db, {event.run_id for event in events})
        return [event for event in events if event.id not in known and event.run_id not in forgotten]

    def _forgotten(self, db: Database, run_ids: Iterable[str]) -> set[str]:
        sql = "SELECT 1 FROM runs WHERE id = ? AND state IS NULL"
        return {run_id for run_id in run_ids if list(db.run(sql, [run_id]))}

    # pulse

    def beat(self, tick: Tick) -> None:
        """See `Pulse`."""
        with self._db.transaction(write=True) as db:
            db.run(_PUT_TICK, _tick_row(tick))
            db.run("UPDATE runs SET live = 1 WHERE id = ? AND live = 0 AND state = 'lost'", [tick.run_id])
            if tick.trace is None:
                return
            db.run(_PUT_POINT, (tick.segment, tick.point, *tick.trace))
            if is_swept(tick.point, tick.trace_step):
                db.run("DELETE FROM trace WHERE segment = ? AND point % ? <> 0", (tick.segment, tick.trace_step))

    def ticks(self, segments: Sequence[str] | None = None) -> list[Tick]:
        """See `Pulse`."""
        with self._db.transaction(write=False) as db:
            return self._ticks(db, segments)

    def _ticks(self, db: Database, segments: Sequence[str] | None) -> list[Tick]:
        sql = "SELECT segment, run_id, at, footprint, grown FROM ticks"
        if segments is None:
            return [_tick(row) for row in db.run(sql)]
        return [_tick(row) for segment in segments for row in db.run(sql + " WHERE segment = ?", [segment])]

    def trace(self, run_id: str) -> list[SegmentTrace]:
        """See `Pulse`."""
        sql = "SELECT point, elapsed_s, energy_j FROM trace WHERE segment = ? ORDER BY point"
        with self._db.transaction(write=False) as db:
            segments = (self._document(db, run_id) or {"segments": ()})["segments"]
            points = {name: [(point, (s, j)) for point, s, j in db.run(sql, [name])] for name in segments}
        return [SegmentTrace(run_id, name, found) for name, found in points.items() if found]

    def graft(self, ticks: Iterable[Tick], traces: Iterable[SegmentTrace]) -> None:
        """See `Pulse`."""
        rest: Iterator[Tick | SegmentTrace] = chain(ticks, traces)
        while batch := list(islice(rest, _BATCH)):
            with self._db.transaction(write=True) as db:
                for each in batch:
                    if isinstance(each, Tick):
                        self._graft_tick(db, each)
                    else:
                        self._graft_trace(db, each)

    def _graft_tick(self, db: Database, tick: Tick) -> None:
        document = self._document(db, tick.run_id)
        mine = self._ticks(db, [tick.segment])
        if document and tick.segment in open_segments(document) and not (mine and mine[0].at >= tick.at):
            db.run(_PUT_TICK, _tick_row(tick))

    def _graft_trace(self, db: Database, trace: SegmentTrace) -> None:
        if self._forgotten(db, [trace.run_id]):
            return
        sql = "SELECT point, elapsed_s, energy_j FROM trace WHERE segment = ?"
        mine = {point: (s, j) for point, s, j in db.run(sql, [trace.segment])}
        united = thinned({**dict(trace.points), **mine}.items())
        if dict(united) != mine:
            db.run("DELETE FROM trace WHERE segment = ?", [trace.segment])
            db.change(_PUT_POINT, [(trace.segment, point, *values) for point, values in united])

    # index

    def select(self, query: Query) -> list[Run]:
        """See `Index`. Open runs are few, and what they used is known from their ticks alone: they are judged here."""
        _select.check(query)
        with self._db.transaction(write=False) as db:
            still_open = [number for (number,) in db.run("SELECT number FROM runs WHERE live = 1")]
            open_runs = self._runs(db, still_open)
            ended = self._runs(db, _select.numbers(db, query))
        if len(open_runs) > _MANY_OPEN and not self._db.read_only:
            self._settle([run for run in open_runs if run.state == "lost" and _age(run) > _LONG_LOST])
        wanted = [run for run in open_runs if _select.matches(run, query)]
        return _select.ordered(ended + wanted, query) if wanted else ended

    def _runs(self, db: Database, numbers: Sequence[int]) -> list[Run]:
        documents: dict[int, Doc] = {}
        for start in range(0, len(numbers), _BATCH):
            some = numbers[start : start + _BATCH]
            rows = db.run(f"SELECT number, document FROM documents WHERE number IN ({_marks(some)})", some)
            documents.update((number, _loads(text)) for number, text in rows)
        return [self._run(db, documents[number]) for number in numbers if number in documents]

    def _run(self, db: Database, document: Doc) -> Run:
        pending = open_segments(document)
        return to_run(document, self._ticks(db, pending) if pending else ())

    def _settle(self, runs: Sequence[Run]) -> None:
        """Let runs that were lost long ago be found by the index; the next tick of one opens it again."""
        with self._db.transaction(write=True) as db:
            for run in runs:
                self._index_row(db, run, live=False)

    def resolve(self, reference: str) -> list[str]:
        """See `Index`."""
        with self._db.transaction(write=False) as db:
            return _select.resolve(db, reference)

    def run(self, run_id: str) -> Run:
        """See `Index`. What this process tells of the run from now on comes after what is known of it."""
        with self._db.transaction(write=False) as db:
            document = self._document(db, run_id)
            if document is None:
                raise LedgerDamaged(f"{self.place} lists run {run_id} and does not hold it")
            witness(document["last"])
            return self._run(db, document)

    def events_of(self, run_id: str) -> list[Event]:
        """See `Index`."""
        with self._db.transaction(write=False) as db:
            return self._events(db, run_id)

    # upkeep

    def rebuild(self) -> int:
        """See `Upkeep`. Runs keep their numbers."""
        with self._db.transaction(write=True) as db:
            numbers = {str(row[0]): int(row[1]) for row in db.run("SELECT id, number FROM runs")}
            db.run("DELETE FROM runs")
            db.run("DELETE FROM documents")
            return self.restore(db, numbers)

    def restore(self, db: Database, numbers: Mapping[str, int]) -> int:
        """Fold the journal into an empty index; runs whose number is known keep it."""
        run_ids = [
            run_id for run_id, _ in db.run("SELECT run_id, MIN(seq) FROM events GROUP BY run_id ORDER BY MIN(seq)")
        ]
        following = max(numbers.values(), default=0) + 1
        for run_id in run_ids:
            if document := fold_all(self._events(db, run_id)):
                document["number"] = numbers.get(run_id, following)
                following = max(following, document["number"] + 1)
                self._index(db, document)
        return len(run_ids)

    def check(self) -> list[str]:
        """See `Upkeep`: events that cannot be read, and runs whose index disagrees with the journal."""
        faults = []
        with self._db.transaction(write=False) as db:
            run_ids = [run_id for (run_id,) in db.run("SELECT DISTINCT run_id FROM events")]
            for run_id in run_ids:
                try:
                    mine = self._document(db, run_id) or {}
                    anew = fold_all(self._events(db, run_id)) or {}
                except LedgerDamaged as damage:
                    faults.append(f"run {run_id}: {damage}")
                    continue
                if malformed := anew.get("malformed"):
                    faults.append(
                        f"{malformed} events of run {mine.get('number')} lack what their kind promises: passed over"
                    )
                if _loads(json_text({**anew, "number": mine.get("number")})) != mine:
                    faults.append(
                        f"the index of run {run_id} differs from the journal; payoff ledger rebuild makes it anew"
                    )
        return faults

    def mend(self) -> str | None:
        """See `Upkeep`; a database server is mended by those who keep it."""
        return None

    def close(self, *, at_once: bool = False) -> None:
        """See `Store`."""
        self._db.close()

    # one run in the index

    def _events(self, db: Database, run_id: str) -> list[Event]:
        return [_event(row) for row in db.run(f"SELECT {_EVENT} FROM events WHERE run_id = ? ORDER BY seq", [run_id])]

    def _document(self, db: Database, run_id: str) -> Doc | None:
        rows = list(
            db.run("SELECT d.document FROM runs r JOIN documents d ON d.number = r.number WHERE r.id = ?", [run_id])
        )
        return _loads(rows[0][0]) if rows else None

    def _index(self, db: Database, document: Doc) -> None:
        if document.get("number") is None:
            ((last,),) = db.run("SELECT COALESCE(MAX(number), 0) FROM runs")
            document["number"] = last + 1
        db.run(_INDEX_DOCUMENT, (document["number"], json_text(document)))
        if document.get("forgotten"):
            nothing = [document["id"] if name == "id" else None for name in INDEXED]
            db.run(_INDEX_RUN, (document["number"], 0, *nothing))
        else:
            self._index_row(db, to_run(document), live=bool(open_segments(document)))

    def _index_row(self, db: Database, run: Run, *, live: bool) -> None:
        db.run(_INDEX_RUN, (run.number, int(live), *(column(run, name) for name in INDEXED)))


def _age(run: Run) -> timedelta:
    last = max(datetime.fromisoformat(segment.heartbeat_at) for segment in run.segments)
    return datetime.now(UTC) - last


def _marks(values: Sequence[Any]) -> str:
    return ", ".join("?" * len(values))


def _loads(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise LedgerDamaged(f"an entry cannot be read ({error})") from error


def _event(row: Row) -> Event:
    event_id, run_id, kind, at, data = row
    return Event(run_id, kind, _loads(data), at, event_id)


def _tick_row(tick: Tick) -> tuple[str, str, str, str, str]:
    return tick.segment, tick.run_id, tick.at, footprint_text(tick.footprint), json_text(dict(tick.grown))


def _tick(row: Row) -> Tick:
    segment, run_id, at, footprint, grown = row
    return Tick(run_id, segment, at, Footprint.from_json(_loads(footprint)), _loads(grown))
