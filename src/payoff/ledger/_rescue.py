"""A damaged SQLite ledger is set aside under a new name, and what can be read of it goes on in a new one."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from payoff.errors import LedgerTooNew, LedgerUnusable
from payoff.ledger._lock import locked
from payoff.ledger._pages import Pages, Value
from payoff.ledger._schema import SCHEMA_VERSION, json_text
from payoff.ledger._seam import SegmentTrace, Tick
from payoff.ledger._sqlite import SqliteStore, identity
from payoff.ledger._trace import thinned
from payoff.model import Event, Footprint

_PARTS = ("", "-wal", "-shm")


@dataclass
class Salvage:
    """What was found in a damaged file: events by their place in the journal, ticks and points by segment."""

    events: dict[int, Event] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    ticks: dict[str, Tick] = field(default_factory=dict)
    points: dict[str, dict[int, tuple[float, float]]] = field(default_factory=dict)
    is_ledger: bool = False
    version: int = SCHEMA_VERSION


def rescue(path: Path, seen: tuple[int, int]) -> str | None:
    """Exchange the damaged ledger at `path`, whose identity was `seen`, for a new one with what can be read of it.

    Returns what to tell the user, or `None` for a file that was never a ledger, which is left as it is. Of several
    processes that come at once, one does it and the others wait.
    """
    try:
        with locked(str(path), alone=True):
            if identity(str(path)) != seen:
                return f"{path} was damaged; another process has recovered it"
            found = salvage(path)
            if not found.is_ledger:
                return None
            aside, fresh = _free_name(path, "damaged"), _free_name(path, "recovered")
            _set_aside(path, aside)
            _write(fresh, found)
            with locked(str(path.parent), alone=True):
                for part in reversed(_PARTS[1:]):
                    path.with_name(path.name + part).unlink(missing_ok=True)
                os.replace(fresh, path)
            _bring_late(aside, path, max(found.events, default=0))
    except OSError as error:
        raise LedgerUnusable(
            f"{path} is damaged and cannot be recovered here ({error.strerror}); copy it to a disk with space"
        ) from error
    return (
        f"{path} was damaged: {len(found.events)} events were recovered into a new ledger, "
        f"and the damaged file lies at {aside}"
    )


def salvage(path: Path) -> Salvage:
    """Read all that can be read of a damaged ledger."""
    pages, found = Pages(path), Salvage()
    found.is_ledger = b"CREATE TABLE events" in pages.first
    for key, columns in pages.records():
        with suppress(ValueError, KeyError, TypeError, AttributeError):
            _take(found, key, columns)
    found.is_ledger = found.is_ledger or bool(found.events)
    if found.version > SCHEMA_VERSION:
        raise LedgerTooNew(
            f"{path} is damaged and has schema {found.version}, this payoff knows {SCHEMA_VERSION}; "
            "update payoff to recover it"
        )
    return found


def _take(found: Salvage, key: int | None, columns: tuple[Value, ...]) -> None:
    """Know a row by the types of its columns, because the names of the tables may be lost."""
    match columns:
        case (None, str() as event_id, str() as run_id, str() as kind, str() as at, str() as data) if key is not None:
            datetime.fromisoformat(at)
            found.events[key] = Event(run_id, kind, _mapping(data), at, event_id)
        case (None, str() as document) if key is not None:
            found.numbers[_mapping(document)["id"]] = key
        case (str() as segment, str() as run_id, str() as at, str() as footprint, str() as grown):
            tick = Tick(run_id, segment, at, Footprint.from_json(_mapping(footprint)), _mapping(grown))
            if segment not in found.ticks or found.ticks[segment].at < at:
                found.ticks[segment] = tick
        case (str() as segment, int() as point, int() | float() as elapsed_s, int() | float() as energy_j) if (
            key is None
        ):
            found.points.setdefault(segment, {})[point] = (float(elapsed_s), float(energy_j))
        case ("schema", str() as version):
            found.version = int(version)


def _mapping(text: str) -> dict[str, Any]:
    value = json.loads(text)
    if not isinstance(value, dict):
        raise TypeError("not an object")
    return value


def _write(path: Path, found: Salvage) -> None:
    store = SqliteStore(path)
    try:
        store.prepare()
        sql = "INSERT INTO events (seq, id, run_id, kind, at, data) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
        with store.database.transaction(write=True) as db:
            rows = [(seq, e.id, e.run_id, e.kind, e.at, json_text(e.data)) for seq, e in sorted(found.events.items())]
            db.change(sql, rows)
            store.restore(db, found.numbers)
        store.graft(found.ticks.values(), _traces(found))
    finally:
        store.close()


def _traces(found: Salvage) -> Iterator[SegmentTrace]:
    owners = {event.data["segment"]: event.run_id for event in found.events.values() if "segment" in event.data}
    for segment, points in found.points.items():
        if segment in owners:
            yield SegmentTrace(owners[segment], segment, thinned(points.items()))


def _bring_late(aside: Path, path: Path, last: int) -> None:
    """Take over what others committed to the damaged file while it was being read."""
    late = [event for seq, event in sorted(salvage(aside).events.items()) if seq > last]
    if late:
        store = SqliteStore(path)
        store.append(late)
        store.close()


def _set_aside(path: Path, aside: Path) -> None:
    for part in _PARTS:
        source, target = path.with_name(path.name + part), aside.with_name(aside.name + part)
        with suppress(FileNotFoundError):
            try:
                os.link(source, target)
            except PermissionError:
                shutil.copy2(source, target)


def _free_name(path: Path, word: str) -> Path:
    stamp = datetime.now().astimezone().strftime("%Y%m%dT%H%M%S")
    names = (path.with_name(f"{path.name}.{word}-{stamp}{f'-{n}' if n else ''}") for n in range(1000))
    return next(name for name in names if not name.exists())
