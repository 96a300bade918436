"""A run is a fold over its events.

The accumulator is a plain dictionary so that an index can keep it as JSON; `to_run` makes the `Run` of it
together with the last ticks of the segments that have not ended. Events of unknown kinds change nothing.

The order in which events became known does not matter: a run is folded with its beginning first and then by
the ids of the events, which sort in the order of their making. Where ranks of one run write ledgers of their own,
its beginning may be merged last.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from payoff.frozen import replace
from payoff.ledger._lease import is_alive
from payoff.ledger._seam import Tick
from payoff.model import Event, Footprint, Lease, Objective, Reading, Run, Segment, State, total

Doc = dict[str, Any]

_ABOUT = ("project", "name", "study", "parent", "tags", "parameters", "command", "host", "place", "objective")
_DETAILS = ("machine", "cluster", "scope", "factors", "budget", "worth", "source", "version")
_MALFORMED = (KeyError, TypeError, ValueError, AttributeError)


def fold(doc: Doc | None, event: Event) -> Doc:
    """The run after one more event; an event whose data is not what its kind promises is counted and passed over."""
    doc = doc or {"id": event.run_id, "started_at": event.at, "last": "", "segments": {}, "readings": 0}
    change = _CHANGES.get(event.kind)
    if change and not doc.get("forgotten"):
        try:
            change(doc, event)
        except _MALFORMED:
            doc["malformed"] = doc.get("malformed", 0) + 1
    doc["last"] = max(doc["last"], event.id)
    return doc


def is_late(doc: Doc, event: Event) -> bool:
    """Whether an event comes before one that is folded already, so that the run must be folded anew.

    Most readings need not come in order: `_read` gives the same result for any, once the objective is known.
    """
    if event.kind == "started":
        return True
    if event.id > doc["last"]:
        return False
    return event.kind != "read" or "project" not in doc or event.id < doc.get("objective_from", event.id)


def fold_all(events: Iterable[Event]) -> Doc | None:
    """The run after all these events, in whatever order and however often they come."""
    unique = {event.id: event for event in events}
    doc = None
    for event in sorted(unique.values(), key=lambda event: (_FIRST.get(event.kind, 2), event.id)):
        doc = fold(doc, event)
    return doc


_FIRST = {"forgotten": 0, "started": 1}


def _started(doc: Doc, event: Event) -> None:
    data = event.data
    about = {name: data[name] for name in _ABOUT if data.get(name) is not None}
    tuple(about.get("tags", ())), tuple(about.get("command", ())), dict(about.get("parameters", {}))
    if "objective" in about:
        Objective(**about["objective"])
        doc["objective_from"] = ""
    doc.update({"project": "", **about})
    doc["details"] = {name: data[name] for name in _DETAILS if data.get(name) is not None}
    doc["started_at"] = event.at
    _opened(doc, event)


def _opened(doc: Doc, event: Event) -> None:
    lease = event.data.get("lease")
    if lease is not None:
        Lease(**lease)
    name, ended_before = event.data["segment"], event.data.get("after", ())
    beside = [other for other in open_segments(doc) if other not in (name, *ended_before)]
    doc["segments"].setdefault(name, {}).update(
        started_at=event.at, lease=lease, **({"beside": beside} if beside else {})
    )


def _read(doc: Doc, event: Event) -> None:
    data = event.data
    if not data["values"]:
        return
    doc["readings"] += 1
    if "objective" not in doc:
        metric = next(iter(data["values"]))
        guess = Objective.parse(metric.replace(":", " ").replace("=", " ").strip() or "quality")
        doc.update(objective=Objective(metric, guess.direction).to_json(), objective_from=event.id)
    goal = Objective(**doc["objective"])
    if goal.metric not in data["values"]:
        return
    value, best = data["values"][goal.metric], doc.get("best")
    than = None if best is None else float(best["value"])
    if goal.better(float(value), than) or (best and float(value) == than and event.id < best["event"]):
        rest = {name: data.get(name) for name in ("step", "elapsed_s", "energy_j", "examples")}
        doc["best"] = {"event": event.id, "metric": goal.metric, "value": value, **rest}


def _finished(doc: Doc, event: Event) -> None:
    data = event.data
    Footprint.from_json(data["footprint"])
    if not isinstance(data["state"], str):
        raise TypeError("a state is a word")
    segment = doc["segments"].setdefault(data["segment"], {"started_at": event.at})
    segment.update(ended_at=event.at, outcome=data["state"], footprint=data["footprint"])
    doc.update(state=data["state"], ended_at=event.at, exit_code=data.get("exit_code"), reason=data.get("reason", ""))
    doc.setdefault("details", {}).update({name: data[name] for name in ("usage", "factors", "source") if name in data})


def _kept(doc: Doc, event: Event) -> None:
    doc["kept"] = event.data["kept"]


def _tagged(doc: Doc, event: Event) -> None:
    doc["tags"] = list(dict.fromkeys([*doc.get("tags", ()), *event.data["tags"]]))


def _restated(doc: Doc, event: Event) -> None:
    """The new footprint stands for the segments it covers; those that come later are added to it."""
    data = event.data
    Footprint.from_json(data["after"])
    doc["restated"] = {"footprint": data["after"], "segments": data["segments"]}
    record = {"at": event.at, **{name: data.get(name) for name in ("why", "factors", "before", "after")}}
    doc.setdefault("details", {}).setdefault("restatements", []).append(record)


def _forgotten(doc: Doc, event: Event) -> None:
    kept: Doc = {name: doc[name] for name in ("id", "number", "started_at", "last") if name in doc}
    doc.clear()
    doc.update(kept, segments={}, readings=0, forgotten=True)


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


def open_segments(doc: Doc) -> list[str]:
    """The segments that have not ended, as far as the journal knows."""
    return [name for name, segment in doc["segments"].items() if "outcome" not in segment]


def to_run(doc: Doc, ticks: Iterable[Tick] = ()) -> Run:
    """The run as it stands, with what the open segments last said."""
    last = {tick.segment: tick for tick in ticks}
    segments = tuple(_segment(name, data, last.get(name)) for name, data in doc["segments"].items())
    return Run(
        id=doc["id"],
        number=doc.get("number", 0),
        project=doc.get("project", ""),
        name=doc.get("name", ""),
        state=_state(doc, segments),
        started_at=doc["started_at"],
        ended_at=None if open_segments(doc) else doc.get("ended_at"),
        **{key: doc[key] for key in ("study", "parent", "kept", "place", "exit_code") if key in doc},
        tags=tuple(doc.get("tags", ())),
        parameters=doc.get("parameters", {}),
        command=tuple(doc.get("command", ())),
        host=doc.get("host", ""),
        reason=doc.get("reason", ""),
        objective=Objective(**doc["objective"]) if "objective" in doc else None,
        best=_reading(doc["best"]) if "best" in doc else None,
        readings=doc["readings"],
        footprint=_footprint(doc, segments),
        segments=segments,
        details=doc.get("details", {}),
    )


def _footprint(doc: Doc, segments: tuple[Segment, ...]) -> Footprint:
    restated = doc.get("restated")
    if restated is None:
        return _together(doc, segments)
    later = [segment for segment in segments if segment.id not in restated["segments"]]
    return total([Footprint.from_json(restated["footprint"]), *([_together(doc, later)] if later else [])])


def _together(doc: Doc, segments: Sequence[Segment]) -> Footprint:
    """What the segments used; ranks that ran beside each other took the time of the longest, not of all."""
    whole = total(segment.footprint for segment in segments)
    spells: list[list[Segment]] = []
    for segment in segments:
        beside = doc["segments"][segment.id].get("beside", ())
        if spells and any(other.id in beside or _elsewhere_meanwhile(segment, other) for other in spells[-1]):
            spells[-1].append(segment)
        else:
            spells.append([segment])
    durations = [[s.footprint.duration_s for s in spell if s.footprint.duration_s is not None] for spell in spells]
    longest = [max(spell, key=lambda duration: duration.value) for spell in durations if spell]
    return replace(whole, duration_s=sum(longest[1:], longest[0])) if longest else whole


def _elsewhere_meanwhile(segment: Segment, other: Segment) -> bool:
    """Whether two hosts were at it at the same time, by their clocks; each wrote a journal of its own."""
    if segment.lease is None or other.lease is None or segment.lease.host == other.lease.host:
        return False
    return segment.started_at < other.heartbeat_at and other.started_at < segment.heartbeat_at


def _state(doc: Doc, segments: tuple[Segment, ...]) -> State:
    pending = [segment for segment in segments if segment.outcome is None]
    if not pending:
        return cast(State, doc.get("state", "lost"))
    return "running" if any(is_alive(s.lease, s.heartbeat_at) for s in pending) else "lost"


def _segment(name: str, data: Mapping[str, Any], tick: Tick | None) -> Segment:
    ended = "outcome" in data
    footprint = Footprint.from_json(data["footprint"]) if ended else tick.used if tick else Footprint()
    seen = data["ended_at"] if ended else tick.at if tick else data["started_at"]
    lease = Lease(**data["lease"]) if data.get("lease") else None
    return Segment(name, data["started_at"], seen, lease, data.get("outcome"), footprint)


def _reading(data: Mapping[str, Any]) -> Reading:
    return Reading(_number(data["step"]) or 0.0, data["metric"], float(data["value"]), *_used(data))


def _used(data: Mapping[str, Any]) -> tuple[float | None, float | None, float | None]:
    return _number(data.get("elapsed_s")), _number(data.get("energy_j")), _number(data.get("examples"))


def _number(value: float | str | None) -> float | None:
    """A number as `to_text` wrote it: 'nan' and 'inf' are texts in JSON."""
    return float(value) if isinstance(value, str) else value


def readings_of(events: Iterable[Event]) -> list[Reading]:
    """The readings in a run's events, in the order in which they were reported."""
    found = []
    for event in sorted((event for event in events if event.kind == "read"), key=lambda event: event.id):
        try:
            step = _number(event.data["step"]) or 0.0
            found += [
                Reading(step, metric, float(value), *_used(event.data))
                for metric, value in event.data["values"].items()
            ]
        except _MALFORMED:
            continue
    return found
