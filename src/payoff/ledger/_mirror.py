"""A local SQLite copy of the journals in a folder, brought up to date from where it left off in each file."""

from __future__ import annotations

import hashlib
import json
import math
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from tempfile import gettempdir

from payoff.ledger._filesystem import network_file_system
from payoff.ledger._fold import open_segments
from payoff.ledger._pulse import PulseFiles
from payoff.ledger._schema import INDEX_TABLES, Database
from payoff.ledger._seam import Tick
from payoff.ledger._sqlite import SqliteStore
from payoff.model import Event, new_id

ENDING, _SEAL = ".jsonl", ".sealed"
SEALED = _SEAL + ENDING
"""How the name of a file ends to which nothing will be added."""

_CHUNK = 4 << 20
_TABLE = (
    "CREATE TABLE IF NOT EXISTS files "
    "(key TEXT PRIMARY KEY, offset INTEGER NOT NULL, sealed INTEGER NOT NULL, unreadable INTEGER NOT NULL)"
)
_TAKEN_OVER = (
    "INSERT INTO files VALUES (?, ?, ?, ?) ON CONFLICT (key) DO UPDATE "
    "SET offset = excluded.offset, sealed = excluded.sealed, unreadable = unreadable + excluded.unreadable"
)


class Mirror(SqliteStore):
    """A cache: it may be removed at any time."""

    def __init__(self, journal: str, ledger_id: str, pulse: PulseFiles) -> None:
        super().__init__(_cache(f"{ledger_id} {os.path.realpath(journal)}"))
        self._journal, self._pulse = journal, pulse
        self._scrub_due = False
        self.name = ""
        """What tells the cursors of this mirror from those of another one of the same folder."""

    def prepare(self) -> None:
        """See `Upkeep`."""
        super().prepare()
        with self.database.transaction(write=True) as db:
            db.run(_TABLE)
            db.run("INSERT INTO meta VALUES ('mirror', ?) ON CONFLICT (name) DO NOTHING", [new_id()])
            ((self.name,),) = db.run("SELECT value FROM meta WHERE name = 'mirror'")

    def catch_up(self) -> None:
        """Take over what was added to the files; one that shrank or vanished makes the mirror begin anew."""
        with self.database.transaction(write=False) as db:
            known = {
                key: (offset, bool(sealed)) for key, offset, sealed in db.run("SELECT key, offset, sealed FROM files")
            }
        whole = {key for key, (_, sealed) in known.items() if sealed}
        files = self._files(whole)
        if not known.keys() <= files.keys():  # a file that is renamed while the folder is read can be missed
            files = self._files(whole)
        if any(key not in files or files[key][1] < offset for key, (offset, _) in known.items()):
            self.remake()
            return
        for key, (name, size) in sorted(files.items()):
            offset, sealed = known.get(key, (0, False))
            if not sealed and (size > offset or name.endswith(SEALED)):
                while self._take_over(key, name):
                    pass
        if self._scrub_due:
            self.database.scrub()
            self._scrub_due = False

    def _files(self, sealed: set[str]) -> dict[str, tuple[str, float]]:
        """The name and size of each file; that of one known to be whole is not asked for and is endless."""
        found = {}
        with os.scandir(self._journal) as entries:
            for entry in entries:
                if entry.name.endswith(ENDING):
                    key = entry.name.removesuffix(ENDING).removesuffix(_SEAL)
                    with suppress(FileNotFoundError):
                        found[key] = (entry.name, math.inf if key in sealed else entry.stat().st_size)
        return found

    def _take_over(self, key: str, name: str) -> bool:
        """Read whole lines from where this or another process left off; whether there may be more."""
        with self.database.transaction(write=True) as db:
            offset = sum(offset for (offset,) in db.run("SELECT offset FROM files WHERE key = ?", [key]))
            try:
                chunk = _lines(os.path.join(self._journal, name), offset)
            except FileNotFoundError:
                return False
            sealed = name.endswith(SEALED) and not chunk
            if not chunk and not sealed:
                return False
            events, unreadable = _events(chunk)
            self.put(db, events)
            self._scrub_due |= any(event.kind == "forgotten" for event in events)
            db.run(_TAKEN_OVER, (key, offset + len(chunk), int(sealed), unreadable))
        return not sealed

    def remake(self) -> int:
        """Read all files anew; runs keep the numbers that they have here."""
        with self.database.transaction(write=True) as db:
            numbers = {str(row[0]): int(row[1]) for row in db.run("SELECT id, number FROM runs")}
            for table in ("events", *INDEX_TABLES, "files"):
                db.run(f"DELETE FROM {table}")
        self.catch_up()
        with self.database.transaction(write=True) as db:
            for table in INDEX_TABLES:
                db.run(f"DELETE FROM {table}")
            return self.restore(db, numbers)

    def ticks(self, segments: Sequence[str] | None = None) -> list[Tick]:
        """See `Pulse`."""
        return self._pulse.ticks(segments)

    def _ticks(self, db: Database, segments: Sequence[str] | None) -> list[Tick]:
        return self._pulse.ticks(segments)

    def segments_of(self, run_id: str) -> list[str]:
        """The segments of a run, in order; none of a forgotten one."""
        with self.database.transaction(write=False) as db:
            return list((self._document(db, run_id) or {"segments": ()})["segments"])

    def is_open(self, run_id: str, segment: str) -> bool:
        """Whether a segment is known and has not ended."""
        with self.database.transaction(write=False) as db:
            document = self._document(db, run_id)
            return document is not None and segment in open_segments(document)

    def unreadable(self) -> list[tuple[str, int]]:
        """The files that have lines which are no events, and how many."""
        with self.database.transaction(write=False) as db:
            return [
                (name, count)
                for name, count in db.run("SELECT key, unreadable FROM files WHERE unreadable > 0 ORDER BY key")
            ]

    def remove(self) -> None:
        """Remove the file."""
        self.close()
        if self.database.path is not None:
            for part in ("", "-wal", "-shm"):
                with suppress(FileNotFoundError):
                    os.unlink(self.database.path + part)


def _lines(path: str, offset: int) -> bytes:
    """Some whole lines; a last one without its end is still being written, or was cut off by a kill."""
    with open(path, "rb") as file:
        file.seek(offset)
        chunk = file.read(_CHUNK)
        while b"\n" not in chunk and (more := file.read(_CHUNK)):
            chunk += more
    return chunk[: chunk.rfind(b"\n") + 1]


def _events(lines: bytes) -> tuple[list[Event], int]:
    events, unreadable = [], 0
    for line in lines.splitlines():
        if not line.strip():
            continue
        try:
            events.append(Event.from_json(json.loads(line)))
        except (ValueError, KeyError, TypeError):
            unreadable += 1
    return events, unreadable


def _user() -> int:
    """The owner of files that are made here; Windows says that all are those of 0."""
    if sys.platform == "win32":
        return 0
    return os.getuid()


def _cache(identity: str) -> str | None:
    """A file on a local disk that this user may write, or `None` (memory) where there is none."""
    name = hashlib.sha256(identity.encode("utf-8", "replace")).hexdigest()[:24] + ".db"
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    user = _user()
    for folder in (os.path.join(home, "payoff", "mirrors"), os.path.join(gettempdir(), f"payoff-{user}")):
        if network_file_system(folder):
            continue
        with suppress(OSError):
            os.makedirs(folder, exist_ok=True, mode=0o700)
            if os.access(folder, os.W_OK) and os.stat(folder).st_uid == user:
                return os.path.join(folder, name)
    return None
