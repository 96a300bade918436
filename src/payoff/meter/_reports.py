"""How a program that knows nothing of payoff's library reports its quality: a line of JSON to a file.

The wrapper gives the path in `PAYOFF_REPORT`; a line is `{"step": 3, "accuracy": 0.91}`, with `examples`, `labels`
or `flop` used since the line before if they are known. From a shell:
`echo '{"step":3,"accuracy":0.91}' >> $PAYOFF_REPORT`.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import threading
from typing import BinaryIO, Self

from payoff.meter._recording import Recording
from payoff.model import new_id

VARIABLE = "PAYOFF_REPORT"
POLL_S = 0.2
LONGEST_LINE = 65536
MOST_TOLD = 3


def _empty_file() -> tuple[str, BinaryIO]:
    """A new file for the reports; where none can be made, they are not heard and the command runs all the same."""
    for folder in (os.environ.get("TMPDIR") or os.environ.get("TEMP", "/tmp"), "/tmp", "/dev/shm"):
        path = os.path.join(folder, f"payoff-report-{new_id()}.jsonl")
        with contextlib.suppress(OSError):
            return path, os.fdopen(os.open(path, os.O_RDONLY | os.O_CREAT | os.O_EXCL, 0o600), "rb")
    return os.devnull, open(os.devnull, "rb")


class Reports:
    """Follows the report file of one command and hands its lines to the recording."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._rest = b""
        self._lines = self._bad = 0
        self._done = threading.Event()
        self._path, self._file = _empty_file()
        self.environment = {VARIABLE: self._path}

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._follow, name="payoff reports", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()
        self._file.close()
        if self._path != os.devnull:
            with contextlib.suppress(OSError):
                os.unlink(self._path)

    def _follow(self) -> None:
        while not self._done.wait(POLL_S):
            self._take()

    def drain(self) -> None:
        """Take what came since the last look."""
        self._done.set()
        self._thread.join()
        self._take(b"\n")
        if self._bad > MOST_TOLD:
            self._recording.troubles.append(f"{self._bad - MOST_TOLD} more lines of the report are like that")

    def _take(self, ending: bytes = b"") -> None:
        *lines, self._rest = (self._rest + self._file.read() + ending).split(b"\n")
        for line in lines:
            self._lines += 1
            if line.strip():
                self._tell(line)

    def _tell(self, line: bytes) -> None:
        try:
            data = json.loads(line[:LONGEST_LINE])
            values = {name: float(value) for name, value in data.items() if name != "step"}
            step = float(data.get("step", self._lines))
        except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
            step, values = math.nan, {}
        if math.isnan(step):
            self._bad += 1
            if self._bad <= MOST_TOLD:
                said = line[:80].decode(errors="replace")
                self._recording.troubles.append(
                    f'line {self._lines} of the report is not like {{"step": 3, "accuracy": 0.91}}: {said}'
                )
        elif values:
            self._recording.read(step, values)
