"""Made hardware: trees of the files in which systems show their sensors, fakes of vendors' libraries, and what every
sensor must do (`SensorConformance`).
"""

from __future__ import annotations

import json
import math
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from payoff.errors import SensorError
from payoff.meter._seam import Drawn, Evidence, Interval, Sensor

WRAPS_AT_UJ = 262_143_328_850
"""Where the counters of most Intel packages begin anew, in microjoules."""


class PowercapTree:
    """Energy counters under `root`/sys/class/powercap that can be moved on."""

    def __init__(self, root: Path) -> None:
        self._base = root / "sys/class/powercap"
        self._base.mkdir(parents=True, exist_ok=True)

    def zone(self, entry: str, name: str, energy_uj: int = 0, wraps_at_uj: int = WRAPS_AT_UJ) -> None:
        """Make a zone such as ('intel-rapl:0', 'package-0')."""
        folder = self._base / entry
        folder.mkdir()
        (folder / "name").write_text(f"{name}\n")
        (folder / "max_energy_range_uj").write_text(f"{wraps_at_uj}\n")
        (folder / "energy_uj").write_text(f"{energy_uj}\n")

    def draw(self, entry: str, joules: float) -> None:
        """Let a counter grow, beginning anew where it must."""
        folder = self._base / entry
        wraps_at = int((folder / "max_energy_range_uj").read_text())
        now = int((folder / "energy_uj").read_text()) + round(joules * 1e6)
        self.write(entry, str(now % wraps_at))

    def write(self, entry: str, text: str) -> None:
        """Let a counter say anything."""
        (self._base / entry / "energy_uj").write_text(text)

    def remove(self, entry: str) -> None:
        """Take a counter away."""
        (self._base / entry / "energy_uj").unlink()


class EnergyEvents:
    """The kernel's 'power' unit under `root`, and a source of counts for it: pass `open` and `read` to the probe."""

    CODES: Mapping[str, int] = {"energy-cores": 1, "energy-pkg": 2, "energy-ram": 3, "energy-psys": 5}
    SCALE = 2.0**-32

    def __init__(self, root: Path, names: Sequence[str] = ("energy-pkg",), cpumask: str = "0", kind: int = 23) -> None:
        folder = root / "sys/bus/event_source/devices/power"
        (folder / "events").mkdir(parents=True)
        (folder / "type").write_text(f"{kind}\n")
        (folder / "cpumask").write_text(f"{cpumask}\n")
        for name in names:
            (folder / "events" / name).write_text(f"event=0x{self.CODES[name]:02x}\n")
            (folder / "events" / f"{name}.scale").write_text("2.3283064365386962890625e-10\n")
            (folder / "events" / f"{name}.unit").write_text("Joules\n")
        self.counts: dict[tuple[int, int], int] = {}
        self._files: list[tuple[int, int]] = []
        self.refused: OSError | None = None

    def open(self, kind: int, config: int, cpu: int) -> int:
        """Stands for perf_event_open."""
        if self.refused is not None:
            raise self.refused
        self.counts[config, cpu] = 0
        self._files.append((config, cpu))
        return 1_000_000 + len(self._files) - 1

    def read(self, file: int) -> int:
        """Stands for reading an event's file."""
        return self.counts[self._files[file - 1_000_000]]

    def draw(self, name: str, cpu: int, joules: float) -> None:
        """Let the counter of an event on a processor grow."""
        self.counts[self.CODES[name], cpu] += round(joules / self.SCALE)


def graphics_card(root: Path, card: str, driver: str, files: Mapping[str, int]) -> Path:
    """A card under `root`/sys/class/drm with these hwmon files; the folder of them."""
    folder = root / "sys/class/drm" / card / "device/hwmon/hwmon3"
    folder.mkdir(parents=True)
    (folder / "name").write_text(f"{driver}\n")
    for name, value in files.items():
        (folder / name).write_text(f"{value}\n")
    return folder


def jetson_monitor(root: Path, rails: Mapping[str, tuple[int, int]], device: str = "1-0040") -> Path:
    """An INA3221 under `root` with rails of so many mV and mA; the folder of its files."""
    folder = root / "sys/bus/i2c/drivers/ina3221" / device / "hwmon/hwmon1"
    folder.mkdir(parents=True)
    for channel, (label, (millivolts, milliamperes)) in enumerate(rails.items(), 1):
        (folder / f"in{channel}_label").write_text(f"{label}\n")
        (folder / f"in{channel}_input").write_text(f"{millivolts}\n")
        (folder / f"curr{channel}_input").write_text(f"{milliamperes}\n")
    return folder


# NVML


class FakeNvmlError(Exception):
    """Stands for pynvml.NVMLError and all that descend from it."""


class FakeGpu:
    """One NVIDIA device of `FakeNvml`; what is `None` is not supported."""

    def __init__(self, name: str = "NVIDIA A100-SXM4-40GB", uuid: str = "GPU-0", limit_w: float | None = 400.0) -> None:
        self.name, self.uuid, self.limit_w = name, uuid, limit_w
        self.energy_mj: int | None = 1_000_000
        self.power_mw: int | None = 60_000
        self.lost = False
        self.processes: dict[int, int] | None = {}
        """Per cent of the device's time by process."""
        self.slices: dict[str, int] = {}
        """Slices held by each MIG instance."""

    def draw(self, joules: float) -> None:
        """Let the counter grow."""
        self.energy_mj = (self.energy_mj or 0) + round(joules * 1e3)


class FakeNvml:
    """Stands for the module pynvml: put it into `sys.modules`."""

    NVMLError = FakeNvmlError

    def __init__(self, *gpus: FakeGpu) -> None:
        self.gpus = list(gpus)
        self.clock_us = 0

    def nvmlInit(self) -> None:
        """Nothing to begin."""

    def nvmlDeviceGetCount(self) -> int:
        """How many devices."""
        return len(self.gpus)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """The calls that ask one device for one figure."""
        figures: dict[str, Callable[[FakeGpu], Any]] = {
            "nvmlDeviceGetName": lambda gpu: gpu.name,
            "nvmlDeviceGetUUID": lambda gpu: gpu.uuid,
            "nvmlDeviceGetTotalEnergyConsumption": lambda gpu: gpu.energy_mj,
            "nvmlDeviceGetPowerUsage": lambda gpu: gpu.power_mw,
            "nvmlDeviceGetEnforcedPowerLimit": lambda gpu: None if gpu.limit_w is None else gpu.limit_w * 1e3,
            "nvmlDeviceGetComputeRunningProcesses": lambda gpu: [
                SimpleNamespace(pid=pid) for pid in gpu.processes or ()
            ],
        }
        if name not in figures:
            raise AttributeError(name)

        def ask(handle: Any) -> Any:
            gpu = handle[0] if isinstance(handle, tuple) else handle
            return self._supported(gpu, figures[name](gpu))

        return ask

    def _supported(self, gpu: FakeGpu, value: Any) -> Any:
        if gpu.lost:
            raise FakeNvmlError("GPU is lost")
        if value is None:
            raise FakeNvmlError("Not Supported")
        return value

    def nvmlDeviceGetHandleByIndex(self, index: int) -> FakeGpu:
        """The device itself."""
        return self.gpus[index]

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> Any:
        """The device, or the MIG instance as (parent, its UUID)."""
        for gpu in self.gpus:
            if uuid == gpu.uuid:
                return gpu
            if uuid in gpu.slices:
                return gpu, uuid
        raise FakeNvmlError("Not Found")

    def nvmlDeviceGetDeviceHandleFromMigDeviceHandle(self, instance: tuple[FakeGpu, str]) -> FakeGpu:
        """The device that a MIG instance is a part of."""
        return instance[0]

    def nvmlDeviceGetAttributes(self, instance: tuple[FakeGpu, str]) -> Any:
        """How many slices a MIG instance holds."""
        return SimpleNamespace(gpuInstanceSliceCount=instance[0].slices[instance[1]])

    def nvmlDeviceGetProcessUtilization(self, gpu: Any, since_us: int) -> list[Any]:
        """A sample for each process that works; MIG instances do not tell."""
        if isinstance(gpu, tuple):
            raise FakeNvmlError("Not Supported")
        self.clock_us += 1_000_000
        working = [(pid, share) for pid, share in (self._supported(gpu, gpu.processes) or {}).items() if share]
        if not working:
            raise FakeNvmlError("Not Found")
        return [SimpleNamespace(pid=pid, smUtil=share, timeStamp=self.clock_us) for pid, share in working]


class FakeAmdSmi:
    """Stands for the module amdsmi with one device: put it into `sys.modules`."""

    class AmdSmiException(Exception):
        """What the library raises."""

    def __init__(self, resolution_uj: float = 15.3) -> None:
        self.count, self.resolution_uj = 1000, resolution_uj
        self.watts: int | str = 90
        self.pids: list[int] = []
        self.broken = False

    def amdsmi_init(self) -> None:
        """Nothing to begin."""

    def amdsmi_get_processor_handles(self) -> list[str]:
        """One device."""
        return ["device"]

    def amdsmi_get_energy_count(self, handle: str) -> dict[str, Any]:
        """The counter and its microjoules per count."""
        if self.broken:
            raise self.AmdSmiException("broken")
        return {"energy_accumulator": self.count, "counter_resolution": self.resolution_uj, "timestamp": 0}

    def amdsmi_get_power_info(self, handle: str) -> dict[str, Any]:
        """Watts, or 'N/A'."""
        return {"current_socket_power": self.watts, "average_socket_power": "N/A"}

    def amdsmi_get_gpu_process_list(self, handle: str) -> list[dict[str, Any]]:
        """The processes on the device."""
        return [{"pid": pid} for pid in self.pids]


# zeusd


@contextmanager
def zeusd(path: Path, answers: Mapping[str, Any]) -> Iterator[None]:
    """A daemon on a Unix socket that answers each GET with the JSON, or the bytes as they are, under its path."""
    if sys.platform == "win32":
        raise NotImplementedError("Python has no Unix sockets on Windows")
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    server.listen()
    done = threading.Event()

    def serve() -> None:
        while not done.is_set():
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                target = connection.recv(65536).split(b" ")[1].decode().partition("?")[0]
                connection.sendall(_http(answers.get(target)))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join()


def _http(answer: Any) -> bytes:
    if isinstance(answer, bytes):
        return answer
    status = "404 Not Found" if answer is None else "200 OK"
    return f"HTTP/1.0 {status}\r\nContent-Type: application/json\r\n\r\n{json.dumps(answer)}".encode()


# sensors


class ScriptedSensor:
    """Answers as it is told: a `Drawn` is returned, an exception raised, an event waited for before the next."""

    name = "scripted"

    def __init__(self, *script: Drawn | Exception | threading.Event) -> None:
        self._script = list(script)
        self.asked: list[Interval] = []
        self.evidence = Evidence("measured", {"script": (0.9, 1.1)}, {"script": (0.9, 1.1)}, ("a script",))

    def drawn(self, interval: Interval) -> Drawn:
        """See `Sensor`."""
        self.asked.append(interval)
        while self._script:
            step = self._script.pop(0)
            if isinstance(step, Drawn):
                return step
            if isinstance(step, Exception):
                raise step
            step.wait()
        return Drawn(0.0, 0.0)


class SensorConformance:
    """What every sensor must do. Inherit, name the class Test..., and say how yours is made and moved on."""

    def make(self) -> Sensor:
        """A sensor on hardware that works."""
        raise NotImplementedError

    def pass_time(self, seconds: float) -> None:
        """Let the hardware draw for so long."""

    def take_away(self) -> bool:
        """Take the hardware away; False where that cannot be."""
        return False

    def _told(self, sensor: Sensor, seconds: float) -> Drawn | None:
        """What the sensor says of an interval, asked again while its answer is on its way; `None` for a gap."""
        self.pass_time(seconds)
        for _ in range(100):
            try:
                drawn = sensor.drawn(Interval(seconds, seconds / 2, lambda: frozenset({1})))
            except SensorError:
                return None
            if drawn.covers_s != 0:
                return drawn
            seconds = 0.0
            time.sleep(0.01)
        return None

    def test_it_has_a_name(self) -> None:
        assert self.make().name.strip()

    def test_its_evidence_names_its_errors_and_sources(self) -> None:
        sensor = self.make()
        self._told(sensor, 1.0)
        evidence = sensor.evidence
        pairs = [*evidence.idle.values(), *evidence.dynamic.values()]
        assert evidence.basis in ("measured", "modelled") and evidence.sources and pairs
        assert all(0 <= min(pair) <= 1 <= max(pair) < math.inf for pair in pairs)

    def test_joules_are_finite_and_never_below_zero(self) -> None:
        sensor = self.make()
        told = [drawn for drawn in (self._told(sensor, 1.0) for _ in range(5)) if drawn]
        assert told
        assert all(0 <= joules < math.inf for drawn in told for joules in (drawn.idle_j, drawn.dynamic_j))
        assert all(drawn.job_share is None or 0 <= drawn.job_share <= 1 for drawn in told)

    def test_it_never_speaks_for_more_time_than_has_passed(self) -> None:
        sensor = self.make()
        spoken_s = 0.0
        for ticks in range(1, 6):
            drawn = self._told(sensor, 1.0)
            spoken_s += 0.0 if drawn is None else 1.0 if drawn.covers_s is None else drawn.covers_s
            assert spoken_s <= ticks + 1e-9

    def test_an_interval_of_no_length_holds_no_power(self) -> None:
        sensor = self.make()
        self._told(sensor, 1.0)
        try:
            drawn = sensor.drawn(Interval(0.0, 0.0))
        except SensorError:
            return
        assert (drawn.idle_j, drawn.dynamic_j) == (0.0, 0.0)

    def test_what_breaks_is_a_sensor_error(self) -> None:
        sensor = self.make()
        self._told(sensor, 1.0)
        if self.take_away():
            assert [self._told(sensor, 1.0) for _ in range(3)] == [None, None, None]
