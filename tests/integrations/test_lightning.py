"""PyTorch Lightning, the real one: what its trainer does arrives in the ledger, and payoff never gets in its way."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.integrations.frameworks import kept, library, told, warnings_of_payoff

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

EXAMPLES, BATCH = 64, 16


def model(*, fails_at: int | None = None, slow_s: float = 0.0) -> Any:
    """A line through 64 points that logs a loss at each step and two metrics at each validation."""
    torch, lightning = library("torch"), library("pytorch_lightning")

    class Line(lightning.LightningModule):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(1, 1)

        def training_step(self, batch: Any, batch_idx: int) -> Any:
            time.sleep(slow_s)
            if self.global_step == fails_at:
                raise ValueError("the data is bad")
            loss = torch.nn.functional.mse_loss(self.layer(batch["x"]), batch["y"])
            self.log("loss", loss)
            return loss

        def validation_step(self, batch: Any, batch_idx: int) -> None:
            self.log("accuracy", torch.tensor(0.5))

        def on_train_epoch_end(self) -> None:
            self.log("late", float(self.current_epoch))

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), lr=0.1)

    return Line()


def data() -> Any:
    torch = library("torch")
    points = [{"x": torch.tensor([n / EXAMPLES]), "y": torch.tensor([2 * n / EXAMPLES])} for n in range(EXAMPLES)]
    return torch.utils.data.DataLoader(points, batch_size=BATCH)


def trainer(callback: Any, folder: Path, **options: Any) -> Any:
    quiet = {"logger": False, "enable_progress_bar": False, "enable_model_summary": False, "accelerator": "cpu"}
    defaults = {"max_epochs": 2, "enable_checkpointing": False, "default_root_dir": folder}
    return library("pytorch_lightning").Trainer(callbacks=[callback], **{**quiet, **defaults, **options})


def callback(**options: Any) -> Any:
    library("pytorch_lightning")
    from payoff.integrations.lightning import PayoffCallback

    return PayoffCallback(**options)


def test_a_fit_is_a_run_with_the_metrics_of_every_epoch(tmp_path: Path) -> None:
    follower = callback(quality="accuracy")
    trainer(follower, tmp_path).fit(model(), data(), data())
    (run,) = kept()
    assert (run.name, run.state, run.footprint.examples and run.footprint.examples.value) == ("Line", "completed", 128)
    assert [(step, sorted(values), values["epoch"]) for step, values in told(run)] == [
        (4.0, ["accuracy", "epoch", "loss"], 1.0),
        (4.0, ["epoch", "late"], 1.0),
        (8.0, ["accuracy", "epoch", "loss"], 2.0),
        (8.0, ["epoch", "late"], 2.0),
    ]
    assert run.best and (run.best.value, run.best.step, run.best.examples) == (0.5, 4.0, 64.0)
    assert follower.window.run_id == run.id


def test_validations_within_an_epoch_are_readings_too(tmp_path: Path) -> None:
    trainer(callback(quality="accuracy"), tmp_path, val_check_interval=0.5).fit(model(), data(), data())
    (run,) = kept()
    assert [step for step, values in told(run) if "accuracy" in values] == [2.0, 4.0, 6.0, 8.0]


def test_two_fits_are_two_runs_and_what_comes_after_is_harmless(tmp_path: Path) -> None:
    follower = callback()
    for _ in range(2):
        trainer(follower, tmp_path, max_epochs=1).fit(model(), data())
    trainer(follower, tmp_path).validate(model(), data(), verbose=False)
    assert [(run.state, run.readings) for run in kept()] == [("completed", 2), ("completed", 2)]


def test_an_exception_goes_through_and_the_run_is_failed(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="the data is bad"):
        trainer(callback(), tmp_path).fit(model(fails_at=3), data())
    assert [(run.state, run.reason) for run in kept()] == [("failed", "ValueError: the data is bad")]


def test_a_spent_budget_stops_the_training(tmp_path: Path) -> None:
    fit = trainer(callback(budget="0.1 s"), tmp_path, max_epochs=100)
    fit.fit(model(slow_s=0.01), data())
    assert fit.global_step < 200
    assert [(run.state, run.reason) for run in kept()] == [("stopped", "the budget is spent")]


def test_what_fails_in_payoff_does_not_reach_the_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from payoff.integrations import _fit

    def broken(*_: object, **__: object) -> None:
        raise OSError("the disk is gone")

    follower = callback(budget="1 kWh")
    monkeypatch.setattr(_fit, "measure", broken)
    monkeypatch.setattr(_fit.Fit, "saw", broken)
    fit = trainer(follower, tmp_path)
    with warnings_of_payoff() as sentences:
        fit.fit(model(), data(), data())
    assert (fit.global_step, follower.fit.failures, len(sentences)) == (8, 9, 1)
    assert sentences[0].startswith("payoff: on_fit_start failed and is passed over, the training goes on (OSError")


def test_checkpoints_and_copies_hold_nothing_of_the_run(tmp_path: Path) -> None:
    follower = callback()
    fit = trainer(follower, tmp_path, enable_checkpointing=True, max_epochs=1)
    fit.fit(model(), data())
    saved = library("torch").load(fit.checkpoint_callback.best_model_path, weights_only=False)
    assert [name for name in saved["callbacks"] if "Payoff" in name] == []
    twin = pickle.loads(pickle.dumps(follower))
    assert (follower.window is None, twin.window) == (False, None)


@pytest.mark.parametrize(("strategy", "segments"), [("ddp_fork", 2), ("ddp", 1)])
def test_two_ranks_are_one_run_and_stop_together(strategy: str, segments: int, tmp_path: Path) -> None:
    """Forked ranks are segments of their own; those started as children of rank 0 are measured with it."""
    library("pytorch_lightning")
    script = tmp_path / "train.py"
    script.write_text(
        "from pathlib import Path\n"
        "from tests.integrations.test_lightning import callback, data, model, trainer\n"
        "if __name__ == '__main__':\n"
        f"    fit = trainer(callback(quality='accuracy', budget='2 s'), Path({str(tmp_path)!r}), max_epochs=1000,"
        f" devices=2, strategy={strategy!r})\n"
        "    fit.fit(model(slow_s=0.01), data(), data())\n"
    )
    path = os.pathsep.join([str(Path(__file__).parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
    subprocess.run([sys.executable, script], env=environment, check=True, timeout=180, capture_output=True)
    (run,) = kept()
    steps = [step for step, values in told(run) if "accuracy" in values]
    assert (run.state, len(run.segments), bool(steps)) == ("stopped", segments, True)
    assert run.footprint.examples and run.footprint.examples.value == steps[-1] * 2 * BATCH
    assert "examples" not in run.footprint.incomplete
