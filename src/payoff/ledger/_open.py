"""From what the user wrote, or from nothing, to an open ledger."""

from __future__ import annotations

import os

from payoff.errors import LedgerUnusable
from payoff.ledger._filesystem import network_file_system
from payoff.ledger._ledger import Ledger
from payoff.ledger._seam import Store
from payoff.ledger._sqlite import SqliteStore

POSTGRES = ("postgresql://", "postgres://")
FOLDER, FOLDER_ENDING = "jsonl:", ".jsonl.d"


def default_place() -> str:
    """`$PAYOFF_LEDGER`, else `payoff/ledger.db` in the user's data directory (XDG)."""
    if configured := os.environ.get("PAYOFF_LEDGER"):
        return configured
    data = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    return os.path.join(data, "payoff", "ledger.db")


def load_back_end(where: str | os.PathLike[str] | None = None) -> None:
    """Import what opening the ledger at this place will need.

    A fork while another thread imports leaves the child a module that never gets ready: it would hang at its import.
    """
    place = os.fspath(where) if where is not None else default_place()
    if place.startswith(POSTGRES):
        import payoff.ledger._postgres
    elif place.startswith(FOLDER) or place.endswith(FOLDER_ENDING) or network_file_system(place):
        import payoff.ledger._jsonl  # noqa: F401


def open_ledger(where: str | os.PathLike[str] | None = None, *, as_it_is: bool = False) -> Ledger:
    """Open the ledger at a path or address, made if it is missing; the default one without an argument.

    A path ending in `.jsonl.d` or beginning with `jsonl:` is a folder with a journal for each process,
    `postgresql://...` a database, `:memory:` gone when closed, anything else a SQLite file. On a network file system,
    where SQLite is not safe, a folder beside the file is used instead, and `notices` says so; `as_it_is` opens the file
    all the same, to read it.
    """
    text = os.fspath(where) if where is not None else default_place()
    if text == ":memory:":
        return Ledger(SqliteStore(None))
    if text.startswith(POSTGRES):
        from payoff.ledger._postgres import PostgresStore

        return Ledger(PostgresStore(text))
    path = os.path.expanduser(text.removeprefix(FOLDER))
    _make_folder(os.path.dirname(path))
    store, notices = _store_at(path, text.startswith(FOLDER) or path.rstrip("/").endswith(FOLDER_ENDING), as_it_is)
    try:
        return Ledger(store, notices)
    except BaseException:
        store.close()
        raise


def _store_at(path: str, in_folder: bool, as_it_is: bool) -> tuple[Store, tuple[str, ...]]:
    kind = None if in_folder or as_it_is else network_file_system(path)
    if not in_folder and kind is None:
        if os.path.isdir(path):
            raise LedgerUnusable(
                f"{path} is a folder; a ledger in a folder has a name that ends in {FOLDER_ENDING}, "
                f"or is written {FOLDER}{path}"
            )
        return SqliteStore(path), ()
    from payoff.ledger._jsonl import JsonlStore

    if kind is None:
        return JsonlStore(path), ()
    folder = os.path.splitext(path)[0] + FOLDER_ENDING
    notice = f"{path} is on a network file system ({kind}), where SQLite is not safe: runs are kept in {folder}"
    if os.path.exists(path):
        notice += f"; bring over those in {path} with: payoff ledger merge {path} --ledger {folder}"
    return JsonlStore(folder), (notice,)


def _make_folder(folder: str) -> None:
    try:
        os.makedirs(folder or ".", exist_ok=True)
    except OSError as error:
        raise LedgerUnusable(
            f"{folder} cannot be made ({error.strerror}); name another place with --ledger PATH "
            "or the environment variable PAYOFF_LEDGER"
        ) from error
