"""Processes that are killed, disks that are full or read-only, many writers at once: nothing committed is lost."""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from itertools import starmap
from pathlib import Path
from typing import Any

import pytest

from payoff.errors import LedgerUnusable
from payoff.ledger import Query, Tick, open_ledger
from payoff.model import new_id, utc_now
from payoff.testing._ledger_case import ALL, joules, whole_run
from tests.ledger.conftest import Disk
from tests.needed import missing

MEDIA = ("ledger.db", "ledger.jsonl.d")

WRITER = """
import os, sys
from dataclasses import asdict
from payoff.ledger import Tick, Trace, open_ledger, own_lease
from payoff.model import new_id, utc_now
from payoff.testing._ledger_case import joules, read, started

ledger, run_id, segment, trace = open_ledger(sys.argv[1]), new_id(), new_id(), Trace(64)
ledger.append(started(run_id, segment, lease=asdict(own_lease())))
for number in range(10**9):
    event = read(run_id, number, accuracy=0.5)
    ledger.append(event)
    point = (float(number), float(number)) if trace.keeps(number) else None
    ledger.beat(Tick(run_id, segment, utc_now(), joules(float(number)), {"x": "y" * 500}, number, point, trace.step))
    os.write(1, f"{event.id} {number}\\n".encode())
"""


@pytest.mark.parametrize("medium", MEDIA)
def test_a_killed_writer_loses_nothing_it_was_told_is_kept(tmp_path: Path, medium: str) -> None:
    rng = random.Random(7)
    place = tmp_path / medium
    for round_number in range(12):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(place)], stdout=subprocess.PIPE)
        assert writer.stdout is not None
        first = writer.stdout.readline()
        time.sleep(rng.random() * 0.08)
        writer.send_signal(signal.SIGKILL)
        told = [line.split() for line in (first + writer.stdout.read()).decode().splitlines() if line.count(" ") == 1]
        writer.wait()
        writer.stdout.close()
        with open_ledger(place) as ledger:
            run = ledger.find("last")
            kept = {event.id for event in ledger.events_of(run.id)}
            number = int(told[-1][1])
            assert [event_id for event_id, _ in told if event_id not in kept] == []
            assert (run.state, run.number, run.readings - number in (1, 2)) == ("lost", round_number + 1, True)
            assert run.footprint in (joules(float(number)), joules(float(number + 1)))
            assert len(ledger.trace(run.id)) <= 64 + 32
            assert ledger.verify() == []


def fork(work: Callable[[int], None], number: int) -> int:
    """Start a process that does the work."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work(number)
            code = 0
        except BaseException:  # noqa: BLE001
            traceback.print_exc()
        finally:
            os._exit(code)
    return child


def in_processes(count: int, work: Callable[[int], None]) -> list[int]:
    """Let that many forked processes do the work at once; their exit statuses."""
    children = [fork(work, number) for number in range(count)]
    return [os.waitpid(child, 0)[1] for child in children]


@pytest.mark.parametrize("medium", [*MEDIA, "postgres"])
def test_fifty_processes_write_at_once(tmp_path: Path, medium: str, request: pytest.FixtureRequest) -> None:
    if medium == "postgres":
        place: Any = request.getfixturevalue("new_database")(str(tmp_path))
    else:
        place = tmp_path / medium

    def write(number: int) -> None:
        with open_ledger(place) as ledger:
            for _ in range(4):
                events = whole_run(name=f"process {number}")
                for event in events:
                    ledger.append(event)
                segment = events[0].data["segment"]
                ledger.beat(Tick(events[0].run_id, segment, utc_now(), joules(1.0), {}, 0, (0.0, 0.0)))

    assert in_processes(50, write) == [0] * 50
    with open_ledger(place) as ledger:
        runs = ledger.runs(ALL)
        assert sorted(run.number for run in runs) == list(range(1, 201))
        assert sorted(run.name for run in runs) == sorted(f"process {n}" for n in range(50) for _ in range(4))
        assert {run.state for run in runs} == {"completed"}
        assert ledger.verify() == []


def open_to_all(folder: Path) -> None:
    """Let every user enter a folder."""
    if os.getuid() != 0:
        missing("the right to become somebody else", "run the tests as root")
    for each in (folder, *folder.parents):
        if each.stat().st_uid == 0 and each != Path("/"):
            each.chmod(each.stat().st_mode | 0o055)


@pytest.mark.parametrize("medium", MEDIA)
def test_a_full_disk_is_told_and_what_was_kept_stays(disk: Disk, medium: str) -> None:
    with open_ledger(disk.folder / medium) as ledger:
        for _ in range(5):
            ledger.append(*whole_run())
        before = ledger.runs()
        disk.fill()
        late = [whole_run(name="late") for _ in range(300)]
        with pytest.raises(LedgerUnusable, match=r"space.*--ledger PATH"):
            list(starmap(ledger.append, late))
        segment = new_id()
        ticks = [
            Tick(before[0].id, segment, utc_now(), joules(1.0), {f"k{k}": 1.0 for k in range(900)}, n, (1.0, 1.0))
            for n in range(99)
        ]
        with pytest.raises(LedgerUnusable):
            list(map(ledger.beat, ticks))
        (disk.folder / "filler").unlink()
        ledger.append(*whole_run(name="after"))
        runs = ledger.runs(ALL)
        names = [run.name for run in runs]
        assert (runs[-5:], names.count("after"), len(names) < 300) == (before, 1, True)
        assert {run.state for run in runs} == {"completed"}
        assert ledger.verify() == []


def test_on_a_full_disk_a_ledger_is_still_read_and_written_again_when_there_is_space(disk: Disk) -> None:
    place = disk.folder / "ledger.db"
    with open_ledger(place) as ledger:
        ledger.append(*whole_run())
        before = ledger.runs()
    disk.fill()
    with open_ledger(place) as ledger:
        assert (ledger.runs(), ledger.readings(before[0].id)[-1].value) == (before, 0.75)
        with pytest.raises(LedgerUnusable, match="free some space"):
            ledger.append(*whole_run())
        (disk.folder / "filler").unlink()
        ledger.append(*whole_run(name="after"))
        assert [run.name for run in ledger.runs()] == ["after", "a run"]


def test_a_limit_on_the_size_of_files_is_told_like_a_full_disk(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with open_ledger(path) as ledger:
        ledger.append(*whole_run())

    def write(_: int) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
        runs = [whole_run() for _ in range(3000)]
        with open_ledger(path) as ledger, pytest.raises(LedgerUnusable, match="free some space"):
            list(starmap(ledger.append, runs))

    assert in_processes(1, write) == [0]
    with open_ledger(path) as ledger:
        assert (ledger.verify(), ledger.runs(Query(sort="number", descending=False))[0].number) == ([], 1)


@pytest.mark.parametrize("medium", MEDIA)
def test_a_read_only_ledger_is_read_and_refuses_to_be_written(disk: Disk, medium: str) -> None:
    place = disk.folder / medium
    with open_ledger(place) as ledger:
        ledger.append(*whole_run(), *whole_run())
        before = ledger.runs()
    disk.make_read_only()
    with open_ledger(place) as ledger:
        assert (ledger.runs(), ledger.readings(before[0].id)[-1].value, ledger.verify()) == (before, 0.75, [])
        with pytest.raises(LedgerUnusable, match=r"permissions, or name another ledger with --ledger PATH"):
            ledger.append(*whole_run())
        with pytest.raises(LedgerUnusable, match=r"permissions, or name another ledger with --ledger PATH"):
            ledger.forget(before[0].id)


def test_a_read_only_ledger_that_was_not_closed_is_read_whole(disk: Disk) -> None:
    place = disk.folder / "ledger.db"

    def write(_: int) -> None:
        open_ledger(place).append(*whole_run(name="in the log"))
        os.kill(os.getpid(), signal.SIGKILL)

    assert in_processes(1, write) == [signal.SIGKILL]
    disk.make_read_only()
    with open_ledger(place) as ledger:
        assert [run.name for run in ledger.runs()] == ["in the log"]


def test_somebody_who_may_only_read_sees_what_others_write(tmp_path: Path) -> None:
    place = tmp_path / "ledger.db"
    open_to_all(tmp_path)
    with open_ledger(place) as ledger:
        ledger.append(*whole_run(name="first"))

        def read(_: int) -> None:
            os.setuid(65534)
            with open_ledger(place) as theirs:
                assert [run.name for run in theirs.runs()] == ["first"]
                (tmp_path / "pipe").open("wb").close()
                deadline = time.monotonic() + 10
                while len(theirs.runs()) < 2 and time.monotonic() < deadline:
                    time.sleep(0.01)
                assert [run.name for run in theirs.runs()] == ["second", "first"]

        os.mkfifo(tmp_path / "pipe")
        (tmp_path / "pipe").chmod(0o666)
        child = fork(read, 0)
        (tmp_path / "pipe").open("rb").close()
        ledger.append(*whole_run(name="second"))
        assert os.waitpid(child, 0)[1] == 0


def test_a_home_that_cannot_be_written_is_told_with_the_way_out(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(disk.folder))
    disk.make_read_only()
    with pytest.raises(
        LedgerUnusable,
        match=r"cannot be made \(Read-only file system\); name another place with --ledger PATH or .* PAYOFF_LEDGER",
    ):
        open_ledger()


def test_a_file_that_others_own_is_read_and_not_written(tmp_path: Path) -> None:
    place = tmp_path / "ledger.db"
    with open_ledger(place) as ledger:
        ledger.append(*whole_run(name="theirs"))
    open_to_all(tmp_path)

    def read(_: int) -> None:
        os.setuid(65534)
        with open_ledger(place) as ledger:
            assert [run.name for run in ledger.runs()] == ["theirs"]
            with pytest.raises(LedgerUnusable, match="permissions"):
                ledger.append(*whole_run())

    assert in_processes(1, read) == [0]


def test_a_ledger_that_is_deleted_while_in_use_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with open_ledger(path) as ledger:
        ledger.append(*whole_run(name="gone"))
        for part in tmp_path.glob("ledger.db*"):
            part.unlink()
        ledger.append(*whole_run(name="kept"))
        assert [run.name for run in ledger.runs()] == ["kept"]
    with open_ledger(path) as ledger:
        assert [run.name for run in ledger.runs()] == ["kept"]


def test_a_fork_while_another_thread_writes_does_not_hang(tmp_path: Path) -> None:
    script = f"""if True:
        import os, threading
        from payoff.ledger import open_ledger
        from payoff.testing._ledger_case import whole_run
        ledger = open_ledger({str(tmp_path / "ledger.db")!r})
        def write():
            for _ in range(150): ledger.append(*whole_run())
        thread = threading.Thread(target=write)
        thread.start()
        for _ in range(20):
            if os.fork() == 0:
                ledger.append(*whole_run())
                os._exit(0)
        thread.join()
        assert all(os.wait()[1] == 0 for _ in range(20))
        assert len(ledger.runs()) == 50 and ledger.verify() == []
    """
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
