"""The table of runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rich import box
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.table import Table

from payoff.model import Run
from payoff.show._words import figure, quality, run_to_json, value

WIDE = 110
"""From this many columns on, carbon and cost have their intervals, and project and start are shown as well."""


@dataclass(frozen=True, slots=True)
class RunsReport:
    """Some runs of a ledger, in the order asked for."""

    runs: tuple[Run, ...]
    ledger: str = ""

    def to_json(self) -> dict[str, Any]:
        """See `Report`."""
        return {"schema": "payoff.runs/1", "ledger": self.ledger, "runs": [run_to_json(run) for run in self.runs]}

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield self._table(wide=options.max_width >= WIDE)

    def _table(self, *, wide: bool) -> RenderableType:
        if not self.runs:
            return f"no runs yet in {self.ledger or 'the ledger'}; make one with: payoff measure -- python train.py"
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
        table.add_column("#", justify="right", no_wrap=True)
        if wide:
            table.add_column("project", overflow="ellipsis", no_wrap=True)
        table.add_column("run", overflow="ellipsis", no_wrap=True, max_width=None if wide else 18)
        table.add_column("quality", justify="right", no_wrap=True)
        for name in ("energy (90 %)", "CO2e", "cost"):
            table.add_column(name, no_wrap=True)
        table.add_column("time", justify="right", no_wrap=True)
        table.add_column("measured", justify="right", no_wrap=True)
        if wide:
            table.add_column("started (UTC)", no_wrap=True)
        for run in self.runs:
            table.add_row(*_cells(run, wide=wide))
        return table


def _cells(run: Run, *, wide: bool) -> list[str]:
    """The figures of a narrow table leave out intervals that differ little from that of the energy."""
    name = run.name if run.state == "completed" else f"{run.name} ({run.state})"
    energy = run.footprint.energy_j
    figures = [
        quality(run.best),
        figure(run, "energy_j"),
        (figure if wide else value)(run, "emissions_kg").replace("CO2e", ""),
        (figure if wide else value)(run, "cost_usd"),
        value(run, "duration_s"),
        "" if energy is None else f"{100 * energy.share('measured'):.0f} %",
    ]
    if wide:
        return [str(run.number), run.project, name, *figures, run.started_at[:16].replace("T", " ")]
    return [str(run.number), name, *figures]
