"""AMD accelerators through their library, and discrete graphics through hwmon."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from payoff.errors import SensorError
from payoff.meter._seam import Drawn, Interval, Sensor
from payoff.meter.sensors import _amd
from payoff.meter.sensors._guarded import Guarded
from payoff.testing.hardware import FakeAmdSmi, graphics_card

near: Any = pytest.approx

SECOND = Interval(1.0, 0.5, lambda: frozenset({os.getpid()}))


@pytest.fixture
def smi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeAmdSmi:
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev/kfd").touch()
    (tmp_path / "opt/rocm/lib").mkdir(parents=True)
    (tmp_path / "opt/rocm/lib/libamd_smi.so").touch()
    library = FakeAmdSmi()
    monkeypatch.setitem(sys.modules, "amdsmi", library)
    return library


def patient(sensor: Sensor) -> Guarded:
    assert isinstance(sensor, Guarded)
    sensor._patience_s = 5
    return sensor


def test_the_energy_counter_is_read_with_its_resolution(tmp_path: Path, smi: FakeAmdSmi) -> None:
    (found,) = _amd.probe(str(tmp_path), {})
    sensor = patient(found.sensors[0])
    smi.count += 10_000_000
    drawn = sensor.drawn(SECOND)
    assert drawn.idle_j + drawn.dynamic_j == near(153.0)
    assert (found.covers, found.verified) == (frozenset({"amd gpu 0"}), False)


def test_without_a_counter_the_power_reading_is_integrated(tmp_path: Path, smi: FakeAmdSmi) -> None:
    smi.resolution_uj = 0.0
    (found,) = _amd.probe(str(tmp_path), {})
    sensor = patient(found.sensors[0])
    drawn = [sensor.drawn(SECOND) for _ in range(3)]
    assert [d.idle_j + d.dynamic_j for d in drawn] == [90.0, 90.0, 90.0]


def test_a_power_that_is_not_told_is_a_gap(tmp_path: Path, smi: FakeAmdSmi) -> None:
    smi.resolution_uj, smi.watts = 0.0, "N/A"
    (found,) = _amd.probe(str(tmp_path), {})
    with pytest.raises(SensorError, match="does not tell its power"):
        patient(found.sensors[0]).drawn(SECOND)


@pytest.mark.parametrize(("pids", "share"), [([os.getpid()], 1.0), ([1], 0.0), ([1, os.getpid()], None), ([], None)])
def test_the_job_is_charged_where_all_processes_on_the_device_are_its_own(
    tmp_path: Path, smi: FakeAmdSmi, pids: list[int], share: float | None
) -> None:
    (found,) = _amd.probe(str(tmp_path), {})
    smi.count += 10_000_000
    smi.pids = pids
    assert patient(found.sensors[0]).drawn(SECOND).job_share == share


def test_a_device_that_fails_is_a_gap(tmp_path: Path, smi: FakeAmdSmi) -> None:
    (found,) = _amd.probe(str(tmp_path), {})
    smi.broken = True
    with pytest.raises(SensorError, match="amdsmi_get_energy_count: broken"):
        patient(found.sensors[0]).drawn(SECOND)


@pytest.mark.usefixtures("smi")
def test_only_visible_devices_are_measured(tmp_path: Path) -> None:
    (found,) = _amd.probe(str(tmp_path), {"ROCR_VISIBLE_DEVICES": "3"})
    assert (found.sensors, found.state) == ((), "no device is visible to this job")


def test_a_driver_without_the_library_names_the_line_that_unlocks_it(
    tmp_path: Path, smi: FakeAmdSmi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "amdsmi", None)
    (found,) = _amd.probe(str(tmp_path), {})
    assert (found.sensors, found.unlock) == ((), "pip install 'payoff[amd]'")


def test_without_rocms_own_library_the_package_is_not_loaded_for_it_would_print(tmp_path: Path) -> None:
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev/kfd").touch()
    (found,) = _amd.probe(str(tmp_path), {})
    assert "libamd_smi.so is not in" in found.state and "amdsmi" not in sys.modules


@pytest.mark.usefixtures("smi")
def test_other_makers_cards_are_read_beside_the_library(tmp_path: Path) -> None:
    graphics_card(tmp_path, "card0", "amdgpu", {"power1_average": 1, "power1_cap": 1})
    graphics_card(tmp_path, "card1", "xe", {"energy1_input": 1})
    covers = [found.covers for found in _amd.probe(str(tmp_path), {})]
    assert covers == [frozenset({"amd gpu 0"}), frozenset({"graphics card1"})]


def test_a_library_that_does_not_start_is_told(
    tmp_path: Path, smi: FakeAmdSmi, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise OSError("libamd_smi.so: cannot open shared object file")

    monkeypatch.setattr(smi, "amdsmi_init", refuse)
    (found,) = _amd.probe(str(tmp_path), {})
    assert found.state == "AMD SMI does not start (libamd_smi.so: cannot open shared object file)"


def test_a_card_is_read_without_any_library(tmp_path: Path) -> None:
    files = graphics_card(tmp_path, "card1", "amdgpu", {"power1_average": 45_000_000, "power1_cap": 300_000_000})
    (found,) = _amd.probe(str(tmp_path), {})
    sensor = patient(found.sensors[0])
    told = []
    for microwatts in (45_000_000, 145_000_000):
        (files / "power1_average").write_text(str(microwatts))
        drawn = sensor.drawn(SECOND)
        told.append((drawn.idle_j, drawn.dynamic_j))
    assert told == [(36.0, 9.0), (36.0, 59.0)]
    assert (found.covers, found.state) == (frozenset({"graphics card1"}), "card1: amdgpu, by power reading")


def test_a_card_with_a_counter_is_read_by_it(tmp_path: Path) -> None:
    files = graphics_card(tmp_path, "card0", "i915", {"energy1_input": 5_000_000})
    (found,) = _amd.probe(str(tmp_path), {})
    (files / "energy1_input").write_text("65000000")
    drawn = patient(found.sensors[0]).drawn(SECOND)
    assert drawn == Drawn(60.0, 0.0, None, 1.0, device=True)


def test_graphics_inside_a_processor_are_not_counted_again(tmp_path: Path) -> None:
    graphics_card(tmp_path, "card0", "amdgpu", {"power1_input": 9_000_000})
    assert [found.sensors for found in _amd.probe(str(tmp_path), {})] == [()]


def test_other_drivers_and_outputs_of_a_card_are_passed_over(tmp_path: Path) -> None:
    graphics_card(tmp_path, "card0", "nouveau", {"power1_input": 9_000_000, "power1_cap": 1})
    (tmp_path / "sys/class/drm/card0-DP-1").mkdir()
    assert [found.sensors for found in _amd.probe(str(tmp_path), {})] == [()]


@pytest.mark.parametrize("text", ["", "nan", "N/A"])
def test_a_card_that_says_nothing_is_told(tmp_path: Path, text: str) -> None:
    files = graphics_card(tmp_path, "card0", "amdgpu", {"power1_cap": 300_000_000})
    (files / "power1_average").write_text(text)
    (found,) = _amd.probe(str(tmp_path), {})
    assert found.sensors == () and "tells neither energy nor power" in found.state
