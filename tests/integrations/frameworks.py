"""The real libraries, or one line that says how to get them; and what a test asks of the ledger."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import payoff
from payoff.model import Event, Run
from tests.needed import missing

WAY_OUT = "pip install --group frameworks brings all that these tests need"


def library(name: str) -> Any:
    """A framework, or the end of the test."""
    try:
        return import_module(name)
    except ImportError:
        missing(f"the library {name}", WAY_OUT)


def mlflow_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """MLflow, which keeps its runs in a folder and tells nobody about them."""
    for variable in ("MLFLOW_ALLOW_FILE_STORE", "MLFLOW_DISABLE_TELEMETRY", "DO_NOT_TRACK"):
        monkeypatch.setenv(variable, "true")
    mlflow = library("mlflow")
    mlflow.set_tracking_uri((folder / "mlruns").as_uri())
    return mlflow


def kept() -> list[Run]:
    """The runs in the ledger, the oldest first."""
    with payoff.open_ledger() as ledger:
        return ledger.runs()[::-1]


def told(run: Run) -> list[tuple[float, dict[str, Any]]]:
    """The readings of a run as they were reported: step and values."""
    with payoff.open_ledger() as ledger:
        events: list[Event] = ledger.events_of(run.id)
    return [(event.data["step"], event.data["values"]) for event in events if event.kind == "read"]


@contextmanager
def warnings_of_payoff() -> Iterator[list[str]]:
    """What payoff logs meanwhile."""
    sentences: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            sentences.append(record.getMessage())

    listener = Listener()
    logging.getLogger("payoff").addHandler(listener)
    try:
        yield sentences
    finally:
        logging.getLogger("payoff").removeHandler(listener)
