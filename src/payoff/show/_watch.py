"""What the machine and its runs use now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table

from payoff.model import Run
from payoff.show._words import quality, value
from payoff.units import show


@dataclass(frozen=True, slots=True)
class Draw:
    """A run that is running, and the watts it drew between its last two ticks."""

    run: Run
    power_w: float | None


@dataclass(frozen=True, slots=True)
class WatchReport:
    """One look: the machine's power and what it rests on, the threads that are busy, and the runs."""

    power_w: float | None
    basis: str
    busy_threads: float
    draws: tuple[Draw, ...]

    def to_json(self) -> dict[str, Any]:
        """See `Report`."""
        runs = [
            {"number": d.run.number, "name": d.run.name, "power_w": d.power_w, "footprint": d.run.footprint.to_json()}
            for d in self.draws
        ]
        return {
            "schema": "payoff.watch/1",
            "power_w": self.power_w,
            "basis": self.basis,
            "busy_threads": self.busy_threads,
            "runs": runs,
        }

    def line(self) -> str:
        """The look in one line."""
        runs = ", ".join(f"{d.run.name} {_power(d.power_w)}" for d in self.draws) or "no run is being measured"
        return f"machine {_power(self.power_w)} {self.basis}, {self.busy_threads:.1f} threads busy; {runs}"

    def __rich__(self) -> RenderableType:
        heading = f"machine {_power(self.power_w)} {self.basis}, {self.busy_threads:.1f} threads busy"
        if not self.draws:
            return Group(heading, "no run is being measured; start one with: payoff measure -- python train.py")
        table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
        for name in ("#", "run", "now", "energy", "CO2e", "time", "quality"):
            table.add_column(name, no_wrap=True, overflow="ellipsis", justify="left" if name == "run" else "right")
        for draw in self.draws:
            run = draw.run
            figures = [value(run, "energy_j"), value(run, "emissions_kg").replace("CO2e", ""), value(run, "duration_s")]
            table.add_row(str(run.number), run.name, _power(draw.power_w), *figures, quality(run.best))
        return Group(heading, "", table)


def _power(watts: float | None) -> str:
    return "–" if watts is None else show(watts, "power", digits=2)
