"""The table of runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich import box
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from payoff.model import Run
from payoff.show._words import figure, quality, run_to_json, value

NAME = 18
"""The room that names of runs, with their states, have at least in the wide table."""
NARROW = ("#", "run", "quality", "energy (90 %)", "CO2e", "cost", "time", "measured")
WIDE = ("#", "project", *NARROW[1:], "started (UTC)")
ONCE = ("quality", "CO2e", "cost", "measured")
"""What a narrow table says once, under it, where it is the same for all runs."""
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
            yield from _table(self.runs, options.max_width)
        elif self.filtered:
            yield f"no run in {self.ledger or 'the ledger'} is like that; payoff runs lists them all"
        else:
            yield f"no runs yet in {self.ledger or 'the ledger'}; make one with: payoff measure -- python train.py"


def _table(runs: tuple[Run, ...], width: int) -> Iterator[RenderableType]:
    """The wide table where it fits, else the narrow one without what is the same for all; names are cut if need be."""
    titles, gap, below = list(WIDE), 2, ""
    rows = [dict(zip(WIDE, _cells(run, wide=True), strict=True)) for run in runs]
    if _room(titles, rows, width, gap) < NAME:
        titles, gap = list(NARROW), 1
        rows = [dict(zip(NARROW, _cells(run, wide=False), strict=True)) for run in runs]
        same = {title: rows[0][title] for title in ONCE if len({row[title] for row in rows}) == 1 and len(rows) > 1}
        titles = [title for title in titles if title not in same]
        below = ", ".join(f"{title} {text}" for title, text in same.items() if text)
    room = max(1, _room(titles, rows, width, gap))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, gap - 1, 0, 0), show_edge=False)
    for title in titles:
        table.add_column(title, justify="right" if title in FLUSH_RIGHT else "left", no_wrap=True)
    for run, row in zip(runs, rows, strict=True):
        table.add_row(*({**row, "run": _named(run, room)}[title] for title in titles))
    yield table
    if below:
        yield Text(f"the same for all: {below}", style="dim")


def _room(titles: Sequence[str], rows: Sequence[Mapping[str, str]], width: int, gap: int) -> int:
    """What the other columns leave for the names."""
    others = [max(len(title), *(len(row[title]) for row in rows)) + gap for title in titles if title != "run"]
    return width - sum(others)


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
