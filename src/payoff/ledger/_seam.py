"""The seams of the ledger: the journal, the pulse of running segments beside it, and the index of runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from payoff.frozen import Frozen, field
from payoff.model import Event, Footprint, Run

TracePoint = tuple[float, float]
"""Seconds since the segment began, and the joules it had used by then."""

NumberedPoint = tuple[int, TracePoint]
"""A point of the power trace with the number of its tick."""


class Tick(Frozen):
    """The last known state of a running segment; each tick overwrites the one before.

    `grown` says by which factors figures of the footprint have grown since it was worked out: a writer need not do that
    at every tick. `point` is the number of this tick, `trace` its point of the power trace if this tick adds one, and
    `trace_step` the distance of the points that are kept: points whose number it does not divide are dropped.
    """

    run_id: str
    segment: str
    at: str
    footprint: Footprint
    grown: Mapping[str, float] = field(factory=dict)
    point: int = 0
    trace: TracePoint | None = None
    trace_step: int = 1

    @property
    def used(self) -> Footprint:
        """What the segment had used by then."""
        return self.footprint.grown(self.grown) if self.grown else self.footprint


class SegmentTrace(Frozen):
    """The power trace of one segment."""

    run_id: str
    segment: str
    points: Sequence[NumberedPoint]


class Query(Frozen):
    """Which runs to list: `equals` on columns, `text` in name, project or command, `above` a number."""

    equals: Mapping[str, str] = field(factory=dict)
    text: str = ""
    sort: str = "number"
    descending: bool = True
    limit: int | None = 50
    above: int = 0


class Journal(Protocol):
    """What happened, in the order in which it became known."""

    def append(self, events: Sequence[Event]) -> None:
        """Add events; durable against SIGKILL on return. One that is known, or of a forgotten run, is passed over."""

    def scan(self, after: str = "") -> Iterator[tuple[str, Event]]:
        """Each event after a cursor, with its own cursor; a cursor never skips a late commit."""

    def missing(self, events: Sequence[Event]) -> list[Event]:
        """Those that `append` would not pass over."""


class Pulse(Protocol):
    """What the running segments last said: bounded, overwritten, merged but not rebuilt."""

    def beat(self, tick: Tick) -> None:
        """Overwrite the state of one segment; durable against SIGKILL on return."""

    def ticks(self, segments: Sequence[str] | None = None) -> list[Tick]:
        """The last tick of each of these segments, or of all that have one."""

    def trace(self, run_id: str) -> list[SegmentTrace]:
        """The power trace of each segment of a run, in the order of the segments."""

    def graft(self, ticks: Iterable[Tick], traces: Iterable[SegmentTrace]) -> None:
        """Take over the pulse of another ledger: the later tick wins, traces are united."""


class Index(Protocol):
    """The runs folded from the journal: a derived cache that can be rebuilt."""

    def select(self, query: Query) -> list[Run]:
        """The runs a query asks for."""

    def resolve(self, reference: str) -> list[str]:
        """The ids of the runs that 'last', a number, a name or the beginning of an id may mean."""

    def run(self, run_id: str) -> Run:
        """The run of that id."""

    def events_of(self, run_id: str) -> list[Event]:
        """The events of one run, in journal order."""


class Upkeep(Protocol):
    """What is done to a medium as a whole."""

    def prepare(self) -> None:
        """Make it ready, bring an older schema up to date, and refuse one of a later version."""

    def rebuild(self) -> int:
        """Fold the whole journal anew; the number of runs."""

    def check(self) -> list[str]:
        """What is wrong, a sentence each; an empty list when it is sound."""

    def mend(self) -> str | None:
        """Set a damaged medium aside, go on with what can be read of it and say so; `None` where that cannot be."""


class Store(Journal, Pulse, Index, Upkeep, Protocol):
    """A back end: the four seams on one medium."""

    @property
    def place(self) -> str:
        """Where it is, as the user would write it."""

    def close(self, *, at_once: bool = False) -> None:
        """Let go of files and connections; `at_once` without waiting for a disk."""
