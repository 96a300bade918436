"""What kind of machine this is, and what all of it uses."""

from __future__ import annotations

import os
from contextlib import suppress

from payoff.facts import Machine
from payoff.meter._account import Account, Clocks, Split
from payoff.meter._processor import machine_busy_s
from payoff.meter.sensors import find_sensors

_CHASSIS: dict[Machine, tuple[int, ...]] = {
    "laptop": (8, 9, 10, 14, 30, 31, 32),
    "desktop": (3, 4, 5, 6, 7, 13, 15, 24, 35),
    "server": (17, 23, 25, 28, 29),
}
"""Chassis types of the SMBIOS specification (DSP0134), section 7.4.1."""
_CLOUDS = ("Amazon EC2", "Google", "DigitalOcean", "Alibaba Cloud", "OpenStack Foundation")


def machine_account() -> Account:
    """The account of the whole machine, from now on."""
    return Account(find_sensors(), Clocks(lambda: 0.0, machine_busy_s), lambda: Split(whole_machine=True))


def machine_kind() -> Machine | None:
    """What the firmware says this is; `None` when it says nothing that can be used."""
    with suppress(OSError):
        if any(name.startswith("BAT") for name in os.listdir("/sys/class/power_supply")):
            return "laptop"
    if _firmware("sys_vendor") in _CLOUDS or _firmware("product_name") == "Virtual Machine":
        return "cloud"
    chassis = _firmware("chassis_type")
    return next((kind for kind, types in _CHASSIS.items() if chassis.isdecimal() and int(chassis) in types), None)


def _firmware(name: str) -> str:
    try:
        with open(f"/sys/class/dmi/id/{name}") as file:
            return file.read().strip()
    except OSError:
        return ""
