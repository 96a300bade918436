"""Apple silicon through powermetrics, Jetson through its power monitors."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from payoff.errors import SensorError
from payoff.meter._seam import Drawn, Interval, Sensor
from payoff.meter.sensors import _apple, _jetson
from payoff.meter.sensors._guarded import Guarded
from payoff.testing.hardware import jetson_monitor

near: Any = pytest.approx

SECOND = Interval(1.0, 0.5)
REPORT = """
**** Processor usage ****
E-Cluster HW active frequency: 1020 MHz
CPU Power: 823 mW
GPU Power: 26 mW
ANE Power: 323 mW
"""


def patient(sensor: Sensor) -> Guarded:
    assert isinstance(sensor, Guarded)
    sensor._patience_s = 5
    return sensor


def program(root: Path, text: str) -> None:
    """Put a made powermetrics into the tree."""
    path = root / "usr/bin/powermetrics"
    path.parent.mkdir(parents=True)
    path.write_text(f"#!/bin/sh\ncat <<'END'\n{text}\nEND\n")
    path.chmod(0o755)


def test_the_combined_power_is_read() -> None:
    assert _apple.watts_of(REPORT + "Combined Power (CPU + GPU + ANE): 1172 mW\n") == 1.172


def test_several_samples_are_averaged() -> None:
    text = "Combined Power (CPU + GPU + ANE): 1000 mW\nCombined Power (CPU + GPU + ANE): 3000 mW\n"
    assert _apple.watts_of(text) == 2.0


def test_older_systems_tell_the_parts() -> None:
    assert _apple.watts_of(REPORT) == near(1.172)


def test_a_report_without_power_is_a_gap() -> None:
    with pytest.raises(SensorError, match="does not tell the power"):
        _apple.watts_of("Machine model: MacBookPro16,1")


def test_powermetrics_is_run_where_it_needs_no_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, "Combined Power (CPU + GPU + ANE): 12000 mW")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    found = _apple.probe(str(tmp_path), 5.0, "darwin")
    assert patient(found.sensors[0]).drawn(SECOND) == Drawn(5.0, 7.0, None, 1.0)
    assert found.covers == {"processor", "accelerators"}


def test_where_a_password_is_asked_the_line_that_unlocks_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path, "")
    monkeypatch.setattr(os, "geteuid", lambda: 501)
    monkeypatch.setattr(_apple, "_without_password", lambda _: False)
    found = _apple.probe(str(tmp_path), 5.0, "darwin")
    assert (found.sensors, found.unlock) == ((), _apple.UNLOCK)
    assert found.state == "powermetrics is here, but asks for a password"


def test_a_program_that_fails_is_a_gap(tmp_path: Path) -> None:
    with pytest.raises(SensorError, match="powermetrics failed"):
        _apple.sample((str(tmp_path / "missing"),))
    with pytest.raises(SensorError, match="powermetrics failed"):
        _apple.sample(("false",))


def test_elsewhere_it_is_not_a_mac(tmp_path: Path) -> None:
    program(tmp_path, "")
    assert _apple.probe(str(tmp_path), None, "linux").state == "not a Mac"


def test_the_rail_that_feeds_the_module_holds_all_others(tmp_path: Path) -> None:
    jetson_monitor(tmp_path, {"VDD_IN": (5000, 2000), "VDD_CPU_GPU_CV": (5000, 800), "VDD_SOC": (5000, 300)})
    found = _jetson.probe(str(tmp_path), 4.0)
    assert patient(found.sensors[0]).drawn(SECOND) == Drawn(4.0, 6.0, None, 1.0)
    assert (found.state, found.covers) == ("VDD_IN: 10 W now", frozenset({"processor", "memory", "accelerators"}))


def test_without_such_a_rail_the_rails_are_added_up_with_a_wider_interval(tmp_path: Path) -> None:
    jetson_monitor(tmp_path, {"VDD_GPU_SOC": (19000, 200), "VDD_CPU_CV": (19000, 100), "NC": (0, 0)})
    jetson_monitor(tmp_path, {"VIN_SYS_5V0": (5000, 1000)}, "1-0041")
    sensor = patient(_jetson.probe(str(tmp_path), 4.0).sensors[0])
    drawn = sensor.drawn(SECOND)
    assert drawn.idle_j + drawn.dynamic_j == near(10.7)
    assert sensor.evidence.dynamic["which rails hold which"] == (0.85, 1.15)


def test_the_older_driver_is_read_too(tmp_path: Path) -> None:
    folder = tmp_path / "sys/bus/i2c/drivers/ina3221x/6-0040/iio:device0"
    folder.mkdir(parents=True)
    (folder / "rail_name_0").write_text("POM_5V_IN\n")
    (folder / "in_power0_input").write_text("4210\n")
    assert [(rail.label, rail.watts()) for rail in _jetson.rails(str(tmp_path))] == [("POM_5V_IN", 4.21)]


def test_a_rail_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    files = jetson_monitor(tmp_path, {"VDD_IN": (5000, 2000)})
    (files / "curr1_input").write_text("nan")
    found = _jetson.probe(str(tmp_path))
    assert found.sensors == () and "cannot be read" in found.state
