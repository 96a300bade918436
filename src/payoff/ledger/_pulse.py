"""The pulse of running segments in files: the last tick replaced atomically, the trace a point a line.

FOLDER/SEGMENT.tick    JSON
FOLDER/SEGMENT.trace   [number of the tick, seconds, joules] a line
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

from payoff.ledger._schema import json_text
from payoff.ledger._seam import NumberedPoint, Tick
from payoff.ledger._trace import thinned
from payoff.model import Footprint

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
_TICK, _TRACE = ".tick", ".trace"


class PulseFiles:
    """A folder with the pulse of many segments; each is written by one process."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self._steps: dict[str, int] = {}

    def beat(self, tick: Tick) -> None:
        """Overwrite the state of one segment."""
        self.put(tick)
        if tick.trace is None:
            return
        if self._steps.setdefault(tick.segment, tick.trace_step) != tick.trace_step:
            self._steps[tick.segment] = tick.trace_step
            self.put_points(tick.segment, [p for p in self.points(tick.segment) if p[0] % tick.trace_step == 0])
        _write(self._path(tick.segment, _TRACE), _lines([(tick.point, tick.trace)]), os.O_APPEND)

    def put(self, tick: Tick) -> None:
        """Replace the last tick of a segment."""
        said = {
            "segment": tick.segment,
            "run_id": tick.run_id,
            "at": tick.at,
            "footprint": tick.footprint.to_json(),
            "counters": dict(tick.counters),
        }
        replace(self._path(tick.segment, _TICK), json_text(said))

    def ticks(self, segments: Sequence[str] | None = None) -> list[Tick]:
        """The last tick of each of these segments, or of all that have one."""
        if segments is None:
            segments = [name.removesuffix(_TICK) for name in os.listdir(self.folder) if name.endswith(_TICK)]
        return [tick for segment in segments if (tick := self._tick(segment)) is not None]

    def _tick(self, segment: str) -> Tick | None:
        """A file that is missing, or that a crash of its host left empty, says nothing."""
        try:
            with open(self._path(segment, _TICK), encoding="utf-8") as file:
                said = json.load(file)
            footprint = Footprint.from_json(said["footprint"])
            return Tick(said["run_id"], said["segment"], said["at"], footprint, said["counters"])
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None

    def points(self, segment: str) -> list[NumberedPoint]:
        """The power trace of a segment, without a point that a killed process left half written."""
        found = []
        with suppress(FileNotFoundError), open(self._path(segment, _TRACE), encoding="utf-8") as file:
            for line in file:
                with suppress(ValueError, TypeError):
                    point, elapsed_s, energy_j = json.loads(line)
                    found.append((int(point), (float(elapsed_s), float(energy_j))))
        return thinned(found)

    def put_points(self, segment: str, points: Iterable[NumberedPoint]) -> None:
        """Replace the power trace of a segment."""
        replace(self._path(segment, _TRACE), _lines(points))

    def drop(self, segment: Any, *, trace: bool) -> None:
        """Remove the last tick of a segment, and its trace too if so asked."""
        for ending in (_TICK, _TRACE) if trace else (_TICK,):
            with suppress(FileNotFoundError):
                os.unlink(self._path(str(segment), ending))

    def _path(self, segment: str, ending: str) -> str:
        return os.path.join(self.folder, _UNSAFE.sub("_", segment) + ending)


def replace(path: str, text: str) -> None:
    """Put a text in the place of a file, so that a reader finds the one or the other whole."""
    folder, name = os.path.split(path)
    new = os.path.join(folder, f".{name}.{os.getpid()}.new")
    _write(new, text, os.O_TRUNC)
    os.replace(new, path)


def write_all(file: int, data: bytes) -> None:
    """Write all of it, or raise `OSError`."""
    written = os.write(file, data)
    while written < len(data):
        written += os.write(file, data[written:])


def _write(path: str, text: str, how: int) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | how, 0o666)
    try:
        write_all(file, text.encode())
    finally:
        os.close(file)


def _lines(points: Iterable[NumberedPoint]) -> str:
    return "".join(f"[{point},{elapsed_s!r},{energy_j!r}]\n" for point, (elapsed_s, energy_j) in points)
