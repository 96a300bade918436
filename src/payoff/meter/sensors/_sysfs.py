"""Reading the small text files in which Linux shows its hardware."""

from __future__ import annotations

import os

from payoff.errors import SensorError


def text(path: str) -> str | None:
    """What a file says, without surrounding white space; `None` where it is missing or may not be read."""
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return None


def number(path: str) -> float | None:
    """The finite number in a file, `None` for anything else."""
    try:
        value = float(text(path) or "")
    except ValueError:
        return None
    return value if value - value == 0 else None


def count(path: str) -> int:
    """The count in a register's file; raises `SensorError` where there is none."""
    try:
        with open(path, "rb") as file:
            return int(file.read())
    except (OSError, ValueError) as error:
        raise SensorError(f"{path} cannot be read ({error})") from error


def names(folder: str, beginning: str = "") -> list[str]:
    """The sorted names in a folder that begin like this; none where there is no such folder."""
    try:
        return sorted(name for name in os.listdir(folder) if name.startswith(beginning))
    except OSError:
        return []
