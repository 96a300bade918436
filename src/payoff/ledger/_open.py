"""From what the user wrote, or from nothing, to an open ledger."""

from __future__ import annotations

import os
from pathlib import Path

from payoff.errors import LedgerUnusable
from payoff.ledger._ledger import Ledger


def default_path() -> Path:
    """`$PAYOFF_LEDGER`, else `payoff/ledger.db` in the user's data directory (XDG)."""
    if configured := os.environ.get("PAYOFF_LEDGER"):
        return Path(configured)
    data = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    return Path(data) / "payoff" / "ledger.db"


def open_ledger(where: str | os.PathLike[str] | None = None) -> Ledger:
    """Open the ledger at a path or address, made if it is missing; the default one without an argument."""
    from payoff.ledger._sqlite import SqliteStore

    text = os.fspath(where) if where is not None else str(default_path())
    if text == ":memory:":
        return Ledger(SqliteStore(text))
    path = Path(text).expanduser()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LedgerUnusable(f"{path.parent} cannot be made ({error.strerror}); name another place with --ledger PATH") from error
    return Ledger(SqliteStore(path))
