"""A run is a fold over its events.

The accumulator is a plain dictionary so that an index can keep it as JSON; `to_run` makes the `Run` of it
together with the last ticks of the segments that have not ended. Events of unknown kinds change nothing.
A run is folded in the order of `in_order`: where ranks of one run write journals of their own, its beginning may
be merged last.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from payoff.ledger._lease import is_alive
from payoff.ledger._seam import Tick
from payoff.model import Event, Footprint, Lease, Objective, Reading, Run, Segment, State, total

Doc = dict[str, Any]

_ABOUT = ("project", "name", "study", "parent", "tags", "parameters", "command", "host", "place", "objective")
_DETAILS = ("machine", "factors", "budget", "worth", "source", "version")


def fold(doc: Doc | None, event: Event) -> Doc:
    """The run after one more event."""
    doc = doc or {"id": event.run_id, "started_at": event.at, "segments": {}, "readings": 0}
    change = _CHANGES.get(event.kind)
    if change and not doc.get("forgotten"):
        change(doc, event)
    return doc


def in_order(events: Iterable[Event]) -> list[Event]:
    """The events of a run with its beginning first."""
    return sorted(events, key=lambda event: event.kind != "started")


def fold_all(events: Iterable[Event]) -> Doc | None:
    """The run after all these events."""
    doc = None
    for event in in_order(events):
        doc = fold(doc, event)
    return doc


def _started(doc: Doc, event: Event) -> None:
    data = event.data
    doc.update({name: data[name] for name in _ABOUT if data.get(name) is not None})
    doc["details"] = {name: data[name] for name in _DETAILS if data.get(name) is not None}
    doc["started_at"] = event.at
    _opened(doc, event)


def _opened(doc: Doc, event: Event) -> None:
    segment = doc["segments"].setdefault(event.data["segment"], {})
    segment.update(started_at=event.at, lease=event.data.get("lease"))


def _read(doc: Doc, event: Event) -> None:
    doc["readings"] += 1
    data = event.data
    if "objective" not in doc:
        doc["objective"] = Objective.parse(next(iter(data["values"]))).to_json()
    objective = doc["objective"]
    value = data["values"].get(objective["metric"])
    if value is None:
        return
    best = doc.get("best")
    goal = Objective(objective["metric"], objective["direction"])
    if goal.better(float(value), None if best is None else float(best["value"])):
        rest = {name: data.get(name) for name in ("step", "elapsed_s", "energy_j", "examples")}
        doc["best"] = {"metric": goal.metric, "value": value, **rest}


def _finished(doc: Doc, event: Event) -> None:
    data = event.data
    segment = doc["segments"].setdefault(data["segment"], {"started_at": event.at})
    segment.update(ended_at=event.at, outcome=data["state"], footprint=data["footprint"])
    doc.update(state=data["state"], ended_at=event.at, exit_code=data.get("exit_code"), reason=data.get("reason", ""))
    doc.setdefault("details", {}).update({k: data[k] for k in ("usage", "factors") if k in data})


def _kept(doc: Doc, event: Event) -> None:
    doc["kept"] = event.data["kept"]


def _tagged(doc: Doc, event: Event) -> None:
    doc["tags"] = list(dict.fromkeys([*doc.get("tags", ()), *event.data["tags"]]))


def _restated(doc: Doc, event: Event) -> None:
    doc["restated"] = event.data["footprint"]


def _forgotten(doc: Doc, event: Event) -> None:
    started_at, number = doc["started_at"], doc.get("number")
    doc.clear()
    doc.update(id=event.run_id, number=number, started_at=started_at, segments={}, readings=0, forgotten=True)


_CHANGES = {
    "started": _started,
    "resumed": _opened,
    "read": _read,
    "finished": _finished,
    "kept": _kept,
    "tagged": _tagged,
    "restated": _restated,
    "forgotten": _forgotten,
}


def is_open(doc: Doc) -> bool:
    """Whether some segment has not ended, as far as the journal knows."""
    return any("outcome" not in segment for segment in doc["segments"].values())


def to_run(doc: Doc, ticks: Iterable[Tick] = ()) -> Run:
    """The run as it stands, with what the open segments last said."""
    last = {tick.segment: tick for tick in ticks}
    segments = tuple(_segment(name, data, last.get(name)) for name, data in doc["segments"].items())
    restated = doc.get("restated")
    objective = Objective(**doc["objective"]) if doc.get("objective") else None
    return Run(
        id=doc["id"],
        number=doc.get("number", 0),
        project=doc.get("project", ""),
        name=doc.get("name", ""),
        state=_state(doc, segments),
        started_at=doc["started_at"],
        ended_at=None if is_open(doc) else doc.get("ended_at"),
        **{key: doc[key] for key in ("study", "parent", "kept", "place", "exit_code") if key in doc},
        tags=tuple(doc.get("tags", ())),
        parameters=doc.get("parameters", {}),
        command=tuple(doc.get("command", ())),
        host=doc.get("host", ""),
        reason=doc.get("reason", ""),
        objective=objective,
        best=_reading(doc["best"]) if doc.get("best") else None,
        readings=doc["readings"],
        footprint=Footprint.from_json(restated) if restated else total(s.footprint for s in segments),
        segments=segments,
        details=doc.get("details", {}),
    )


def _state(doc: Doc, segments: tuple[Segment, ...]) -> State:
    pending = [segment for segment in segments if segment.outcome is None]
    if not pending:
        return cast(State, doc.get("state", "lost"))
    return "running" if any(is_alive(s.lease, s.heartbeat_at) for s in pending) else "lost"


def _segment(name: str, data: Mapping[str, Any], tick: Tick | None) -> Segment:
    ended = "outcome" in data
    footprint = Footprint.from_json(data["footprint"]) if ended else tick.footprint if tick else Footprint()
    seen = data["ended_at"] if ended else tick.at if tick else data["started_at"]
    lease = Lease(**data["lease"]) if data.get("lease") else None
    return Segment(name, data["started_at"], seen, lease, data.get("outcome"), footprint)


def _reading(data: Mapping[str, Any]) -> Reading:
    return Reading(**{**data, "value": float(data["value"])})


def readings_of(events: Iterable[Event]) -> list[Reading]:
    """The readings in a run's events, in the order in which they were reported."""
    found = []
    for event in events:
        if event.kind == "read":
            rest = {name: event.data.get(name) for name in ("elapsed_s", "energy_j", "examples")}
            found += [Reading(event.data["step"], metric, float(value), **rest) for metric, value in event.data["values"].items()]
    return found
