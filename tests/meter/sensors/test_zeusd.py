"""The daemon that reads RAPL for others, on a made socket."""

from __future__ import annotations

import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from payoff.errors import SensorError
from payoff.meter._seam import Drawn, Interval, Sensor
from payoff.meter.sensors import _zeusd
from payoff.meter.sensors._zeusd import Zeusd, ask, probe
from payoff.testing.hardware import zeusd

near: Any = pytest.approx

SECOND = Interval(1.0, 0.5)
ENERGY = "/cpu/get_cumulative_energy"


@pytest.fixture
def path() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:  # the name of a socket must be short
        yield Path(folder) / "zeusd.sock"


@pytest.fixture
def answers() -> dict[str, Any]:
    return {
        "/discover": {"gpu_ids": [], "cpu_ids": [0, 1], "dram_available": [True, False], "enabled_api_groups": []},
        ENERGY: {
            "0": {"cpu_energy_uj": 1_000_000, "dram_energy_uj": 500_000},
            "1": {"cpu_energy_uj": 2_000_000, "dram_energy_uj": None},
        },
    }


def draw(answers: dict[str, Any]) -> None:
    answers[ENERGY]["0"] = {"cpu_energy_uj": 51_000_000, "dram_energy_uj": 5_500_000}
    answers[ENERGY]["1"] = {"cpu_energy_uj": 42_000_000, "dram_energy_uj": None}


def test_packages_and_memory_are_added_up(path: Path, answers: dict[str, Any]) -> None:
    with zeusd(path, answers):
        sensor = Zeusd(str(path), 0.0)
        draw(answers)
        assert sensor.drawn(SECOND) == Drawn(0.0, near(95.0), covers_s=1.0)


def test_the_socket_that_the_environment_names_is_asked(
    path: Path, answers: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZEUSD_SOCK_PATH", str(path))
    with zeusd(path, answers):
        found = probe("/nowhere", 0.0)
        draw(answers)
        assert (found.state, found.covers) == (f"2 packages at {path}", frozenset({"processor"}))
        assert until_told(found.sensors[0]) == Drawn(0.0, near(95.0), None, 1.0)


def until_told(sensor: Sensor) -> Drawn:
    drawn = sensor.drawn(SECOND)
    while not drawn.covers_s:
        time.sleep(0.01)
        drawn = sensor.drawn(Interval(0.0, 0.0))
    return drawn


def test_a_daemon_that_was_started_again_is_a_gap(path: Path, answers: dict[str, Any]) -> None:
    with zeusd(path, answers):
        sensor = Zeusd(str(path), 0.0)
        answers[ENERGY]["0"]["cpu_energy_uj"] = 3
        with pytest.raises(SensorError):
            sensor.drawn(SECOND)


def test_a_daemon_that_goes_away_is_a_gap(path: Path, answers: dict[str, Any]) -> None:
    with zeusd(path, answers):
        sensor = Zeusd(str(path), 0.0)
    with pytest.raises(SensorError, match="does not answer"):
        sensor.drawn(SECOND)


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        (b"HTTP/1.0 401 Unauthorized\r\n\r\n", "refuses /discover"),
        (b"HTTP/1.0 200 OK\r\n\r\n<html>", "answers no JSON"),
        (b"", "refuses /discover"),
        ({"cpu_ids": []}, "does not say which processors it reads"),
        ({"cpu_ids": [], "dram_available": []}, "reads no processor"),
    ],
)
def test_what_is_wrong_with_a_daemon_is_told(path: Path, answer: Any, trouble: str) -> None:
    with zeusd(path, {"/discover": answer}):
        found = _zeusd.probe("/nowhere")
        assert found.state == "no daemon"
        with pytest.raises(SensorError, match=trouble):
            Zeusd(str(path))


def test_a_daemon_that_leaves_out_a_counter_is_a_gap(path: Path, answers: dict[str, Any]) -> None:
    with zeusd(path, answers):
        sensor = Zeusd(str(path), 0.0)
        answers[ENERGY]["0"]["dram_energy_uj"] = None
        with pytest.raises(SensorError, match="leaves out a counter"):
            sensor.drawn(SECOND)


def test_a_daemon_that_hangs_is_given_up(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as deaf:
        deaf.bind(str(path))
        deaf.listen()
        began = time.monotonic()
        with pytest.raises(SensorError, match="does not answer"):
            ask(str(path), "/discover", timeout_s=0.05)
    assert time.monotonic() - began < 1.0


def test_a_path_that_is_no_socket_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZEUSD_SOCK_PATH", str(tmp_path))
    assert probe("/nowhere").state == f"ZEUSD_SOCK_PATH names {tmp_path}, which is no socket"
