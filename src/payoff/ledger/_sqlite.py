"""The default back end: one SQLite file in write-ahead mode."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from payoff.errors import LedgerDamaged, LedgerError, LedgerUnusable
from payoff.ledger._fork import guard
from payoff.ledger._lock import locked
from payoff.ledger._schema import NoTables, Row
from payoff.ledger._sql import SqlStore

PATIENCE_S = 20.0
"""How long a writer waits for the others, in seconds."""
LONG_LOG = 1_000_000
"""How many bytes of recent writes may be left for later."""

_inherited: list[sqlite3.Connection] = []
"""Connections of the process that this one was forked from; to close them here could harm it."""


class SqliteDatabase:
    """A connection that survives a fork, may be used by several threads in turn, and follows its path to a new file."""

    serial = "INTEGER PRIMARY KEY AUTOINCREMENT"
    text = "TEXT"
    clustered = " WITHOUT ROWID"

    def __init__(self, path: str | None) -> None:
        """`None` is a database in memory."""
        self.path = path
        self.lock = threading.RLock()
        self.file: tuple[int, int] | None = None
        """Device and inode of the file that was opened last."""
        self._read: tuple[int, ...] = ()
        self._connection: sqlite3.Connection | None = None
        self._obstacle: sqlite3.OperationalError | None = None
        guard(self)

    @property
    def read_only(self) -> bool:
        """Whether the file could only be opened for reading."""
        return self._obstacle is not None

    # transactions

    @contextmanager
    def transaction(self, *, write: bool) -> Iterator[SqliteDatabase]:
        """See `Database`."""
        with self._told(), self.lock:
            connection = self._begun(write)
            try:
                yield self
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def _begun(self, write: bool) -> sqlite3.Connection:
        if self.read_only and (write or self._read != _last_change(self.path)):
            self.close()
        while True:
            if self._connection is None:
                self._connection = self._opened()
            if write and self._obstacle is not None:
                if _code(self._obstacle) in _FORBIDDEN:
                    raise LedgerUnusable(f"{self.path} can only be read; mind its permissions, {_ANOTHER}")
                raise self._obstacle
            self._connection.execute("BEGIN IMMEDIATE" if write else "BEGIN")
            if self.path is None or self.read_only or self.file == identity(self.path):
                return self._connection
            self._connection.execute("ROLLBACK")
            self.close()

    def run(self, sql: str, values: Sequence[Any] = ()) -> Iterable[Row]:
        """See `Database`."""
        assert self._connection is not None  # statements are run in a transaction
        return self._connection.execute(sql, values)

    def change(self, sql: str, rows: Iterable[Sequence[Any]]) -> int:
        """See `Database`."""
        assert self._connection is not None
        return self._connection.executemany(sql, rows).rowcount

    def scrub(self) -> None:
        """See `Database`."""
        with self._told(), self.lock:
            self._connection = self._connection or self._opened()
            for statement in ("PRAGMA wal_checkpoint(TRUNCATE)", "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
                self._connection.execute(statement).fetchall()

    # connections

    def _opened(self) -> sqlite3.Connection:
        if self.path is None:
            return _dial(":memory:")
        self.file = identity(self.path)
        with locked(os.path.dirname(self.path)):  # while a ledger is opened, none is exchanged for a recovered one
            try:
                connection = _opened_to_write(self.path)
                self._obstacle = None
            except sqlite3.OperationalError as error:
                if self.file is None or _code(error) not in (*_FORBIDDEN, *_NO_SPACE):
                    raise
                self._read = _last_change(self.path)
                connection = _opened_to_read(self.path)
                self._obstacle = error
            self.file = identity(self.path)
        return connection

    def close(self, *, at_once: bool = False) -> None:
        """See `Database`.

        The last one to close has to wait for the disk, while the log of recent writes is moved into the file.
        `at_once` leaves that to a later one: a connection that can only read closes last here, and SQLite lets such a
        one leave the log where it is. A log that has grown long is moved at once: whoever opens reads all of it.
        """
        with self.lock:
            if self._connection is not None:
                last = self._reader() if at_once and self._log_bytes() < LONG_LOG else None
                self._connection.close()
                if last is not None:
                    last.close()
            self._connection = None

    def _log_bytes(self) -> int:
        with suppress(OSError):
            return os.path.getsize(f"{self.path}-wal")
        return 0

    def _reader(self) -> sqlite3.Connection | None:
        if self.path is None or self.read_only:
            return None
        with suppress(sqlite3.Error):
            reader = _dial(_uri(self.path, "mode=ro"), uri=True)
            reader.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchall()
            return reader
        return None

    def abandon(self) -> None:
        """See `Forkable`."""
        if self._connection is not None and self.path is not None:
            _inherited.append(self._connection)
            self._connection = None

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise _explained(error, self.path or ":memory:") from error
        except OSError as error:
            raise LedgerUnusable(
                f"{self.path} cannot be used ({error.strerror}); mind its permissions, {_ANOTHER}"
            ) from error


def _dial(place: str, *, uri: bool = False) -> sqlite3.Connection:
    return sqlite3.connect(place, uri=uri, timeout=PATIENCE_S, isolation_level=None, check_same_thread=False)


def _opened_to_write(path: str) -> sqlite3.Connection:
    connection = _dial(os.path.abspath(path))
    try:
        _refuse_others(connection, path)
        _write_ahead(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _last_change(path: str | None) -> tuple[int, ...]:
    """What differs after somebody else has written to a file that can only be read here."""
    found = [os.stat(f"{path}{part}") for part in ("", "-wal") if os.path.exists(f"{path}{part}")]
    return tuple(number for status in found for number in (status.st_mtime_ns, status.st_size, status.st_ino))


def _opened_to_read(path: str) -> sqlite3.Connection:
    """Without the right or the space to write, the log of recent writes can be read only from a copy."""
    import shutil
    import tempfile

    if not (os.path.exists(path + "-wal") and os.path.getsize(path + "-wal")):
        connection = _dial(_uri(path, "mode=ro&immutable=1"), uri=True)
        connection.execute("SELECT 1 FROM sqlite_master").fetchall()
        return connection
    memory = _dial(":memory:")
    with tempfile.TemporaryDirectory(prefix="payoff-") as folder:
        for source in (path + "-wal", path):
            shutil.copy(source, folder)
        copied = _dial(os.path.join(folder, os.path.basename(path)))
        copied.backup(memory)
        copied.close()
    return memory


_QUOTED = str.maketrans({character: f"%{ord(character):02x}" for character in "%?#"})
"""What means something in a URI, and may stand in a path."""


def _uri(path: str, how: str) -> str:
    return f"file:{os.path.abspath(path).translate(_QUOTED)}?{how}"


def _refuse_others(connection: sqlite3.Connection, path: str) -> None:
    names = sorted(name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'"))
    if names and not {"meta", "events"} <= set(names):
        raise LedgerUnusable(f"{path} is a database of another program (it has {', '.join(names[:3])}); {_ANOTHER[3:]}")


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch to write-ahead mode; SQLite does not wait here when another process is doing the same."""
    deadline = time.monotonic() + PATIENCE_S
    connection.execute("PRAGMA synchronous=NORMAL")
    while True:
        try:
            if connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
                connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if _code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.005)


def identity(path: str) -> tuple[int, int] | None:
    """Device and inode of a file; `None` when there is none."""
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


def _code(error: sqlite3.Error) -> int:
    """The primary result code of SQLite; 1 where Python gives none."""
    return getattr(error, "sqlite_errorcode", 1) & 0xFF


_FORBIDDEN = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM)
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_NO_SPACE = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_ANOTHER = "or name another ledger with --ledger PATH"


def _explained(error: sqlite3.Error, path: str) -> LedgerError:
    text, code = str(error), _code(error)
    if "no such table" in text:
        return NoTables(f"{path} holds no ledger yet")
    if code in _DAMAGED or "decode" in text:
        return LedgerDamaged(f"{path} is damaged or no ledger ({text}); payoff ledger rebuild mends it, {_ANOTHER}")
    if code in _NO_SPACE:
        return LedgerUnusable(f"{path} cannot be written ({text}); free some space, {_ANOTHER}")
    if code in _FORBIDDEN:
        return LedgerUnusable(f"{path} cannot be written ({text}); mind its permissions, {_ANOTHER}")
    if code in _BUSY:
        return LedgerUnusable(f"{path} was busy for {PATIENCE_S:.0f} s with another process; try again, {_ANOTHER}")
    return LedgerError(f"{path}: {text}")


class SqliteStore(SqlStore):
    """A ledger in one SQLite file, or in memory."""

    def __init__(self, path: str | os.PathLike[str] | None) -> None:
        self.database = SqliteDatabase(None if path is None else os.fspath(path))
        super().__init__(self.database, self.database.path or ":memory:")

    def check(self) -> list[str]:
        """See `Upkeep`; asks SQLite for the soundness of its pages first."""
        try:
            with self.database.transaction(write=False) as db:
                pages = [str(row[0]) for row in db.run("PRAGMA integrity_check")]
            return super().check() if pages == ["ok"] else pages
        except LedgerDamaged as damage:
            return [str(damage)]

    def close(self, *, at_once: bool = False) -> None:
        """See `Store`."""
        self.database.close(at_once=at_once)

    def mend(self) -> str | None:
        """See `Upkeep`."""
        from pathlib import Path

        from payoff.ledger._rescue import rescue

        path, seen = self.database.path, self.database.file
        if path is None or seen is None or self.database.read_only:
            return None
        self.close()
        return rescue(Path(path), seen)
