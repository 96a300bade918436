"""Ledgers as files for others: JSON without loss, CSV with a row a run, CodeCarbon's `emissions.csv`."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from payoff.errors import InvalidValue, LedgerUnusable, UnknownName
from payoff.ledger import _formats_codecarbon as codecarbon
from payoff.ledger import _formats_csv as table
from payoff.ledger._ledger import Ledger
from payoff.ledger._schema import json_text
from payoff.ledger._seam import Query, SegmentTrace, Tick
from payoff.model import Event, Footprint, Run

SCHEMA = "payoff.ledger/1"
FORMATS = ("json", "csv", "codecarbon")
_BATCH = 500


def export(ledger: Ledger, form: str) -> Iterator[str]:
    """The text of a whole ledger in one of `FORMATS`, piece by piece."""
    if form not in FORMATS:
        raise UnknownName("format", form, FORMATS, way_out=f"formats are {', '.join(FORMATS)}")
    if form == "json":
        return _json(ledger)
    runs = _runs(ledger)
    return table.rows_of(runs) if form == "csv" else codecarbon.rows_of(runs)


def _runs(ledger: Ledger) -> Iterator[Run]:
    batch = ledger.runs(Query(descending=False, limit=_BATCH))
    while batch:
        yield from batch
        batch = ledger.runs(Query(descending=False, limit=_BATCH, above=batch[-1].number))


def read_into(ledger: Ledger, path: str) -> int:
    """Take over a file in one of `FORMATS`, known by its content, and return how many events were new.

    The second time changes nothing. Raises `InvalidValue` for a file that is something else.
    """
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            text = file.read()
    except OSError as error:
        raise LedgerUnusable(f"{path} cannot be read ({error.strerror}); check the path") from error
    except UnicodeDecodeError:
        raise InvalidValue(_unknown(path, "it is no text")) from None
    if text.lstrip().startswith("{"):
        return _read_json(ledger, path, text)
    lines = text.splitlines(keepends=True)
    header = next(csv.reader(lines[:1]), [])
    for names, events_of in ((codecarbon.NEEDED, codecarbon.events_of), (table.NEEDED, table.events_of)):
        if names <= set(header):
            return _read_rows(ledger, path, lines, events_of)
    shown = f"its first line is {lines[0].strip()[:60]!r}" if text.strip() else "it is empty"
    raise InvalidValue(_unknown(path, shown))


def _unknown(path: str, problem: str) -> str:
    return (
        f"{path} is not an export of payoff and not CodeCarbon's emissions.csv ({problem}); "
        "import reads what payoff ledger export writes, and emissions.csv; another ledger is taken over with "
        f"payoff ledger merge {path}"
    )


# tables


def _read_rows(
    ledger: Ledger, path: str, lines: Sequence[str], events_of: Callable[[Mapping[str, str]], list[Event]]
) -> int:
    events: list[Event] = []
    reader = csv.DictReader(lines)
    for row in reader:
        if None in row or None in row.values():
            raise InvalidValue(f"{path}, line {reader.line_num}: it has not as many columns as the first line; mend it")
        try:
            events += events_of(row)
        except (ValueError, KeyError) as error:
            raise InvalidValue(f"{path}, line {reader.line_num}: {error}; mend or remove that line") from error
    measured_here = {run_id for run_id in {event.run_id for event in events} if _is_measured(ledger.events_of(run_id))}
    return ledger.add_missing([event for event in events if event.run_id not in measured_here])


def _is_measured(events: Iterable[Event]) -> bool:
    """Whether a run is known from more than a table, which then has nothing to add."""
    sources = ["source" in event.data for event in events if event.kind == "started"]
    return bool(sources) and not any(sources)


# JSON


def _json(ledger: Ledger) -> Iterator[str]:
    yield f'{{"schema":"{SCHEMA}",\n"events":['
    run_ids: dict[str, None] = {}

    def events() -> Iterator[str]:
        for _, event in ledger.scan():
            run_ids[event.run_id] = None
            yield json_text(event.to_json())

    yield from _listed(events())
    yield '],\n"ticks":['
    yield from _listed(json_text(_tick_to_json(tick)) for tick in ledger.ticks())
    yield '],\n"traces":['
    traces = (trace for run_id in run_ids for trace in ledger.segment_traces(run_id))
    yield from _listed(json_text(_trace_to_json(trace)) for trace in traces)
    yield "]}\n"


def _listed(items: Iterable[str]) -> Iterator[str]:
    before = "\n"
    for item in items:
        yield before + item
        before = ",\n"


def _read_json(ledger: Ledger, path: str, text: str) -> int:
    try:
        said = json.loads(text)
    except ValueError as error:
        raise InvalidValue(f"{path} is not whole JSON ({error}); export it again") from error
    schema = str(said.get("schema"))
    if schema != SCHEMA:
        later = "; update payoff" if schema.startswith("payoff.ledger/") else ""
        raise InvalidValue(_unknown(path, f"its schema is {schema!r}, not {SCHEMA!r}{later}"))
    try:
        events = [_event(item) for item in said["events"]]
        ticks = [_tick(item) for item in said["ticks"]]
        traces = [_trace(item) for item in said["traces"]]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidValue(
            f"{path} holds something that is no event, tick or trace ({error!r}); export it again"
        ) from error
    added, rest = 0, iter(events)
    while batch := list(islice(rest, _BATCH)):
        added += ledger.add_missing(batch)
    ledger.graft(ticks, traces)
    return added


def _event(said: Mapping[str, Any]) -> Event:
    event = Event.from_json(said)
    for name in ("id", "run_id", "kind"):
        if not isinstance(getattr(event, name), str):
            raise TypeError(f"{name} is not a text")
    return Event(event.run_id, event.kind, dict(event.data), _stamp(event.at), event.id)


def _stamp(text: str) -> str:
    if datetime.fromisoformat(text).tzinfo is None:
        raise ValueError(f"{text} does not say its offset from UTC")
    return text


def _tick_to_json(tick: Tick) -> dict[str, Any]:
    about = {"run_id": tick.run_id, "segment": tick.segment, "at": tick.at}
    return {**about, "footprint": tick.footprint.to_json(), "grown": dict(tick.grown)}


def _tick(said: Mapping[str, Any]) -> Tick:
    footprint = Footprint.from_json(said["footprint"])
    return Tick(said["run_id"], said["segment"], _stamp(said["at"]), footprint, dict(said["grown"]))


def _trace_to_json(trace: SegmentTrace) -> dict[str, Any]:
    return {"run_id": trace.run_id, "segment": trace.segment, "points": [[p, s, j] for p, (s, j) in trace.points]}


def _trace(said: Mapping[str, Any]) -> SegmentTrace:
    return SegmentTrace(said["run_id"], said["segment"], [(int(p), (float(s), float(j))) for p, s, j in said["points"]])
