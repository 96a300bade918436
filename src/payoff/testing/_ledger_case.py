"""What the laws of a ledger are told with: small events, and ledgers in places of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from payoff.ledger import Ledger, Query, Store
from payoff.model import Event, Footprint, Lease, Run, new_id
from payoff.quantities import Estimate

DEAD = Lease("elsewhere", "", 1, 1)
"""The lease of a process on a host that is not this one."""


def at(seconds: float) -> str:
    """A stamp that many seconds from now."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def joules(energy_j: float, duration_s: float = 1.0) -> Footprint:
    """A small footprint."""
    return Footprint(
        duration_s=Estimate(duration_s),
        energy_j=Estimate(energy_j, {"meter": (0.95 * energy_j, 1.05 * energy_j)}, {"measured": 1.0}),
    )


def started(run_id: str, segment: str, **about: Any) -> Event:
    """The beginning of a run."""
    return Event(run_id, "started", {"segment": segment, "project": "conformance", "name": "a run", **about})


def read(run_id: str, step: float, **values: float) -> Event:
    """Readings of a run."""
    return Event(
        run_id,
        "read",
        {"step": step, "values": values, "elapsed_s": 2.0 * step, "energy_j": 5.0 * step, "examples": None},
    )


def finished(run_id: str, segment: str, footprint: Footprint, state: str = "completed") -> Event:
    """The end of a run."""
    return Event(
        run_id, "finished", {"segment": segment, "state": state, "exit_code": 0, "footprint": footprint.to_json()}
    )


def whole_run(energy_j: float = 7.0, values: Sequence[float] = (0.5, 0.75), **about: Any) -> list[Event]:
    """All events of a run that went well."""
    run_id, segment = new_id(), new_id()
    readings = [read(run_id, step, accuracy=value) for step, value in enumerate(values)]
    return [started(run_id, segment, **about), *readings, finished(run_id, segment, joules(energy_j))]


def without_number(runs: Sequence[Run]) -> list[Run]:
    """Runs as every ledger that holds them shows them, whatever number it gave them."""
    return sorted((replace(run, number=0) for run in runs), key=lambda run: run.id)


ALL = Query(limit=None)


class StoreCase:
    """How a test gets its ledgers; a back end says how a store is made."""

    def make_store(self, place: Path) -> Store:
        """A store at a place, which is new in each test."""
        raise NotImplementedError

    @pytest.fixture
    def place(self, tmp_path: Path) -> Path:
        """Where the ledger of a test is."""
        return tmp_path / "ledger"

    @pytest.fixture
    def ledger(self, place: Path) -> Iterator[Ledger]:
        """An empty ledger."""
        with Ledger(self.make_store(place)) as ledger:
            yield ledger

    @pytest.fixture
    def other(self, tmp_path: Path) -> Iterator[Ledger]:
        """Another empty ledger, elsewhere."""
        with Ledger(self.make_store(tmp_path / "other")) as ledger:
            yield ledger
