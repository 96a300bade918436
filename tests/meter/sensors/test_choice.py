"""Each part of the machine is covered once, by the best that is there."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from payoff.meter._seam import Sensor
from payoff.meter.sensors import _perf, find_sensors, probe_all
from payoff.testing.hardware import EnergyEvents, FakeGpu, FakeNvml, PowercapTree, graphics_card, jetson_monitor, zeusd

MODEL = "model of published servers"
REST = "rest of the machine"


def names(root: Path) -> list[str]:
    return [sensor.name for sensor in find_sensors(str(root))]


def powercap(root: Path) -> None:
    PowercapTree(root).zone("intel-rapl:0", "package-0")


def events(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = EnergyEvents(root)
    monkeypatch.setattr(_perf.probe, "__kwdefaults__", {"opener": source.open, "read": source.read})


def nvidia(root: Path, monkeypatch: pytest.MonkeyPatch, *gpus: FakeGpu) -> None:
    (root / "dev").mkdir()
    (root / "dev/nvidiactl").touch()
    monkeypatch.setitem(sys.modules, "pynvml", FakeNvml(*gpus))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


def test_a_machine_without_counters_is_modelled_whole(tmp_path: Path) -> None:
    assert names(tmp_path) == [MODEL]


def test_powercap_takes_the_models_place_and_the_rest_is_modelled(tmp_path: Path) -> None:
    powercap(tmp_path)
    assert names(tmp_path) == ["RAPL (powercap)", REST]
    assert [sensor.evidence.basis for sensor in find_sensors(str(tmp_path))] == ["measured", "modelled"]


def test_perf_events_come_before_powercap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    powercap(tmp_path)
    events(tmp_path, monkeypatch)
    assert names(tmp_path) == ["RAPL (perf events)", REST]


def test_powercap_comes_before_zeusd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    powercap(tmp_path)
    monkeypatch.setenv("ZEUSD_SOCK_PATH", "/nowhere")
    assert names(tmp_path) == ["RAPL (powercap)", REST]


def test_zeusd_is_asked_where_nothing_else_may_be_read(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "z.sock"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ZEUSD_SOCK_PATH", "z.sock")
    energy = {"0": {"cpu_energy_uj": 1, "dram_energy_uj": None}}
    answers = {"/discover": {"cpu_ids": [0], "dram_available": [False]}, "/cpu/get_cumulative_energy": energy}
    with zeusd(Path("z.sock"), answers):
        assert path.exists()
        assert names(tmp_path_factory.mktemp("root")) == ["RAPL (zeusd)", REST]


def test_accelerators_are_measured_beside_the_processor_with_their_losses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    powercap(tmp_path)
    nvidia(tmp_path, monkeypatch, FakeGpu(name="A"), FakeGpu(name="B"))
    losses = [f"supply and cooling of gpu {index}" for index in (0, 1)]
    assert names(tmp_path) == ["RAPL (powercap)", "gpu 0: A", "gpu 1: B", REST, *losses]


def test_accelerators_are_measured_beside_the_model_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nvidia(tmp_path, monkeypatch, FakeGpu(name="A"))
    assert names(tmp_path) == ["gpu 0: A", MODEL, "supply and cooling of gpu 0"]


def test_what_a_rail_of_the_whole_module_holds_is_not_measured_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jetson_monitor(tmp_path, {"VDD_IN": (5000, 2000)})
    nvidia(tmp_path, monkeypatch, FakeGpu(name="Orin"))
    assert names(tmp_path) == ["Jetson (INA3221)", REST]


def test_two_makers_cards_stand_side_by_side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nvidia(tmp_path, monkeypatch, FakeGpu(name="A"))
    graphics_card(tmp_path, "card0", "amdgpu", {"power1_average": 5_000_000, "power1_cap": 100_000_000})
    assert names(tmp_path)[:3] == ["gpu 0: A", "card0: amdgpu", MODEL]


def test_every_kind_is_told_with_what_was_found_and_only_the_model_is_verified(tmp_path: Path) -> None:
    probes = probe_all(str(tmp_path))
    assert [probe.kind for probe in probes] == [
        "wall meter",
        "IPMI",
        "RAPL (perf events)",
        "RAPL (powercap)",
        "RAPL (zeusd)",
        "Jetson (INA3221)",
        "Apple silicon (powermetrics)",
        "NVIDIA (NVML)",
        "AMD (AMD SMI)",
        "calibrated model",
        "model",
    ]
    assert all(probe.state for probe in probes)
    assert [probe.kind for probe in probes if probe.verified] == ["model"]


def test_a_management_controller_is_told_and_used_only_when_named(tmp_path: Path) -> None:
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev/ipmi0").touch()
    found = next(probe for probe in probe_all(str(tmp_path)) if probe.kind == "IPMI")
    assert (found.sensors, found.state) == ((), "a management controller is here")
    assert found.unlock == "payoff calibrate --watts 'sudo -n ipmitool dcmi power reading' --keep-meter"
    assert names(tmp_path) == [MODEL]


@pytest.mark.parametrize(
    "path",
    [
        "sys/class/powercap/intel-rapl:0/name",
        "sys/class/powercap/intel-rapl:0/energy_uj/x",
        "sys/bus/event_source/devices/power/type",
        "sys/bus/event_source/devices/power/events/energy-pkg/x",
        "sys/class/drm/card0/device/hwmon/hwmon0/name",
        "sys/bus/i2c/drivers/ina3221/1-0040/hwmon/hwmon1/in1_label",
        "usr/bin/powermetrics",
        "run/zeusd/zeusd.sock",
    ],
)
@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"nan", b"package-0", b"amdgpu"])
def test_probing_never_raises_on_a_strange_tree(tmp_path: Path, path: str, content: bytes) -> None:
    file = tmp_path / path
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    assert probe_all(str(tmp_path))[-1].kind == "model"
    assert names(tmp_path) == [MODEL]


def test_where_nothing_is_found_looking_costs_next_to_nothing(tmp_path: Path) -> None:
    find_sensors(str(tmp_path))

    def cost_s() -> float:
        began = time.process_time()
        probe_all(str(tmp_path))
        return time.process_time() - began

    assert min(cost_s() for _ in range(5)) < 0.005


def test_what_is_found_is_a_sensor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    powercap(tmp_path)
    nvidia(tmp_path, monkeypatch, FakeGpu())
    found: list[Sensor] = find_sensors(str(tmp_path))
    assert len({sensor.name for sensor in found}) == len(found)
