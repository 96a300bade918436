"""What two values of a counter say of the joules in between."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payoff.errors import SensorError
from payoff.meter._seam import Drawn, Evidence, Interval
from payoff.meter.sensors._counter import CounterSensor, Idle, Register, Reset, grown

near: Any = pytest.approx

WRAPS_AT = 262_143_328_850
PACKAGE = Register("package-0", 1e-6, 1000.0, WRAPS_AT)
ENDLESS = Register("gpu 0", 1e-3, 1000.0)
EVIDENCE = Evidence("measured", {"e": (0.9, 1.1)}, {"e": (0.9, 1.1)}, ("made",))


def sensor(values: list[int], register: Register = PACKAGE, idle: Idle | None = None) -> CounterSensor:
    """A sensor of one register that shows these values one after the other."""
    shown = iter(values)
    return CounterSensor("made", [register], lambda: [next(shown)], EVIDENCE, idle=idle)


def test_a_counter_that_grew_tells_the_difference() -> None:
    assert grown(PACKAGE, 1_000_000, 51_000_000, 1.0) == 50_000_000


def test_one_wrap_is_put_right() -> None:
    assert grown(PACKAGE, WRAPS_AT - 20_000_000, 30_000_000, 1.0) == 50_000_000


def test_two_wraps_within_an_interval_are_told_by_the_usual_power() -> None:
    seconds, joules = 6000.0, 100.0 * 6000
    after = (5_000_000 + round(joules * 1e6)) % WRAPS_AT
    assert round(joules * 1e6) // WRAPS_AT == 2
    assert grown(PACKAGE, 5_000_000, after, seconds, usual_w=101.0) == round(joules * 1e6)


def test_two_wraps_that_cannot_be_told_apart_are_a_gap() -> None:
    with pytest.raises(Reset, match="may have gone round more than once"):
        grown(PACKAGE, 5_000_000, 6_000_000, 6000.0)
    with pytest.raises(Reset, match="may have gone round more than once"):
        grown(PACKAGE, 5_000_000, 6_000_000, 60_000.0, usual_w=100.0)


def test_a_reset_after_suspend_is_told_from_a_wrap_by_plausible_power() -> None:
    with pytest.raises(Reset, match="was reset: it went from 90000000000 to 1000000 in 1 s"):
        grown(PACKAGE, 90_000_000_000, 1_000_000, 1.0)


def test_a_jump_beyond_plausible_power_is_a_reset_too() -> None:
    with pytest.raises(Reset, match="was reset"):
        grown(PACKAGE, 0, 2_000_000_000, 1.0)


def test_a_counter_without_wraps_that_fell_was_reset() -> None:
    with pytest.raises(Reset):
        grown(ENDLESS, 5000, 10, 1.0)


@given(
    start=st.integers(0, WRAPS_AT - 1),
    powers=st.lists(st.floats(1.0, 900.0), min_size=1, max_size=50),
    seconds=st.floats(0.5, 100.0),
)
def test_however_often_it_wraps_once_between_readings_the_sum_is_the_true_energy(
    start: int, powers: list[float], seconds: float
) -> None:
    now, shown, drawn = start, start, []
    for watts in powers:
        now += round(watts * seconds * 1e6)
        after = now % WRAPS_AT
        drawn.append(grown(PACKAGE, shown, after, seconds))
        shown = after
    assert sum(drawn) == now - start


@given(st.lists(st.tuples(st.floats(0.0, 500.0), st.floats(0.01, 10.0)), min_size=1))
def test_idle_and_dynamic_add_up_to_what_was_counted(intervals: list[tuple[float, float]]) -> None:
    idle = Idle(40.0)
    for watts, seconds in intervals:
        parts = idle.split(watts * seconds, seconds)
        assert min(parts) >= 0 and sum(parts) == near(watts * seconds)


def test_idle_watts_are_the_lowest_seen_and_not_more_than_was_known() -> None:
    idle = Idle(40.0)
    assert idle.split(60.0, 1.0) == (40.0, 20.0)
    assert idle.split(30.0, 1.0) == (30.0, 0.0)
    assert idle.split(60.0, 1.0) == (30.0, 30.0)


def test_a_moment_says_nothing_of_idle_watts() -> None:
    idle = Idle(40.0)
    idle.split(0.001, 0.01)
    assert idle.watts == 40.0


@given(
    prior_w=st.none() | st.floats(1.0, 500.0),
    powers=st.lists(st.floats(1.0, 500.0), min_size=1, max_size=20),
)
def test_the_error_of_the_split_cancels_for_a_job_that_holds_the_whole_machine(
    prior_w: float | None, powers: list[float]
) -> None:
    idle = Idle(prior_w)
    parts = [idle.split(watts, 1.0) for watts in powers]
    told = idle.told(Evidence("measured"), "made")
    idle_j, dynamic_j = (sum(part) for part in zip(*parts, strict=True))
    for side in (0, 1) if dynamic_j else ():
        moved = idle_j * told.idle["idle power of made"][side] + dynamic_j * told.dynamic["idle power of made"][side]
        assert moved == near(idle_j + dynamic_j)


def test_idle_power_that_was_never_seen_to_be_lower_may_be_higher() -> None:
    idle = Idle(40.0)
    idle.split(60.0, 1.0)
    told = idle.told(Evidence("measured"), "made")
    assert (told.idle, told.dynamic) == ({"idle power of made": (0.5, 1.5)}, {"idle power of made": (2.0, 0.0)})


def test_a_counter_that_stands_still_is_a_gap_and_not_0_joules() -> None:
    made = sensor([10, 10, 60_000_010])
    with pytest.raises(SensorError, match="made stands still"):
        made.drawn(Interval(1.0, 0.9))
    assert made.latest is None


def test_what_a_still_counter_catches_up_with_speaks_for_the_whole_time() -> None:
    made = sensor([10, 10, 60_000_010], idle=Idle(10.0))
    with pytest.raises(SensorError):
        made.drawn(Interval(1.0, 0.9))
    assert made.drawn(Interval(2.0, 0.9)) == Drawn(30.0, 30.0, None, 3.0)


def test_a_counter_asked_again_at_once_has_no_news_yet() -> None:
    made = sensor([10, 10, 1_000_010], idle=Idle(0.0))
    assert made.drawn(Interval(0.02, 0.02)) == Drawn(0.0, 0.0, covers_s=0.0)
    assert made.drawn(Interval(0.02, 0.02)) == Drawn(0.0, 1.0, covers_s=0.04)


def test_a_reading_that_fails_loses_nothing() -> None:
    answers: list[int | None] = [0, None, 80_000_000]

    def read() -> list[int]:
        answer = answers.pop(0)
        if answer is None:
            raise SensorError("gone for a moment")
        return [answer]

    made = CounterSensor("made", [PACKAGE], read, EVIDENCE, idle=Idle(0.0))
    with pytest.raises(SensorError, match="gone for a moment"):
        made.drawn(Interval(1.0, 1.0))
    assert made.drawn(Interval(1.0, 1.0)) == Drawn(0.0, 80.0, covers_s=2.0)


def test_after_a_reset_the_counter_is_read_on_from_there() -> None:
    made = sensor([90_000_000_000, 1_000_000, 51_000_000], idle=Idle(0.0))
    with pytest.raises(Reset):
        made.drawn(Interval(1.0, 1.0))
    assert made.drawn(Interval(1.0, 1.0)) == Drawn(0.0, 50.0, covers_s=1.0)


def test_the_usual_power_is_learnt_and_used_after_a_long_pause() -> None:
    watts, now, values = 100.0, 0, [0]
    for seconds in (1.0, 1.0, 1.0, 6000.0):
        now += round(watts * seconds * 1e6)
        values.append(now % WRAPS_AT)
    made = sensor(values, idle=Idle(0.0))
    drawn = [made.drawn(Interval(seconds, 0.0)) for seconds in (1.0, 1.0, 1.0, 6000.0)]
    assert drawn[-1] == Drawn(0.0, near(600_000.0), covers_s=6000.0)
