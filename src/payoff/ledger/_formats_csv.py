"""A table with a row for each run; every figure with its interval and what it rests on, units in the names."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from payoff.ledger._schema import FIGURES
from payoff.model import Event, Objective, Run
from payoff.quantities import Estimate

_ABOUT = ("number", "id", "project", "name", "state", "started_at", "ended_at", "study", "parent", "kept")
_REST = (
    "tags",
    "command",
    "parameters",
    "host",
    "place",
    "exit_code",
    "metric",
    "direction",
    "quality",
    "quality_step",
)
COLUMNS = (
    *_ABOUT,
    *_REST,
    *(f"{name}{tail}" for name in FIGURES for tail in ("", "_low", "_high", "_basis")),
)
_ENDS = ("completed", "failed", "stopped")
NEEDED = frozenset(("id", "state", "started_at", "energy_j", "energy_j_low", "energy_j_basis"))
"""The columns by which such a table is known."""


def rows_of(runs: Iterable[Run]) -> Iterator[str]:
    """The lines of the table, its header first."""
    yield line(COLUMNS)
    for run in runs:
        row = _row(run)
        yield line("" if row[name] is None else row[name] for name in COLUMNS)


def line(values: Iterable[Any]) -> str:
    """One line of CSV."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(list(values))
    return buffer.getvalue().encode("utf-8", "replace").decode()


def _row(run: Run) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(run, name) for name in (*_ABOUT, "host", "place", "exit_code")}
    row.update(kept={True: "yes", False: "no", None: None}[run.kept], tags=json.dumps(run.tags))
    row.update(command=json.dumps(run.command), parameters=json.dumps(dict(run.parameters)))
    row.update(metric=run.objective and run.objective.metric, direction=run.objective and run.objective.direction)
    row.update(quality=run.best and run.best.value, quality_step=run.best and run.best.step)
    for name in FIGURES:
        figure = run.footprint[name]
        row[name] = figure and figure.value
        row[f"{name}_low"], row[f"{name}_high"] = (figure.low, figure.high) if figure else (None, None)
        row[f"{name}_basis"] = figure and " ".join(f"{kind}={share:.4g}" for kind, share in figure.basis.items())
    return row


def events_of(row: Mapping[str, str]) -> list[Event]:
    """The events that say again what a row says of its run."""
    run_id, begun = row["id"], row["started_at"]
    ended = row.get("ended_at") or begun
    segment = hashed(f"segment {run_id}")
    about: dict[str, Any] = {
        name: row[name] for name in ("project", "name", "study", "parent", "host", "place") if row.get(name)
    }
    about.update({name: json.loads(row[name]) for name in ("tags", "command", "parameters") if row.get(name)})
    if row.get("metric"):
        about["objective"] = Objective(row["metric"], "min" if row["direction"] == "min" else "max").to_json()
    about.update(segment=segment, source={"name": "CSV"})
    events = [Event(run_id, "started", about, begun, stamped(begun, f"started {run_id}"))]
    if row.get("quality"):
        read = {"step": float(row["quality_step"]), "values": {row["metric"]: float(row["quality"])}}
        events.append(Event(run_id, "read", read, ended, stamped(ended, f"read {run_id}")))
    if row.get("kept"):
        events.append(Event(run_id, "kept", {"kept": row["kept"] == "yes"}, ended, stamped(ended, f"kept {run_id}")))
    footprint = {name: figure.to_json() for name in FIGURES if (figure := _figure(row, name)) is not None}
    state = row["state"] if row["state"] in _ENDS else "lost"
    end: dict[str, Any] = {"segment": segment, "state": state, "footprint": footprint}
    if row.get("exit_code"):
        end["exit_code"] = int(row["exit_code"])
    return [*events, Event(run_id, "finished", end, ended, stamped(ended, f"finished {run_id}"))]


def _figure(row: Mapping[str, str], name: str) -> Estimate | None:
    if not row.get(name):
        return None
    value = number(row, name)
    low, high = (number(row, f"{name}{tail}") if row.get(f"{name}{tail}") else value for tail in ("_low", "_high"))
    basis = dict(part.split("=") for part in (row.get(f"{name}_basis") or "stated=1").split())
    shares = {kind: float(share) for kind, share in basis.items()}
    total = sum(shares.values())
    errors = {} if low == high else {"interval in the CSV": (low, high)}
    return Estimate(value, errors, {kind: share / total for kind, share in shares.items()}, sources=("CSV",))


def number(row: Mapping[str, str], name: str) -> float:
    """A finite number that is not below 0."""
    try:
        value = float(row[name])
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= 0):
        raise ValueError(f"{name} must be a number not below 0, got {row[name]!r}")
    return value


def hashed(text: str) -> str:
    """An identifier that follows from a text."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]


def stamped(at: str, text: str) -> str:
    """An identifier that follows from a text and sorts by its stamp, as those of `new_id` do."""
    moment = datetime.fromisoformat(at)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    tail = hashed(text)
    return f"{max(0, int(moment.timestamp() * 1000)):012x}7{tail[:3]}8{tail[3:18]}"
