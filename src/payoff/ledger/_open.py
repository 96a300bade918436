"""From what the user wrote, or from nothing, to an open ledger."""

from __future__ import annotations

import os
from pathlib import Path

from payoff.errors import LedgerUnusable
from payoff.ledger._filesystem import network_file_system
from payoff.ledger._ledger import Ledger
from payoff.ledger._seam import Store

POSTGRES = ("postgresql://", "postgres://")
FOLDER, FOLDER_ENDING = "jsonl:", ".jsonl.d"


def default_place() -> str:
    """`$PAYOFF_LEDGER`, else `payoff/ledger.db` in the user's data directory (XDG)."""
    if configured := os.environ.get("PAYOFF_LEDGER"):
        return configured
    data = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    return os.path.join(data, "payoff", "ledger.db")


def open_ledger(where: str | os.PathLike[str] | None = None) -> Ledger:
    """Open the ledger at a path or address, made if it is missing; the default one without an argument.

    A path ending in `.jsonl.d` or beginning with `jsonl:` is a folder with a journal for each process,
    `postgresql://...` a database, `:memory:` gone when closed, anything else a SQLite file. On a network file system,
    where SQLite is not safe, a folder beside the file is used instead, and `notices` says so.
    """
    text = os.fspath(where) if where is not None else default_place()
    if text == ":memory:":
        from payoff.ledger._sqlite import SqliteStore

        return Ledger(SqliteStore(None))
    if text.startswith(POSTGRES):
        from payoff.ledger._postgres import PostgresStore

        return Ledger(PostgresStore(text))
    path = Path(text.removeprefix(FOLDER)).expanduser()
    _make_folder(path.parent)
    store, notices = _store_at(path, text.startswith(FOLDER) or path.name.endswith(FOLDER_ENDING))
    try:
        return Ledger(store, notices)
    except BaseException:
        store.close()
        raise


def _store_at(path: Path, in_folder: bool) -> tuple[Store, tuple[str, ...]]:
    from payoff.ledger._sqlite import SqliteStore

    kind = None if in_folder else network_file_system(path)
    if not in_folder and kind is None:
        if path.is_dir():
            raise LedgerUnusable(f"{path} is a folder; a ledger in a folder has a name that ends in {FOLDER_ENDING}, or is written {FOLDER}{path}")
        return SqliteStore(path), ()
    from payoff.ledger._jsonl import JsonlStore

    if kind is None:
        return JsonlStore(path), ()
    folder = path.with_name(path.stem + FOLDER_ENDING)
    notice = f"{path} is on a network file system ({kind}), where SQLite is not safe: runs are kept in {folder}"
    if path.exists():
        notice += f"; bring those in {path.name} over with: payoff ledger merge {path} --ledger {folder}"
    return JsonlStore(folder), (notice,)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LedgerUnusable(
            f"{folder} cannot be made ({error.strerror}); name another place with --ledger PATH or the environment variable PAYOFF_LEDGER"
        ) from error
