"""A sensor behind a guard never holds a training up and never breaks it."""

from __future__ import annotations

import gc
import logging
import threading
import time
from typing import Any

import pytest

from payoff.errors import SensorError
from payoff.meter._seam import Drawn, Interval, Sensor
from payoff.meter.sensors._guarded import Guarded
from payoff.testing.hardware import ScriptedSensor

near: Any = pytest.approx

SECOND = Interval(1.0, 0.5)


def answered(sensor: Guarded) -> None:
    """Wait until the guarded sensor has returned."""
    assert sensor._worker.answered.wait(5)


def test_a_quick_answer_is_passed_on_and_speaks_for_its_interval() -> None:
    sensor = Guarded(ScriptedSensor(Drawn(1.0, 2.0, 0.5), Drawn(3.0, 4.0, None, 7.0)), patience_s=5)
    assert [sensor.drawn(SECOND), sensor.drawn(SECOND)] == [Drawn(1.0, 2.0, 0.5, 1.0), Drawn(3.0, 4.0, None, 7.0)]
    assert sensor.latest == Drawn(3.0, 4.0, None, 7.0)


def test_a_sensor_that_blocks_is_waited_for_no_longer_than_the_patience() -> None:
    release = threading.Event()
    sensor = Guarded(ScriptedSensor(release), patience_s=0.05)
    began = time.monotonic()
    assert sensor.drawn(SECOND) == Drawn(0.0, 0.0, covers_s=0.0)
    assert time.monotonic() - began < 0.5
    release.set()


def test_a_sensor_that_blocks_is_not_waited_for_again() -> None:
    release = threading.Event()
    sensor = Guarded(ScriptedSensor(release), patience_s=0.2)
    sensor.drawn(SECOND)
    began = time.monotonic()
    for _ in range(100):
        sensor.drawn(Interval(0.001, 0.0))
    assert time.monotonic() - began < 0.2
    release.set()


def test_what_comes_late_is_used_at_the_next_tick_and_speaks_for_the_earlier_one() -> None:
    release = threading.Event()
    inner = ScriptedSensor(release, Drawn(5.0, 5.0), Drawn(2.0, 2.0))
    sensor = Guarded(inner, patience_s=0.01)
    assert sensor.drawn(SECOND).covers_s == 0.0
    release.set()
    answered(sensor)
    assert sensor.drawn(Interval(0.5, 0.1)) == Drawn(5.0, 5.0, None, 1.0)
    answered(sensor)
    assert sensor.drawn(Interval(0.25, 0.1)) == Drawn(2.0, 2.0, None, 0.5)
    assert inner.asked[:2] == [SECOND, Interval(0.5, 0.1)]


def test_a_sensor_that_does_not_answer_for_more_than_a_tick_is_a_gap_that_is_told_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    release = threading.Event()
    sensor = Guarded(ScriptedSensor(release), patience_s=0.01)
    sensor.drawn(SECOND)
    sensor.drawn(SECOND)
    for _ in range(3):
        with pytest.raises(SensorError, match="scripted does not answer"):
            sensor.drawn(SECOND)
    assert sensor.troubles == ["scripted does not answer"]
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    release.set()


def test_the_time_that_a_silent_sensor_was_not_asked_for_is_asked_for_later() -> None:
    release = threading.Event()
    inner = ScriptedSensor(release, Drawn(1.0, 0.0), Drawn(9.0, 0.0))
    sensor = Guarded(inner, patience_s=0.01)
    sensor.drawn(SECOND)
    sensor.drawn(SECOND)
    with pytest.raises(SensorError):
        sensor.drawn(SECOND)
    release.set()
    answered(sensor)
    sensor.drawn(SECOND)
    answered(sensor)
    assert inner.asked == [SECOND, Interval(3.0, 1.5)]


@pytest.mark.parametrize("error", [ValueError("broken"), KeyError("x"), RuntimeError("lost"), MemoryError()])
def test_a_sensor_that_raises_anything_is_a_gap_that_is_told_once(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    sensor = Guarded(ScriptedSensor(error, error, Drawn(1.0, 1.0)), patience_s=5)
    for _ in range(2):
        with pytest.raises(SensorError, match=f"scripted failed: {type(error).__name__}"):
            sensor.drawn(SECOND)
    assert sensor.drawn(SECOND) == Drawn(1.0, 1.0, None, 1.0)
    assert len(sensor.troubles) == len(caplog.records) == 1


def test_a_costly_sensor_is_asked_no_more_often_than_it_should_be() -> None:
    inner = ScriptedSensor(*[Drawn(1.0, 0.0)] * 9)
    sensor = Guarded(inner, patience_s=5, at_least_s=1.0)
    told = [sensor.drawn(Interval(0.3, 0.1)) for _ in range(8)]
    assert [drawn.covers_s for drawn in told] == [0.0, 0.0, 0.0, near(1.2), 0.0, 0.0, 0.0, near(1.2)]
    assert len(inner.asked) == 2


def test_ticks_add_up_to_the_time_that_was_spoken_for_and_the_gaps() -> None:
    sensor = Guarded(ScriptedSensor(*[Drawn(1.0, 0.0)] * 20), patience_s=5)
    assert sum(sensor.drawn(Interval(0.1 * tick, 0.0)).covers_s or 0.0 for tick in range(1, 11)) == near(5.5)


def test_the_thread_ends_with_its_guard() -> None:
    before = set(threading.enumerate())
    sensor = Guarded(ScriptedSensor(Drawn(1.0, 1.0)), patience_s=5)
    sensor.drawn(SECOND)
    (thread,) = set(threading.enumerate()) - before
    assert thread.daemon
    del sensor
    gc.collect()
    thread.join(5)
    assert not thread.is_alive()


def test_a_guard_is_a_sensor_with_the_name_and_evidence_of_its_own() -> None:
    inner = ScriptedSensor()
    sensor: Sensor = Guarded(inner)
    assert (sensor.name, sensor.evidence) == (inner.name, inner.evidence)
