"""The default back end: one SQLite file in write-ahead mode."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from payoff.errors import LedgerDamaged, LedgerError, LedgerUnusable
from payoff.ledger._sql import NoTables, Row, SqlStore

PATIENCE_S = 20.0
"""How long a writer waits for the others, in seconds."""


class SqliteDatabase:
    """A connection that survives a fork and may be used by several threads in turn."""

    serial = "INTEGER PRIMARY KEY AUTOINCREMENT"

    def __init__(self, path: Path | str, *, read_only: bool = False) -> None:
        self._path = path
        self._read_only = read_only
        self._lock = threading.RLock()
        self._owner = 0
        self._connection: sqlite3.Connection | None = None

    def _connect(self) -> sqlite3.Connection:
        if self._connection is None or self._owner != os.getpid():
            self._lock = threading.RLock()
            if str(self._path) == ":memory:":
                uri = ":memory:"
            else:
                uri = Path(self._path).absolute().as_uri() + ("?mode=ro" if self._read_only else "")
            connection = sqlite3.connect(uri, uri=True, timeout=PATIENCE_S, isolation_level=None, check_same_thread=False)
            if not self._read_only:
                connection.execute("PRAGMA journal_mode=WAL")
                connection.execute("PRAGMA synchronous=NORMAL")
                connection.execute("PRAGMA secure_delete=ON")
            self._connection, self._owner = connection, os.getpid()
        return self._connection

    @contextmanager
    def transaction(self, *, write: bool) -> Iterator[SqliteDatabase]:
        """See `Database`."""
        with self._told(), self._lock:
            connection = self._connect()
            connection.execute("BEGIN IMMEDIATE" if write else "BEGIN")
            try:
                yield self
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def run(self, sql: str, values: Sequence[Any] = ()) -> Iterable[Row]:
        """See `Database`."""
        return self._connect().execute(sql, values)

    def run_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """See `Database`."""
        self._connect().executemany(sql, rows)

    def close(self) -> None:
        """See `Database`."""
        if self._connection is not None and self._owner == os.getpid():
            self._connection.close()
        self._connection = None

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise _explained(error, str(self._path)) from error


def _explained(error: sqlite3.Error, path: str) -> LedgerError:
    text = str(error)
    if "no such table" in text:
        return NoTables(f"{path} holds no ledger yet")
    if "malformed" in text or "not a database" in text or "corrupt" in text:
        return LedgerDamaged(f"{path} is damaged ({text}); payoff ledger rebuild sets it aside and recovers what can be read")
    if "disk is full" in text or "disk I/O" in text:
        return LedgerUnusable(f"{path} cannot be written ({text}); free some space, or name another ledger with --ledger PATH")
    if "readonly" in text or "unable to open" in text:
        return LedgerUnusable(f"{path} cannot be written ({text}); mind its permissions, or name another ledger with --ledger PATH")
    if "locked" in text:
        return LedgerUnusable(f"{path} was busy for {PATIENCE_S:.0f} s ({text}); another process holds it: try again")
    return LedgerError(f"{path}: {text}")


class SqliteStore(SqlStore):
    """A ledger in one SQLite file."""

    def __init__(self, path: Path | str, *, read_only: bool = False) -> None:
        self.database = SqliteDatabase(path, read_only=read_only)
        super().__init__(self.database, str(path))
        if read_only:
            self.check_version()
        else:
            self.prepare()

    def check(self) -> list[str]:
        """See `Store`; asks SQLite for the soundness of its pages first."""
        with self.database.transaction(write=False) as db:
            pages = [str(row[0]) for row in db.run("PRAGMA integrity_check")]
        return super().check() if pages == ["ok"] else pages

    def forget(self, run_id: str) -> None:
        """See `Store`; the file is rewritten so that no page holds what was removed."""
        super().forget(run_id)
        connection = self.database._connect()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
