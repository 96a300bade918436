"""Writing to the ledger without ever breaking or blocking what is measured."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from payoff.errors import LedgerError
from payoff.ledger import Ledger, Query, Tick, load_back_end, open_ledger
from payoff.model import Event, Footprint, total
from payoff.settings import here

RESCUE = "payoff-rescue.jsonl.d"


class Recorder:
    """Takes events at once, writes them when asked, and keeps what cannot be written.

    A ledger that fails is tried again at each flush; what is still unwritten at the end goes to a rescue ledger in
    the present folder or, failing that, in the temporary one, and `troubles` tells how to bring it home.
    """

    def __init__(self, where: str | os.PathLike[str] | None) -> None:
        self._where = where
        self._ledger: Ledger | None = None
        self._waiting: deque[Event] = deque()
        self.place = ""
        """Where the run is kept; empty until it is."""
        self.troubles: list[str] = []
        load_back_end(where)

    def put(self, event: Event) -> None:
        """Take an event, whose data must be plain; nothing is written yet."""
        self._waiting.append(event)

    def flush(self, tick: Tick | None = None) -> bool:
        """Write what is waiting, then the tick; whether that succeeded."""
        try:
            ledger = self._opened()
            if batch := list(self._waiting):
                ledger.append(*batch)
                for _ in batch:
                    self._waiting.popleft()
            if tick is not None:
                ledger.beat(tick)
            for notice in ledger.notices:
                self._tell(notice)
        except (LedgerError, OSError) as error:
            self._tell(str(error))
        except Exception as error:  # noqa: BLE001  whatever fails here, the run is kept for the rescue ledger
            self._tell(f"the ledger cannot be written ({type(error).__name__}: {error})")
        else:
            return True
        return False

    def _opened(self) -> Ledger:
        if self._ledger is None:
            self._ledger = open_ledger(self._where)
            self.place = self._ledger.place
        return self._ledger

    def inside(self, run_id: str, segment: str, known: Collection[str]) -> Footprint:
        """What the runs inside a segment of a run have used, those inside of them included, but for known segments."""
        try:
            return total(_tree(self._opened(), run_id, segment, known))
        except (LedgerError, OSError) as error:
            self._tell(str(error))
            return Footprint()

    def close(self) -> None:
        """Write the rest, to the rescue ledger if need be, and let go."""
        if not self.flush() and self._waiting:
            self._rescue()
        if self._ledger is not None:
            self._ledger.close(at_once=True)
            self._ledger = None

    def _rescue(self) -> None:
        for folder in (here(), os.environ.get("TMPDIR") or os.environ.get("TEMP", "/tmp")):
            place = os.path.join(folder, RESCUE)
            try:
                with open_ledger(place) as ledger:
                    ledger.append(*self._waiting)
            except Exception:  # noqa: BLE001  the next folder may do, and the training must not notice
                continue
            self._waiting.clear()
            self.place = str(place)
            self._tell(f"this run is kept in {place}; bring it home with: payoff ledger merge {place}")
            return
        self._tell("this run could not be written anywhere: its figures are shown here and then gone")

    def _tell(self, trouble: str) -> None:
        if trouble not in self.troubles:
            self.troubles.append(trouble)


def _tree(ledger: Ledger, run_id: str, segment: str, known: Collection[str] = ()) -> Iterator[Footprint]:
    """The footprint of each segment that began inside this one, of whatever run, and of those inside of them."""
    for child in ledger.runs(Query(equals={"parent": run_id}, limit=None)):
        begun = (event.data for event in ledger.events_of(child.id) if event.kind in ("started", "resumed"))
        inside = {data["segment"] for data in begun if data.get("inside") == segment}
        for part in child.segments:
            if part.id in inside and part.id not in known:
                yield part.footprint
                yield from _tree(ledger, child.id, part.id)


def plain(value: Any) -> Any:
    """The same as JSON can hold it: scalars of NumPy as numbers, what is neither number nor text by its name."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode()
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, dict | Mapping):
        return {plain(str(key)): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    item = getattr(value, "item", None)
    try:
        scalar = item() if callable(item) else None
    except (TypeError, ValueError, RuntimeError):
        scalar = None
    return scalar if isinstance(scalar, bool | int | float) else plain(str(value))
