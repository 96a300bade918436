"""A meter that a command reads."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payoff.errors import InvalidValue, SensorError
from payoff.meter._seam import Drawn, Interval
from payoff.meter.sensors._command import CommandMeter, MeterReading, meter_reading, probe, run_meter
from payoff.meter.sensors._guarded import Guarded

near: Any = pytest.approx

SECOND = Interval(1.0, 0.5)
DCMI = """
    Instantaneous power reading:                   220 Watts
    Minimum during sampling period:                 18 Watts
    Maximum during sampling period:                438 Watts
    Average power reading over sample period:      216 Watts
    Power reading state is:                   activated
"""


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("182.4", MeterReading("power", 182.4)),
        (" 182.4 W\n", MeterReading("power", 182.4)),
        ("182.4 watts", MeterReading("power", 182.4)),
        ("0.25 kW", MeterReading("power", 250.0)),
        ("1500 mW", MeterReading("power", 1.5)),
        ("3600 J", MeterReading("energy", 3600.0)),
        ("2 Wh", MeterReading("energy", 7200.0)),
        ("1.5 kWh", MeterReading("energy", 5.4e6)),
        ("1e2", MeterReading("power", 100.0)),
        (DCMI, MeterReading("power", 220.0)),
        ("Current Power                        : 180 Watts\n", MeterReading("power", 180.0)),
    ],
)
def test_what_a_meter_prints_is_read(text: str, reading: MeterReading) -> None:
    told = meter_reading(text)
    assert told.kind == reading.kind and told.value == near(reading.value)


@pytest.mark.parametrize("text", ["", "nan", "W", "12 apples", "-5 W", "1 2", "inf"])
def test_anything_else_is_a_gap_that_says_what_a_meter_must_print(text: str) -> None:
    with pytest.raises(SensorError, match="must print watts or joules"):
        meter_reading(text)


def command(tmp_path: Path, text: str, code: int = 0) -> str:
    script = tmp_path / "meter.py"
    script.write_text(f"import sys\nprint({text!r})\nsys.stderr.write('no such outlet')\nsys.exit({code})\n")
    return f"{sys.executable} {script}"


def test_the_command_is_run(tmp_path: Path) -> None:
    assert run_meter(command(tmp_path, "61.5 W")) == MeterReading("power", 61.5)


def test_a_command_that_fails_is_a_gap_with_its_own_last_word(tmp_path: Path) -> None:
    with pytest.raises(SensorError, match=r"ended with 7 \(no such outlet\)"):
        run_meter(command(tmp_path, "61.5 W", code=7))


def test_a_command_that_hangs_or_is_missing_is_a_gap() -> None:
    with pytest.raises(SensorError, match="timed out"):
        run_meter("sleep 9", timeout_s=0.05)
    with pytest.raises(SensorError, match="failed"):
        run_meter("/nowhere/meter")


def test_no_shell_is_between() -> None:
    assert run_meter("echo '5 W'") == MeterReading("power", 5.0)
    with pytest.raises(SensorError, match="must print"):
        run_meter("echo 5 | cat")


@pytest.mark.parametrize("words", ["", "   ", "echo 'x"])
def test_a_command_that_is_none_is_an_invalid_value(words: str) -> None:
    with pytest.raises(InvalidValue):
        CommandMeter(words)
    assert probe(words).sensors == ()


def scripted(*readings: MeterReading) -> CommandMeter:
    """A meter whose first look, at what it tells, is no reading."""
    left = [readings[0], *readings]
    return CommandMeter("made", run=lambda _: left.pop(0), idle_w=50.0)


def test_watts_are_integrated() -> None:
    meter = scripted(*(MeterReading("power", watts) for watts in (100.0, 100.0, 160.0)))
    assert [meter.drawn(SECOND) for _ in range(3)] == [
        Drawn(50.0, 50.0, None, 1.0),
        Drawn(50.0, 50.0, None, 1.0),
        Drawn(50.0, 80.0, None, 1.0),
    ]
    assert meter.evidence.basis == "measured"


def test_joules_are_counted_from_the_first_call() -> None:
    left = [MeterReading("energy", joules) for joules in (1000.0, 1000.0, 1080.0)]
    meter = CommandMeter("made", run=lambda _: left.pop(0), idle_w=50.0)
    with pytest.raises(SensorError, match="has begun to count"):
        meter.drawn(SECOND)
    assert meter.drawn(SECOND) == Drawn(50.0, 30.0, None, 1.0)


def test_a_meter_that_changes_its_mind_is_a_gap() -> None:
    meter = scripted(MeterReading("power", 100.0), MeterReading("energy", 100.0))
    meter.drawn(SECOND)
    with pytest.raises(SensorError, match="told power before and now energy"):
        meter.drawn(SECOND)


@given(st.lists(st.floats(10.0, 500.0), min_size=1, max_size=40))
def test_the_area_under_the_samples_lies_between_the_lowest_and_the_highest(samples: list[float]) -> None:
    meter = scripted(*(MeterReading("power", watts) for watts in samples))
    drawn = [meter.drawn(SECOND) for _ in samples]
    mean_w = sum(d.idle_j + d.dynamic_j for d in drawn) / len(samples)
    assert min(samples) - 1e-6 <= mean_w <= max(samples) + 1e-6


def test_the_more_the_power_jumps_between_samples_the_wider_the_interval() -> None:
    def width(low: float, high: float) -> float:
        meter = scripted(*(MeterReading("power", watts) for watts in [low, high] * 20))
        for _ in range(40):
            meter.drawn(SECOND)
        below, above = meter.evidence.dynamic["sampling of wall meter (made)"]
        return above - below

    assert width(99.0, 101.0) < width(50.0, 150.0) < 0.6


def test_few_samples_say_little() -> None:
    meter = scripted(*[MeterReading("power", 100.0)] * 2)
    meter.drawn(SECOND)
    assert meter.evidence.dynamic["sampling of wall meter (made)"] == (0.7, 1.3)


def test_the_named_meter_covers_the_whole_machine_and_is_never_waited_for() -> None:
    found = probe("echo 5 W", 2.0)
    assert found.covers == {"machine"} and isinstance(found.sensors[0], Guarded)
