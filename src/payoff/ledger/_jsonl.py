"""A ledger in a folder for shared file systems: every process writes files of its own, and nothing is locked.

    FOLDER/ledger.json                what this is, its schema and its id
    FOLDER/journal/ID-HOST-PID.jsonl  an event a line; only the process that made it adds to it, and calls it
                                      ID-HOST-PID.sealed.jsonl when it is done
    FOLDER/pulse/                     the last ticks and the power traces (`_pulse.py`)

Reading goes through a mirror of all files in a local SQLite database (`_mirror.py`), so that listing is immediate.
Runs are numbered in each mirror as it learns of them; their ids are the same everywhere.
"""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress

from payoff.errors import LedgerDamaged, LedgerTooNew, LedgerUnusable
from payoff.ledger._fork import guard
from payoff.ledger._lease import own_lease
from payoff.ledger._mirror import ENDING, SEALED, Mirror
from payoff.ledger._pulse import WRITE, PulseFiles, replace, write_all
from payoff.ledger._schema import SCHEMA_VERSION, json_text
from payoff.ledger._seam import Query, SegmentTrace, Tick
from payoff.ledger._trace import thinned
from payoff.model import Event, Run, new_id

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


class JsonlStore:
    """A ledger in a folder."""

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self._folder = os.path.abspath(folder)
        self.place = self._folder if self._folder.endswith(".jsonl.d") else f"jsonl:{self._folder}"
        self._journal = os.path.join(self._folder, "journal")
        self._pulse = PulseFiles(os.path.join(self._folder, "pulse"))
        self.lock = threading.RLock()
        self._file: int | None = None
        self._path = ""
        self._mirror: Mirror | None = None
        guard(self)

    # journal

    def append(self, events: Sequence[Event]) -> None:
        """See `Journal`. What is to be passed over is written too, and passed over when the files are read."""
        lines = "".join(f"{json_text(event.to_json())}\n" for event in events).encode()
        if not lines:
            return
        with self._told(), self.lock:
            self._write(lines)
            for event in events:
                if event.kind == "finished":
                    self._pulse.drop(event.data.get("segment"), trace=False)
                elif event.kind == "forgotten":
                    self._erase(event.run_id)

    def _write(self, lines: bytes) -> None:
        """Append all or nothing: a line cut off by a full disk is taken back, and the next one goes to a new file."""
        if self._file is None:
            lease = own_lease()
            name = _UNSAFE.sub("_", f"{new_id()}-{lease.host}-{lease.pid}{ENDING}")
            self._path = os.path.join(self._journal, name)
            self._file = os.open(self._path, WRITE | os.O_APPEND, 0o666)
        size = os.fstat(self._file).st_size
        try:
            write_all(self._file, lines)
        except OSError:
            broken, self._file = self._file, None
            os.ftruncate(broken, size)
            os.close(broken)
            raise

    def _erase(self, run_id: str) -> None:
        """Blank the lines of a run in every file, so that no offset moves, and remove its pulse."""
        for name in os.listdir(self._journal):
            if not name.endswith(ENDING):
                continue
            at = 0
            with open(os.path.join(self._journal, name), "r+b", buffering=0) as file:
                for line in file.readall().split(b"\n"):
                    event = _event(line) if run_id.encode() in line else None
                    if event and event.run_id == run_id and event.kind != "forgotten":
                        file.seek(at)
                        file.write(b" " * len(line))
                        self._pulse.drop(event.data.get("segment"), trace=True)
                    at += len(line) + 1

    def scan(self, after: str = "") -> Iterator[tuple[str, Event]]:
        """See `Journal`. A cursor is good for the mirror that gave it; with another one the scan begins anew."""
        mirror = self._read()
        ours, _, cursor = after.partition(":")
        for place, event in mirror.scan(cursor if ours == mirror.name else ""):
            yield f"{mirror.name}:{place}", event

    def missing(self, events: Sequence[Event]) -> list[Event]:
        """See `Journal`."""
        return self._read().missing(events)

    # pulse

    def beat(self, tick: Tick) -> None:
        """See `Pulse`."""
        with self._told(), self.lock:
            self._pulse.beat(tick)

    def ticks(self, segments: Sequence[str] | None = None) -> list[Tick]:
        """See `Pulse`."""
        with self._told():
            return self._pulse.ticks(segments)

    def trace(self, run_id: str) -> list[SegmentTrace]:
        """See `Pulse`."""
        mirror = self._read()
        with self._told():
            traces = [SegmentTrace(run_id, name, self._pulse.points(name)) for name in mirror.segments_of(run_id)]
        return [trace for trace in traces if trace.points]

    def graft(self, ticks: Iterable[Tick], traces: Iterable[SegmentTrace]) -> None:
        """See `Pulse`."""
        mirror = self._read()
        with self._told(), self.lock:
            for tick in ticks:
                mine = self._pulse.ticks([tick.segment])
                if mirror.is_open(tick.run_id, tick.segment) and not (mine and mine[0].at >= tick.at):
                    self._pulse.put(tick)
            for trace in traces:
                if trace.segment in mirror.segments_of(trace.run_id):
                    before = self._pulse.points(trace.segment)
                    united = thinned({**dict(trace.points), **dict(before)}.items())
                    if united != before:
                        self._pulse.put_points(trace.segment, united)

    # index

    def select(self, query: Query) -> list[Run]:
        """See `Index`."""
        return self._read().select(query)

    def resolve(self, reference: str) -> list[str]:
        """See `Index`."""
        return self._read().resolve(reference)

    def run(self, run_id: str) -> Run:
        """See `Index`."""
        return self._read().run(run_id)

    def events_of(self, run_id: str) -> list[Event]:
        """See `Index`."""
        return self._read().events_of(run_id)

    # upkeep

    def prepare(self) -> None:
        """See `Upkeep`."""
        about = os.path.join(self._folder, "ledger.json")
        with self._told():
            if not os.path.exists(about):
                self._found(about)
            with open(about, encoding="utf-8") as file:
                text = file.read()
        try:
            said = json.loads(text)
            schema, self._id = int(said["schema"]), str(said["id"])
        except (ValueError, KeyError, TypeError) as error:
            raise LedgerDamaged(
                f"{about} cannot be read ({error}); remove it and a new one is made, the journal stays"
            ) from error
        if schema > SCHEMA_VERSION:
            raise LedgerTooNew(
                f"{self.place} has schema {schema}, this payoff knows {SCHEMA_VERSION}; "
                "update payoff, or name another ledger with --ledger PATH"
            )

    def _found(self, about: str) -> None:
        if os.path.exists(self._folder) and os.listdir(self._folder) and not os.path.exists(self._journal):
            raise LedgerUnusable(f"{self._folder} holds other files; name an empty or a new folder with --ledger")
        os.makedirs(self._journal, exist_ok=True)
        os.makedirs(self._pulse.folder, exist_ok=True)
        replace(about, json_text({"format": "payoff ledger", "schema": SCHEMA_VERSION, "id": new_id()}))

    def rebuild(self) -> int:
        """See `Upkeep`; the mirror is made anew from the files."""
        return self._read().remake()

    def check(self) -> list[str]:
        """See `Upkeep`."""
        mirror = self._read()
        faults = [
            f"{count} lines of {name} cannot be read; they are passed over" for name, count in mirror.unreadable()
        ]
        return faults + mirror.check()

    def mend(self) -> str | None:
        """See `Upkeep`; only the mirror can be broken as a whole, and it is made anew."""
        if self._mirror is None:
            return None
        self._mirror.remove()
        self._mirror = None
        return f"the local mirror of {self.place} was damaged and has been made anew; nothing is lost"

    def close(self, *, at_once: bool = False) -> None:
        """See `Store`."""
        with self.lock:
            if self._file is not None:
                os.close(self._file)
                with suppress(OSError):
                    os.rename(self._path, self._path.removesuffix(ENDING) + SEALED)
            if self._mirror is not None:
                self._mirror.close(at_once=at_once)
            self._file = self._mirror = None

    def abandon(self) -> None:
        """See `Forkable`: a child writes a file of its own."""
        if self._file is not None:
            os.close(self._file)
        self._file = None

    def _read(self) -> Mirror:
        """The mirror, with all that the files hold by now."""
        with self._told(), self.lock:
            if self._mirror is None:
                self._mirror = Mirror(self._journal, self._id, self._pulse)
                self._mirror.prepare()
            self._mirror.catch_up()
            return self._mirror

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise LedgerUnusable(
                f"{self.place} cannot be used ({error.strerror}); mind its space and permissions, "
                "or name another ledger with --ledger PATH"
            ) from error


def _event(line: bytes) -> Event | None:
    with suppress(ValueError, KeyError, TypeError):
        return Event.from_json(json.loads(line))
    return None
