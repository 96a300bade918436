"""MLflow, the real one, on a folder: the figures of a run stand beside its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import payoff
from payoff.model import Footprint, Run
from payoff.quantities import Estimate
from tests.integrations.frameworks import kept, mlflow_in

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


@pytest.fixture
def mlflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)
    return mlflow_in(tmp_path, monkeypatch)


def logged(mlflow: Any, run: Any) -> tuple[dict[str, float], dict[str, str]]:
    """Metrics and tags of payoff's in a new MLflow run."""
    from payoff.integrations.mlflow import log_footprint

    with mlflow.start_run() as active:
        log_footprint(run)
    data = mlflow.get_run(active.info.run_id).data
    return data.metrics, {name: text for name, text in data.tags.items() if name.startswith("payoff.")}


def test_every_figure_has_its_interval_its_basis_and_its_sources(mlflow: Any) -> None:
    energy = Estimate(
        100.0, {"sensor": (95.0, 105.0)}, {"measured": 0.92, "modelled": 0.08}, sources=("RAPL", "SPECpower")
    )
    footprint = Footprint(energy_j=energy, labels=Estimate(5.0), incomplete=frozenset({"labels"}))
    run = Run("id-of-the-run", 1, "tests", "made", "completed", "2026-01-01T00:00:00Z", footprint=footprint)
    metrics, tags = logged(mlflow, run)
    assert metrics == {
        "payoff/energy_j": 100.0,
        "payoff/energy_j_low": energy.low,
        "payoff/energy_j_high": energy.high,
        "payoff/labels": 5.0,
        "payoff/labels_low": 5.0,
        "payoff/labels_high": 5.0,
    }
    assert tags == {
        "payoff.run_id": "id-of-the-run",
        "payoff.incomplete": "labels",
        "payoff.basis.energy_j": "measured 92 %, modelled 8 %",
        "payoff.sources.energy_j": "RAPL; SPECpower",
        "payoff.basis.labels": "stated",
    }


def test_a_window_and_the_run_in_the_ledger_give_the_same(mlflow: Any) -> None:
    with payoff.measure("both", quality="accuracy") as window:
        window.read(1, accuracy=0.9, examples=10)
    (run,) = kept()
    assert logged(mlflow, window) == logged(mlflow, run)
    assert logged(mlflow, run)[1]["payoff.run_id"] == run.id
