"""Makes any sensor safe: one that blocks is not waited for, one that breaks is a gap that is told once."""

from __future__ import annotations

import logging
import threading
import weakref

from payoff.errors import SensorError
from payoff.frozen import replace
from payoff.meter._seam import Drawn, Evidence, Interval, Sensor

PATIENCE_S = 0.05
"""How long a sensor is waited for before its answer is left for the next tick."""
OVERDUE_S = 1.0
"""An answer that is out for longer than a tick makes a gap that is told."""
MOST_TOLD = 8


class Guarded:
    """A sensor behind a thread of its own; what it does not answer in time is used at the next call.

    With `at_least_s` the sensor is asked no more often than that: one that runs a command costs more than a file.
    """

    def __init__(self, sensor: Sensor, *, patience_s: float = PATIENCE_S, at_least_s: float = 0.0) -> None:
        self._sensor, self._worker = sensor, _Worker(sensor)
        self._patience_s, self._at_least_s = patience_s, at_least_s
        self._out_s: float | None = None
        self._waiting = Interval(0.0, 0.0)
        self.troubles: list[str] = []
        """What went wrong, a sentence each, once."""
        self.latest: Drawn | None = None
        weakref.finalize(self, self._worker.stop)

    @property
    def name(self) -> str:
        """See `Sensor`."""
        return self._sensor.name

    @property
    def evidence(self) -> Evidence:
        """See `Sensor`."""
        return self._sensor.evidence

    def drawn(self, interval: Interval) -> Drawn:
        """See `Sensor`; never takes longer than the patience."""
        self.latest = None
        before = self._waiting
        self._waiting = Interval(before.elapsed_s + interval.elapsed_s, before.busy_s + interval.busy_s, interval.pids)
        if self._out_s is not None:
            self._out_s += interval.elapsed_s
        answer = self._collect(0.0)
        if self._out_s is None and self._waiting.elapsed_s >= self._at_least_s:
            self._worker.ask(self._waiting)
            self._waiting, self._out_s = Interval(0.0, 0.0), 0.0
            answer = answer or self._collect(self._patience_s)
        if isinstance(answer, SensorError):
            raise self._tell(answer)
        if answer is None and self._out_s is not None and self._out_s > OVERDUE_S:
            raise self._tell(SensorError(f"{self.name} does not answer"))
        self.latest = answer or Drawn(0.0, 0.0, covers_s=0.0)
        return self.latest

    def _collect(self, patience_s: float) -> Drawn | SensorError | None:
        """The answer that is out, if it has come."""
        if self._out_s is None or not self._worker.answered.wait(patience_s):
            return None
        self._out_s = None
        return self._worker.answer

    def _tell(self, error: SensorError) -> SensorError:
        sentence = str(error)
        if sentence not in self.troubles and len(self.troubles) < MOST_TOLD:
            self.troubles.append(sentence)
            logging.getLogger("payoff").warning("payoff: %s", sentence)
        return error


class _Worker:
    """The thread that asks the sensor; it knows nothing of its guard, so that both can be let go."""

    def __init__(self, sensor: Sensor) -> None:
        self._sensor = sensor
        self._asked, self.answered = threading.Event(), threading.Event()
        self._question: Interval | None = None
        self._thread: threading.Thread | None = None
        self.answer: Drawn | SensorError | None = None

    def ask(self, question: Interval) -> None:
        """Put the question; the answer is there when `answered` is set."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name=f"payoff {self._sensor.name}", daemon=True)
            self._thread.start()
        self._question = question
        self.answered.clear()
        self._asked.set()

    def stop(self) -> None:
        """End the thread when the sensor has returned."""
        self._question = None
        self._asked.set()

    def _serve(self) -> None:
        while self._asked.wait():
            self._asked.clear()
            question = self._question
            if question is None:
                return
            self.answer = self._told(question)
            self.answered.set()

    def _told(self, question: Interval) -> Drawn | SensorError:
        try:
            drawn = self._sensor.drawn(question)
        except SensorError as error:
            return error
        except Exception as error:  # noqa: BLE001  a vendor's library may raise anything; the training must go on
            return SensorError(f"{self._sensor.name} failed: {type(error).__name__}: {error}")
        if drawn.covers_s is not None:
            return drawn
        return replace(drawn, covers_s=question.elapsed_s)
