"""The Hugging Face Trainer, the real one: what it does arrives in the ledger, and payoff never gets in its way."""

from __future__ import annotations

import copy
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.integrations.frameworks import kept, library, told, warnings_of_payoff

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


class Examples(list[Any]):
    """32 examples; the one of that number raises, and each takes its time."""

    def __init__(self, fails_at: int | None, slow_s: float) -> None:
        torch = library("torch")
        super().__init__({"input_ids": torch.full((4,), 1 + n % 2), "labels": n % 2} for n in range(32))
        self.fails_at, self.slow_s = fails_at, slow_s

    def __getitem__(self, number: Any) -> Any:
        time.sleep(self.slow_s)
        if number == self.fails_at:
            raise ValueError("the data is bad")
        return super().__getitem__(number)


def trainer(callback: Any, folder: Path, *, fails_at: int | None = None, slow_s: float = 0.0, **options: Any) -> Any:
    """A trainer of a tiny BERT on 32 examples, in batches of 8."""
    hf = library("transformers")
    library("accelerate")
    sizes = {
        "vocab_size": 8,
        "hidden_size": 8,
        "intermediate_size": 8,
        "num_hidden_layers": 1,
        "num_attention_heads": 1,
    }
    model = hf.BertForSequenceClassification(hf.BertConfig(**sizes))
    quiet = {"report_to": "none", "disable_tqdm": True, "save_strategy": "no", "logging_steps": 2, "use_cpu": True}
    defaults = {"num_train_epochs": 2, "eval_strategy": "epoch", "per_device_train_batch_size": 8}
    arguments = hf.TrainingArguments(str(folder), **{**quiet, **defaults, **options})
    data = Examples(fails_at, slow_s)
    return hf.Trainer(model, arguments, train_dataset=data, eval_dataset=Examples(None, 0.0), callbacks=[callback])


def callback(**options: Any) -> Any:
    library("transformers")
    from payoff.integrations.transformers import PayoffCallback

    return PayoffCallback(**options)


def test_a_training_is_a_run_with_the_losses_and_evaluations(tmp_path: Path) -> None:
    trainer(callback(quality="eval_loss"), tmp_path).train()
    (run,) = kept()
    assert (run.name, run.state, run.footprint.examples and run.footprint.examples.value) == (
        "BertForSequenceClassification",
        "completed",
        64,
    )
    assert [(step, sorted(values), values["epoch"]) for step, values in told(run)] == [
        (2.0, ["epoch", "grad_norm", "learning_rate", "loss"], 0.5),
        (4.0, ["epoch", "grad_norm", "learning_rate", "loss"], 1.0),
        (4.0, ["epoch", "eval_loss"], 1.0),
        (6.0, ["epoch", "grad_norm", "learning_rate", "loss"], 1.5),
        (8.0, ["epoch", "grad_norm", "learning_rate", "loss"], 2.0),
        (8.0, ["epoch", "eval_loss"], 2.0),
        (8.0, ["epoch", "train_loss"], 2.0),
    ]


def test_two_trainings_are_two_runs_and_what_comes_after_is_harmless(tmp_path: Path) -> None:
    follower = callback()
    for _ in range(2):
        trainer(follower, tmp_path, num_train_epochs=1).train()
    trainer(follower, tmp_path).evaluate()
    assert [(run.state, run.readings) for run in kept()] == [("completed", 4), ("completed", 4)]


def test_an_exception_goes_through_and_the_run_is_failed(tmp_path: Path) -> None:
    follower = callback()
    with pytest.raises(ValueError, match="the data is bad"), follower.fit:
        trainer(follower, tmp_path, fails_at=3).train()
    assert [(run.state, run.reason) for run in kept()] == [("failed", "ValueError: the data is bad")]


def test_a_spent_budget_stops_the_training(tmp_path: Path) -> None:
    training = trainer(callback(budget="0.2 s"), tmp_path, slow_s=0.004, num_train_epochs=100, eval_strategy="no")
    training.train()
    assert training.state.global_step < 200
    assert [(run.state, run.reason) for run in kept()] == [("stopped", "the budget is spent")]


def test_what_fails_in_payoff_does_not_reach_the_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from payoff.integrations import _fit

    def broken(*_: object, **__: object) -> None:
        raise OSError("the disk is gone")

    follower = callback()
    training = trainer(follower, tmp_path)
    monkeypatch.setattr(_fit.Fit, "saw", broken)
    with warnings_of_payoff() as sentences:
        training.train()
    assert (training.state.global_step, follower.fit.failures) == (8, 8)
    assert sentences == [
        "payoff: on_step_end failed and is passed over, the training goes on (OSError: the disk is gone)"
    ]


def test_a_copy_holds_nothing_of_the_run(tmp_path: Path) -> None:
    follower = callback()
    trainer(follower, tmp_path, num_train_epochs=1).train()
    assert (follower.window is None, copy.deepcopy(follower).window) == (False, None)


def test_two_ranks_of_torchrun_are_one_run_and_stop_together(tmp_path: Path) -> None:
    library("transformers")
    script = tmp_path / "train.py"
    script.write_text(
        "from pathlib import Path\n"
        "from tests.integrations.test_transformers import callback, trainer\n"
        f"trainer(callback(quality='loss', budget='2 s'), Path({str(tmp_path)!r}), slow_s=0.001,"
        " num_train_epochs=1000, eval_strategy='no', ddp_backend='gloo').train()\n"
    )
    root = str(Path(__file__).parents[2])
    path = os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", str(script)]
    environment = {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
    subprocess.run(launch, env=environment, check=True, timeout=180, capture_output=True)
    (run,) = kept()
    assert (run.state, len(run.segments)) == ("stopped", 2)
    steps = max(step for step, _ in told(run))
    assert run.footprint.examples and run.footprint.examples.value == 16 * steps
    assert "examples" not in run.footprint.incomplete
