"""Every sensor does what a sensor must do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from payoff.meter._processor import this_processor
from payoff.meter._seam import Drawn, Evidence, Interval, Sensor
from payoff.meter.sensors import _amd, _jetson, _perf
from payoff.meter.sensors._calibrated import CalibratedModel, Calibration
from payoff.meter.sensors._command import CommandMeter, MeterReading
from payoff.meter.sensors._guarded import Guarded
from payoff.meter.sensors._modelled import ServerModel
from payoff.meter.sensors._nvidia import Gpu, Nvml
from payoff.meter.sensors._nvidia import sensor as nvidia
from payoff.meter.sensors._powercap import Powercap, zones
from payoff.meter.sensors._rest import Losses, Rest
from payoff.meter.sensors._zeusd import Zeusd
from payoff.testing.hardware import (
    EnergyEvents,
    FakeGpu,
    FakeNvml,
    PowercapTree,
    SensorConformance,
    graphics_card,
    jetson_monitor,
    zeusd,
)


class OnTree(SensorConformance):
    """A sensor that reads a made tree."""

    @pytest.fixture(autouse=True)
    def _root(self, tmp_path: Path) -> None:
        self.root = tmp_path


class TestPowercap(OnTree):
    def make(self) -> Sensor:
        self.tree = PowercapTree(self.root)
        self.tree.zone("intel-rapl:0", "package-0", 262_143_300_000)
        return Powercap(zones(str(self.root)), 10.0)

    def pass_time(self, seconds: float) -> None:
        self.tree.draw("intel-rapl:0", 50 * seconds)

    def take_away(self) -> bool:
        self.tree.write("intel-rapl:0", "nan")
        self.pass_time = lambda _: None  # type: ignore[method-assign,assignment]
        return True


class TestPerfEvents(OnTree):
    def make(self) -> Sensor:
        self.source = EnergyEvents(self.root, ("energy-pkg", "energy-ram"))
        return _perf.probe(str(self.root), 10.0, "intel", opener=self.source.open, read=self.source.read).sensors[0]

    def pass_time(self, seconds: float) -> None:
        self.source.draw("energy-pkg", 0, 50 * seconds)


class TestZeusd(OnTree):
    @pytest.fixture(autouse=True)
    def _daemon(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        monkeypatch.chdir(tmp_path)
        self.counter = {"cpu_energy_uj": 5, "dram_energy_uj": None}
        self.answers = {
            "/discover": {"cpu_ids": [0], "dram_available": [False]},
            "/cpu/get_cumulative_energy": {"0": self.counter},
        }
        with zeusd(Path("z.sock"), self.answers):
            yield

    def make(self) -> Sensor:
        return Zeusd("z.sock", 10.0)

    def pass_time(self, seconds: float) -> None:
        self.counter["cpu_energy_uj"] = (self.counter["cpu_energy_uj"] or 0) + round(50e6 * seconds)

    def take_away(self) -> bool:
        del self.answers["/cpu/get_cumulative_energy"]
        return True


class TestNvidia(SensorConformance):
    def make(self) -> Sensor:
        self.gpu = FakeGpu()
        self.gpu.processes = {1: 50}
        return nvidia(Nvml(FakeNvml(self.gpu)), Gpu("gpu 0: made", self.gpu, "gpu 0"))

    def pass_time(self, seconds: float) -> None:
        self.gpu.draw(250 * seconds)

    def take_away(self) -> bool:
        self.gpu.lost = True
        return True


class TestNvidiaWithoutACounter(TestNvidia):
    def make(self) -> Sensor:
        self.gpu = FakeGpu()
        self.gpu.energy_mj = None
        return nvidia(Nvml(FakeNvml(self.gpu)), Gpu("gpu 0: made", self.gpu, "gpu 0"))

    def pass_time(self, seconds: float) -> None:
        self.gpu.power_mw = 99_000


class TestGraphicsCard(OnTree):
    def make(self) -> Sensor:
        self.files = graphics_card(self.root, "card0", "xe", {"energy1_input": 0})
        return _amd.probe(str(self.root), {})[0].sensors[0]

    def pass_time(self, seconds: float) -> None:
        if (self.files / "energy1_input").exists():
            now = int((self.files / "energy1_input").read_text())
            (self.files / "energy1_input").write_text(str(now + round(50e6 * seconds)))

    def take_away(self) -> bool:
        (self.files / "energy1_input").unlink()
        return True


class TestJetson(OnTree):
    def make(self) -> Sensor:
        self.files = jetson_monitor(self.root, {"VDD_IN": (5000, 2000)})
        return _jetson.probe(str(self.root)).sensors[0]

    def take_away(self) -> bool:
        (self.files / "in1_input").unlink()
        return True


class TestWallMeter(SensorConformance):
    def make(self) -> Sensor:
        return CommandMeter("made", run=lambda _: MeterReading("power", 61.0))


class TestServerModel(SensorConformance):
    def make(self) -> Sensor:
        return ServerModel(this_processor())


class TestCalibratedModel(SensorConformance):
    def make(self) -> Sensor:
        known = Calibration(60.0, (58.0, 62.0), 140.0, (136.0, 144.0), 4, "", "2026-01-31", "a plug")
        return CalibratedModel(known, ServerModel(this_processor()).power)


class TestRest(TestNvidia):
    """Follows a counter that is asked before it."""

    def make(self) -> Sensor:
        counted = Guarded(super().make(), patience_s=5)
        return After(counted, Rest(counted, 20.0))


class TestLosses(TestNvidia):
    def make(self) -> Sensor:
        counted = Guarded(super().make(), patience_s=5)
        return After(counted, Losses(counted))


class TestGuarded(TestPowercap):
    def make(self) -> Sensor:
        return Guarded(super().make(), patience_s=5)


class After:
    """Asks one sensor, then the one that follows it, as an account does."""

    def __init__(self, first: Sensor, then: Sensor) -> None:
        self._first, self._then = first, then
        self.name = then.name

    @property
    def evidence(self) -> Evidence:
        """The follower's."""
        return self._then.evidence

    def drawn(self, interval: Interval) -> Drawn:
        """The follower's."""
        self._first.drawn(interval)
        return self._then.drawn(interval)
