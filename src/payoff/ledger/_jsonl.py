"""A ledger in a folder for shared file systems: every process writes files of its own, and nothing is locked.

    FOLDER/ledger.json                what this is, its schema and its id
    FOLDER/journal/ID-HOST-PID.jsonl  an event a line; only the process that made it adds to it, and calls it
                                      ID-HOST-PID.sealed.jsonl when it is done
    FOLDER/pulse/SEGMENT.tick         the last tick of an open segment, replaced atomically
    FOLDER/pulse/SEGMENT.trace        a point of the power trace a line

Reading goes through a mirror of all files in a local SQLite database (`_mirror.py`), so that listing is immediate.
"""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from payoff.errors import LedgerDamaged, LedgerTooNew, LedgerUnusable
from payoff.ledger._fork import guard
from payoff.ledger._lease import own_lease
from payoff.ledger._mirror import SEALED, Mirror
from payoff.ledger._schema import SCHEMA_VERSION
from payoff.ledger._seam import NumberedPoint, Query, SegmentTrace, Tick
from payoff.ledger._trace import thinned
from payoff.model import Event, Footprint, Run, new_id, to_text

_SAFE = re.compile(r"[^A-Za-z0-9._-]")


class JsonlStore:
    """A ledger in a folder."""

    def __init__(self, folder: Path) -> None:
        self.place = str(folder) if folder.name.endswith(".jsonl.d") else f"jsonl:{folder}"
        self._folder, self._journal, self._pulse = folder, folder / "journal", folder / "pulse"
        self.lock = threading.RLock()
        self._file: int | None = None
        self._path: Path | None = None
        self._steps: dict[str, int] = {}
        self._mirror: Mirror | None = None
        guard(self)

    # journal

    def append(self, events: Sequence[Event]) -> None:
        """See `Journal`. Duplicates are seen when the files are read."""
        if not events:
            return
        lines = "".join(f"{_line(event.to_json())}\n" for event in events).encode("utf-8", "backslashreplace")
        with self._told(), self.lock:
            self._write(lines)
            for event in events:
                if event.kind == "finished":
                    self._part(event.data.get("segment"), "tick").unlink(missing_ok=True)
        for run_id in [event.run_id for event in events if event.kind == "forgotten"]:
            self._erase(run_id)

    def _write(self, lines: bytes) -> None:
        """Append all or nothing: a line cut off by a full disk is taken back, and the next one goes to a new file."""
        if self._file is None:
            lease = own_lease()
            self._path = self._journal / _SAFE.sub("_", f"{new_id()}-{lease.host}-{lease.pid}.jsonl")
            self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
        size = os.fstat(self._file).st_size
        try:
            written = os.write(self._file, lines)
            while written < len(lines):
                written += os.write(self._file, lines[written:])
        except OSError:
            broken, self._file = self._file, None
            os.ftruncate(broken, size)
            os.close(broken)
            raise

    def _erase(self, run_id: str) -> None:
        """Blank the lines of a run in every file, so that no offset moves, and remove its pulse."""
        with self._told():
            for path in list(self._journal.glob("*.jsonl")):
                at = 0
                with path.open("r+b") as file:
                    for line in file.read().split(b"\n"):
                        if (
                            run_id.encode() in line
                            and (event := _event(line))
                            and event.run_id == run_id
                            and event.kind != "forgotten"
                        ):
                            os.pwrite(file.fileno(), b" " * len(line), at)
                            for kind in ("tick", "trace"):
                                self._part(event.data.get("segment"), kind).unlink(missing_ok=True)
                        at += len(line) + 1

    def scan(self, after: str = "") -> Iterator[tuple[str, Event]]:
        """See `Journal`. A cursor is good for the mirror that gave it; another one begins anew, as `append` is idempotent."""
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
            self._replace(self._part(tick.segment, "tick"), _line(_tick_to_json(tick)))
            if tick.trace is None:
                return
            path = self._part(tick.segment, "trace")
            if self._steps.setdefault(tick.segment, tick.trace_step) != tick.trace_step:
                self._steps[tick.segment] = tick.trace_step
                kept = [point for point in _points(path) if point[0] % tick.trace_step == 0]
                self._replace(path, "".join(_point_line(point) for point in kept))
            with path.open("a") as file:
                file.write(_point_line((tick.point, tick.trace)))

    def ticks(self, segments: Sequence[str] | None = None) -> list[Tick]:
        """See `Pulse`."""
        if segments is None:
            segments = [path.stem for path in self._pulse.glob("*.tick")]
        return [tick for segment in segments if (tick := _tick(self._part(segment, "tick"))) is not None]

    def trace(self, run_id: str) -> list[SegmentTrace]:
        """See `Pulse`."""
        traces = [
            SegmentTrace(run_id, name, thinned(_points(self._part(name, "trace"))))
            for name in self._read().segments_of(run_id)
        ]
        return [trace for trace in traces if trace.points]

    def graft(self, ticks: Iterable[Tick], traces: Iterable[SegmentTrace]) -> None:
        """See `Pulse`."""
        mirror = self._read()
        with self._told(), self.lock:
            for tick in ticks:
                mine = _tick(self._part(tick.segment, "tick"))
                if mirror.is_open(tick.run_id, tick.segment) and not (mine and mine.at >= tick.at):
                    self._replace(self._part(tick.segment, "tick"), _line(_tick_to_json(tick)))
            for trace in traces:
                if trace.segment in mirror.segments_of(trace.run_id):
                    path = self._part(trace.segment, "trace")
                    before = _points(path)
                    united = thinned({**dict(trace.points), **dict(before)}.items())
                    if united != before:
                        self._replace(path, "".join(_point_line(point) for point in united))

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
        about = self._folder / "ledger.json"
        if not about.exists():
            if self._folder.exists() and any(self._folder.iterdir()) and not self._journal.exists():
                raise LedgerUnusable(f"{self._folder} holds other files; name an empty or new folder")
            with self._told():
                self._journal.mkdir(parents=True, exist_ok=True)
                self._pulse.mkdir(exist_ok=True)
                self._replace(about, _line({"format": "payoff ledger", "schema": SCHEMA_VERSION, "id": new_id()}))
        try:
            said = json.loads(about.read_text())
            schema, self._id = int(said["schema"]), str(said["id"])
        except (ValueError, KeyError, TypeError) as error:
            raise LedgerDamaged(
                f"{about} cannot be read ({error}); move it away and a new one is made, the journal stays"
            ) from error
        if schema > SCHEMA_VERSION:
            raise LedgerTooNew(
                f"{self.place} has schema {schema}, this payoff knows {SCHEMA_VERSION}; update payoff, or name another ledger with --ledger PATH"
            )

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
            if self._file is not None and self._path is not None:
                os.close(self._file)
                with suppress(OSError):
                    self._path.rename(self._path.with_suffix(SEALED))
            if self._mirror is not None:
                self._mirror.close()
            self._file = self._mirror = None

    def abandon(self) -> None:
        """See `Forkable`: a child writes a file of its own."""
        if self._file is not None:
            os.close(self._file)
        self._file = None

    # files

    def _read(self) -> Mirror:
        """The mirror, with all that the files hold by now."""
        with self._told(), self.lock:
            if self._mirror is None:
                self._mirror = Mirror(self._journal, self._id, self)
                self._mirror.prepare()
            self._mirror.catch_up()
            return self._mirror

    def _part(self, segment: Any, kind: str) -> Path:
        return self._pulse / f"{_SAFE.sub('_', str(segment))}.{kind}"

    def _replace(self, path: Path, text: str) -> None:
        new = path.with_name(f".{path.name}.{os.getpid()}.new")
        new.write_bytes(text.encode("utf-8", "backslashreplace"))
        os.replace(new, path)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise LedgerUnusable(
                f"{self.place} cannot be used ({error.strerror}); mind its space and permissions, or name another ledger with --ledger PATH"
            ) from error


def _line(value: object) -> str:
    return to_text(value)


def _event(line: bytes) -> Event | None:
    with suppress(ValueError, KeyError, TypeError):
        return Event.from_json(json.loads(line))
    return None


def _tick_to_json(tick: Tick) -> dict[str, Any]:
    return {
        "segment": tick.segment,
        "run_id": tick.run_id,
        "at": tick.at,
        "footprint": tick.footprint.to_json(),
        "counters": dict(tick.counters),
    }


def _tick(path: Path) -> Tick | None:
    """The tick in a file; `None` when there is none, or the network file system has lost it."""
    try:
        said = json.loads(path.read_text())
        return Tick(
            said["run_id"], said["segment"], said["at"], Footprint.from_json(said["footprint"]), said["counters"]
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _point_line(numbered: NumberedPoint) -> str:
    point, (elapsed_s, energy_j) = numbered
    return f"[{point},{elapsed_s!r},{energy_j!r}]\n"


def _points(path: Path) -> list[NumberedPoint]:
    """The points in a file, without the one that a killed process may have left half written."""
    found = []
    with suppress(FileNotFoundError):
        for line in path.read_text().splitlines():
            with suppress(ValueError, TypeError):
                point, elapsed_s, energy_j = json.loads(line)
                found.append((int(point), (float(elapsed_s), float(energy_j))))
    return found
