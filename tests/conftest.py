"""What every test shares: the folder of development data, and a home of its own."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from tests.needed import development_file

ROOT = Path(__file__).parents[1]

settings.register_profile("payoff", deadline=None, print_blob=True)
settings.load_profile("payoff")


def pytest_configure() -> None:
    """Let the programs of tests get their signals where whoever started the tests ignores some, as nohup does."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for name in ("SIGHUP", "SIGQUIT", "SIGTERM"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--data", type=Path, default=ROOT.parent / "shared" / "data", help="folder of development data")


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes what belongs to the user: settings, ledger, runs."""
    home = tmp_path_factory.mktemp("home")
    for name in [name for name in os.environ if name.startswith(("PAYOFF_", "XDG_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))


@pytest.fixture
def data_file(request: pytest.FixtureRequest) -> Callable[[str], Path]:
    """Find a file of development data: `data_file("measure/specpower_servers_dev.csv")`."""
    folder: Path = request.config.getoption("--data")
    return lambda name: development_file(folder, name)
