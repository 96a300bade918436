"""The table of runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rich import box
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.table import Table

from payoff.model import Run
from payoff.show._words import figure, quality, run_to_json, value

NAME = 18
"""The longest name of a run, with its state, in a narrow table; the wide one is for where it has this much room."""
NARROW = ("#", "run", "quality", "energy (90 %)", "CO2e", "cost", "time", "measured")
WIDE = ("#", "project", *NARROW[1:], "started (UTC)")
FLUSH_RIGHT = ("#", "quality", "time", "measured")


@dataclass(frozen=True, slots=True)
class RunsReport:
    """Some runs of a ledger, in the order asked for; `filtered` when not all were asked for."""

    runs: tuple[Run, ...]
    ledger: str = ""
    filtered: bool = False

    def to_json(self) -> dict[str, Any]:
        """See `Report`."""
        return {"schema": "payoff.runs/1", "ledger": self.ledger, "runs": [run_to_json(run) for run in self.runs]}

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if self.runs:
            yield _table(self.runs, options.max_width)
        elif self.filtered:
            yield f"no run in {self.ledger or 'the ledger'} is like that; payoff runs lists them all"
        else:
            yield f"no runs yet in {self.ledger or 'the ledger'}; make one with: payoff measure -- python train.py"


def _table(runs: tuple[Run, ...], width: int) -> RenderableType:
    """The wide table where it fits, else the narrow one, in which the names are cut if need be."""
    titles: tuple[str, ...] = WIDE
    gap, wide = 2, True
    rows = [_cells(run, wide=True) for run in runs]
    if _room(titles, rows, width, gap) < NAME:
        titles, gap, wide = NARROW, 1, False
        rows = [_cells(run, wide=False) for run in runs]
    room = max(1, _room(titles, rows, width, gap))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, gap - 1, 0, 0), show_edge=False)
    for title in titles:
        table.add_column(title, justify="right" if title in FLUSH_RIGHT else "left", no_wrap=True)
    for run, cells in zip(runs, rows, strict=True):
        cells[titles.index("run")] = _named(run, room if wide else min(room, NAME))
        table.add_row(*cells)
    return table


def _room(titles: tuple[str, ...], rows: list[list[str]], width: int, gap: int) -> int:
    """What the other columns leave for the names."""
    widest = [max(map(len, cells)) + gap for cells in zip(titles, *rows, strict=True)]
    return width - sum(widest) + widest[titles.index("run")]


def _named(run: Run, room: int = 1000) -> str:
    """The name of a run, cut to leave room for its state where that is not 'completed'."""
    state = "" if run.state == "completed" else f" ({run.state})"
    left = max(1, room - len(state))
    return (run.name if len(run.name) <= left else run.name[: left - 1] + "…") + state


def _cells(run: Run, *, wide: bool) -> list[str]:
    """The figures of a narrow table leave out intervals that differ little from that of the energy."""
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
        return [str(run.number), run.project, _named(run), *figures, run.started_at[:16].replace("T", " ")]
    return [str(run.number), _named(run), *figures]
