"""payoff watch: what the machine and its runs use now."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

import click
from rich.console import Console
from rich.live import Live

from payoff.cli._options import json_option, ledger_option, opened, put
from payoff.ledger import Ledger, Query
from payoff.meter import machine_account
from payoff.model import to_text
from payoff.show import Draw, WatchReport


@click.command()
@click.option(
    "--interval", default=1.0, show_default=True, type=click.FloatRange(min=0.1), help="Seconds between looks."
)
@click.option("--count", type=click.IntRange(min=1), help="Stop after so many looks; without it, at Ctrl-C.")
@ledger_option
@json_option
def watch(interval: float, count: int | None, where: str | None, as_json: bool) -> None:
    """What the machine and its runs use now: a live screen on a terminal, a line at each look elsewhere."""
    with opened(where) as ledger:
        looks = _looks(ledger, interval, count)
        if as_json:
            for report in looks:
                put(to_text(report.to_json()))
        elif sys.stdout.isatty():
            with Live(console=Console(highlight=False, markup=False), auto_refresh=False) as screen:
                for report in looks:
                    screen.update(report, refresh=True)
        else:
            for report in looks:
                put(report.line())


def _looks(ledger: Ledger, interval_s: float, count: int | None) -> Iterator[WatchReport]:
    account = machine_account()
    before, seen = account.advance(), dict[str, tuple[float, float]]()
    number = 0
    while count is None or number < count:
        time.sleep(interval_s)
        now, number = account.advance(), number + 1
        elapsed_s = now.duration_s - before.duration_s
        machine_w = ((now.energy_j or 0.0) - (before.energy_j or 0.0)) / elapsed_s if now.energy_j is not None else None
        draws = []
        for run in ledger.runs(Query(equals={"state": "running"})):
            used = run.footprint
            point = (used.duration_s.value if used.duration_s else 0.0, used.energy_j.value if used.energy_j else 0.0)
            last = seen.get(run.id, (0.0, 0.0))
            watts = (point[1] - last[1]) / (point[0] - last[0]) if point[0] > last[0] else None
            draws.append(Draw(run, watts))
            if watts is not None:
                seen[run.id] = point
        basis = max((part.evidence.basis for part in now.parts), key=("measured", "modelled").index, default="modelled")
        busy = (now.cpu_s - before.cpu_s) / elapsed_s
        yield WatchReport(machine_w, basis, busy, tuple(draws))
        before = now
