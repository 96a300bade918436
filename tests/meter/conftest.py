"""What the tests of the meter share."""

from __future__ import annotations

from pathlib import Path

import pytest

from payoff.meter import _neighbours


@pytest.fixture
def where(tmp_path: Path) -> Path:
    """A ledger of one's own."""
    return tmp_path / "ledger.db"


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder of one's own: no settings, no launcher's variables, no run around this one, no neighbours."""
    monkeypatch.chdir(tmp_path)
    for name in ("RANK", "WORLD_SIZE", "SLURM_PROCID", "SLURM_NTASKS", "PAYOFF_RUN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(_neighbours, "_shared_folder", lambda: str(tmp_path / "claims"))
