"""A job is charged its share of the machine, and the shares of all jobs add up to it."""

from __future__ import annotations

import random
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payoff.errors import SensorError
from payoff.ledger import Trace
from payoff.ledger._trace import is_swept
from payoff.meter._account import Account, Clocks, Split
from payoff.meter._seam import Drawn, Evidence, Interval
from payoff.testing.clock import FakeClock
from payoff.testing.sensors import FakeSensor


def account_of(clock: FakeClock, *sensors: FakeSensor, split: Split | None = None) -> Account:
    clocks = Clocks(clock.job_cpu, clock.machine_busy, clock.now)
    return Account(sensors, clocks, lambda: split or Split())


def test_a_job_alone_on_the_machine_is_charged_all_of_it() -> None:
    clock = FakeClock()
    account = account_of(clock, FakeSensor(idle_w=10, thread_w=4))
    clock.pass_time(8, job=2)
    usage = account.advance()
    assert (usage.duration_s, usage.cpu_s, usage.held_s) == (8, 16, 8)
    assert [asdict(part) for part in usage.parts] == [
        {
            "sensor": "fake counter",
            "evidence": asdict(FakeSensor().evidence),
            "idle_j": 80.0,
            "dynamic_j": 64.0,
            "contested_j": 0.0,
            "covered_s": 8.0,
            "gap_s": 0.0,
        }
    ]
    assert usage.energy_j == 144


def test_work_is_shared_by_cpu_time_and_idleness_by_what_is_reserved() -> None:
    clock = FakeClock()
    account = account_of(clock, FakeSensor(idle_w=10, thread_w=4), split=Split(idle=0.25))
    clock.pass_time(10, job=1, others=3)
    usage = account.advance()
    part = usage.parts[0]
    assert (part.idle_j, part.dynamic_j, usage.share) == (25.0, 40.0, 0.25)


def test_a_neighbours_load_is_not_billed_to_an_idle_job() -> None:
    clock = FakeClock()
    account = account_of(clock, FakeSensor(idle_w=10, thread_w=50), split=Split(idle=0.5))
    clock.pass_time(10, job=0, others=4)
    assert (account.advance().parts[0].idle_j, account.advance().parts[0].dynamic_j) == (50.0, 0.0)


def test_what_was_shared_out_carries_the_error_of_sharing() -> None:
    clock = FakeClock()
    account = account_of(clock, FakeSensor(idle_w=0, thread_w=10))
    clock.pass_time(10, job=1, others=1)
    part = account.advance().parts[0]
    assert (part.dynamic_j, part.contested_j) == (100.0, 50.0)
    assert part.energy().errors == {"share of CPU time": (50 + 50 * 0.75, 50 + 50 * 1.25)}


def test_a_job_without_neighbours_has_no_error_of_sharing() -> None:
    clock = FakeClock()
    account = account_of(clock, FakeSensor())
    clock.pass_time(10, job=3)
    assert account.advance().parts[0].energy().errors == {}


def test_a_gap_is_filled_with_the_mean_power_and_an_interval_from_nothing_to_twice_that() -> None:
    clock, sensor = FakeClock(), FakeSensor(idle_w=10, thread_w=0)
    account = account_of(clock, sensor)
    clock.pass_time(30)
    account.advance()
    sensor.broken = True
    clock.pass_time(10)
    usage = account.advance()
    energy = usage.energy()
    assert energy is not None
    assert (usage.parts[0].covered_s, usage.parts[0].gap_s) == (30, 10)
    assert (energy.value, energy.low, energy.high) == pytest.approx((400, 300, 500))
    assert energy.basis == pytest.approx({"measured": 0.75, "modelled": 0.25})
    assert energy.errors == {"gap of fake counter": (300.0, 500.0)}


def test_a_sensor_that_never_answers_leaves_energy_absent_and_not_zero() -> None:
    clock, sensor = FakeClock(), FakeSensor()
    sensor.broken = True
    account = account_of(clock, sensor)
    clock.pass_time(10, job=1)
    usage = account.advance()
    assert (usage.energy_j, usage.energy(), usage.cpu_s) == (None, None, 10)


def test_two_sensors_add_up_and_say_how_much_was_measured() -> None:
    clock = FakeClock()
    modelled = Evidence("modelled", idle={"watts": (0.5, 2.0)})
    account = account_of(clock, FakeSensor(30, 0), FakeSensor(10, 0, name="model", evidence=modelled))
    clock.pass_time(10)
    energy = account.advance().energy()
    assert energy is not None
    assert (energy.value, energy.basis) == (400, {"measured": 0.75, "modelled": 0.25})
    assert energy.errors == {"watts": (350.0, 500.0)}


def test_the_whole_machine_is_booked_where_that_is_the_scope() -> None:
    clock = FakeClock()
    account = account_of(clock, FakeSensor(idle_w=10, thread_w=4), split=Split(idle=0.1, cpu=0.1, whole_machine=True))
    clock.pass_time(10, job=1, others=2)
    usage = account.advance()
    assert (usage.energy_j, usage.cpu_s, usage.share) == (100 + 120, 30, 1.0)
    assert usage.parts[0].contested_j == 0


def test_a_driver_that_tells_the_jobs_share_is_believed() -> None:
    clock = FakeClock()
    account = account_of(clock, FakeSensor(0, 10, job_share=lambda interval: 0.75))
    clock.pass_time(10, job=1, others=3)
    part = account.advance().parts[0]
    assert (part.dynamic_j, part.contested_j) == (300.0, 0.0)


def test_sensors_are_asked_about_the_jobs_own_processes() -> None:
    asked: list[Interval] = []

    class Listener(FakeSensor):
        def drawn(self, interval: Interval) -> Drawn:
            asked.append(interval)
            return super().drawn(interval)

    clock = FakeClock()
    clocks = Clocks(clock.job_cpu, clock.machine_busy, clock.now)
    account = Account([Listener()], clocks, pids=lambda: frozenset({7, 8}))
    clock.pass_time(2, job=1, others=1)
    account.advance()
    assert [(one.elapsed_s, one.busy_s, one.pids()) for one in asked] == [(2, 4, frozenset({7, 8}))]


def test_without_the_machines_load_the_job_counts_as_alone() -> None:
    clock = FakeClock()
    clock.busy_s = None
    account = account_of(clock, FakeSensor(idle_w=0, thread_w=4))
    clock.pass_time(10, job=2)
    assert account.advance().energy_j == 80


def test_a_job_is_never_charged_more_than_all_of_the_work() -> None:
    clock = FakeClock()
    account = account_of(clock, FakeSensor(idle_w=0, thread_w=4))
    clock.now_s, clock.job_s = clock.now_s + 10, clock.job_s + 5
    assert account.advance().energy_j == 20


def test_cpu_time_that_seems_to_fall_is_never_booked_twice() -> None:
    clock = FakeClock()
    account = account_of(clock, FakeSensor(idle_w=0, thread_w=1))
    clock.pass_time(10, job=1)
    account.advance()
    clock.job_s -= 6
    clock.pass_time(1)
    account.advance()
    clock.job_s += 6
    clock.pass_time(1, job=1)
    assert account.advance().cpu_s == 11


def test_a_fresh_booking_is_good_enough_for_a_hot_loop() -> None:
    clock = FakeClock()
    account = account_of(clock, FakeSensor())
    clock.pass_time(0.01, job=1)
    assert account.advance(at_least_s=0.02).cpu_s == 0
    clock.pass_time(0.02, job=1)
    assert account.advance(at_least_s=0.02).cpu_s == pytest.approx(0.03)


def test_a_reading_that_another_thread_makes_is_not_waited_for() -> None:
    clock = FakeClock()
    account = account_of(clock, FakeSensor())
    clock.pass_time(1, job=1)
    with account._lock:
        assert account.advance(patience_s=0.001).cpu_s == 0
    assert account.advance().cpu_s == 1


jobs = st.lists(st.tuples(st.floats(0.01, 1), st.floats(0, 4)), min_size=1, max_size=6)
steps = st.lists(st.floats(0.01, 100), min_size=1, max_size=6)


@given(jobs, steps, st.floats(0, 500), st.floats(0, 50), st.randoms())
def test_the_shares_of_all_jobs_add_up_to_the_machine(
    jobs: list[tuple[float, float]], steps: list[float], idle_w: float, thread_w: float, chance: random.Random
) -> None:
    """Whatever they reserve and whenever each of them looks."""
    wanted = max(1.0, sum(reserved for reserved, _ in jobs))
    load = sum(threads for _, threads in jobs)
    clocks = [FakeClock() for _ in jobs]
    accounts = [
        account_of(clock, FakeSensor(idle_w, thread_w), split=Split(idle=reserved / wanted))
        for clock, (reserved, _) in zip(clocks, jobs, strict=True)
    ]
    for step in steps:
        for clock, account, (_, threads) in zip(clocks, accounts, jobs, strict=True):
            clock.pass_time(step, job=threads, others=load - threads)
            if chance.random() < 0.5:
                account.advance()
    booked = sum(account.advance().energy_j or 0.0 for account in accounts)
    reserved = sum(reserved for reserved, _ in jobs) / wanted
    assert booked == pytest.approx(sum(steps) * (idle_w * reserved + thread_w * load), rel=1e-6, abs=1e-6)


@given(st.floats(0, 100), st.floats(0, 100), st.floats(0, 4), st.floats(0, 4))
def test_an_interval_always_holds_its_figure(covered: float, gap: float, job: float, others: float) -> None:
    clock = FakeClock()
    sensor = FakeSensor(evidence=Evidence("modelled", {"idle": (0.5, 2)}, {"thread": (0.7, 1.6)}))
    account = account_of(clock, sensor)
    clock.pass_time(covered + 0.1, job=job, others=others)
    account.advance()
    sensor.broken = True
    clock.pass_time(gap, job=job, others=others)
    energy = account.advance().energy()
    assert energy is not None and energy.low <= energy.value <= energy.high
    assert sum(energy.basis.values()) == pytest.approx(1)


def test_a_day_costs_what_the_counter_says_and_leaves_a_trace_of_at_most_2000_points() -> None:
    clock, sensor = FakeClock(), FakeSensor(idle_w=11.3, thread_w=7.9)
    account = account_of(clock, sensor)
    chance, trace, points = random.Random(0), Trace(), dict[int, float]()
    longest, usage = 0, account.usage
    for second in range(1, 24 * 3600 + 1):
        clock.pass_time(1.0, job=chance.random() * 4)
        usage = account.advance()
        if trace.keeps(second):
            points[second] = usage.energy_j or 0.0
            if is_swept(second, trace.step):
                points = {number: joules for number, joules in points.items() if number % trace.step == 0}
        longest = max(longest, len(points))
    assert usage.duration_s == pytest.approx(24 * 3600)
    assert usage.energy_j == pytest.approx(sensor.total_j, rel=1e-9)
    assert longest <= 2000
    assert list(points.values()) == sorted(points.values())


def test_a_sensor_that_breaks_off_and_comes_back_goes_on_where_it_was() -> None:
    clock, sensor = FakeClock(), FakeSensor(idle_w=1, thread_w=0)
    account = account_of(clock, sensor)
    for broken in (False, True, False, True, True, False):
        sensor.broken = broken
        clock.pass_time(10)
        account.advance()
    part = account.advance().parts[0]
    assert (part.covered_s, part.gap_s, part.energy_j) == (30, 30, 60)
    sensor.broken = True
    with pytest.raises(SensorError, match="fake counter cannot be read"):
        sensor.drawn(Interval(1, 0))
