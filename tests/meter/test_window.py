"""The window in a program: it measures, it never raises through a training, and it loses nothing."""

from __future__ import annotations

import asyncio
import logging
import math
import os
import statistics
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

import payoff
from payoff.errors import BudgetSpent, InvalidValue, UnknownName
from payoff.ledger import Query, open_ledger
from payoff.meter import _window
from payoff.meter._processor import this_processor
from payoff.model import Budget, Objective, Run
from tests.processes import python, wait_for


@pytest.fixture(autouse=True)
def _nothing_was_logged_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_window, "_logged", set())


def spin(cpu_s: float) -> None:
    """Use that much CPU time of this thread."""
    end = time.thread_time() + cpu_s
    while time.thread_time() < end:
        sum(range(100))


def runs(where: Path) -> list[Run]:
    """In the order in which they began; numbers follow the order in which they were written."""
    with open_ledger(where) as ledger:
        return sorted(ledger.runs(Query(descending=False)), key=lambda run: run.id)


def only(where: Path) -> Run:
    (run,) = runs(where)
    return run


def joules(run: Run) -> float:
    assert run.footprint.energy_j is not None
    return run.footprint.energy_j.value


def seconds(run: Run) -> float:
    assert run.footprint.duration_s is not None
    return run.footprint.duration_s.value


# life


def test_a_block_is_a_run_with_its_readings(where: Path) -> None:
    with payoff.measure("resnet", quality="accuracy", project="p", tags=("a",), ledger=where) as window:
        window.read(step=1, accuracy=0.5, loss=2.0, examples=100)
        window.read(step=2, accuracy=0.75, examples=100)
    run = only(where)
    assert (run.name, run.project, run.tags, run.state, run.reason) == ("resnet", "p", ("a",), "completed", "")
    assert (run.objective, run.readings) == (Objective("accuracy"), 2)
    assert run.best is not None and (run.best.step, run.best.value, run.best.examples) == (2, 0.75, 200)
    assert run.footprint.examples is not None and run.footprint.examples.value == 200
    assert run.id == window.run_id
    assert run.footprint == window.footprint
    assert run.footprint.energy_j is not None and run.footprint.emissions_kg is not None


def test_each_call_of_a_decorated_function_is_a_run_of_its_own(where: Path) -> None:
    @payoff.measure("train", ledger=where)
    def train(number: int, *, doubled: bool = False) -> int:
        """Trains."""
        return number * (2 if doubled else 1)

    assert (train(2), train(3, doubled=True), train.__name__, train.__doc__) == (2, 6, "train", "Trains.")
    assert [(run.name, run.state) for run in runs(where)] == [("train", "completed")] * 2


def test_a_decorated_generator_is_measured_to_its_last_step(where: Path) -> None:
    @payoff.measure("steps", ledger=where)
    def steps() -> Iterator[int]:
        for step in range(3):
            spin(0.05)
            yield step

    assert list(steps()) == [0, 1, 2]
    assert only(where).details["usage"]["cpu_s"] >= 0.15


def test_a_decorated_coroutine_is_measured_to_its_end(where: Path) -> None:
    @payoff.measure("later", ledger=where)
    async def later() -> str:
        await asyncio.sleep(0.1)
        return "done"

    assert asyncio.run(later()) == "done"
    assert seconds(only(where)) >= 0.1


def test_start_and_stop_do_what_the_block_does(where: Path) -> None:
    window = payoff.measure("by hand", ledger=where).start()
    window.read(1, accuracy=0.5)
    footprint = window.stop()
    assert only(where).footprint == footprint
    assert footprint.duration_s is not None and footprint.duration_s.value > 0


def test_a_second_start_is_refused_in_a_sentence(where: Path) -> None:
    with payoff.measure("a", ledger=where) as window, pytest.raises(InvalidValue) as caught:
        window.start()
    assert str(caught.value) == "this window is open already; make a new one with payoff.measure() for another run"


def test_stopping_twice_returns_the_same_figures(where: Path) -> None:
    window = payoff.measure("a", ledger=where).start()
    first = window.stop()
    assert (window.stop("failed"), only(where).state) == (first, "completed")


def test_an_exception_makes_a_failed_run_that_says_why_and_goes_on_its_way(where: Path) -> None:
    with pytest.raises(ZeroDivisionError), payoff.measure("a", ledger=where):
        _ = 1 / 0
    run = only(where)
    assert (run.state, run.reason) == ("failed", "ZeroDivisionError: division by zero")


def test_ctrl_c_makes_a_failed_run(where: Path) -> None:
    with pytest.raises(KeyboardInterrupt), payoff.measure("a", ledger=where):
        raise KeyboardInterrupt
    assert (only(where).state, only(where).reason) == ("failed", "KeyboardInterrupt: ")


def test_a_window_used_after_stop_does_nothing(where: Path) -> None:
    window = payoff.measure("a", budget="1 h", ledger=where).start()
    window.stop()
    window.read(step=1, accuracy=0.5)
    window.check_budget()
    assert (window.should_stop, only(where).readings) == (False, 0)


def test_a_window_used_before_start_does_nothing(where: Path) -> None:
    window = payoff.measure("a", ledger=where)
    window.read(step=1, accuracy=0.5)
    assert (window.run_id, window.should_stop, window.footprint.present()) == ("", False, {})
    assert not where.exists()


def test_a_program_that_ends_with_the_window_open_is_written(where: Path) -> None:
    program = "import payoff, sys\nw = payoff.measure('open', ledger=sys.argv[1]).start()\nw.read(1, accuracy=0.5)\n"
    assert python(program, where).returncode == 0
    run = only(where)
    assert (run.state, run.reason, run.readings) == ("completed", "the program ended with the window open", 1)


def test_a_program_that_ends_by_an_exception_with_the_window_open_failed(where: Path) -> None:
    program = "import payoff, sys\npayoff.measure('open', ledger=sys.argv[1]).start()\nraise ValueError('x')\n"
    assert python(program, where).returncode == 1
    assert only(where).state == "failed"


def test_the_name_of_a_run_is_that_of_the_script(tmp_path: Path, where: Path) -> None:
    script = tmp_path / "train_it.py"
    script.write_text("import payoff, sys\nwith payoff.measure(ledger=sys.argv[1]): pass\n")
    python("import runpy, sys; sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0])", script, where, "--token=abc")
    run = only(where)
    assert (run.name, run.command[-1]) == ("train_it", "--token=[redacted]")


# readings


def odd_values() -> Iterator[tuple[object, float | None]]:
    class Tensor:
        def __float__(self) -> float:
            return 0.25

    class Ragged:
        def __float__(self) -> float:
            raise ValueError("only one element tensors can be converted to Python scalars")

    yield from [(1, 1.0), (True, 1.0), ("0.5", 0.5), (Decimal("0.5"), 0.5), (Fraction(1, 4), 0.25)]
    yield from [(Tensor(), 0.25), (math.inf, math.inf), (-math.inf, -math.inf)]
    yield from [(None, None), ("high", None), ([1, 2], None), (Ragged(), None), (1j, None), (10**400, None)]


@pytest.mark.parametrize(("value", "kept"), list(odd_values()))
def test_what_is_like_a_number_is_kept_and_the_rest_is_dropped_and_told(
    where: Path, caplog: pytest.LogCaptureFixture, value: float, kept: float | None
) -> None:
    with payoff.measure("a", ledger=where) as window:
        window.read(step=1, accuracy=value, loss=0.5)
    with open_ledger(where) as ledger:
        readings = {reading.metric: reading.value for reading in ledger.readings(window.run_id)}
    assert readings == {"loss": 0.5} | ({} if kept is None else {"accuracy": kept})
    told = [record.getMessage() for record in caplog.records]
    assert told == ([] if kept is not None else ["payoff: readings must be numbers, dropped those of accuracy"])


def test_nan_is_kept_and_is_never_the_best(where: Path) -> None:
    with payoff.measure("a", quality="accuracy", ledger=where) as window:
        for step, value in enumerate((math.nan, 0.5, math.nan)):
            window.read(step, accuracy=value)
    run = only(where)
    assert (run.readings, run.best and run.best.value) == (3, 0.5)


def test_a_quality_that_is_never_reported_is_told_once_at_the_end(
    where: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with payoff.measure("mistyped", quality="accuracy", ledger=where) as run:
        for step in range(3):
            run.read(step=step, acuracy=0.9)
        assert caplog.messages == []
    assert caplog.messages == [
        "payoff: the quality 'accuracy' was never reported, so the run has none; "
        "reported were: acuracy; did you mean 'acuracy'?"
    ]


def test_a_quality_that_is_not_reported_because_the_training_failed_is_not_told(
    where: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(ZeroDivisionError), payoff.measure("failed", quality="accuracy", ledger=where):
        _ = 1 / 0
    assert caplog.messages == []


def test_a_step_that_is_no_number_drops_the_reading(where: Path) -> None:
    with payoff.measure("a", ledger=where) as window:
        for step in (None, math.nan, "x"):
            window.read(step, accuracy=0.5)  # type: ignore[arg-type]
    assert only(where).readings == 0


def test_ten_thousand_bad_readings_are_told_once(where: Path, caplog: pytest.LogCaptureFixture) -> None:
    with payoff.measure("a", ledger=where) as window:
        for step in range(10_000):
            window.read(step, accuracy=None)  # type: ignore[arg-type]
    assert [r.getMessage() for r in caplog.records] == ["payoff: readings must be numbers, dropped those of accuracy"]


def test_a_metric_may_have_any_name(where: Path) -> None:
    names = ["top-1 %", "État", "a=b", "min:loss", "\ud800", ""]
    with payoff.measure("a", ledger=where) as window:
        for step, name in enumerate(names):
            window.read(step, **{name: 0.5})
    assert only(where).readings == len(names)


def test_counts_accumulate_and_are_no_metrics(where: Path) -> None:
    with payoff.measure("a", ledger=where) as window:
        for step in range(5):
            window.read(step, loss=1.0, examples=10, labels=2, flop=1e9)
    used = only(where).footprint
    assert [used[name] and used[name].value for name in ("examples", "labels", "flop")] == [50, 10, 5e9]  # type: ignore[union-attr]
    with open_ledger(where) as ledger:
        assert {reading.metric for reading in ledger.readings(window.run_id)} == {"loss"}


def test_a_reading_takes_less_than_a_millisecond(where: Path) -> None:
    took = []
    with payoff.measure("a", ledger=where) as window:
        for step in range(500):
            began = time.perf_counter()
            window.read(step, accuracy=0.5)
            took.append(time.perf_counter() - began)
            time.sleep(0.0005)
    assert statistics.median(took) < 0.001


def test_a_sensor_that_breaks_never_reaches_the_training(where: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even one that raises what no sensor should."""

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the driver is gone")

    with payoff.measure("a", ledger=where) as window:
        assert window._recording is not None
        monkeypatch.setattr(window._recording._account, "advance", broken)
        window.read(step=1, accuracy=0.5)
        time.sleep(1.2)
    assert window.should_stop is False


def test_what_cannot_be_started_is_told_and_the_training_goes_on(
    where: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        raise OSError("no sensors today")

    monkeypatch.setattr("payoff.meter._recording.find_sensors", broken)
    with payoff.measure("a", ledger=where) as window:
        window.read(step=1, accuracy=0.5)
    assert [r.getMessage() for r in caplog.records] == [
        "payoff: this run cannot be measured (OSError: no sensors today)"
    ]
    assert (window.run_id, window.footprint.present()) == ("", {})


def test_parameters_of_any_kind_are_kept(where: Path) -> None:
    import numpy as np

    given = {
        "lr": np.float32(0.5),
        "layers": np.int64(3),
        "path": Path("data"),
        "sizes": (1, 2),
        "nested": {"set": {1}, 5: None},
        "array": np.arange(3),
        "text": "\udcff",
        "type": int,
    }
    with payoff.measure("a", parameters=given, ledger=where):
        pass
    assert only(where).parameters == {
        "lr": 0.5,
        "layers": 3,
        "path": "data",
        "sizes": [1, 2],
        "nested": {"set": [1], "5": None},
        "array": "[0 1 2]",
        "text": "\\udcff",
        "type": "<class 'int'>",
    }


# several windows


def test_a_run_inside_another_is_counted_once(where: Path) -> None:
    with payoff.measure("outer", ledger=where) as outer:
        with payoff.measure("inner", ledger=where) as inner:
            inner.read(1, loss=1, examples=400)
            spin(0.3)
        outer.read(1, loss=1, examples=1000)
        spin(0.15)
    first, second = runs(where)
    assert (first.name, first.parent, second.name, second.parent) == ("outer", None, "inner", first.id)
    assert joules(first) / joules(second) == pytest.approx(0.5, rel=0.5)
    assert outer.footprint.examples is not None and outer.footprint.examples.value == 1000


def test_a_run_that_outlives_the_one_around_it_is_counted_once(where: Path) -> None:
    outer = payoff.measure("outer", ledger=where).start()
    inner = payoff.measure("inner", ledger=where).start()
    spin(0.3)
    outer.stop()
    spin(0.3)
    inner.stop()
    first, second = runs(where)
    assert joules(first) / joules(second) < 0.2
    assert "PAYOFF_RUN" not in os.environ


def test_two_windows_side_by_side_in_threads_share_what_the_process_uses(where: Path) -> None:
    ready = threading.Barrier(2)

    def train(name: str) -> None:
        with payoff.measure(name, ledger=where):
            ready.wait()
            spin(0.3)
            ready.wait()

    threads = [threading.Thread(target=train, args=(name,)) for name in ("a", "b")]
    before = time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    used_s = time.process_time() - before
    first, second = runs(where)
    assert (first.parent, second.parent) == (None, None)
    counted = [run.details["usage"]["cpu_s"] for run in (first, second)]
    assert sum(counted) == pytest.approx(used_s, rel=0.2)
    assert min(counted) / max(counted) > 0.7
    assert "PAYOFF_RUN" not in os.environ


def test_a_window_in_a_thread_is_inside_that_of_the_main_thread(where: Path) -> None:
    def train() -> None:
        with payoff.measure("trial", ledger=where):
            spin(0.3)

    with payoff.measure("study", ledger=where):
        thread = threading.Thread(target=train)
        thread.start()
        thread.join()
    study, trial = runs(where)
    assert (study.name, trial.parent) == ("study", study.id)
    assert joules(study) / joules(trial) < 0.3


def test_a_window_stopped_by_another_thread_ends_well(where: Path) -> None:
    window = payoff.measure("a", ledger=where).start()
    thread = threading.Thread(target=window.stop)
    thread.start()
    thread.join()
    with payoff.measure("b", ledger=where):
        pass
    assert [(run.name, run.state, run.parent) for run in runs(where)] == [
        ("a", "completed", None),
        ("b", "completed", None),
    ]


def test_a_window_across_a_fork_belongs_to_the_parent(where: Path) -> None:
    program = """
import os, sys, payoff
with payoff.measure("parent", ledger=sys.argv[1]) as window:
    window.read(1, accuracy=0.5)
    child = os.fork()
    if child == 0:
        window.read(2, accuracy=0.9)
        assert not window.should_stop
        window.stop("failed")
        with payoff.measure("child", ledger=sys.argv[1]) as own:
            own.read(1, accuracy=0.1)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    window.read(3, accuracy=0.6)
"""
    done = python(program, where)
    assert (done.returncode, done.stderr) == (0, "")
    parent, child = runs(where)
    assert (parent.name, parent.state, parent.readings, parent.best and parent.best.value) == (
        "parent",
        "completed",
        2,
        0.6,
    )
    assert (child.name, child.parent, child.readings) == ("child", parent.id, 1)


def test_workers_of_multiprocessing_are_counted_with_the_run(where: Path) -> None:
    program = """
import multiprocessing, sys, time, payoff
def work(_):
    end = time.process_time() + 0.3
    while time.process_time() < end: sum(range(1000))
if __name__ == "__main__":
    with payoff.measure("pool", ledger=sys.argv[1]):
        with multiprocessing.get_context("fork").Pool(2) as pool:
            pool.map(work, range(4))
            pool.close(); pool.join()
"""
    done = python(program, where)
    assert (done.returncode, done.stderr) == (0, "")
    assert only(where).details["usage"]["cpu_s"] == pytest.approx(1.25, rel=0.15)


def test_a_process_started_inside_a_window_makes_a_run_inside_it(where: Path) -> None:
    program = "import payoff, sys\nwith payoff.measure('child', ledger=sys.argv[1]): sum(range(6 * 10**7))"
    with payoff.measure("parent", ledger=where):
        assert python(program, where).returncode == 0
    parent, child = runs(where)
    assert (child.name, child.parent) == ("child", parent.id)
    assert joules(parent) + joules(child) < 2.5 * joules(child)


# budgets


def test_a_spent_budget_asks_the_loop_to_stop(where: Path, caplog: pytest.LogCaptureFixture) -> None:
    steps = 0
    with payoff.measure("a", budget="0.2 s", ledger=where) as window:
        end = time.monotonic() + 20
        while not window.should_stop and time.monotonic() < end:
            time.sleep(0.01)
            steps += 1
        with pytest.raises(BudgetSpent, match=r"^the budget is spent \(duration_s\); go on with resume="):
            window.check_budget()
    assert steps < 500
    assert caplog.messages[-1] == "payoff: the budget of 200 ms is spent: the run is asked to stop"


def test_a_run_that_ends_by_its_budget_is_stopped_and_not_failed(where: Path) -> None:
    def train() -> None:
        with payoff.measure("a", budget="0.1 s", ledger=where) as window:
            while True:
                time.sleep(0.01)
                window.check_budget()

    with pytest.raises(BudgetSpent):
        train()
    run = only(where)
    assert (run.state, run.reason.partition(";")[0]) == ("stopped", "BudgetSpent: the budget is spent (duration_s)")
    assert run.details["budget"] == {"duration_s": 0.1}


def test_the_user_is_warned_when_most_of_the_budget_is_spent(where: Path, caplog: pytest.LogCaptureFixture) -> None:
    with payoff.measure("a", budget=Budget({"duration_s": 1.5}), ledger=where):
        assert wait_for(lambda: any("% of the budget of 1.5 s is spent" in message for message in caplog.messages))


def test_a_budget_in_a_figure_that_is_not_known_here_is_told(where: Path, caplog: pytest.LogCaptureFixture) -> None:
    with payoff.measure("a", region="aws:eu-west-3", budget="$5", ledger=where):
        wait_for(lambda: caplog.messages)
    assert caplog.messages == [
        "payoff: the budget of $5 cannot be watched: what this machine's energy means in that unit is not known; "
        "give a price with the setting rent or electricity_price"
    ]


def test_a_configured_budget_holds_for_a_run_without_one(where: Path, tmp_path: Path) -> None:
    (tmp_path / "payoff.toml").write_text('budget = "0.1 s"')
    with payoff.measure("a", ledger=where) as window:
        assert wait_for(lambda: window.should_stop)


# going on


def test_a_run_goes_on_as_a_new_segment_with_the_same_budget(where: Path) -> None:
    with payoff.measure("a", budget="1 h", quality="accuracy", ledger=where) as first:
        first.read(1, accuracy=0.5, examples=10)
        spin(0.1)
    with payoff.measure("other name", resume="last", ledger=where) as second:
        second.read(2, accuracy=0.75, examples=10)
        spin(0.1)
    run = only(where)
    assert (second.run_id, run.name, run.readings, len(run.segments), run.state) == (
        first.run_id,
        "a",
        2,
        2,
        "completed",
    )
    assert run.details["budget"] == {"duration_s": 3600.0}
    assert joules(run) == pytest.approx(
        sum(w.footprint.energy_j.value for w in (first, second) if w.footprint.energy_j), rel=1e-9
    )
    assert run.footprint.examples is not None and run.footprint.examples.value == 20


def test_going_on_with_a_completed_run_says_so(where: Path, caplog: pytest.LogCaptureFixture) -> None:
    with payoff.measure("done", ledger=where):
        pass
    payoff.measure(resume="done", ledger=where)
    (said,) = caplog.messages
    assert said.startswith("payoff: goes on with run 1 (done), completed after ")
    assert said.endswith("what follows is added to it; without resume it would be a run of its own")


def test_a_window_prints_as_people_read_it(where: Path) -> None:
    run = payoff.measure("resnet", ledger=where)
    assert (str(run), repr(run)) == ("run resnet, not started", "<run resnet, not started>")
    with run:
        assert str(run).startswith("run resnet, measuring: time ") and "energy" in str(run)
    assert repr(run).startswith("<run resnet, ended: time ")


def test_what_was_used_before_counts_against_the_budget(where: Path) -> None:
    with payoff.measure("a", budget="3 s", ledger=where):
        time.sleep(0.55)
    with payoff.measure("a", resume="a", budget="1 s", ledger=where) as window:
        assert wait_for(lambda: window.should_stop, patience_s=5)
    assert seconds(only(where)) < 2.5


def test_a_run_whose_budget_is_spent_is_not_resumed_without_a_larger_one(where: Path) -> None:
    with payoff.measure("a", budget="0.2 s", ledger=where):
        time.sleep(0.3)
    with pytest.raises(InvalidValue, match=r"the budget of 200 ms of run 1 \(a\) is spent; give a larger --budget"):
        payoff.measure("a", resume="a", ledger=where)


def test_a_resumed_run_keeps_its_place_and_its_readings_go_on(where: Path) -> None:
    with payoff.measure("a", region="FR", ledger=where) as window:
        spin(0.1)
        window.read(1, accuracy=0.5, examples=10)
    with payoff.measure("a", resume="a", ledger=where) as window:
        spin(0.1)
        window.read(2, accuracy=0.6, examples=10)
    run = only(where)
    assert run.details["factors"]["place"] == "FR"
    with open_ledger(where) as ledger:
        first, second = ledger.readings(run.id)
    assert (first.examples, second.examples) == (10, 20)
    assert first.energy_j is not None and second.energy_j is not None
    assert second.energy_j > 1.5 * first.energy_j


def test_the_decorator_without_parentheses_is_refused_before_the_training() -> None:
    with pytest.raises(InvalidValue, match="the decorator takes parentheses"):
        payoff.measure(lambda: None)  # type: ignore[arg-type]


def test_a_larger_budget_may_be_given(where: Path) -> None:
    with payoff.measure("a", budget="0.2 s", ledger=where):
        time.sleep(0.3)
    with payoff.measure("a", resume="a", budget="1 h", ledger=where) as window:
        time.sleep(0.3)
        assert not window.should_stop


def test_runs_inside_the_first_segment_are_not_taken_from_the_second(where: Path) -> None:
    """A child process of the first segment is part of that segment's use and of no other's."""
    program = "import payoff, sys\nwith payoff.measure('child', ledger=sys.argv[1]): sum(range(2 * 10**7))"
    with payoff.measure("a", ledger=where):
        assert python(program, where).returncode == 0
    with payoff.measure("a", resume="a", ledger=where) as second:
        assert python("sum(range(10**7))").returncode == 0
        spin(0.2)
    assert second.footprint.energy_j is not None and second.footprint.energy_j.value > 0
    run = runs(where)[0]
    assert run.segments[1].footprint == second.footprint
    assert second.footprint.duration_s is not None and second.footprint.duration_s.value >= 0.2


def test_only_a_run_that_has_ended_can_go_on(where: Path) -> None:
    with payoff.measure("a", ledger=where) as window:
        wait_for(lambda: runs(where) if where.exists() else [])
        with pytest.raises(InvalidValue, match=r"run 1 \(a\) is still running; wait for it, or stop it"):
            payoff.measure(resume=window.run_id, ledger=where)


def test_a_run_that_is_not_there_cannot_go_on(where: Path) -> None:
    with payoff.measure("resnet", ledger=where):
        pass
    with pytest.raises(UnknownName, match="unknown run 'resnt'; did you mean 'resnet'"):
        payoff.measure(resume="resnt", ledger=where)


# arguments and settings


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"region": "Frankreich"}, "unknown"),
        ({"budget": "-3 kWh"}, "budget must be above 0, got -3 kWh"),
        ({"budget": "3 bananas"}, "banana"),
        ({"quality": "="}, "an objective is a metric"),
        ({"scope": "planet"}, "a scope is 'job' or 'machine', got 'planet'"),
    ],
)
def test_an_argument_that_breaks_a_law_raises_before_anything_is_measured(
    where: Path, arguments: dict[str, str], sentence: str
) -> None:
    with pytest.raises((InvalidValue, UnknownName), match=sentence):
        payoff.measure("a", ledger=where, **arguments)  # type: ignore[arg-type]
    assert not where.exists()


def test_a_region_that_is_misspelt_is_offered_right() -> None:
    with pytest.raises(UnknownName, match=r"did you mean .*aws:eu-west-3"):
        payoff.measure("a", region="aws:eu-west3")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("region = ", "is not valid TOML"),
        ('regoin = "FR"', "did you mean 'region'"),
        ('region = "Atlantis"', "Atlantis"),
        ('pue = "low"', "pue|number|low"),
        ('budget = "3 bananas"', "the configured budget is passed over"),
    ],
)
def test_a_bad_file_of_settings_only_warns(
    where: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, content: str, sentence: str
) -> None:
    (tmp_path / "payoff.toml").write_text(content)
    with payoff.measure("a", ledger=where):
        pass
    assert only(where).state == "completed"
    assert len(caplog.records) == 1 and caplog.records[0].levelno == logging.WARNING
    import re

    assert re.search(sentence, caplog.messages[0])


def test_a_bad_region_in_the_settings_does_not_move_the_ledger(where: Path, tmp_path: Path) -> None:
    (tmp_path / "payoff.toml").write_text(f'region = "Atlantis"\nledger = "{where}"\nproject = "p"')
    with payoff.measure("a"):
        pass
    assert only(where).project == "p"


def test_the_nearest_setting_wins(where: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def place(**arguments: str) -> str | None:
        with payoff.measure("a", ledger=where, **arguments):  # type: ignore[arg-type]
            pass
        return runs(where)[-1].place

    found = [place()]
    (tmp_path / "pyproject.toml").write_text('[tool.payoff]\nregion = "DE"')
    found.append(place())
    (tmp_path / "payoff.toml").write_text('region = "FR"')
    found.append(place())
    monkeypatch.setenv("PAYOFF_REGION", "PL")
    found.append(place())
    found.append(place(region="NO"))
    assert found == ["world", "DE", "FR", "PL", "NO"]


def test_a_folder_that_was_removed_does_not_matter(where: Path, tmp_path: Path) -> None:
    program = """
import os, sys, payoff
os.mkdir(sys.argv[2]); os.chdir(sys.argv[2]); os.rmdir(sys.argv[2])
with payoff.measure("a", ledger=sys.argv[1]): pass
"""
    done = python(program, where, tmp_path / "gone")
    assert (done.returncode, done.stderr, only(where).state) == (0, "", "completed")


def test_the_machine_may_be_booked_whole(where: Path) -> None:
    with payoff.measure("a", scope="machine", ledger=where):
        time.sleep(0.2)
    with payoff.measure("b", ledger=where):
        time.sleep(0.2)
    machine, job = runs(where)
    assert machine.details["usage"]["held_s"] == pytest.approx(seconds(machine), rel=1e-6)
    assert replace(machine, footprint=job.footprint).state == "completed"


def test_who_measures_the_whole_machine_takes_no_share_from_the_jobs_on_it(where: Path) -> None:
    begun, done = threading.Event(), threading.Event()

    def look_on() -> None:
        with payoff.measure("machine", scope="machine", ledger=where):
            begun.set()
            done.wait(10)

    onlooker = threading.Thread(target=look_on)
    onlooker.start()
    begun.wait(10)
    with payoff.measure("job", ledger=where) as job:
        time.sleep(0.3)
    done.set()
    onlooker.join()
    details = next(run for run in runs(where) if run.id == job.run_id).details["usage"]
    assert details["held_s"] == pytest.approx(details["duration_s"] * this_processor().reserved, rel=1e-6)


def test_a_clock_set_back_an_hour_changes_no_duration_and_no_order(
    where: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from payoff import model
    from payoff.meter import _recording

    real, shift = time.time_ns, [0]

    def wall() -> str:
        from datetime import UTC, datetime

        stamp = datetime.fromtimestamp((real() - shift[0]) / 1e9, UTC)
        return stamp.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    monkeypatch.setattr(time, "time_ns", lambda: real() - shift[0])
    monkeypatch.setattr(model, "utc_now", wall)
    monkeypatch.setattr(_recording, "utc_now", wall)
    with payoff.measure("before", ledger=where) as first:
        first.read(1, accuracy=0.5)
        time.sleep(0.1)
        shift[0] = 3600 * 10**9
        first.read(2, accuracy=0.6)
        time.sleep(1.2)
    with payoff.measure("after", ledger=where):
        pass
    before, after = runs(where)
    assert (before.name, after.name) == ("before", "after")
    assert 1.2 < seconds(before) < 20
    with open_ledger(where) as ledger:
        assert [reading.step for reading in ledger.readings(before.id)] == [1, 2]
        assert ledger.find("last").name == "after"
