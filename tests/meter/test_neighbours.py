"""Several jobs on one machine hold claims that die with them, and share what it draws."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payoff.meter._neighbours import Claim, Neighbours, Shares, mean_over, share_of
from tests.processes import python_words, start, wait_for

HOLDER = """
import sys, time
from payoff.meter._neighbours import Neighbours
claim = Neighbours(sys.argv[2].split("/"), float(sys.argv[3]), sys.argv[1])
print("holding", flush=True)
sys.stdin.readline()
claim.shares()
print(claim.shares().machine, flush=True)
sys.stdin.readline()
claim.release()
"""


def holder(folder: Path, path: str, reserved: float) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        python_words(HOLDER, folder, path, reserved), text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None and process.stdout.readline() == "holding\n"
    return process


def answer(process: subprocess.Popen[str]) -> float:
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write("\n")
    process.stdin.flush()
    return float(process.stdout.readline())


def settled(claim: Neighbours) -> Shares:
    """The shares of a moment in which nobody came or went."""
    claim.shares()
    return claim.shares()


def now(claim: Neighbours) -> float:
    return settled(claim).machine


def let_go(*processes: subprocess.Popen[str]) -> None:
    for process in processes:
        process.communicate("\n\n")


@pytest.mark.parametrize("one_run", [False, True], ids=["eight runs", "eight ranks of one run"])
def test_eight_processes_on_one_node_add_up_to_the_node(tmp_path: Path, one_run: bool) -> None:
    ranks = [holder(tmp_path, f"{'run' if one_run else f'run{n}'}/segment{n}", 1.0) for n in range(8)]
    assert [answer(rank) for rank in ranks] == pytest.approx([1 / 8] * 8)
    let_go(*ranks)


def test_ranks_pinned_to_parts_of_the_machine_keep_their_parts(tmp_path: Path) -> None:
    ranks = [holder(tmp_path, f"run/segment{n}", part) for n, part in enumerate((0.25, 0.25, 0.125))]
    assert [answer(rank) for rank in ranks] == pytest.approx([0.25, 0.25, 0.125])
    let_go(*ranks)


def test_ranks_and_runs_inside_a_job_are_no_other_jobs(tmp_path: Path) -> None:
    mine = Neighbours(("mine", "s"), 1.0, str(tmp_path))
    others = [holder(tmp_path, path, 1.0) for path in ("mine/rank1", "mine/s/inner/t", "one/s", "two/s", "two/t")]
    mine.shares()
    assert mine.jobs_beside == 2
    let_go(*others)
    mine.release()


def test_a_claim_dies_with_its_holder_however_that_ends(tmp_path: Path) -> None:
    mine = Neighbours(("mine", "s"), 1.0, str(tmp_path))
    other = holder(tmp_path, "other/s", 1.0)
    assert (now(mine), mine.jobs_beside) == (0.5, 1)
    other.kill()
    other.communicate()
    assert (now(mine), mine.jobs_beside) == (1.0, 0)
    assert [path.suffix for path in tmp_path.iterdir()] == [".claim"]
    mine.release()
    assert list(tmp_path.iterdir()) == []


def test_a_stopped_holder_keeps_its_claim(tmp_path: Path) -> None:
    mine, other = Neighbours(("mine", "s"), 1.0, str(tmp_path)), holder(tmp_path, "other/s", 1.0)
    other.send_signal(signal.SIGSTOP)
    assert now(mine) == 0.5
    other.send_signal(signal.SIGCONT)
    let_go(other)
    mine.release()


def test_the_child_of_a_fork_does_not_inherit_the_claim(tmp_path: Path) -> None:
    """The claim of a dead parent is dead although its forked child lives and has the file open."""
    program = """
import os, sys, time
from payoff.meter._neighbours import Neighbours
claim = Neighbours(("parent", "s"), 1.0, sys.argv[1])
if os.fork() == 0:
    print(os.getpid(), flush=True)
    time.sleep(60)
    os._exit(0)
time.sleep(60)
"""
    parent = start(python_words(program, tmp_path))
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    mine = Neighbours(("mine", "s"), 1.0, str(tmp_path))
    assert now(mine) == 0.5
    parent.kill()
    parent.wait()
    assert now(mine) == 1.0
    os.kill(child, signal.SIGKILL)
    parent.communicate()
    mine.release()


def test_a_forked_child_shares_with_its_parent(tmp_path: Path) -> None:
    mine = Neighbours(("parent", "s"), 1.0, str(tmp_path))
    program_end, result = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover
        own = Neighbours(("child", "s"), 1.0, str(tmp_path))
        os.write(result, f"{now(own)}".encode())
        own.release()
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(program_end, 100) == b"0.5"
    assert now(mine) == 1.0
    mine.release()
    os.close(program_end)
    os.close(result)


def test_windows_of_one_process_share_its_time_unless_one_is_inside_the_other(tmp_path: Path) -> None:
    outer = Neighbours(("a", "s"), 1.0, str(tmp_path))
    beside = Neighbours(("b", "t"), 1.0, str(tmp_path))
    inner = Neighbours(("a", "s", "c", "u"), 1.0, str(tmp_path))
    twin = Neighbours(("a", "s", "d", "v"), 1.0, str(tmp_path))
    assert [settled(claim).process for claim in (outer, beside, inner, twin)] == [1 / 2, 1 / 2, 1 / 4, 1 / 4]
    for claim in (outer, beside, inner, twin):
        claim.release()


def test_a_folder_that_may_not_be_read_leaves_a_job_alone_and_does_no_harm(tmp_path: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can make a folder that is not its own")
    tmp_path.chmod(0o755)
    for parent in tmp_path.parents[:3]:
        parent.chmod(0o755)
    folder = tmp_path / "claims"
    folder.mkdir(mode=0o700)
    program = (
        "import os, sys; os.setgid(65534); os.setuid(65534)\n"
        "from payoff.meter._neighbours import Neighbours\n"
        "claim = Neighbours(('a', 's'), 0.5, sys.argv[1]); claim.shares()\n"
        "print(claim.shares().machine); claim.release()"
    )
    sources = ":".join(sys.path)
    done = subprocess.run(
        [sys.executable, "-c", "import payoff.meter._neighbours\n" + program, str(folder)],
        text=True,
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONPATH": sources},
    )
    assert (done.stdout, done.stderr, done.returncode) == ("0.5\n", "", 0)


def test_a_shared_folder_is_open_to_all_users_and_none_may_remove_anothers_claim(tmp_path: Path) -> None:
    folder = tmp_path / "claims"
    claim = Neighbours(("a", "s"), 1.0, str(folder))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o1777
    assert [stat.S_IMODE(path.stat().st_mode) & 0o022 for path in folder.iterdir()] == [0]
    claim.release()


def test_a_link_in_the_place_of_the_shared_folder_is_refused(tmp_path: Path) -> None:
    """Else another user could have the permissions of any folder of ours opened."""
    treasure = tmp_path / "treasure"
    treasure.mkdir(mode=0o700)
    (tmp_path / "claims").symlink_to(treasure)
    claim = Neighbours(("a", "s"), 1.0, str(tmp_path / "claims"))
    assert stat.S_IMODE(treasure.stat().st_mode) == 0o700
    assert list(treasure.iterdir()) == []
    assert now(claim) == 1.0
    claim.release()


def test_what_others_plant_in_the_shared_folder_is_neither_followed_nor_waited_for(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("1.0 0 x/y")
    folder = tmp_path / "claims"
    claim = Neighbours(("a", "s"), 1.0, str(folder))
    (folder / "link.claim").symlink_to(victim)
    (folder / "folder.claim").mkdir()
    os.mkfifo(folder / "pipe.claim")
    (folder / "note.txt").write_text("1.0 0 x/y")
    began = time.monotonic()
    assert now(claim) == 1.0
    assert time.monotonic() - began < 5
    assert victim.read_text() == "1.0 0 x/y"
    assert sorted(path.name for path in folder.iterdir() if len(path.name) < 30) == [
        "folder.claim",
        "link.claim",
        "note.txt",
        "pipe.claim",
    ]
    claim.release()


NONSENSE = """
import fcntl, os, sys
file = os.open(sys.argv[1] + "/nonsense.claim", os.O_RDWR | os.O_CREAT)
fcntl.lockf(file, fcntl.LOCK_EX)
os.write(file, eval(sys.argv[2]))
print("held", flush=True)
sys.stdin.readline()
"""


@pytest.mark.parametrize(
    ("written", "share"),
    [
        (b"", 1.0),
        (b"nonsense", 1.0),
        (b"nan 0 x/y", 1.0),
        (b"-5 0 x/y", 1.0),
        (b"9e9 0 x/y", 0.5),
        (b"\xff\xfe" * 3000, 1.0),
    ],
)
def test_a_claim_that_is_nonsense_counts_for_at_most_one_machine(tmp_path: Path, written: bytes, share: float) -> None:
    mine = Neighbours(("a", "s"), 1.0, str(tmp_path))
    other = subprocess.Popen(
        python_words(NONSENSE, tmp_path, repr(written)), text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert other.stdout is not None and other.stdout.readline() == "held\n"
    assert now(mine) == share
    other.communicate("\n")
    mine.release()


paths = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 2)).map(lambda pair: (f"run{pair[0]}", f"s{pair[0]}{pair[1]}")),
    min_size=1,
    max_size=8,
    unique=True,
)


@given(paths, st.data())
def test_the_shares_of_all_who_live_never_exceed_the_machine(
    living: list[tuple[str, str]], data: st.DataObject
) -> None:
    claims = [Claim(path, data.draw(st.floats(0.01, 1)), 0) for path in living]
    shares = [share_of(claim, claims) for claim in claims]
    reserved = sum(min(1.0, sum(c.reserved for c in claims if c.path[0] == run)) for run in {p[0] for p in living})
    assert sum(shares) == pytest.approx(min(1.0, reserved))


times = st.lists(st.floats(0, 10), min_size=2, max_size=2, unique=True).map(sorted)


@given(st.lists(st.tuples(st.floats(0.5, 1), times), min_size=1, max_size=6), st.floats(0.3, 4))
def test_the_shares_of_jobs_that_come_and_go_add_up_to_the_machine_however_often_each_books(
    jobs: list[tuple[float, list[float]]], tick_s: float
) -> None:
    claims = [Claim((f"run{n}", "s"), reserved, 0, *held) for n, (reserved, held) in enumerate(jobs)]
    booked = 0.0
    for number, claim in enumerate(claims):
        edges = [claim.began_s]
        while edges[-1] < claim.ended_s:
            edges.append(min(claim.ended_s, edges[-1] + tick_s + number / 10))
        booked += sum((b - a) * mean_over(a, b, share_of, claim, claims) for a, b in pairwise(edges))
    changes = sorted({time_s for claim in claims for time_s in (claim.began_s, claim.ended_s)})
    machine = sum(
        (b - a) * min(1.0, sum(claim.reserved for claim in claims if claim.began_s <= a and claim.ended_s >= b))
        for a, b in pairwise(changes)
    )
    assert booked == pytest.approx(machine)


def test_who_leaves_between_two_ticks_is_counted_until_it_left(tmp_path: Path) -> None:
    mine, other = Neighbours(("mine", "s"), 1.0, str(tmp_path)), holder(tmp_path, "other/s", 1.0)
    assert answer(other) == 0.5  # it has seen that somebody is there
    mine.shares()
    time.sleep(0.4)
    let_go(other)
    time.sleep(0.4)
    assert 0.5 < mine.shares().machine < 1.0
    assert mine.jobs_beside == 0
    assert now(mine) == 1.0
    mine.release()


def test_a_claim_that_was_given_up_is_forgotten_after_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("payoff.meter._neighbours.LINGER_S", 0.2)
    mine, other = Neighbours(("mine", "s"), 1.0, str(tmp_path)), holder(tmp_path, "other/s", 1.0)
    answer(other)
    let_go(other)
    mine.shares()
    assert len(list(tmp_path.iterdir())) == 2
    time.sleep(0.3)
    mine.shares()
    assert len(list(tmp_path.iterdir())) == 1
    mine.release()


@given(st.floats(0.01, 1), st.floats(0.01, 1), st.integers(1, 5))
def test_runs_inside_a_job_share_what_the_job_has(outer: float, other: float, inside: int) -> None:
    job = Claim(("job", "s"), outer, 0)
    parts = [Claim(("job", "s", f"part{n}", "t"), 1.0, 0) for n in range(inside)]
    living = [job, Claim(("other", "s"), other, 0), *parts]
    assert sum(share_of(part, living) for part in parts) == pytest.approx(share_of(job, living))


def test_many_claims_are_told_apart_in_a_moment(tmp_path: Path) -> None:
    holders = [Neighbours((f"run{n}", "s"), 1.0, str(tmp_path)) for n in range(64)]
    began = time.perf_counter()
    assert now(holders[0]) == pytest.approx(1 / 64)
    assert time.perf_counter() - began < 1
    for claim in holders:
        claim.release()
    wait_for(lambda: not list(tmp_path.iterdir()))
