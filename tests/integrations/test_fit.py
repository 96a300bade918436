"""One training is one run, whatever the framework does to its callbacks."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys

import pytest

from payoff.errors import InvalidValue
from payoff.integrations._fit import Fit, harmless
from payoff.meter import Window
from tests.integrations.frameworks import kept, told, warnings_of_payoff


class Follower:
    """A callback of no framework."""

    def __init__(self, fit: Fit) -> None:
        self.fit = fit

    @harmless
    def on_step(self, step: int) -> None:
        if step < 0:
            raise ValueError("no such step")
        self.fit.read(step, {"loss": 1.0})


def test_a_training_is_a_run_with_its_readings() -> None:
    fit = Fit("digits", quality="loss", project="tests", tags=("small",), parameters={"layers": 2})
    fit.begin("Model")
    fit.saw(32)
    fit.saw(32)
    fit.read(2, {"loss": 0.5, "accuracy": 0.8}, epoch=1)
    fit.saw(10)
    fit.end()
    (run,) = kept()
    assert (run.name, run.project, run.state, run.tags, run.parameters) == (
        "digits",
        "tests",
        "completed",
        ("small",),
        {"layers": 2},
    )
    assert told(run) == [(2.0, {"loss": 0.5, "accuracy": 0.8, "epoch": 1.0})]
    assert run.best and run.best.value == 0.5
    assert run.footprint.examples and run.footprint.examples.value == 74


def test_a_run_without_a_name_is_called_after_the_model() -> None:
    fit = Fit()
    fit.begin("Model")
    fit.end()
    assert [run.name for run in kept()] == ["Model"]


def test_two_trainings_are_two_runs() -> None:
    fit = Fit("twice")
    for loss in (0.5, 0.25):
        fit.begin("Model")
        fit.read(1, {"loss": loss})
        fit.end()
    assert [told(run) for run in kept()] == [[(1.0, {"loss": 0.5})], [(1.0, {"loss": 0.25})]]


def test_after_the_end_nothing_happens_any_more() -> None:
    fit = Fit("over")
    fit.begin("Model")
    fit.end("failed", "first")
    fit.saw(5)
    fit.read(7, {"loss": 1.0})
    fit.end()
    assert [(run.state, run.reason, run.readings) for run in kept()] == [("failed", "first", 0)]


def test_a_training_that_begins_before_the_last_one_ended_shows_that_one_as_failed() -> None:
    fit = Fit("again")
    fit.begin("Model")
    fit.begin("Model")
    fit.end()
    assert [run.state for run in kept()] == ["failed", "completed"]


@pytest.mark.parametrize("copied", [copy.deepcopy, copy.copy, lambda fit: pickle.loads(pickle.dumps(fit))])
def test_a_copy_leaves_the_training_to_the_original(copied: object) -> None:
    fit = Fit("original", budget="1 kWh")
    fit.begin("Model")
    twin = copied(fit)  # type: ignore[operator]
    twin.read(1, {"loss": 0.1})
    twin.end("failed", "by the copy")
    assert (twin.window, twin.has_budget, twin.budget_is_spent) == (None, True, False)
    fit.read(1, {"loss": 0.5})
    fit.end()
    assert [(run.state, told(run)) for run in kept()] == [("completed", [(1.0, {"loss": 0.5})])]


def test_names_that_mean_something_else_are_passed_over() -> None:
    fit = Fit("names", quality="loss")
    fit.begin("Model")
    fit.read(3, {"step": 9.0, "self": 1.0, "epoch": 4.0, "examples": 1e9, "labels": 5.0, "flop": 1.0, "loss": 0.5})
    fit.end()
    (run,) = kept()
    assert told(run) == [(3.0, {"loss": 0.5})]
    assert (run.footprint.examples, run.footprint.labels, run.footprint.flop) == (None, None, None)


def test_a_hook_that_fails_is_told_once_and_counted() -> None:
    follower = Follower(Fit("faulty"))
    follower.fit.begin("Model")
    with warnings_of_payoff() as sentences:
        for step in (-1, 1, -2):
            follower.on_step(step)
    follower.fit.end()
    assert sentences == ["payoff: on_step failed and is passed over, the training goes on (ValueError: no such step)"]
    assert follower.fit.failures == 2
    assert [run.readings for run in kept()] == [1]


def test_a_run_is_closed_even_when_its_last_reading_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    class Ending:
        fit = Fit("ending")

        @harmless
        def on_end(self) -> None:
            self.fit.end()

    ending = Ending()
    ending.fit.begin("Model")
    ending.fit.saw(5)
    monkeypatch.setattr(Window, "read", None)
    ending.on_end()
    assert ([run.state for run in kept()], ending.fit.failures) == (["completed"], 1)


def test_a_stop_by_the_user_goes_through() -> None:
    class Interrupted:
        fit = Fit("interrupted")

        @harmless
        def on_step(self) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Interrupted().on_step()


def test_a_budget_may_come_from_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Fit("without").has_budget is False
    monkeypatch.setenv("PAYOFF_BUDGET", "2 kWh")
    assert Fit("with").has_budget is True


def test_arguments_that_break_a_law_raise_before_any_training() -> None:
    with pytest.raises(InvalidValue, match="budget must be above 0"):
        Fit("wrong", budget="-3 kWh")


def test_a_quality_that_is_never_reported_is_told() -> None:
    fit = Fit("mistyped", quality="accuracy")
    fit.begin("Model")
    fit.read(1, {"eval_accuracy": 0.9, "loss": 0.1})
    with warnings_of_payoff() as sentences:
        fit.end()
    assert sentences == [
        "payoff: the quality 'accuracy' was never reported, so the run has none; reported were: eval_accuracy, loss; "
        "did you mean 'eval_accuracy'?"
    ]


def test_an_exception_around_a_training_makes_the_run_failed() -> None:
    fit = Fit("caught")
    fit.begin("Model")
    with pytest.raises(ZeroDivisionError), fit:
        _ = 1 / 0
    assert [(run.state, run.reason) for run in kept()] == [("failed", "ZeroDivisionError: division by zero")]


def test_a_script_that_ends_by_an_exception_leaves_a_failed_run() -> None:
    code = "from payoff.integrations._fit import Fit; fit = Fit('script'); fit.begin('Model'); 1 / 0"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 1
    assert [run.state for run in kept()] == ["failed"]


def test_another_rank_reports_nothing_and_is_not_measured_where_the_meter_knows_no_group() -> None:
    fit = Fit("rank 1")
    fit.begin("Model", leads=False)
    fit.read(1, {"loss": 1.0})
    fit.end()
    assert (fit.window, kept()) == (None, [])


RANK = """
from payoff.integrations._fit import Fit
fit = Fit("ddp", quality="loss", project="ranks")
import os
fit.begin("Model", leads=os.environ["RANK"] == "0")
fit.saw(10)
fit.read(1, {"loss": 0.5 + int(os.environ["RANK"])})
fit.end()
"""


def test_the_ranks_of_a_launch_are_one_run_with_the_readings_of_rank_0(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("MASTER_PORT", "29555")
    ranks = []
    for rank in "01":
        monkeypatch.setenv("RANK", rank)
        ranks.append(subprocess.Popen([sys.executable, "-c", RANK]))
    assert [rank.wait(60) for rank in ranks] == [0, 0]
    (run,) = kept()
    assert (run.state, len(run.segments), told(run)) == ("completed", 2, [(1.0, {"loss": 0.5})])
    assert run.footprint.examples and run.footprint.examples.value == 20
