"""Calibrating this machine against a wall meter, and the model that comes of it."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from payoff.cli import _calibrate
from payoff.errors import InvalidValue, SensorError
from payoff.meter._processor import Processor, this_processor
from payoff.meter._seam import Drawn, Interval
from payoff.meter.sensors import find_sensors
from payoff.meter.sensors._calibrated import CalibratedModel, Calibration, fitted, load, mean_interval, save
from payoff.meter.sensors._command import MeterReading
from payoff.meter.sensors._looks import config_path

near: Any = pytest.approx
KNOWN = Calibration(60.0, (58.0, 62.0), 140.0, (136.0, 144.0), 4, "a processor", "2026-01-31", "a plug")
FAKE_METER = """
import glob
busy = 0
for path in glob.glob("/proc/[0-9]*/cmdline"):
    try:
        with open(path, "rb") as file:
            busy += file.read().rstrip(b"\\0").endswith(b"payoff-calibrate")
    except OSError:
        pass
print(60 + 40 * busy, "W")
"""


class Straight:
    """A load curve that is a straight line."""

    curve_error = (0.8, 1.25)

    def share(self, utilisation: float) -> float:
        """The same."""
        return min(1.0, utilisation)


def calibrate(*words: str) -> Result:
    return CliRunner().invoke(_calibrate.calibrate, list(words))


def test_idle_watts_are_always_drawn_and_busy_threads_on_top() -> None:
    model = CalibratedModel(KNOWN, Straight())
    assert model.drawn(Interval(10.0, 0.0)) == Drawn(600.0, 0.0)
    assert model.drawn(Interval(10.0, 40.0)) == Drawn(600.0, 800.0)
    assert model.drawn(Interval(10.0, 20.0)) == Drawn(600.0, 400.0)
    assert model.drawn(Interval(0.0, 0.0)) == Drawn(0.0, 0.0)


def test_its_figures_are_modelled_with_a_narrow_interval_and_name_the_calibration() -> None:
    evidence = CalibratedModel(KNOWN, Straight()).evidence
    assert (evidence.basis, evidence.sources) == ("modelled", ("calibrated on 2026-01-31 against a plug",))
    assert evidence.idle == {"calibration: idle watts": near((58 / 60, 62 / 60))}
    assert evidence.dynamic["calibration: full watts"] == near((0.9441, 1.0559), abs=1e-3)
    assert evidence.dynamic["model: load curve"] == (0.8, 1.25)


@pytest.mark.parametrize(("idle_w", "full_w"), [(60.0, 60.0), (60.0, 50.0), (0.0, 50.0), (-1.0, 50.0)])
def test_a_machine_that_draws_no_more_under_load_is_refused(idle_w: float, full_w: float) -> None:
    with pytest.raises(InvalidValue, match="full load must draw more than idle"):
        Calibration(idle_w, (0.0, 0.0), full_w, (0.0, 0.0), 4, "", "", "")


def test_scatter_and_accuracy_make_the_interval_of_a_mean() -> None:
    assert mean_interval([60.0], 0.05) == (60.0, (57.0, 63.0))
    mean, (low, high) = mean_interval([58.0, 60.0, 62.0], 0.0)
    assert (mean, high - mean) == (60.0, near(2.92 * 2 / 3**0.5)) and mean - low == near(high - mean)


@pytest.mark.parametrize("samples", [[], [float("nan")]])
def test_a_mean_of_nothing_is_refused(samples: list[float]) -> None:
    with pytest.raises(InvalidValue, match="needs finite samples"):
        mean_interval(samples, 0.05)


def test_loads_that_were_not_quite_idle_and_full_are_carried_on() -> None:
    idle, full = fitted((70.0, (69.0, 71.0)), (150.0, (149.0, 151.0)), (0.1, 0.9))
    assert idle == (near(60.0), near((54.0, 66.0)))
    assert full == (near(160.0), near((154.0, 166.0)))


def test_a_load_that_did_not_grow_is_refused() -> None:
    with pytest.raises(InvalidValue, match="got 90% and 80% of full load; calibrate when nothing else runs"):
        fitted((70.0, (69.0, 71.0)), (150.0, (149.0, 151.0)), (0.9, 0.8))


# keeping


def processor(name: str = "a processor", threads: int = 4) -> Processor:
    return replace(this_processor(), name=name, threads=threads)


def test_a_calibration_is_kept_for_its_host_and_processor(tmp_path: Path) -> None:
    path = str(tmp_path / "deep/machine.json")
    save(KNOWN, path, host="a")
    assert load(processor(), path, host="a") == KNOWN
    assert load(processor(), path, host="b") is None
    assert load(processor(name="another"), path, host="a") is None
    assert load(processor(threads=8), path, host="a") is None


def test_machines_that_share_a_home_keep_their_own(tmp_path: Path) -> None:
    path = str(tmp_path / "machine.json")
    save(KNOWN, path, host="a")
    save(KNOWN, path, host="b")
    assert [load(processor(), path, host=host) for host in "abc"] == [KNOWN, KNOWN, None]


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "{}"),
        *(f'{{"schema": "payoff.machine/1", "machines": {m}}}' for m in ("5", '{"a": 5}', '{"a": {}}')),
    ],
)
def test_a_damaged_file_is_as_good_as_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "machine.json"
    path.write_text(text)
    assert load(processor(), str(path), host="a") is None


# the verb


def test_watts_typed_by_hand_replace_the_model_of_published_servers(tmp_path: Path) -> None:
    before = [sensor.name for sensor in find_sensors(str(tmp_path))]
    result = calibrate("--idle", "60W", "--full", "140 W", "--json")
    (sensor,) = find_sensors(str(tmp_path))
    told = json.loads(result.output)
    assert before == ["model of published servers"] and result.exit_code == 0
    assert (told["schema"], told["idle_w"], told["full_interval"]) == ("payoff.calibration/1", 60.0, [135.8, 144.2])
    assert told["kept_in"] == config_path() and Path(config_path()).exists()
    assert sensor.name == "calibrated model" and "figures typed by hand" in sensor.evidence.sources[0]
    assert sensor.drawn(Interval(1.0, 0.0)) == Drawn(60.0, 0.0)


def test_a_wall_meter_is_read_when_idle_and_under_full_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_calibrate, "machine_busy_s", _made_load(monkeypatch))
    meter = tmp_path / "meter.py"
    meter.write_text(FAKE_METER)
    result = calibrate("--watts", f"{sys.executable} {meter}", "--seconds", "1", "--json")
    told = json.loads(result.stdout)
    threads = this_processor().threads
    assert (told["idle_w"], told["full_w"]) == (near(60.0), near(60.0 + 40.0 * threads, rel=0.02))
    assert (told["threads"], told["meter"]) == (threads, None)


def _made_load(monkeypatch: pytest.MonkeyPatch) -> Callable[[], float]:
    """A machine that is idle but for the threads that the calibration itself keeps busy."""
    began: list[float] = []
    real = _calibrate._all_threads_busy

    @contextlib.contextmanager
    def noted(threads: int) -> Iterator[None]:
        with real(threads):
            began.append(time.monotonic())
            yield

    monkeypatch.setattr(_calibrate, "_all_threads_busy", noted)
    return lambda: (time.monotonic() - began[0]) * this_processor().threads if began else 0.0


def test_a_machine_that_is_busy_while_it_should_be_idle_is_not_calibrated(monkeypatch: pytest.MonkeyPatch) -> None:
    threads = this_processor().threads
    monkeypatch.setattr(_calibrate, "machine_busy_s", lambda: 0.7 * threads * time.monotonic())
    result = calibrate("--watts", "echo 60W", "--seconds", "0.5")
    assert isinstance(result.exception, SensorError) and not Path(config_path()).exists()
    assert "the machine was 70 % busy while it should have been idle" in str(result.exception)


def test_a_kept_meter_is_read_in_every_run(tmp_path: Path) -> None:
    save(_of_this_machine("echo 61 W"), config_path())
    assert [sensor.name for sensor in find_sensors(str(tmp_path))] == ["wall meter (echo)"]


def _of_this_machine(meter: str | None) -> Calibration:
    here = this_processor()
    return replace(KNOWN, threads=here.threads, processor=here.name, meter=meter)


@pytest.mark.parametrize(
    ("words", "trouble"),
    [
        ([], "give either --watts"),
        (["--idle", "60W"], "give either --watts"),
        (["--idle", "60W", "--full", "140W", "--watts", "echo 5"], "give either --watts"),
        (["--idle", "60W", "--full", "140W", "--keep-meter"], "--keep-meter needs a meter"),
        (["--idle", "60W", "--full", "140W", "--accuracy", "100 %"], "between 0 and 100 %"),
        (["--idle", "60 apples", "--full", "140W"], "cannot read '60 apples' as power"),
        (["--idle", "140W", "--full", "60W"], "full load must draw more than idle"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_kept(words: list[str], trouble: str) -> None:
    result = calibrate(*words)
    assert isinstance(result.exception, InvalidValue) and trouble in str(result.exception)
    assert not Path(config_path()).exists()


def test_a_meter_that_fails_is_told(tmp_path: Path) -> None:
    result = calibrate("--watts", "false", "--seconds", "0.5")
    assert isinstance(result.exception, SensorError) and "ended with 1" in str(result.exception)


def test_a_meter_of_joules_gives_one_mean() -> None:
    readings = [(0.0, MeterReading("energy", 1000.0)), (5.0, MeterReading("energy", 1400.0))]
    assert _calibrate._watts(readings) == [80.0]
    with pytest.raises(SensorError, match="did not grow"):
        _calibrate._watts(readings[:1] * 2)


def test_people_are_shown_what_was_found() -> None:
    result = calibrate("--idle", "60W", "--full", "140W")
    assert result.output.splitlines()[0] == "idle  60 W (58–62)"
    assert "Kept in" in result.output
