"""What has the user configured? pyproject.toml `[tool.payoff]`, payoff.toml, `PAYOFF_*`, each over the one before."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from payoff.errors import InvalidValue, UnknownName

KNOWN = {
    "budget": "caps on what a run may use: '2 kWh and 3 h'",
    "electricity_price": "what electricity costs: '$0.30/kWh'",
    "intensity": "carbon intensity of the electricity: '56 gCO2e/kWh'",
    "ledger": "path or address of the ledger",
    "machine": "kind of machine: laptop, desktop, server, cloud",
    "project": "the project runs belong to",
    "pue": "overhead of the data centre: 1.2",
    "region": "where the machine stands: FR, US-CA, aws:eu-west-3",
    "rent": "what the machine costs to rent: '$2.5/h'",
    "worth": "what quality is worth: '0.1% = 2 kWh'",
}
"""Every setting, and what it means."""


def settings(start: str | None = None, environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """All settings in force at a folder (the present one by default), as text.

    Raises `UnknownName` for a setting that does not exist and `InvalidValue` for a file that is not TOML.
    """
    found: dict[str, str] = {}
    for folder in _from_root_to(os.path.abspath(start or here())):
        found.update(_section(os.path.join(folder, "pyproject.toml"), ("tool", "payoff")))
        found.update(_section(os.path.join(folder, "payoff.toml"), ()))
    variables = os.environ if environ is None else environ
    found.update({name: variables[key] for name in KNOWN if (key := f"PAYOFF_{name.upper()}") in variables})
    return found


def here() -> str:
    """The present folder; the root where somebody has removed it."""
    try:
        return os.getcwd()
    except OSError:
        return "/"


def _from_root_to(folder: str) -> list[str]:
    parent = os.path.dirname(folder)
    return [folder] if parent == folder else [*_from_root_to(parent), folder]


def _section(path: str, keys: tuple[str, ...]) -> dict[str, str]:
    try:
        with open(path, "rb") as file:
            raw = file.read()
    except OSError:
        return {}
    if keys and b"tool.payoff" not in raw:
        return {}
    import tomllib

    try:
        table: Any = tomllib.loads(raw.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidValue(f"{path} is not valid TOML ({error}); mend it or move it away") from error
    for key in keys:
        table = table.get(key, {}) if isinstance(table, dict) else table
    if not isinstance(table, dict):
        raise InvalidValue(f"{'.'.join(keys)} in {path} must be a table, got {table!r}; write [tool.payoff]")
    for name in table:
        if name not in KNOWN:
            raise UnknownName(f"setting in {path}", name, KNOWN, way_out=f"settings are {', '.join(KNOWN)}")
    return {name: str(value) for name, value in table.items()}
