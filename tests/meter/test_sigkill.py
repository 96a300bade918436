"""Killed at any moment, a run shows as lost with what it had used, and can go on."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from payoff.ledger import Ledger, open_ledger
from payoff.model import Run
from tests.processes import payoff_words, python_words, start, wait_for

TICK_S = 1.0
NOISE_S = 1.0
"""What a busy machine may add to a tick until it is written."""

IN_PROGRAM = """
import sys, time, payoff
clock = open(sys.argv[2], "w", buffering=1)
with payoff.measure("victim", quality="accuracy", ledger=sys.argv[1]) as window:
    began, step = time.monotonic(), 0
    while True:
        clock.seek(0); clock.write(f"{time.monotonic() - began:020.6f}\\n"); clock.flush()
        step += 1
        window.read(step, accuracy=0.5)
        time.sleep(0.02)
"""
ALONE = """
import sys, time
clock = open(sys.argv[1], "w", buffering=1)
began = time.monotonic()
while True:
    clock.seek(0); clock.write(f"{time.monotonic() - began:020.6f}\\n"); clock.flush()
    time.sleep(0.02)
"""


def lived_s(clock: Path) -> float:
    """For how long the victim said it had run."""
    text = clock.read_text() if clock.exists() else ""
    return float(text) if text.endswith("\n") else 0.0


def lost(ledger: Ledger, number: int = 1) -> Run:
    return next(run for run in ledger.runs() if run.number == number)


def told_s(run: Run) -> float:
    return run.footprint.duration_s.value if run.footprint.duration_s else 0.0


def killed_program(where: Path, clock: Path, after_s: float) -> float:
    victim = start(python_words(IN_PROGRAM, where, clock))
    wait_for(lambda: lived_s(clock) > after_s)
    victim.kill()
    victim.communicate()
    return lived_s(clock)


def moments(count: int) -> list[float]:
    chance = random.Random(20)
    return [chance.uniform(0.02, 2.2) for _ in range(count)]


def check_many(folder: Path, count: int) -> None:
    """Kill as many programs, several at a time, and look at what is left of each."""
    where = folder / "ledger.db"
    waits = moments(count)
    lost_s: list[float] = []
    for batch in (waits[i : i + 5] for i in range(0, count, 5)):
        victims = []
        for number, after_s in enumerate(batch):
            clock = folder / f"clock{number}"
            clock.unlink(missing_ok=True)
            victims.append((start(python_words(IN_PROGRAM, where, clock)), clock, after_s))
        for victim, clock, after_s in sorted(victims, key=lambda each: each[2]):
            wait_for(lambda clock=clock, after_s=after_s: lived_s(clock) > after_s)  # type: ignore[misc]
            victim.kill()
        for victim, _, _ in victims:
            victim.communicate()
        with open_ledger(where) as ledger:
            told = sorted(told_s(run) for run in ledger.runs() if run.number > len(lost_s))
        lived = sorted(lived_s(clock) for _, clock, _ in victims)
        told = [0.0] * (len(lived) - len(told)) + told
        lost_s += [a - b for a, b in zip(lived, told, strict=True)]
    with open_ledger(where) as ledger:
        found = ledger.runs()
        assert {run.state for run in found} == {"lost"}
        assert ledger.verify() == []
    assert max(lost_s) < TICK_S + NOISE_S


def test_a_program_killed_at_twenty_random_moments_loses_at_most_a_tick(tmp_path: Path) -> None:
    check_many(tmp_path, 20)


@pytest.mark.slow
def test_a_program_killed_at_a_hundred_random_moments_loses_at_most_a_tick(tmp_path: Path) -> None:
    check_many(tmp_path, 100)


def test_a_killed_run_goes_on_as_a_segment_and_nothing_counts_twice(where: Path, tmp_path: Path) -> None:
    killed_program(where, tmp_path / "clock", 1.5)
    with open_ledger(where) as ledger:
        before = ledger.find("victim")
    words = payoff_words("measure", "--quiet", "--resume", "victim", "--ledger", where, "--", "sleep", "0.3")
    assert subprocess.run(words, check=False).returncode == 0
    with open_ledger(where) as ledger:
        (run,) = ledger.runs()
    assert (before.state, run.state, len(run.segments)) == ("lost", "completed", 2)
    assert run.segments[0].footprint == before.footprint
    assert told_s(run) == pytest.approx(told_s(before) + told_s_of(run, 1))
    assert run.readings == before.readings


def told_s_of(run: Run, segment: int) -> float:
    duration = run.segments[segment].footprint.duration_s
    assert duration is not None
    return duration.value


def test_a_killed_command_is_a_failed_run_with_all_that_it_used(where: Path, tmp_path: Path) -> None:
    clock = tmp_path / "clock"
    wrapper = start(payoff_words("measure", "--ledger", where, "--", *python_words(ALONE, clock)))
    wait_for(lambda: lived_s(clock) > 0.3)
    child = int(Path(f"/proc/{wrapper.pid}/task/{wrapper.pid}/children").read_text().split()[0])
    os.kill(child, signal.SIGKILL)
    wrapper.communicate()
    assert wrapper.returncode == -signal.SIGKILL
    with open_ledger(where) as ledger:
        run = lost(ledger)
    assert (run.state, run.reason, run.exit_code) == ("failed", "killed by SIGKILL", -9)
    assert told_s(run) >= lived_s(clock)


@pytest.mark.parametrize("both", [False, True], ids=["the wrapper", "both"])
def test_a_killed_wrapper_leaves_a_lost_run_and_an_unharmed_command(where: Path, tmp_path: Path, both: bool) -> None:
    clock = tmp_path / "clock"
    wrapper = start(payoff_words("measure", "--ledger", where, "--", *python_words(ALONE, clock)))
    wait_for(lambda: lived_s(clock) > 1.6)
    child = int(Path(f"/proc/{wrapper.pid}/task/{wrapper.pid}/children").read_text().split()[0])
    if both:
        os.kill(child, signal.SIGKILL)
    wrapper.kill()
    at_death = lived_s(clock)
    if not both:
        wait_for(lambda: lived_s(clock) > at_death + 0.2)
        os.kill(child, signal.SIGKILL)
    wrapper.communicate()
    with open_ledger(where) as ledger:
        run = lost(ledger)
    if both and run.state == "failed":
        return
    assert run.state == "lost"
    assert at_death - told_s(run) < TICK_S + NOISE_S


def test_no_claim_of_the_dead_counts(where: Path, tmp_path: Path) -> None:
    from payoff.meter._neighbours import Neighbours

    folder = tmp_path / "shared"
    program = (
        f"from payoff.meter import _neighbours\n_neighbours._shared_folder = lambda: {str(folder)!r}\n" + IN_PROGRAM
    )
    clocks = [tmp_path / f"clock{n}" for n in range(3)]
    victims = [start(python_words(program, where, clock)) for clock in clocks]
    for clock in clocks:
        wait_for(lambda clock=clock: lived_s(clock) > 0.1)  # type: ignore[misc]
    mine = Neighbours(("mine", "s"), 1.0, str(folder))
    assert mine.shares().machine == pytest.approx(1 / 4)
    for victim in victims:
        victim.kill()
        victim.communicate()
    assert mine.shares().machine == 1.0
    mine.release()


def test_a_run_inside_a_killed_one_is_counted_once(where: Path, tmp_path: Path) -> None:
    """Both windows of one program die at once."""
    program = """
import sys, time, payoff
with payoff.measure("outer", ledger=sys.argv[1]):
    with payoff.measure("inner", ledger=sys.argv[1]):
        open(sys.argv[2], "w").write("x")
        while True: sum(range(1000))
"""
    victim = start(python_words(program, where, tmp_path / "mark"))
    wait_for(lambda: (tmp_path / "mark").exists())
    time.sleep(2.5)
    victim.kill()
    victim.communicate()
    with open_ledger(where) as ledger:
        energy = {run.name: run.footprint.energy_j.value for run in ledger.runs() if run.footprint.energy_j}
        assert {run.state for run in ledger.runs()} == {"lost"}
    assert energy["outer"] < 0.3 * energy["inner"]
