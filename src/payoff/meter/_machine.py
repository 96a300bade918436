"""What kind of machine this is."""

from __future__ import annotations

import glob
from pathlib import Path

from payoff.facts import Machine

_CHASSIS: dict[Machine, tuple[int, ...]] = {"laptop": (8, 9, 10, 14, 30, 31, 32), "desktop": (3, 4, 5, 6, 7, 13, 15, 24, 35), "server": (17, 23, 25, 28, 29)}
"""Chassis types of the SMBIOS specification (DSP0134), section 7.4.1."""
_CLOUDS = ("Amazon EC2", "Google", "DigitalOcean", "Alibaba Cloud", "OpenStack Foundation")


def machine_kind() -> Machine | None:
    """What the firmware says this is; `None` when it says nothing that can be used."""
    if glob.glob("/sys/class/power_supply/BAT*"):
        return "laptop"
    if _firmware("sys_vendor") in _CLOUDS or _firmware("product_name") == "Virtual Machine":
        return "cloud"
    chassis = _firmware("chassis_type")
    return next((kind for kind, types in _CHASSIS.items() if chassis.isdecimal() and int(chassis) in types), None)


def _firmware(name: str) -> str:
    try:
        return (Path("/sys/class/dmi/id") / name).read_text().strip()
    except OSError:
        return ""
