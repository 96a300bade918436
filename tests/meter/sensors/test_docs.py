"""The page on sensors speaks of each of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from payoff.meter.sensors import _perf, _powercap, probe_all
from payoff.meter.sensors._amd import HWMON
from payoff.meter.sensors._apple import UNLOCK
from payoff.meter.sensors._rest import KIND

PAGE = (Path(__file__).parents[3] / "docs/sensors.md").read_text()
ROWS = {line.split("|")[1].strip(): line for line in PAGE.splitlines() if line.startswith("| ")}


def test_every_kind_of_sensor_has_a_row(tmp_path: Path) -> None:
    kinds = {probe.kind for probe in probe_all(str(tmp_path))} | {HWMON, KIND}
    assert kinds - ROWS.keys() == set()


def test_only_what_met_the_real_thing_is_called_verified(tmp_path: Path) -> None:
    verified = {probe.kind for probe in probe_all(str(tmp_path)) if probe.verified}
    assert {kind for kind, row in ROWS.items() if row.endswith("| verified |")} == verified


@pytest.mark.parametrize("line", [_perf.UNLOCK, _powercap.UNLOCK, UNLOCK.replace("|", r"\|")])
def test_the_lines_that_unlock_are_the_doctors(line: str) -> None:
    assert f"`{line}`" in PAGE
