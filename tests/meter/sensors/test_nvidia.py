"""NVIDIA accelerators, against a made NVML."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from payoff.errors import SensorError
from payoff.meter._processor import this_processor
from payoff.meter._seam import Drawn, Interval
from payoff.meter.sensors import _looks
from payoff.meter.sensors._gpu import Accelerator
from payoff.meter.sensors._guarded import Guarded
from payoff.meter.sensors._looks import looks
from payoff.meter.sensors._modelled import ServerModel
from payoff.meter.sensors._nvidia import Gpu, Nvml, probe, sensor, visible
from payoff.testing.hardware import FakeGpu, FakeNvml

near: Any = pytest.approx

ME = os.getpid()
MODEL = ServerModel(this_processor())


def interval(seconds: float = 1.0, *pids: int) -> Interval:
    return Interval(seconds, seconds / 2, lambda: frozenset(pids))


def made(gpu: FakeGpu) -> Accelerator:
    return sensor(Nvml(FakeNvml(gpu)), Gpu("gpu 0: made", gpu, "gpu 0"))


def names(gpus: list[FakeGpu], wanted: str | None) -> list[str]:
    environ = {} if wanted is None else {"CUDA_VISIBLE_DEVICES": wanted}
    return [gpu.covers for gpu in visible(Nvml(FakeNvml(*gpus)), environ)]


def test_the_energy_counter_is_read_and_split_at_the_idle_share_of_the_limit() -> None:
    gpu = FakeGpu(limit_w=400.0)
    device = made(gpu)
    gpu.draw(250.0)
    assert device.drawn(interval()) == Drawn(near(48.0), near(202.0), None, 1.0, device=True)


def test_idle_watts_are_the_lowest_seen() -> None:
    gpu = FakeGpu(limit_w=400.0)
    device = made(gpu)
    gpu.draw(30.0)
    device.drawn(interval())
    gpu.draw(200.0)
    assert device.drawn(interval()) == Drawn(near(30.0), near(170.0), None, 1.0, device=True)


def test_without_a_counter_the_power_reading_is_integrated_by_trapezoids() -> None:
    gpu = FakeGpu(limit_w=None)
    gpu.energy_mj = None
    device = made(gpu)
    joules = []
    for gpu.power_mw in (100_000, 200_000, 100_000):
        drawn = device.drawn(interval(2.0))
        joules.append(drawn.idle_j + drawn.dynamic_j)
    assert joules == [200.0, 300.0, 300.0]
    assert "sampling of gpu 0: made" in device.evidence.dynamic and device.evidence.basis == "measured"


def test_a_device_that_tells_neither_is_named_and_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    gpu = FakeGpu()
    gpu.energy_mj = gpu.power_mw = None
    monkeypatch.setitem(sys.modules, "pynvml", FakeNvml(gpu))
    (found,) = probe({})
    assert found.sensors == () and "tells neither energy nor power" in found.state


def test_counter_and_power_that_agree_leave_the_interval_alone() -> None:
    gpu = FakeGpu()
    gpu.power_mw = 300_000
    device = made(gpu)
    for _ in range(60):
        gpu.draw(310.0)
        device.drawn(interval())
    assert "counter and power reading disagree" not in device.evidence.dynamic


@pytest.mark.parametrize(("power_mw", "pair"), [(900_000, (1.0, 3.0)), (100_000, (1 / 3, 1.0))])
def test_a_counter_that_disagrees_with_power_by_far_is_flagged(power_mw: int, pair: tuple[float, float]) -> None:
    gpu = FakeGpu()
    gpu.power_mw = power_mw
    device = made(gpu)
    for _ in range(60):
        gpu.draw(300.0)
        device.drawn(interval())
    assert device.evidence.dynamic["counter and power reading disagree"] == near(pair)
    assert device.evidence.idle["counter and power reading disagree"] == near(pair)


def test_the_job_is_charged_its_share_of_the_work() -> None:
    gpu = FakeGpu()
    gpu.processes = {ME: 60, 1: 20}
    device = made(gpu)
    gpu.draw(250.0)
    assert device.drawn(interval(1.0, ME)).job_share == 0.75


def test_a_job_that_does_not_use_the_device_is_charged_no_dynamic_energy() -> None:
    gpu = FakeGpu()
    gpu.processes = {1: 90}
    device = made(gpu)
    gpu.draw(250.0)
    assert device.drawn(interval(1.0, ME)).job_share == 0.0


def test_in_a_container_that_sees_no_process_ids_the_device_is_taken_to_be_the_jobs() -> None:
    gpu = FakeGpu()
    gpu.processes = {4_194_305: 90}  # beyond the largest process id
    device = made(gpu)
    gpu.draw(250.0)
    assert device.drawn(interval(1.0, ME)).job_share == 1.0


@pytest.mark.parametrize(("present", "share"), [({ME: 0}, 1.0), ({1: 0}, 0.0), ({ME: 0, 1: 0}, None), ({}, None)])
def test_before_any_work_the_processes_on_the_device_decide(present: dict[int, int], share: float | None) -> None:
    gpu = FakeGpu()
    gpu.processes = present
    device = made(gpu)
    gpu.draw(60.0)
    assert device.drawn(interval(1.0, ME)).job_share == share


def test_while_nobody_works_the_last_share_stands() -> None:
    gpu = FakeGpu()
    gpu.processes = {ME: 30, 1: 10}
    device = made(gpu)
    shares = []
    for gpu.processes in ({ME: 30, 1: 10}, {ME: 0, 1: 0}):
        gpu.draw(60.0)
        shares.append(device.drawn(interval(1.0, ME)).job_share)
    assert shares == [0.75, 0.75]


def test_a_driver_that_does_not_tell_processes_leaves_it_to_cpu_time() -> None:
    gpu = FakeGpu()
    gpu.processes = None
    device = made(gpu)
    gpu.draw(60.0)
    assert device.drawn(interval(1.0, ME)).job_share is None


def test_a_device_that_vanishes_is_a_gap_and_then_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    gpu = FakeGpu()
    monkeypatch.setitem(sys.modules, "pynvml", FakeNvml(gpu))
    (found,) = probe({})
    guarded = found.sensors[0]
    assert isinstance(guarded, Guarded)
    guarded._patience_s = 5
    gpu.draw(60.0)
    assert guarded.drawn(interval()).covers_s == 1.0
    gpu.lost = True
    for _ in range(3):
        with pytest.raises(SensorError, match="GPU is lost"):
            guarded.drawn(interval())
    assert len(guarded.troubles) == 1


def test_a_counter_that_stands_still_is_a_gap() -> None:
    gpu = FakeGpu()
    device = made(gpu)
    with pytest.raises(SensorError, match="stands still"):
        device.drawn(interval())


def test_a_counter_that_is_stuck_is_given_up_for_the_power_reading() -> None:
    gpu = FakeGpu()
    device = made(gpu)
    for _ in range(4):
        with pytest.raises(SensorError, match="stands still"):
            device.drawn(interval())
    drawn = [device.drawn(interval()) for _ in range(3)]
    assert [d.idle_j + d.dynamic_j for d in drawn] == [60.0, 60.0, 60.0]
    assert "sampling of gpu 0: made" in device.evidence.dynamic


def test_a_counter_that_is_stuck_without_a_power_reading_stays_a_gap() -> None:
    gpu = FakeGpu()
    gpu.power_mw = None
    device = made(gpu)
    for _ in range(9):
        with pytest.raises(SensorError, match="stands still"):
            device.drawn(interval())


GPUS = [FakeGpu(uuid="GPU-aaaa"), FakeGpu(uuid="GPU-aabb"), FakeGpu(uuid="GPU-cccc")]


@pytest.mark.parametrize(
    ("wanted", "seen"),
    [
        (None, ["gpu 0", "gpu 1", "gpu 2"]),
        ("", []),
        ("-1", []),
        ("1", ["gpu 1"]),
        ("2,0", ["gpu 2", "gpu 0"]),
        ("0,-1,1", ["gpu 0"]),
        ("0,7,1", ["gpu 0"]),
        ("GPU-cccc", ["gpu 2"]),
        ("GPU-cc", ["gpu 2"]),
        ("GPU-aa", []),
        ("nonsense", []),
    ],
)
def test_only_devices_that_cuda_shows_are_measured(wanted: str | None, seen: list[str]) -> None:
    assert names(GPUS, wanted) == seen


def test_a_mig_instance_takes_its_parents_energy_by_slices_with_an_interval() -> None:
    gpu = FakeGpu(uuid="GPU-aaaa", limit_w=None)
    gpu.slices = {"MIG-1": 2}
    nvml = Nvml(FakeNvml(gpu))
    (found,) = visible(nvml, {"CUDA_VISIBLE_DEVICES": "MIG-1"})
    assert (found.name, found.part) == ("gpu 0, 2 of 7 slices: NVIDIA A100-SXM4-40GB", 2 / 7)
    device = sensor(nvml, found)
    gpu.draw(70.0)
    drawn = device.drawn(interval())
    assert drawn.idle_j + drawn.dynamic_j == near(20.0)
    gpu.processes = {ME: 0}
    gpu.draw(70.0)
    assert device.drawn(interval(1.0, ME)).job_share == 1.0
    assert device.evidence.basis == "modelled"
    assert device.evidence.dynamic["MIG: energy shared out by slices"] == (0.4, 2.5)


def test_a_mig_instance_that_is_the_whole_device_cannot_be_charged_more_than_it() -> None:
    gpu = FakeGpu(name="NVIDIA A30")
    gpu.slices = {"MIG-1": 4}
    nvml = Nvml(FakeNvml(gpu))
    (found,) = visible(nvml, {"CUDA_VISIBLE_DEVICES": "MIG-1"})
    assert found.part == 1.0


def _state(root: Path) -> tuple[str, str]:
    (found,) = next(list(look.probes()) for look in looks(str(root), MODEL) if look.part == "accelerators")
    return found.state, found.unlock


def test_without_a_driver_the_library_is_not_even_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "pynvml", raising=False)
    assert _state(tmp_path) == ("no NVIDIA driver", "")
    assert "pynvml" not in sys.modules


def test_a_driver_without_the_library_names_the_line_that_unlocks_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev/nvidiactl").touch()
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert _state(tmp_path) == (
        "an NVIDIA driver is here, the package nvidia-ml-py is not",
        "pip install 'payoff[nvidia]'",
    )


def test_a_library_that_does_not_start_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(FakeNvml):
        def nvmlInit(self) -> None:
            raise self.NVMLError("Driver Not Loaded")

    monkeypatch.setitem(sys.modules, "pynvml", Broken())
    (found,) = probe({})
    assert found.state == "the driver's library does not answer (NVML Init: Driver Not Loaded)"


def _with_driver(root: Path, monkeypatch: pytest.MonkeyPatch, library: FakeNvml) -> None:
    (root / "dev").mkdir()
    (root / "dev/nvidiactl").touch()
    monkeypatch.setitem(sys.modules, "pynvml", library)


def test_a_library_that_hangs_does_not_hold_a_training_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()

    class Hanging(FakeNvml):
        def nvmlInit(self) -> None:
            release.wait(9)

    _with_driver(tmp_path, monkeypatch, Hanging())
    monkeypatch.setattr(_looks, "PATIENCE_S", 0.05)
    assert _state(tmp_path) == ("the driver does not answer", "")
    release.set()


def test_a_library_that_fails_in_its_own_way_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Odd(FakeNvml):
        def nvmlDeviceGetCount(self) -> int:
            raise RuntimeError("unheard of")

    _with_driver(tmp_path, monkeypatch, Odd())
    assert _state(tmp_path) == ("the driver's library fails (RuntimeError: unheard of)", "")


def test_no_visible_device_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", FakeNvml(FakeGpu()))
    (found,) = probe({"CUDA_VISIBLE_DEVICES": ""})
    assert (found.sensors, found.state) == ((), "no device is visible to this job")
