"""The seams of the ledger: the journal, and the pulse of running segments beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from payoff.model import Event, Footprint, Run

TracePoint = tuple[float, float]
"""Seconds since the segment began, and the joules it had used by then."""


@dataclass(frozen=True, slots=True)
class Tick:
    """The last known state of a running segment; each tick overwrites the one before.

    `point` is the number of this tick, `trace` its point of the power trace if this tick adds one, and
    `trace_step` the distance of the points that are kept: points whose number it does not divide are dropped.
    """

    run_id: str
    segment: str
    at: str
    footprint: Footprint
    counters: Mapping[str, Any] = field(default_factory=dict)
    point: int = 0
    trace: TracePoint | None = None
    trace_step: int = 1


class Journal(Protocol):
    """What happened, in the order in which it became known."""

    def append(self, events: Sequence[Event]) -> None:
        """Add events; durable against SIGKILL on return. An event whose id is known is passed over."""

    def scan(self, after: str = "") -> Iterator[tuple[str, Event]]:
        """Each event after a cursor, with its own cursor; a cursor never skips a late commit."""


class Pulse(Protocol):
    """What the running segments last said: bounded, overwritten, merged but not rebuilt."""

    def beat(self, tick: Tick) -> None:
        """Overwrite the state of one segment; durable against SIGKILL on return."""

    def ticks(self, run_ids: Sequence[str] | None = None) -> list[Tick]:
        """The last tick of each segment, of these runs or of all."""

    def trace(self, run_id: str) -> dict[str, list[tuple[int, TracePoint]]]:
        """The numbered points of the power trace of each segment of a run."""


@dataclass(frozen=True, slots=True)
class Query:
    """Which runs to list: `equals` on columns, `text` in name, project or command, order and limit."""

    equals: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    sort: str = "number"
    descending: bool = True
    limit: int | None = 50


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

    def rebuild(self) -> int:
        """Fold the whole journal anew; the number of runs."""


class Store(Journal, Pulse, Index, Protocol):
    """A back end: the three seams on one medium."""

    @property
    def place(self) -> str:
        """Where it is, as the user would write it."""

    def forget(self, run_id: str) -> None:
        """Truly remove what is known of a run; its number stays taken."""

    def check(self) -> list[str]:
        """What is wrong with the medium, a sentence each; an empty list when it is sound."""

    def close(self) -> None:
        """Let go of files and connections."""
