"""RAPL as the power capping framework shows it, on made trees."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from payoff.errors import SensorError
from payoff.meter._seam import Drawn, Interval
from payoff.meter.sensors import _powercap, _sysfs
from payoff.meter.sensors._powercap import probe, without_mirrors, zones
from payoff.testing.hardware import PowercapTree

near: Any = pytest.approx

SECOND = Interval(1.0, 0.5)


@pytest.fixture
def tree(tmp_path: Path) -> PowercapTree:
    return PowercapTree(tmp_path)


def names(root: Path) -> list[str]:
    return [zone.name for zone in without_mirrors(zones(str(root)))]


def test_packages_and_their_memory_are_added_up(tmp_path: Path, tree: PowercapTree) -> None:
    for socket in (0, 1):
        tree.zone(f"intel-rapl:{socket}", f"package-{socket}", 1000 * socket)
        tree.zone(f"intel-rapl:{socket}:0", "dram", 2000)
    found = probe(str(tmp_path), 0.0)
    for entry, joules in (("intel-rapl:0", 50), ("intel-rapl:1", 40), ("intel-rapl:0:0", 5), ("intel-rapl:1:0", 4)):
        tree.draw(entry, joules)
    assert found.covers == {"processor", "memory"}
    assert found.sensors[0].drawn(SECOND) == Drawn(0.0, near(99.0), covers_s=1.0)


def test_cores_and_graphics_are_inside_the_package(tmp_path: Path, tree: PowercapTree) -> None:
    for entry, name in (("intel-rapl:0", "package-0"), ("intel-rapl:0:0", "core"), ("intel-rapl:0:1", "uncore")):
        tree.zone(entry, name)
    assert names(tmp_path) == ["package-0"]


def test_without_a_counter_of_memory_only_the_processor_is_covered(tmp_path: Path, tree: PowercapTree) -> None:
    tree.zone("intel-rapl:0", "package-0")
    assert probe(str(tmp_path)).covers == {"processor"}


def test_the_mmio_twin_of_a_package_is_not_counted_again(tmp_path: Path, tree: PowercapTree) -> None:
    tree.zone("intel-rapl:0", "package-0", 10)
    tree.zone("intel-rapl-mmio:0", "package-0", 10)
    assert [zone.path.rpartition("/")[2] for zone in zones(str(tmp_path))] == ["intel-rapl:0"]


def test_mmio_alone_is_used(tmp_path: Path, tree: PowercapTree) -> None:
    tree.zone("intel-rapl-mmio:0", "package-0", 10)
    assert names(tmp_path) == ["package-0"]


def test_dies_that_mirror_their_package_are_counted_once(tmp_path: Path, tree: PowercapTree) -> None:
    for die in range(4):
        tree.zone(f"intel-rapl:{die}", f"package-0-die-{die}", 123_456_789)
        tree.zone(f"intel-rapl:{die}:0", "core", 5)
    assert names(tmp_path) == ["package-0-die-0"]


def test_dies_with_counters_of_their_own_are_added_up(tmp_path: Path, tree: PowercapTree) -> None:
    tree.zone("intel-rapl:0", "package-0-die-0", 123_456_789)
    tree.zone("intel-rapl:1", "package-0-die-1", 987_654_321)
    assert names(tmp_path) == ["package-0-die-0", "package-0-die-1"]


def test_equal_packages_on_two_sockets_are_no_mirrors(tmp_path: Path, tree: PowercapTree) -> None:
    tree.zone("intel-rapl:0", "package-0", 7)
    tree.zone("intel-rapl:1", "package-1", 7)
    assert names(tmp_path) == ["package-0", "package-1"]


def test_psys_beside_a_package_is_never_added_to_it(tmp_path: Path, tree: PowercapTree) -> None:
    tree.zone("intel-rapl:0", "package-0")
    tree.zone("intel-rapl:1", "psys")
    sensor = probe(str(tmp_path), 0.0).sensors[0]
    tree.draw("intel-rapl:0", 30)
    tree.draw("intel-rapl:1", 45)
    assert sensor.drawn(SECOND) == Drawn(0.0, 30.0, covers_s=1.0)
    assert isinstance(sensor, _powercap.Powercap) and sensor.beyond_j == near(15.0)


@pytest.mark.parametrize("shown", [0, 12], ids=["stands still", "less than its package"])
def test_an_implausible_psys_does_no_harm(tmp_path: Path, tree: PowercapTree, shown: int) -> None:
    tree.zone("intel-rapl:0", "package-0")
    tree.zone("intel-rapl:1", "psys")
    sensor = probe(str(tmp_path), 0.0).sensors[0]
    tree.draw("intel-rapl:0", 30)
    tree.draw("intel-rapl:1", shown)
    assert sensor.drawn(SECOND) == Drawn(0.0, 30.0, covers_s=1.0)
    assert isinstance(sensor, _powercap.Powercap) and sensor.beyond_j is None


def test_a_memory_counter_that_is_never_filled_in_does_no_harm(tmp_path: Path, tree: PowercapTree) -> None:
    tree.zone("intel-rapl:0", "package-0")
    tree.zone("intel-rapl:0:0", "dram")
    sensor = probe(str(tmp_path), 0.0).sensors[0]
    tree.draw("intel-rapl:0", 30)
    assert sensor.drawn(SECOND) == Drawn(0.0, 30.0, covers_s=1.0)


def test_one_wrap_is_put_right(tmp_path: Path, tree: PowercapTree) -> None:
    tree.zone("intel-rapl:0", "package-0", 262_143_000_000)
    sensor = probe(str(tmp_path), 0.0).sensors[0]
    tree.draw("intel-rapl:0", 30)
    assert sensor.drawn(SECOND) == Drawn(0.0, 30.0, covers_s=1.0)


def test_an_amd_processor_shows_its_package_under_intels_name(tmp_path: Path, tree: PowercapTree) -> None:
    tree.zone("intel-rapl:0", "package-0", 5, wraps_at_uj=65_532_610_987)
    tree.zone("intel-rapl:0:0", "core", 5, wraps_at_uj=65_532_610_987)
    sensor = probe(str(tmp_path), 20.0).sensors[0]
    tree.draw("intel-rapl:0", 80)
    assert sensor.drawn(SECOND) == Drawn(20.0, 60.0, covers_s=1.0)


def test_permission_denied_names_the_line_that_unlocks_it(
    tmp_path: Path, tree: PowercapTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree.zone("intel-rapl:0", "package-0")
    monkeypatch.setattr(os, "access", lambda path, mode: not str(path).endswith("energy_uj"))
    found = probe(str(tmp_path))
    assert (found.sensors, found.covers, found.verified) == ((), frozenset(), False)
    assert found.state == "energy counters are here, but only root may read them (CVE-2020-8694)"
    assert found.unlock == "sudo chmod -R a+r /sys/class/powercap/intel-rapl"


def test_permission_denied_at_the_reading_itself_is_told_too(
    tmp_path: Path, tree: PowercapTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: str) -> int:
        raise SensorError(f"{path} cannot be read ([Errno 13] Permission denied)")

    tree.zone("intel-rapl:0", "package-0")
    monkeypatch.setattr(_sysfs, "count", refuse)
    found = probe(str(tmp_path))
    assert (found.sensors, found.unlock) == ((), _powercap.UNLOCK)


@pytest.mark.parametrize("text", ["", "nan", "NaN\n", "12.5e", "ÿ", "many joules"])
def test_garbage_in_a_counter_is_a_gap_that_the_next_reading_bridges(
    tmp_path: Path, tree: PowercapTree, text: str
) -> None:
    tree.zone("intel-rapl:0", "package-0")
    sensor = probe(str(tmp_path), 0.0).sensors[0]
    tree.write("intel-rapl:0", text)
    with pytest.raises(SensorError, match="cannot be read"):
        sensor.drawn(SECOND)
    tree.write("intel-rapl:0", "60000000\n")
    assert sensor.drawn(SECOND) == Drawn(0.0, 60.0, covers_s=2.0)


@pytest.mark.parametrize("text", ["", "nan", "-1"])
def test_a_zone_that_does_not_say_where_it_wraps_is_not_used(tmp_path: Path, tree: PowercapTree, text: str) -> None:
    tree.zone("intel-rapl:0", "package-0")
    (tmp_path / "sys/class/powercap/intel-rapl:0/max_energy_range_uj").write_text(text)
    found = probe(str(tmp_path))
    assert found.sensors == () and "does not say where its counter begins anew" in found.state


def test_a_counter_that_vanishes_is_a_gap(tmp_path: Path, tree: PowercapTree) -> None:
    tree.zone("intel-rapl:0", "package-0")
    sensor = probe(str(tmp_path)).sensors[0]
    tree.remove("intel-rapl:0")
    with pytest.raises(SensorError, match="cannot be read"):
        sensor.drawn(SECOND)


def test_a_machine_without_counters_says_so(tmp_path: Path) -> None:
    found = probe(str(tmp_path))
    assert (found.sensors, found.unlock) == ((), "")
    assert "usual in virtual machines" in found.state
