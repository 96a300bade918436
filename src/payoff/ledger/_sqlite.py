"""The default back end: one SQLite file in write-ahead mode."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from payoff.errors import LedgerDamaged, LedgerError, LedgerUnusable
from payoff.ledger._fork import guard
from payoff.ledger._schema import NoTables, Row
from payoff.ledger._sql import SqlStore

PATIENCE_S = 20.0
"""How long a writer waits for the others, in seconds."""

_inherited: list[sqlite3.Connection] = []
"""Connections of the process that this one was forked from; to close them here could harm it."""


class SqliteDatabase:
    """A connection that survives a fork, may be used by several threads in turn, and follows its path to a new file."""

    serial = "INTEGER PRIMARY KEY AUTOINCREMENT"
    text = "TEXT"
    clustered = " WITHOUT ROWID"

    def __init__(self, path: Path | None) -> None:
        """`None` is a database in memory."""
        self.path = path
        self.read_only = False
        self.lock = threading.RLock()
        self.file: tuple[int, int] | None = None
        """Device and inode of the file that was opened last."""
        self._connection: sqlite3.Connection | None = None
        self._scratch: tempfile.TemporaryDirectory[str] | None = None
        guard(self)

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
        while True:
            if self._connection is None:
                self._connection = self._opened()
            if write and self.read_only:
                raise LedgerUnusable(f"{self.path} can only be read; mind its permissions, or name another ledger with --ledger PATH")
            self._connection.execute("BEGIN IMMEDIATE" if write else "BEGIN")
            if self.path is None or self.read_only or self.file == identity(self.path):
                return self._connection
            self._connection.execute("ROLLBACK")
            self.close()

    def run(self, sql: str, values: Sequence[Any] = ()) -> Iterable[Row]:
        """See `Database`."""
        assert self._connection is not None  # noqa: S101  (statements are run in a transaction)
        return self._connection.execute(sql, values)

    def change(self, sql: str, rows: Iterable[Sequence[Any]]) -> int:
        """See `Database`."""
        assert self._connection is not None  # noqa: S101
        return self._connection.executemany(sql, rows).rowcount

    def outside(self, statement: str) -> None:
        """Run a statement that may not stand in a transaction."""
        with self._told(), self.lock:
            self._connection = self._connection or self._opened()
            self._connection.execute(statement).fetchall()

    # connections

    def _opened(self) -> sqlite3.Connection:
        if self.path is None:
            return self._dial(":memory:")
        self.file = identity(self.path)
        with still(self.path.parent):
            try:
                connection = self._dial(self.path.absolute().as_uri())
                self._write_ahead(connection)
            except sqlite3.OperationalError as error:
                if self.file is None or _code(error) not in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
                    raise
                connection = self._opened_to_read(self.path)
            self.file = identity(self.path)
        return connection

    def _dial(self, uri: str) -> sqlite3.Connection:
        return sqlite3.connect(uri, uri=True, timeout=PATIENCE_S, isolation_level=None, check_same_thread=False)

    def _write_ahead(self, connection: sqlite3.Connection) -> None:
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

    def _opened_to_read(self, path: Path) -> sqlite3.Connection:
        """Without the right to write, the log of recent writes can be read only from a copy."""
        self.read_only = True
        log = path.with_name(path.name + "-wal")
        if log.exists() and log.stat().st_size:
            self._scratch = tempfile.TemporaryDirectory(prefix="payoff-")
            for source in (log, path):
                shutil.copy(source, self._scratch.name)
            return self._dial((Path(self._scratch.name) / path.name).as_uri())
        connection = self._dial(path.absolute().as_uri() + "?mode=ro&immutable=1")
        connection.execute("SELECT 1 FROM sqlite_master").fetchall()
        return connection

    def close(self) -> None:
        """See `Database`."""
        with self.lock:
            if self._connection is not None:
                self._connection.close()
            self._connection = None
            if self._scratch is not None:
                self._scratch.cleanup()
                self._scratch = None

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
            raise _explained(error, str(self.path or ":memory:")) from error


def identity(path: Path) -> tuple[int, int] | None:
    """Device and inode of a file; `None` when there is none."""
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


@contextmanager
def still(folder: Path, *, alone: bool = False) -> Iterator[None]:
    """While ledgers are opened in a folder, none of them is exchanged for a recovered one, and the other way round."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        yield
        return
    try:
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield
    finally:
        os.close(handle)


def _code(error: sqlite3.Error) -> int:
    """The primary result code of SQLite; 1 where Python gives none."""
    return getattr(error, "sqlite_errorcode", 1) & 0xFF


def _explained(error: sqlite3.Error, path: str) -> LedgerError:
    text, code = str(error), _code(error)
    if "no such table" in text:
        return NoTables(f"{path} holds no ledger yet")
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB) or "decode" in text:
        return LedgerDamaged(f"{path} is damaged, or no ledger ({text}); name another with --ledger PATH, or mend this with: payoff ledger rebuild")
    if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        return LedgerUnusable(f"{path} cannot be written ({text}); free some space, or name another ledger with --ledger PATH")
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return LedgerUnusable(f"{path} cannot be written ({text}); mind its permissions, or name another ledger with --ledger PATH")
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return LedgerUnusable(f"{path} was busy for {PATIENCE_S:.0f} s; another process holds it: try again, or name another ledger with --ledger PATH")
    return LedgerError(f"{path}: {text}")


class SqliteStore(SqlStore):
    """A ledger in one SQLite file, or in memory."""

    def __init__(self, path: Path | None) -> None:
        self.database = SqliteDatabase(path)
        super().__init__(self.database, str(path or ":memory:"))

    def prepare(self) -> None:
        """See `Upkeep`; refuses a database of another program."""
        with self.database.transaction(write=False) as db:
            names = {name for (name,) in db.run("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if names and not {"meta", "events"} <= names:
            raise LedgerUnusable(f"{self.place} is a database of another program (it has {', '.join(sorted(names)[:3])}); name another with --ledger PATH")
        super().prepare()

    def check(self) -> list[str]:
        """See `Upkeep`; asks SQLite for the soundness of its pages first."""
        with self.database.transaction(write=False) as db:
            pages = [str(row[0]) for row in db.run("PRAGMA integrity_check")]
        return super().check() if pages == ["ok"] else pages

    def mend(self) -> str | None:
        """See `Upkeep`."""
        from payoff.ledger._rescue import rescue

        path, seen = self.database.path, self.database.file
        if path is None or seen is None or self.database.read_only:
            return None
        self.close()
        return rescue(path, seen)

    def append(self, events: Sequence[Any]) -> None:
        """See `Journal`; after a run was forgotten the file is rewritten, so that no page holds what was removed."""
        forgets = any(event.kind == "forgotten" for event in events)
        if forgets:
            self.database.outside("PRAGMA secure_delete=ON")
        super().append(events)
        if forgets:
            for statement in ("PRAGMA wal_checkpoint(TRUNCATE)", "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
                self.database.outside(statement)
