"""CodeCarbon's `emissions.csv`, in both directions.

Its columns are those of `EmissionsData` in CodeCarbon 3.3 (MIT licence). A tracker writes its totals so far with each
row, so the last row of a `run_id` holds for the run; a row with a `task_name` stands for a task alone. Energy is
stated there with the PUE in it, and is kept here as what it was at the machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from payoff.ledger._formats_csv import hashed, line, number, stamped
from payoff.model import Event, Footprint, Run
from payoff.quantities import Estimate

COLUMNS = (
    "timestamp",
    "project_name",
    "run_id",
    "experiment_id",
    "duration",
    "emissions",
    "emissions_rate",
    "cpu_power",
    "gpu_power",
    "ram_power",
    "cpu_energy",
    "gpu_energy",
    "ram_energy",
    "energy_consumed",
    "water_consumed",
    "country_name",
    "country_iso_code",
    "region",
    "cloud_provider",
    "cloud_region",
    "os",
    "python_version",
    "codecarbon_version",
    "cpu_count",
    "cpu_model",
    "gpu_count",
    "gpu_model",
    "longitude",
    "latitude",
    "ram_total_size",
    "tracking_mode",
    "cpu_utilization_percent",
    "gpu_utilization_percent",
    "ram_utilization_percent",
    "ram_used_gb",
    "on_cloud",
    "pue",
    "wue",
)
NEEDED = frozenset(("timestamp", "run_id", "duration", "emissions", "energy_consumed"))
"""The columns by which the file is known; older versions lack some of the others."""

_J_PER_KWH = 3.6e6


def events_of(row: Mapping[str, str]) -> list[Event]:
    """The events of a row; the same row gives the same events."""
    about = f"{row['run_id']} {row.get('task_name') or ''}"
    run_id = hashed(f"CodeCarbon {about}")
    ended = datetime.fromisoformat(row["timestamp"])
    ended = ended if ended.tzinfo else ended.replace(tzinfo=UTC)
    footprint = _footprint(row)
    begun = ended - timedelta(seconds=number(row, "duration"))
    source = {
        "name": _source(row),
        "row": dict(row),
        "note": "CodeCarbon gives no interval; its stamps have no time zone",
    }
    started = {
        "segment": run_id,
        "project": row.get("project_name") or "codecarbon",
        "name": row.get("task_name") or row.get("project_name") or "codecarbon",
        "study": row.get("experiment_id") or None,
        "place": _place(row),
        "machine": {"processor": row.get("cpu_model") or "", "threads": row.get("cpu_count") or ""},
        "source": source,
    }
    finished = {"segment": run_id, "state": "completed", "footprint": footprint.to_json()}
    text = f"{about} {row['timestamp']}"
    return [
        Event(run_id, "started", started, _stamp(begun), stamped(_stamp(ended), f"started {text}")),
        Event(run_id, "finished", finished, _stamp(ended), stamped(_stamp(ended), f"finished {text}")),
    ]


def _footprint(row: Mapping[str, str]) -> Footprint:
    source = (f"{_source(row)}, which gives no interval",)
    pue = number(row, "pue") if row.get("pue") else 1.0

    def stated(name: str, factor: float = 1.0) -> Estimate | None:
        return Estimate(number(row, name) * factor, {}, {"stated": 1.0}, sources=source) if row.get(name) else None

    return Footprint(
        duration_s=stated("duration"),
        energy_j=stated("energy_consumed", _J_PER_KWH / max(1.0, pue)),
        emissions_kg=stated("emissions"),
        water_l=stated("water_consumed") if row.get("wue") and number(row, "wue") > 0 else None,
    )


def _source(row: Mapping[str, str]) -> str:
    return f"CodeCarbon {row.get('codecarbon_version') or 'of an unknown version'}"


def _place(row: Mapping[str, str]) -> str | None:
    if row.get("on_cloud") == "Y" and row.get("cloud_provider") and row.get("cloud_region"):
        return f"{row['cloud_provider']}:{row['cloud_region']}"
    return row.get("country_iso_code") or None


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def rows_of(runs: Iterable[Run]) -> Iterator[str]:
    """The lines of the file for the runs whose energy or emissions are known, its header first."""
    yield line(COLUMNS)
    for run in runs:
        if run.footprint.energy_j or run.footprint.emissions_kg:
            row = _row(run)
            yield line("" if row.get(name) is None else row[name] for name in COLUMNS)


def _row(run: Run) -> dict[str, Any]:
    """The row that CodeCarbon itself wrote, or one with what payoff knows; what it does not know stays empty."""
    figures = {name: figure.value for name, figure in run.footprint.present().items()}
    original = (run.details.get("source") or {}).get("row")
    if original and "restatements" not in run.details:
        return dict(original)
    duration, emissions = figures.get("duration_s"), figures.get("emissions_kg")
    pue = _value(run.details.get("factors"), "pue") or 1.0
    energy = figures.get("energy_j")
    provider, _, region = (run.place or "").removeprefix("world").rpartition(":")
    machine = run.details.get("machine") or {}
    ended = datetime.fromisoformat(run.ended_at or run.segments[-1].heartbeat_at)
    return {
        "timestamp": ended.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        "project_name": run.project,
        "run_id": run.id,
        "experiment_id": run.study,
        "duration": duration,
        "emissions": emissions,
        "emissions_rate": emissions / duration if emissions is not None and duration else None,
        "energy_consumed": None if energy is None else energy * pue / _J_PER_KWH,
        "water_consumed": figures.get("water_l"),
        "country_iso_code": region if len(region) == 3 else None,
        "region": None if provider or len(region) == 3 else region,
        "cloud_provider": provider,
        "cloud_region": region if provider else None,
        "cpu_count": machine.get("threads"),
        "cpu_model": machine.get("processor"),
        "tracking_mode": "process",
        "on_cloud": "Y" if provider else "N",
        "pue": pue,
    }


def _value(factors: Any, name: str) -> float | None:
    found = factors.get(name) if isinstance(factors, Mapping) else None
    found = found.get("value") if isinstance(found, Mapping) else found
    return float(found) if isinstance(found, int | float) else None
