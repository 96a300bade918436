"""RAPL through perf events: the parsing on made trees, the reading against an injected source of counts."""

from __future__ import annotations

import errno
import os
import struct
import sys
from pathlib import Path
from typing import Any

import pytest

from payoff.errors import SensorError
from payoff.meter._seam import Drawn, Interval, Probe
from payoff.meter.sensors import _perf
from payoff.meter.sensors._perf import Event, PerfEvents, events, probe, processors, spread
from payoff.testing.hardware import EnergyEvents

near: Any = pytest.approx

SECOND = Interval(1.0, 0.5)


def probed(root: Path, source: EnergyEvents, vendor: str = "intel") -> Probe:
    return probe(str(root), 0.0, vendor, opener=source.open, read=source.read)


def test_events_are_read_with_their_code_and_scale(tmp_path: Path) -> None:
    EnergyEvents(tmp_path, ("energy-cores", "energy-pkg", "energy-ram"))
    assert events(str(tmp_path)) == [Event("package", 2, 2.0**-32), Event("dram", 3, 2.0**-32)]


@pytest.mark.parametrize(
    ("file", "text"),
    [("energy-pkg", "umask=1"), ("energy-pkg.scale", "nan"), ("energy-pkg.unit", "Watts"), ("energy-pkg.scale", "0")],
)
def test_an_event_that_cannot_be_understood_is_left_out(tmp_path: Path, file: str, text: str) -> None:
    EnergyEvents(tmp_path)
    (tmp_path / "sys/bus/event_source/devices/power/events" / file).write_text(text)
    assert events(str(tmp_path)) == []


@pytest.mark.parametrize(
    ("mask", "cpus"),
    [("0", [0]), ("0,24", [0, 24]), ("0-2,8", [0, 1, 2, 8]), ("", []), ("x", []), ("1-", [1])],
)
def test_a_mask_of_processors_is_read(mask: str, cpus: list[int]) -> None:
    assert spread(mask) == cpus


def test_packages_and_memory_are_added_up_over_all_sockets(tmp_path: Path) -> None:
    source = EnergyEvents(tmp_path, ("energy-pkg", "energy-ram"), cpumask="0,24")
    found = probed(tmp_path, source)
    for name, cpu, joules in (
        ("energy-pkg", 0, 50.0),
        ("energy-pkg", 24, 40.0),
        ("energy-ram", 0, 5.0),
        ("energy-ram", 24, 4.0),
    ):
        source.draw(name, cpu, joules)
    assert found.covers == {"processor", "memory"}
    assert found.sensors[0].drawn(SECOND) == Drawn(0.0, near(99.0), covers_s=1.0)


def test_psys_is_never_added(tmp_path: Path) -> None:
    source = EnergyEvents(tmp_path, ("energy-pkg", "energy-psys"))
    sensor = probed(tmp_path, source).sensors[0]
    source.draw("energy-pkg", 0, 20.0)
    source.draw("energy-psys", 0, 33.0)
    assert sensor.drawn(SECOND) == Drawn(0.0, near(20.0), covers_s=1.0)
    assert isinstance(sensor, PerfEvents) and sensor.beyond_j == near(13.0)


def test_on_amd_a_package_is_read_once_though_each_die_has_a_processor_in_the_mask(tmp_path: Path) -> None:
    EnergyEvents(tmp_path, cpumask="0,8,16,24")
    for cpu in (0, 8, 16, 24):
        topology = tmp_path / f"sys/devices/system/cpu/cpu{cpu}/topology"
        topology.mkdir(parents=True)
        (topology / "physical_package_id").write_text(f"{cpu // 16}\n")
    assert processors(str(tmp_path), "amd") == [0, 16]
    assert processors(str(tmp_path), "intel") == [0, 8, 16, 24]


@pytest.mark.parametrize("refusal", [errno.EACCES, errno.EPERM])
def test_permission_denied_names_the_line_that_unlocks_it(tmp_path: Path, refusal: int) -> None:
    source = EnergyEvents(tmp_path)
    source.refused = OSError(refusal, os.strerror(refusal))
    found = probed(tmp_path, source)
    assert (found.sensors, found.state) == ((), "energy events are here, but may not be opened")
    assert found.unlock == "sudo sysctl kernel.perf_event_paranoid=0"


def test_a_kernel_that_lacks_the_call_is_told_without_a_line_to_unlock(tmp_path: Path) -> None:
    source = EnergyEvents(tmp_path)
    source.refused = OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    found = probed(tmp_path, source)
    assert (found.sensors, found.unlock) == ((), "") and "cannot be opened" in found.state


def test_a_machine_without_events_says_so(tmp_path: Path) -> None:
    assert "usual in virtual machines" in probe(str(tmp_path)).state


def test_attributes_are_the_72_bytes_that_the_kernel_expects() -> None:
    packed = _perf.ATTRIBUTES.pack(23, 72, 2, *[0] * 8)
    assert len(packed) == 72 and struct.unpack_from("=IIQ", packed) == (23, 72, 2)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a call of Linux")
def test_the_real_call_refuses_a_unit_that_is_not_there() -> None:
    with pytest.raises(OSError, match=r".+"):
        _perf.open_event(4_000_000, 2, 0)


def test_an_event_is_64_bits_in_the_machines_order() -> None:
    out, into = os.pipe()
    os.write(into, (5 << 32).to_bytes(8, sys.byteorder))
    assert _perf.read_event(out) == 5 << 32
    os.close(into)
    os.close(out)
    with pytest.raises(SensorError, match="cannot be read"):
        _perf.read_event(out)


def test_files_are_closed_with_the_sensor(tmp_path: Path) -> None:
    EnergyEvents(tmp_path)
    opened: list[int] = []

    def opener(kind: int, config: int, cpu: int) -> int:
        opened.append(os.open(os.devnull, os.O_RDONLY))
        return opened[-1]

    found = probe(str(tmp_path), 0.0, "intel", opener=opener, read=lambda _: 0)
    os.fstat(opened[0])
    del found
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(opened[0])
