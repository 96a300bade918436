"""Reports are the same facts for people and for programs."""

from __future__ import annotations

import io
import json
import math

import pytest
from rich.console import Console

from payoff.model import Footprint, Objective, Reading, Run, to_text
from payoff.quantities import Estimate
from payoff.show import DoctorReport, Draw, Finding, RunReport, RunsReport, WatchReport, how_sure, quality


def shown(report: object, width: int = 80) -> str:
    screen = io.StringIO()
    Console(file=screen, width=width, highlight=False, markup=False).print(report)
    return "\n".join(line.rstrip() for line in screen.getvalue().splitlines())


def run(**about: object) -> Run:
    energy = Estimate(7200.0, {"model: watts": (5000.0, 9000.0)}, {"modelled": 1.0})
    plain: dict[str, object] = {
        "id": "0" * 32,
        "number": 7,
        "project": "vision",
        "name": "resnet",
        "state": "completed",
        "started_at": "2026-01-02T03:04:05.678Z",
        "host": "node0",
        "command": ("python", "train.py", "[bold]"),
        "objective": Objective("accuracy"),
        "best": Reading(2, "accuracy", 0.75, 2.0, 10.0, 100),
        "footprint": Footprint(duration_s=Estimate(60.0, {}, {"measured": 1.0}), energy_j=energy),
    }
    return Run(**{**plain, **about})  # type: ignore[arg-type]


def test_a_run_is_shown_whole() -> None:
    readings = (Reading(1, "accuracy", 0.5), Reading(2, "accuracy", 0.75))
    trace = tuple((float(t), 10.0 * t * t) for t in range(5))
    assert shown(RunReport(run(), readings, trace)).splitlines() == [
        "resnet  run 7 of vision  completed",
        "command  python train.py [bold]",
        "began    2026-01-02 03:04:05 UTC on node0",
        "         figure (90 % interval)   how sure   largest source of error",
        "────────────────────────────────────────────────────────────────────",
        "time     1 min                    measured",
        "energy   2 Wh (1.4–2.5)           modelled   model: watts",
        "accuracy  ▁█  best 0.75 at step 2 after 10 J",
        "power  ▁▃▆█  10 W to 70 W",
        "id " + "0" * 32,
    ]


@pytest.mark.parametrize(
    ("usage", "reserved", "line"),
    [
        ({"held_s": 60.0, "duration_s": 60.0, "jobs_beside": 0}, 1.0, None),
        (
            {"held_s": 15.0, "duration_s": 60.0, "jobs_beside": 3},
            1.0,
            "charged 25 % of what the machine draws when idle: "
            "up to 3 other jobs were measured beside it, and took a share",
        ),
        (
            {"held_s": 30.0, "duration_s": 60.0, "jobs_beside": 1},
            1.0,
            "charged 50 % of what the machine draws when idle: another job was measured beside it, and took a share",
        ),
        (
            {"held_s": 30.0, "duration_s": 60.0, "jobs_beside": 0},
            0.5,
            "charged 50 % of what the machine draws when idle: it could use 50 % of its threads",
        ),
        ({"held_s": 30.0, "duration_s": 60.0}, 1.0, "charged 50 % of what the machine draws when idle"),
        ({}, 1.0, None),
    ],
)
def test_a_run_that_shared_the_idle_energy_says_with_whom(
    usage: dict[str, float], reserved: float, line: str | None
) -> None:
    machine = {"processor": "EPYC", "threads": 2, "reserved": reserved}
    lines = shown(RunReport(run(details={"usage": usage, "machine": machine})), 160).splitlines()
    assert [text for text in lines if text.startswith("idle")] == ([f"idle     {line}"] if line else [])


def test_a_run_without_figures_is_shown_too() -> None:
    bare = run(footprint=Footprint(), objective=None, best=None, command=())
    assert "resnet  run 7 of vision  completed" in shown(RunReport(bare))
    assert RunReport(bare).to_json()["footprint"] == {}


def test_a_figure_that_misses_a_part_is_a_lower_bound() -> None:
    footprint = Footprint(energy_j=Estimate(10.0), incomplete=frozenset({"energy_j"}))
    assert "≥ 10 J" in shown(RunReport(run(footprint=footprint)))


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_readings_that_are_no_numbers_are_shown_as_they_are(value: float) -> None:
    report = RunReport(run(), (Reading(1, "accuracy", value), Reading(2, "accuracy", 0.75)))
    assert "best 0.75" in shown(report)
    assert json.loads(to_text(report.to_json()))["curve"][0]["value"] == str(value)


def test_a_state_is_never_cut_off() -> None:
    lost = run(name="a-name-that-goes-on-and-on", state="lost")
    for width in (60, 80, 100, 200):
        assert "(lost)" in shown(RunsReport((lost,)), width)


def test_a_narrow_table_says_once_what_is_the_same_for_all_and_so_has_room_for_names() -> None:
    first = run(number=1, name="resnet50-imagenet-baseline-of-may")
    assert shown(RunsReport((run(number=2), first)), 64).splitlines() == [
        "# run                               energy (90 %)   time",
        "────────────────────────────────────────────────────────",
        "2 resnet                            2 Wh (1.4–2.5) 1 min",
        "1 resnet50-imagenet-baseline-of-may 2 Wh (1.4–2.5) 1 min",
        "the same for all: quality 0.75, measured 0 %",
    ]


def test_a_narrow_table_of_one_run_keeps_its_columns() -> None:
    assert shown(RunsReport((run(),)), 64).splitlines() == [
        "# run    quality energy (90 %)  CO2e cost  time measured",
        "────────────────────────────────────────────────────────",
        "7 resnet    0.75 2 Wh (1.4–2.5)           1 min      0 %",
    ]


@pytest.mark.parametrize(
    ("estimate", "words"),
    [
        (None, ""),
        (Estimate(1, {}, {"measured": 1.0}), "measured"),
        (Estimate(1, {}, {"measured": 0.92, "modelled": 0.08}), "measured 92 %, modelled 8 %"),
    ],
)
def test_how_sure_a_figure_is(estimate: Estimate | None, words: str) -> None:
    assert how_sure(estimate) == words


def test_quality_has_four_digits() -> None:
    assert (quality(None), quality(Reading(1, "accuracy", 0.123456))) == ("", "0.1235")


def test_the_doctor_gives_the_line_that_unlocks_more() -> None:
    report = DoctorReport(
        {"energy": (Finding("RAPL", False, "only root may read", "sudo chmod x"), Finding("model", True, "[x]"))}
    )
    assert shown(report).splitlines() == [
        "energy",
        "–  RAPL   only root may read",
        "          sudo chmod x",
        "✓  model  [x]",
    ]
    assert report.to_json()["energy"][0]["unlock"] == "sudo chmod x"


def test_watch_says_what_runs_and_what_the_machine_draws() -> None:
    report = WatchReport(42.0, "modelled", 1.5, (Draw(run(state="running"), 12.0), Draw(run(name="new"), None)))
    assert report.line() == "machine 42 W modelled, 1.5 threads busy; resnet 12 W, new –"
    assert (
        WatchReport(None, "modelled", 0.0, ()).line()
        == "machine – modelled, 0.0 threads busy; no run is being measured"
    )
    assert report.to_json()["runs"][0]["power_w"] == 12.0
    assert "resnet" in shown(report)
