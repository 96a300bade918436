"""What the counters leave out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from payoff.errors import SensorError
from payoff.meter._account import Account, Clocks
from payoff.meter._seam import Drawn, Interval, Sensor
from payoff.meter.sensors._guarded import Guarded
from payoff.meter.sensors._powercap import Powercap, zones
from payoff.meter.sensors._rest import GPU_SHARE, Losses, PlatformRest, Rest, probe
from payoff.testing.hardware import PowercapTree, ScriptedSensor

near: Any = pytest.approx
SECOND = Interval(1.0, 0.5)


class Followed:
    """A sensor that told this last."""

    name = "gpu 0: made"

    def __init__(self, latest: Drawn | None) -> None:
        self.latest = latest


def test_the_modelled_rest_follows_what_is_counted() -> None:
    rest = Rest(Followed(Drawn(10.0, 100.0, 0.25, 2.0)), idle_w=20.0)
    assert rest.drawn(SECOND) == Drawn(40.0, 15.0, 0.25, 2.0)
    assert rest.evidence.basis == "modelled"


def test_where_nothing_was_counted_the_rest_is_a_gap_too() -> None:
    for sensor in (Rest(Followed(None), 20.0), Losses(Followed(None))):
        with pytest.raises(SensorError, match="told nothing"):
            sensor.drawn(SECOND)


def test_an_answer_that_is_on_its_way_leaves_the_rest_waiting() -> None:
    assert Rest(Followed(Drawn(0.0, 0.0, covers_s=0.0)), 20.0).drawn(SECOND) == Drawn(0.0, 0.0, None, 0.0)


def test_an_accelerators_supply_and_cooling_follow_it_and_its_share() -> None:
    losses = Losses(Followed(Drawn(50.0, 250.0, 0.5, 1.0)))
    assert losses.name == "supply and cooling of gpu 0"
    assert losses.drawn(SECOND) == Drawn(50.0 * GPU_SHARE, 250.0 * GPU_SHARE, 0.5, 1.0)


def platform(tmp_path: Path) -> tuple[PowercapTree, Powercap, PlatformRest]:
    tree = PowercapTree(tmp_path)
    tree.zone("intel-rapl:0", "package-0")
    tree.zone("intel-rapl:1", "psys")
    counted = Powercap(zones(str(tmp_path)), 5.0)
    rest = probe(counted, 20.0).sensors[0]
    assert isinstance(rest, PlatformRest)
    return tree, counted, rest


def second(tree: PowercapTree, counted: Powercap, package_j: float, psys_j: float) -> None:
    tree.draw("intel-rapl:0", package_j)
    tree.draw("intel-rapl:1", psys_j)
    counted.drawn(SECOND)


def test_a_plausible_psys_is_the_whole_platform_and_the_rest_is_measured(tmp_path: Path) -> None:
    tree, counted, rest = platform(tmp_path)
    second(tree, counted, 30.0, 52.0)
    assert rest.drawn(SECOND) == Drawn(near(20.0), near(2.0), None, 1.0)
    assert rest.evidence.basis == "measured"


@pytest.mark.parametrize("psys_j", [0.0, 12.0])
def test_an_implausible_psys_leaves_the_rest_to_the_model_for_good(tmp_path: Path, psys_j: float) -> None:
    tree, counted, rest = platform(tmp_path)
    second(tree, counted, 30.0, psys_j)
    assert rest.drawn(SECOND) == Drawn(20.0, near(25.0 * 0.15), None, 1.0)
    second(tree, counted, 30.0, 52.0)
    assert rest.drawn(SECOND) == Drawn(20.0, near(25.0 * 0.15), None, 1.0)
    assert rest.evidence.basis == "modelled"


def test_a_psys_that_falls_short_later_is_a_gap(tmp_path: Path) -> None:
    tree, counted, rest = platform(tmp_path)
    second(tree, counted, 30.0, 52.0)
    rest.drawn(SECOND)
    second(tree, counted, 30.0, 12.0)
    with pytest.raises(SensorError, match="less than its packages"):
        rest.drawn(SECOND)


def test_a_figure_says_how_much_of_it_was_measured(tmp_path: Path) -> None:
    tree = PowercapTree(tmp_path)
    tree.zone("intel-rapl:0", "package-0")
    counted = Powercap(zones(str(tmp_path)), 10.0)
    sensors: list[Sensor] = [counted, probe(counted, 5.0).sensors[0]]
    now_s = 0.0
    account = Account(sensors, Clocks(lambda: 0.0, lambda: None, lambda: now_s))
    tree.draw("intel-rapl:0", 10.0)
    now_s = 1.0
    energy = account.advance().energy()
    assert energy is not None
    assert (energy.value, energy.share("measured")) == (near(15.0), near(10 / 15))


def test_a_guarded_counter_is_followed_through_its_guard() -> None:
    guarded = Guarded(ScriptedSensor(Drawn(10.0, 100.0)), patience_s=5)
    rest = probe(guarded, 20.0).sensors[0]
    guarded.drawn(SECOND)
    assert rest.drawn(SECOND) == Drawn(20.0, 15.0, None, 1.0)
