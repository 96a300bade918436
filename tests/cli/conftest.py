"""What the tests of the command line share."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The ledger that every command of a test uses, and a folder of its own to stand in."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "ledger.db"
    monkeypatch.setenv("PAYOFF_LEDGER", str(path))
    return path
