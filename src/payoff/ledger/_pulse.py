"""The pulse of running segments in files.

    FOLDER/SEGMENT.tick    the last two ticks, in two slots that are overwritten in turn
    FOLDER/SEGMENT.trace   [number of the tick, seconds, joules] a line

A tick that a kill cut off fails its checksum, and the one before holds. A file replaced by renaming would promise the
same, and costs half a millisecond of processor time on ext4 where this costs a hundredth.
"""

from __future__ import annotations

import errno
import json
import os
import re
import zlib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

from payoff.ledger._schema import footprint_text, json_text
from payoff.ledger._seam import NumberedPoint, Tick
from payoff.ledger._trace import thinned
from payoff.model import Footprint

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
_TICK, _TRACE = ".tick", ".trace"
_SLOT, _HEAD = 1 << 16, 32
WRITE: int = os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0)
"""How a file is opened to be written; on Windows so that no line is given another end."""


class PulseFiles:
    """A folder with the pulse of many segments; each is written by one process."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self._steps: dict[str, int] = {}
        self._turns: dict[str, int] = {}

    def beat(self, tick: Tick) -> None:
        """Overwrite the state of one segment."""
        self.put(tick)
        if tick.trace is None:
            return
        if self._steps.setdefault(tick.segment, tick.trace_step) != tick.trace_step:
            self._steps[tick.segment] = tick.trace_step
            self.put_points(tick.segment, [p for p in self.points(tick.segment) if p[0] % tick.trace_step == 0])
        _write(self._path(tick.segment, _TRACE), _lines([(tick.point, tick.trace)]).encode())

    def put(self, tick: Tick) -> None:
        """Replace the last tick of a segment."""
        said = {
            "segment": tick.segment,
            "run_id": tick.run_id,
            "at": tick.at,
            "grown": dict(tick.grown),
        }
        text = f'{{"footprint":{footprint_text(tick.footprint)},{json_text(said)[1:]}'.encode()
        if len(text) > _SLOT - _HEAD:
            raise OSError(errno.EFBIG, f"a tick of {len(text)} bytes is too large")
        path = self._path(tick.segment, _TICK)
        turn = self._turns.get(tick.segment) or max(number for number, _ in _slots(path))
        self._turns[tick.segment] = turn = turn + 1
        _write(path, b"%016x%08x%08x" % (turn, len(text), zlib.crc32(text)) + text, at=turn % 2 * _SLOT)

    def ticks(self, segments: Sequence[str] | None = None) -> list[Tick]:
        """The last tick of each of these segments, or of all that have one."""
        if segments is None:
            segments = [name.removesuffix(_TICK) for name in os.listdir(self.folder) if name.endswith(_TICK)]
        return [tick for segment in segments if (tick := self._tick(segment)) is not None]

    def _tick(self, segment: str) -> Tick | None:
        _, text = max(_slots(self._path(segment, _TICK)))
        if not text:
            return None
        said = json.loads(text)
        return Tick(said["run_id"], said["segment"], said["at"], Footprint.from_json(said["footprint"]), said["grown"])

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
        self._turns.pop(str(segment), None)
        for ending in (_TICK, _TRACE) if trace else (_TICK,):
            with suppress(FileNotFoundError):
                os.unlink(self._path(str(segment), ending))

    def _path(self, segment: str, ending: str) -> str:
        return os.path.join(self.folder, _UNSAFE.sub("_", segment) + ending)


def replace(path: str, text: str) -> None:
    """Put a text in the place of a file, so that a reader finds the one or the other whole."""
    folder, name = os.path.split(path)
    new = os.path.join(folder, f".{name}.{os.getpid()}.new")
    with suppress(FileNotFoundError):
        os.unlink(new)
    _write(new, text.encode())
    os.replace(new, path)


def write_all(file: int, data: bytes) -> None:
    """Write all of it, or raise `OSError`."""
    written = os.write(file, data)
    while written < len(data):
        written += os.write(file, data[written:])


def _write(path: str, data: bytes, at: int | None = None) -> None:
    """Write at a place in a file, or at its end."""
    file = os.open(path, WRITE | (os.O_APPEND if at is None else 0), 0o666)
    try:
        if at is not None:
            os.lseek(file, at, os.SEEK_SET)
        write_all(file, data)
    finally:
        os.close(file)


def _slots(path: str) -> list[tuple[int, bytes]]:
    """The number and text of each tick in a file that is whole, after one that stands for none."""
    found = [(0, b"")]
    with suppress(FileNotFoundError), open(path, "rb") as file:
        for slot in range(2):
            file.seek(slot * _SLOT)
            head = file.read(_HEAD)
            with suppress(ValueError):
                turn, length, checksum = (int(head[start:end], 16) for start, end in ((0, 16), (16, 24), (24, 32)))
                text = file.read(length)
                if len(text) == length and zlib.crc32(text) == checksum:
                    found.append((turn, text))
    return found


def _lines(points: Iterable[NumberedPoint]) -> str:
    return "".join(f"[{point},{elapsed_s!r},{energy_j!r}]\n" for point, (elapsed_s, energy_j) in points)
