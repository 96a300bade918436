"""The ledger as its users see it, whatever medium it is kept on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Self

from payoff.errors import InvalidValue, UnknownName
from payoff.ledger._fold import readings_of
from payoff.ledger._seam import Query, Store, Tick, TracePoint
from payoff.model import Event, Reading, Run


class Ledger:
    """Append events, list and find the runs they amount to."""

    def __init__(self, store: Store, notices: tuple[str, ...] = ()) -> None:
        self._store = store
        self.place = store.place
        self.notices = notices
        """What the user should be told about the opening of this ledger, a sentence each."""

    def append(self, *events: Event) -> None:
        """Add events; durable against SIGKILL on return, and idempotent by the id of each event."""
        self._store.append(events)

    def scan(self, after: str = "") -> Iterator[tuple[str, Event]]:
        """Each event after a cursor, with its own cursor."""
        return self._store.scan(after)

    def beat(self, tick: Tick) -> None:
        """Overwrite the state of a running segment."""
        self._store.beat(tick)

    def runs(self, query: Query | None = None) -> list[Run]:
        """The runs a query asks for; the newest 50 by default."""
        return self._store.select(query or Query())

    def find(self, reference: str) -> Run:
        """The run that 'last', a number, a name (its newest run) or the beginning of an id means.

        Raises `UnknownName` when there is none, `InvalidValue` when the beginning of an id is not enough.
        """
        found = self._store.resolve(reference)
        if not found:
            known = [run.name for run in self.runs()]
            raise UnknownName("run", reference, known, way_out=f"payoff runs lists those in {self.place}")
        if len(found) > 1:
            raise InvalidValue(f"{reference!r} begins the ids of several runs ({', '.join(found)}); give more digits")
        return self._store.run(found[0])

    def readings(self, run_id: str) -> list[Reading]:
        """The learning curve of a run, in the order in which it was reported."""
        return readings_of(self._store.events_of(run_id))

    def events_of(self, run_id: str) -> list[Event]:
        """All that the journal says of a run."""
        return self._store.events_of(run_id)

    def trace(self, run_id: str) -> list[TracePoint]:
        """Seconds since the run began (pauses between segments left out) and the joules used by then."""
        points: list[TracePoint] = []
        for numbered in self._store.trace(run_id).values():
            before_s, before_j = points[-1] if points else (0.0, 0.0)
            points += [(before_s + elapsed_s, before_j + energy_j) for _, (elapsed_s, energy_j) in numbered]
        return points

    def forget(self, run_id: str) -> None:
        """Truly remove a run; its number is not given again."""
        self._store.forget(run_id)

    def rebuild(self) -> int:
        """Fold the whole journal anew; the number of runs."""
        return self._store.rebuild()

    def verify(self) -> list[str]:
        """What is wrong, a sentence each; an empty list when the ledger is sound."""
        return self._store.check()

    def close(self) -> None:
        """Let go of files and connections."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
