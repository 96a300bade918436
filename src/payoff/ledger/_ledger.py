"""The ledger as its users see it, whatever medium it is kept on."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Self, TypeVar

from payoff.errors import InvalidValue, LedgerDamaged, UnknownName
from payoff.ledger._fold import readings_of
from payoff.ledger._schema import NoTables
from payoff.ledger._seam import Query, SegmentTrace, Store, Tick, TracePoint
from payoff.model import Event, Footprint, Reading, Run

T = TypeVar("T")

_BATCH = 500


class Ledger:
    """Append events, list and find the runs they amount to.

    A ledger that turns out to be damaged is set aside and recovered where that can be done; `notices` then tells so.
    """

    def __init__(self, store: Store, notices: tuple[str, ...] = ()) -> None:
        self._store = store
        self.place = store.place
        self.notices = notices
        """What the user should be told about this ledger, a sentence each."""
        self._ask(lambda store: store.prepare())

    def _ask(self, question: Callable[[Store], T]) -> T:
        try:
            return question(self._store)
        except NoTables:
            self._store.prepare()
        except LedgerDamaged:
            self._mend()
        return question(self._store)

    def _mend(self) -> None:
        """Go on with what can be read of a damaged ledger, or raise anew the error that is being handled."""
        told = self._store.mend()
        if told is None:
            raise
        self.notices += (told,)
        self._store.prepare()

    # what happened

    def append(self, *events: Event) -> None:
        """Add events; durable against SIGKILL on return, and idempotent by the id of each event."""
        self._ask(lambda store: store.append(events))

    def scan(self, after: str = "") -> Iterator[tuple[str, Event]]:
        """Each event after a cursor, with its own cursor."""
        cursor, mended = after, False
        while True:
            try:
                for place, event in self._store.scan(cursor):
                    yield place, event
                    cursor = place
                return
            except LedgerDamaged:
                if mended:
                    raise
                self._mend()
                mended = True

    def beat(self, tick: Tick) -> None:
        """Overwrite the state of a running segment."""
        self._ask(lambda store: store.beat(tick))

    def restate(self, run_id: str, footprint: Footprint, why: str, factors: Mapping[str, Any] | None = None) -> None:
        """Give a run another footprint, because of a new factor or a correction; the old one is kept for audit."""
        if not why.strip():
            raise InvalidValue(
                "a restatement needs a reason, got none; say for example 'grid factor of 2024 instead of 2022'"
            )
        run = self._ask(lambda store: store.run(run_id))
        if run.state == "running":
            raise InvalidValue(f"run {run.number} is still running; restate it when it has ended")
        covered = [segment.id for segment in run.segments]
        data = {"segments": covered, "before": run.footprint.to_json(), "after": footprint.to_json(), "why": why}
        self.append(Event(run_id, "restated", {**data, **({"factors": dict(factors)} if factors is not None else {})}))

    def forget(self, run_id: str) -> None:
        """Truly remove a run; its number is not given again, and a merge does not bring it back."""
        run = self._ask(lambda store: store.run(run_id))
        if run.state == "running":
            raise InvalidValue(f"run {run.number} is still running; end it before you forget it")
        self.append(Event(run_id, "forgotten"))

    # runs

    def runs(self, query: Query | None = None) -> list[Run]:
        """The runs a query asks for; the newest 50 by default."""
        return self._ask(lambda store: store.select(query or Query()))

    def find(self, reference: str) -> Run:
        """The run that 'last', a number, a name (its newest run) or the beginning of an id means.

        Raises `UnknownName` when there is none, `InvalidValue` when the beginning of an id is not enough.
        """
        found = self._ask(lambda store: store.resolve(reference))
        if not found:
            known = [run.name for run in self.runs()]
            raise UnknownName("run", reference, known, way_out=f"payoff runs lists those in {self.place}")
        if len(found) > 1:
            raise InvalidValue(f"{reference!r} begins the ids of several runs ({', '.join(found)}); give more digits")
        return self._ask(lambda store: store.run(found[0]))

    def readings(self, run_id: str) -> list[Reading]:
        """The learning curve of a run, in the order in which it was reported."""
        return readings_of(self.events_of(run_id))

    def events_of(self, run_id: str) -> list[Event]:
        """All that the journal says of a run."""
        return self._ask(lambda store: store.events_of(run_id))

    def trace(self, run_id: str) -> list[TracePoint]:
        """Seconds since the run began (pauses between segments left out) and the joules used by then."""
        points: list[TracePoint] = []
        for segment in self._ask(lambda store: store.trace(run_id)):
            before_s, before_j = points[-1] if points else (0.0, 0.0)
            points += [(before_s + elapsed_s, before_j + energy_j) for _, (elapsed_s, energy_j) in segment.points]
        return points

    # the whole

    def merge(self, other: Ledger) -> int:
        """Take over what another ledger holds, and return how many events were new; the forgotten stays forgotten."""
        added, run_ids = 0, dict[str, None]()
        events = (event for _, event in other.scan())
        while batch := list(islice(events, _BATCH)):
            added += self.add_missing(batch)
            run_ids.update(dict.fromkeys(event.run_id for event in batch))
        self.graft(other.ticks(), (trace for run_id in run_ids for trace in other.segment_traces(run_id)))
        return added

    def add_missing(self, events: Sequence[Event]) -> int:
        """Append those that are neither known nor of a forgotten run, and return how many they were."""
        missing = self._ask(lambda store: store.missing(events))
        if missing:
            self._ask(lambda store: store.append(missing))
        return len(missing)

    def ticks(self) -> list[Tick]:
        """The last tick of each segment that has not ended."""
        return self._ask(lambda store: store.ticks())

    def segment_traces(self, run_id: str) -> list[SegmentTrace]:
        """The power trace of each segment of a run."""
        return self._ask(lambda store: store.trace(run_id))

    def graft(self, ticks: Iterable[Tick], traces: Iterable[SegmentTrace]) -> None:
        """Take over ticks and traces of another ledger, whose events were merged before."""
        self._store.graft(ticks, traces)

    def export(self, form: str) -> Iterator[str]:
        """The text of the whole ledger as 'json' (nothing is lost), 'csv' (a row a run) or 'codecarbon', in pieces."""
        from payoff.ledger._formats import export

        return export(self, form)

    def import_from(self, path: str | os.PathLike[str]) -> int:
        """Take over an export or CodeCarbon's emissions.csv, and return how many events were new.

        Raises `InvalidValue` for a file that is something else; nothing is taken over then.
        """
        from payoff.ledger._formats import read_into

        return read_into(self, os.fspath(path))

    def rebuild(self) -> int:
        """Fold the whole journal anew, and return the number of runs; a damaged ledger is recovered first."""
        return self._ask(lambda store: store.rebuild())

    def verify(self) -> list[str]:
        """What is wrong, a sentence each; an empty list when the ledger is sound."""
        return self._store.check()

    def close(self, *, at_once: bool = False) -> None:
        """Let go of files and connections; `at_once` leaves to the next opening what would wait for the disk."""
        self._store.close(at_once=at_once)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
