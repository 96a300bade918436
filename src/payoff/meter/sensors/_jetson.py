"""NVIDIA Jetson: the INA3221 power monitors on the module, as sysfs shows them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import NamedTuple

from payoff.errors import SensorError
from payoff.meter._seam import Evidence, Probe
from payoff.meter.sensors import _sysfs
from payoff.meter.sensors._counter import Idle
from payoff.meter.sensors._guarded import Guarded
from payoff.meter.sensors._sampled import Sampled

KIND = "Jetson (INA3221)"
FOLDERS = "sys/bus/i2c/drivers/ina3221", "sys/bus/i2c/drivers/ina3221x"
WHOLE = ("VDD_IN", "POM_5V_IN")
"""Rails that feed the whole module (jetson_stats issue 51); where there is none, the rails are added up."""
NOT_CONNECTED = ("NC", "")
WHOLE_EVIDENCE = Evidence(
    "measured",
    idle={"accuracy of the rails": (0.95, 1.05)},
    dynamic={"accuracy of the rails": (0.95, 1.05)},
    sources=("INA3221 of this module: the rail that feeds it, its accuracy assumed",),
)
SUM_EVIDENCE = Evidence(
    "measured",
    idle={"which rails hold which": (0.85, 1.15)},
    dynamic={"which rails hold which": (0.85, 1.15)},
    sources=("INA3221 of this module: the sum of its rails, which may leave out or hold one another: assumed",),
)


class Rail(NamedTuple):
    """One supply that is watched: its label and how its watts are read."""

    label: str
    watts: Callable[[], float]


def rails(root: str = "/") -> list[Rail]:
    """All rails that carry something, under either driver's names for the files."""
    return [rail for folder in _monitors(root) for rail in _rails_in(folder) if rail.label not in NOT_CONNECTED]


def _monitors(root: str) -> Iterator[str]:
    for base in FOLDERS:
        driver = os.path.join(root, base)
        for device in _sysfs.names(driver):
            hwmon = f"{driver}/{device}/hwmon"
            yield from (f"{hwmon}/{name}" for name in _sysfs.names(hwmon, "hwmon"))
            yield from (f"{driver}/{device}/{name}" for name in _sysfs.names(f"{driver}/{device}", "iio:device"))


def _rails_in(folder: str) -> Iterator[Rail]:
    for channel in "123":
        label = _sysfs.text(f"{folder}/in{channel}_label")
        if label is not None and os.path.exists(f"{folder}/curr{channel}_input"):
            yield Rail(label, _product(f"{folder}/in{channel}_input", f"{folder}/curr{channel}_input"))
    for channel in "012":
        label = _sysfs.text(f"{folder}/rail_name_{channel}")
        if label is not None:
            yield Rail(label, _milliwatts(f"{folder}/in_power{channel}_input"))


def _product(millivolts: str, milliamperes: str) -> Callable[[], float]:
    return lambda: _sysfs.count(millivolts) * _sysfs.count(milliamperes) / 1e6


def _milliwatts(path: str) -> Callable[[], float]:
    return lambda: _sysfs.count(path) / 1e3


def probe(root: str = "/", idle_w: float | None = None) -> Probe:
    """Look for the monitors and the rail that feeds the module."""
    found = rails(root)
    if not found:
        return Probe(KIND, state="not a Jetson")
    whole = [rail for rail in found if rail.label in WHOLE][:1]
    used = whole or found
    try:
        watts = sum(rail.watts() for rail in used)
    except SensorError as error:
        return Probe(KIND, state=str(error), unlock="sudo usermod -aG i2c $USER" if "ermission" in str(error) else "")
    evidence = WHOLE_EVIDENCE if whole else SUM_EVIDENCE
    sensor = Sampled(KIND, lambda: sum(rail.watts() for rail in used), evidence, idle=Idle(idle_w))
    state = f"{', '.join(rail.label for rail in used)}: {watts:.3g} W now"
    return Probe(KIND, (Guarded(sensor),), frozenset({"processor", "memory", "accelerators"}), state)
