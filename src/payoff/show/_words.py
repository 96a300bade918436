"""Runs and figures in the words that every report uses."""

from __future__ import annotations

from typing import Any

from payoff.model import Reading, Run
from payoff.quantities import Estimate
from payoff.units import DIMENSION_OF, show, significant


def how_sure(figure: Estimate | None) -> str:
    """'measured', 'modelled', or the shares where there are several kinds: 'measured 92 %, modelled 8 %'."""
    if figure is None:
        return ""
    if len(figure.basis) == 1:
        return next(iter(figure.basis))
    return ", ".join(f"{kind} {100 * share:.0f} %" for kind, share in figure.basis.items())


def largest_error(figure: Estimate) -> str:
    """The source of error that moves a figure most, or nothing."""
    errors = figure.errors.items()
    reach = {name: max(abs(low - figure.value), abs(high - figure.value)) for name, (low, high) in errors}
    return max(reach, key=lambda name: reach[name]).replace("_", " ") if reach else ""


def figure(run: Run, name: str) -> str:
    """A figure of a run with its interval, or nothing; '≥' where some part of it is not known."""
    estimate = run.footprint[name]
    if estimate is None:
        return ""
    return ("≥ " if name in run.footprint.incomplete else "") + estimate.tell(DIMENSION_OF[name])


def value(run: Run, name: str) -> str:
    """A figure of a run without its interval; a cost of less than a cent is called that."""
    estimate = run.footprint[name]
    if estimate is None:
        return ""
    if name == "cost_usd" and 0 < estimate.value < 0.005:
        return "<$0.01"
    return show(estimate.value, DIMENSION_OF[name], digits=2)


def quality(reading: Reading | None) -> str:
    """The best reading as people write it."""
    return "" if reading is None else significant(reading.value, 4)


def run_to_json(run: Run) -> dict[str, Any]:
    """Everything known of a run, as plain data."""
    best = run.best
    return {
        "id": run.id,
        "number": run.number,
        "project": run.project,
        "name": run.name,
        "state": run.state,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "study": run.study,
        "parent": run.parent,
        "kept": run.kept,
        "tags": list(run.tags),
        "parameters": dict(run.parameters),
        "command": list(run.command),
        "host": run.host,
        "place": run.place,
        "exit_code": run.exit_code,
        "reason": run.reason,
        "objective": run.objective.to_json() if run.objective else None,
        "best": {
            "step": best.step,
            "metric": best.metric,
            "value": best.value,
            "elapsed_s": best.elapsed_s,
            "energy_j": best.energy_j,
        }
        if best
        else None,
        "readings": run.readings,
        "segments": len(run.segments),
        "footprint": run.footprint.to_json(),
        "details": dict(run.details),
    }
