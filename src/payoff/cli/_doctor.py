"""payoff doctor: what can be measured here, and the exact line that unlocks more."""

from __future__ import annotations

import sys
from importlib.util import find_spec

import click

from payoff.cli._options import answer, json_option, ledger_option
from payoff.errors import PayoffError
from payoff.ledger import default_place, open_ledger
from payoff.meter import configured, unknown_here
from payoff.meter.sensors import find_sensors, probe_all
from payoff.show import DoctorReport, Finding

_EXTRAS = {"demo": "sklearn", "postgres": "psycopg", "nvidia": "pynvml", "amd": "amdsmi"}
"""The module by which an installed extra is known."""


@click.command()
@ledger_option
@json_option
def doctor(where: str | None, as_json: bool) -> None:
    """What can be measured here, and the exact line that unlocks more."""
    findings = {
        "energy": _energy(),
        "what this system does not tell": tuple(Finding(sys.platform, False, sentence) for sentence in unknown_here()),
        "where the machine stands": _place(),
        "ledger": (_ledger(where),),
        "optional parts": tuple(_extra(name, module) for name, module in _EXTRAS.items()),
    }
    answer(DoctorReport({heading: found for heading, found in findings.items() if found}), as_json=as_json)


def _energy() -> tuple[Finding, ...]:
    chosen = {sensor.name for sensor in find_sensors()}
    found = []
    for probe in probe_all():
        used = any(sensor.name in chosen for sensor in probe.sensors)
        state = probe.state if used or not probe.sensors else f"{probe.state}; not needed beside the others"
        found.append(Finding(probe.kind, used, state, probe.unlock, probe.verified))
    return tuple(found)


def _place() -> tuple[Finding, ...]:
    _, factors, complaints = configured(None)
    intensity, unlock = (
        factors.intensity_kg_per_j,
        "echo 'region = \"FR\"' >> payoff.toml   # or --region, PAYOFF_REGION",
    )
    told = f"{factors.place}: " + (
        f"{_per_kwh(intensity.value)} ({_per_kwh(intensity.low)}–{_per_kwh(intensity.high)}) gCO2e/kWh"
        if intensity
        else "unknown"
    )
    known = not factors.hint
    findings = [
        Finding("grid", known, told, "" if known else unlock),
        Finding("PUE", True, f"{factors.pue.tell('number')} for a machine of kind '{factors.machine}'"),
    ]
    return (*findings, *(Finding("settings", False, complaint) for complaint in complaints))


def _per_kwh(kg_per_j: float) -> str:
    return f"{kg_per_j * 3.6e9:.0f}"


def _ledger(where: str | None) -> Finding:
    place = where or configured(None)[0].get("ledger") or default_place()
    try:
        with open_ledger(place) as ledger:
            newest = ledger.runs()
            said = f"; {' '.join(ledger.notices)}" if ledger.notices else ""
            return Finding(
                ledger.place,
                True,
                f"{newest[0].number if newest else 'no'} run{'' if newest and newest[0].number == 1 else 's'}{said}",
            )
    except PayoffError as error:
        return Finding(str(place), False, str(error))


def _extra(name: str, module: str) -> Finding:
    there = find_spec(module) is not None
    return Finding(
        name, there, "installed" if there else "not installed", "" if there else f"pip install 'payoff[{name}]'"
    )
