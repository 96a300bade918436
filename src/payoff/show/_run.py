"""One run, whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from payoff.ledger import TracePoint
from payoff.model import Reading, Run
from payoff.show._words import figure, how_sure, largest_error, run_to_json
from payoff.units import DIMENSION_OF, LABELS, show, significant

BARS = "▁▂▃▄▅▆▇█"
WIDTH = 30


@dataclass(frozen=True, slots=True)
class RunReport:
    """A run with its learning curve and its power trace."""

    run: Run
    readings: tuple[Reading, ...] = ()
    trace: tuple[TracePoint, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """See `Report`."""
        return {
            "schema": "payoff.run/1",
            **run_to_json(self.run),
            "curve": [
                {
                    "step": r.step,
                    "metric": r.metric,
                    "value": r.value,
                    "elapsed_s": r.elapsed_s,
                    "energy_j": r.energy_j,
                    "examples": r.examples,
                }
                for r in self.readings
            ],
            "trace": [{"elapsed_s": elapsed_s, "energy_j": energy_j} for elapsed_s, energy_j in self.trace],
        }

    def __rich__(self) -> RenderableType:
        run = self.run
        heading = Text.assemble(
            (f"{run.name}", "bold"),
            f"  run {run.number} of {run.project}  {run.state}",
            f"  {run.reason}" if run.reason else "",
        )
        parts: list[RenderableType] = [heading, self._about(), self._figures()]
        if self.readings and (line := self._curve()):
            parts.append(line)
        if len(self.trace) > 2:
            parts.append(self._power())
        parts.append(Text("id " + run.id, style="dim"))
        return Group(*parts)

    def _about(self) -> RenderableType:
        run = self.run
        machine = run.details.get("machine", {})
        rows = {
            "command": " ".join(run.command),
            "began": f"{run.started_at[:19].replace('T', ' ')} UTC on {run.host}"
            + (f", {len(run.segments)} segments" if len(run.segments) > 1 else ""),
            "machine": f"{machine.get('processor', '')}, {machine.get('threads', '?')} threads" if machine else "",
            "idle": _idle(run),
            "place": run.place or "",
            "parameters": ", ".join(f"{name}={value}" for name, value in run.parameters.items()),
            "tags": ", ".join(run.tags),
        }
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="dim", no_wrap=True)
        grid.add_column(overflow="fold")
        for name, value in rows.items():
            if value:
                grid.add_row(name, value)
        return grid

    def _figures(self) -> RenderableType:
        table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
        for name in ("", "figure (90 % interval)", "how sure", "largest source of error"):
            table.add_column(name, no_wrap=name != "largest source of error", overflow="fold")
        for name, estimate in self.run.footprint.present().items():
            table.add_row(LABELS[name], figure(self.run, name), how_sure(estimate), largest_error(estimate))
        return table

    def _curve(self) -> RenderableType | None:
        objective, best = self.run.objective, self.run.best
        if objective is None or best is None:
            return None
        values = [reading.value for reading in self.readings if reading.metric == objective.metric]
        spent = f" after {show(best.energy_j, DIMENSION_OF['energy_j'])}" if best.energy_j is not None else ""
        where = f"best {significant(best.value, 4)} at step {significant(best.step, 6)}{spent}"
        return Text(f"{objective.metric}  {_sparkline(values)}  {where}")

    def _power(self) -> RenderableType:
        pairs = list(zip(self.trace, self.trace[1:], strict=False))
        watts = [(j1 - j0) / (s1 - s0) for (s0, j0), (s1, j1) in pairs if s1 > s0]
        return Text(f"power  {_sparkline(watts)}  {show(min(watts), 'power')} to {show(max(watts), 'power')}")


def _idle(run: Run) -> str:
    """Which part of the machine's idle energy the run was charged, and why not all of it; nothing where it was all."""
    usage, machine = run.details.get("usage", {}), run.details.get("machine", {})
    held_s, duration_s = usage.get("held_s"), usage.get("duration_s")
    if not duration_s or held_s is None or held_s / duration_s > 0.995:
        return ""
    charged = f"charged {held_s / duration_s:.0%} of what the machine draws when idle".replace("%", " %")
    if jobs := usage.get("jobs_beside", 0):
        beside = "another job was" if jobs == 1 else f"up to {jobs} other jobs were"
        return f"{charged}: {beside} measured beside it, and took a share"
    reserved = machine.get("reserved", 1.0)
    return f"{charged}: it could use {100 * reserved:.0f} % of its threads" if reserved < 0.995 else charged


def _sparkline(values: list[float]) -> str:
    finite = [value for value in values if value - value == 0]
    if not finite:
        return ""
    per_bar = max(1, -(-len(finite) // WIDTH))
    means = [sum(chunk) / len(chunk) for chunk in (finite[i : i + per_bar] for i in range(0, len(finite), per_bar))]
    low, reach = min(means), (max(means) - min(means)) or 1.0
    return "".join(BARS[round((mean - low) / reach * (len(BARS) - 1))] for mean in means)
