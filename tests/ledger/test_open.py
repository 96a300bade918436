"""From what a user writes to a ledger; schemas of other versions; network file systems."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from payoff.errors import LedgerTooNew, LedgerUnusable
from payoff.ledger import Query, Tick, Trace, open_ledger
from payoff.ledger._filesystem import network_file_system
from payoff.ledger._migrate import MIGRATIONS
from payoff.ledger._schema import Database
from payoff.model import new_id, utc_now
from payoff.testing._ledger_case import ALL, joules, started, whole_run

MOUNTS = r"""22 28 0:21 / /sys rw,nosuid - sysfs sysfs rw
28 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
40 28 0:45 / /home rw,relatime shared:20 - nfs4 server:/home rw,vers=4.2
41 40 254:2 / /home/local rw - xfs /dev/vdb rw
42 28 0:46 / /mnt/with\040space rw - fuse.sshfs host:/ rw
43 28 0:47 / /scratch rw - lustre 10.0.0.1@o2ib:/scratch rw
44 28 0:48 / /merged rw - fuse.mergerfs a:b rw
"""


@pytest.fixture
def mounts(tmp_path: Path) -> str:
    path = tmp_path / "mountinfo"
    path.write_text(MOUNTS)
    return str(path)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/ann/.local/share/payoff/ledger.db", "nfs4"),
        ("/home/local/ledger.db", None),
        ("/homework/ledger.db", None),
        ("/mnt/with space/ledger.db", "fuse.sshfs"),
        ("/scratch", "lustre"),
        ("/merged/ledger.db", None),
        ("/var/ledger.db", None),
    ],
)
def test_a_network_file_system_is_known_by_the_mount_that_holds_a_path(
    mounts: str, path: str, kind: str | None
) -> None:
    assert network_file_system(path, mounts) == kind


def test_without_a_table_of_mounts_a_path_is_taken_as_local() -> None:
    assert network_file_system("/home", "/no/such/file") is None


def test_on_a_network_file_system_the_default_ledger_is_a_folder_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounted = tmp_path / "mountinfo"
    mounted.write_text(f"28 1 254:1 / / rw - ext4 /dev/vda1 rw\n40 28 0:45 / {Path.home()} rw - nfs4 server:/home rw\n")
    with open_ledger() as ledger:
        ledger.append(*whole_run(name="before"))
        database = ledger.place
    monkeypatch.setattr("payoff.ledger._filesystem.MOUNTS", str(mounted))
    folder = Path.home() / ".local/share/payoff/ledger.jsonl.d"
    with open_ledger() as ledger, open_ledger(database, as_it_is=True) as old:
        assert ledger.place == str(folder)
        assert ledger.notices == (
            f"{database} is on a network file system (nfs4), where SQLite is not safe: runs are kept in {folder}; "
            f"bring over those in {database} with: payoff ledger merge {database} --ledger {folder}",
        )
        assert ledger.merge(old) == 4
        assert [run.name for run in ledger.runs()] == ["before"]


def test_the_default_ledger_is_in_the_data_folder_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with open_ledger() as ledger:
        assert ledger.place == f"{Path.home()}/.local/share/payoff/ledger.db"
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "xdg"))
    with open_ledger() as ledger:
        assert ledger.place == f"{tmp_path}/xdg/payoff/ledger.db"
    monkeypatch.setenv("PAYOFF_LEDGER", f"jsonl:{tmp_path}/folder")
    with open_ledger() as ledger:
        assert ledger.place == f"jsonl:{tmp_path}/folder"


def test_a_tilde_and_a_relative_path_are_understood(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for place in ("~/mine.db", "mine.db", "deep/er/mine.db", "~/mine.jsonl.d", "it's ?#%20.db"):
        with open_ledger(place) as ledger:
            ledger.append(*whole_run())
    expected = [Path.home() / "mine.db", Path.home() / "mine.jsonl.d"]
    expected += [tmp_path / name for name in ("mine.db", "deep/er/mine.db", "it's ?#%20.db")]
    assert [path for path in expected if not path.exists()] == []


def test_a_folder_is_not_taken_for_a_file(tmp_path: Path) -> None:
    with pytest.raises(LedgerUnusable, match=rf"is a folder; .* or is written jsonl:{tmp_path}"):
        open_ledger(tmp_path)


def test_a_file_is_not_taken_for_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in ("file/ledger.db", "file/ledger.jsonl.d"):
        with pytest.raises(LedgerUnusable, match=r"cannot be made"):
            open_ledger(tmp_path / place)
    with pytest.raises(LedgerUnusable, match=r"cannot be used"):
        open_ledger(f"jsonl:{tmp_path}/file")


# closing


def test_a_closed_ledger_is_one_file_and_one_closed_at_once_is_whole_with_its_log(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    ledger = open_ledger(path)
    ledger.append(*whole_run(name="first"))
    ledger.close(at_once=True)
    assert path.with_name("ledger.db-wal").stat().st_size > 0
    with open_ledger(path) as ledger:
        ledger.append(*whole_run(name="second"))
        assert [run.name for run in ledger.runs()] == ["second", "first"]
    assert [path.name for path in tmp_path.iterdir()] == ["ledger.db"]


def test_the_log_of_many_runs_that_are_closed_at_once_stays_short(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    longest = 0
    for number in range(120):
        ledger = open_ledger(path)
        ledger.append(*whole_run(name=f"run {number}"))
        ledger.close(at_once=True)
        log = path.with_name("ledger.db-wal")
        longest = max(longest, log.stat().st_size if log.exists() else 0)
    assert 0 < longest < 1.3e6
    with open_ledger(path) as ledger:
        assert len(ledger.runs(Query(limit=None))) == 120


# schemas


def make_version_0(path: Path) -> None:
    """The ledger as it would have been before the column `kind` was called so."""
    with open_ledger(path) as ledger:
        for number in range(5):
            ledger.append(*whole_run(float(number)))
    connection = sqlite3.connect(path)
    connection.execute("ALTER TABLE events RENAME COLUMN kind TO sort")
    connection.execute("DROP TABLE documents")
    connection.execute("ALTER TABLE runs DROP COLUMN quality")
    connection.execute("UPDATE meta SET value = '0' WHERE name = 'schema'")
    connection.commit()
    connection.close()


def rename(db: Database) -> None:
    db.run("ALTER TABLE events RENAME COLUMN sort TO kind")


def test_an_older_schema_is_brought_up_to_date_with_nothing_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_version_0(tmp_path / "ledger.db")
    monkeypatch.setattr("payoff.ledger._migrate.MIGRATIONS", {**MIGRATIONS, 0: rename})
    with open_ledger(tmp_path / "ledger.db") as ledger:
        energies = [run.footprint["energy_j"] for run in ledger.runs(Query(sort="quality"))]
        assert [energy.value for energy in energies if energy] == [4.0, 3.0, 2.0, 1.0, 0.0]
        assert ledger.verify() == []


def test_a_migration_that_fails_leaves_the_older_schema(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(db: Database) -> None:
        rename(db)
        raise RuntimeError("power cut")

    path = tmp_path / "ledger.db"
    make_version_0(path)
    monkeypatch.setattr("payoff.ledger._migrate.MIGRATIONS", {0: fails})
    with pytest.raises(RuntimeError):
        open_ledger(path)
    monkeypatch.setattr("payoff.ledger._migrate.MIGRATIONS", {0: rename})
    with open_ledger(path) as ledger:
        assert (len(ledger.runs()), ledger.verify()) == (5, [])


def test_a_later_schema_is_refused_and_the_file_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with open_ledger(path) as ledger:
        ledger.append(*whole_run())
    connection = sqlite3.connect(path)
    connection.execute("UPDATE meta SET value = '2' WHERE name = 'schema'")
    connection.commit()
    connection.close()
    content = path.read_bytes()
    with pytest.raises(LedgerTooNew, match="has schema 2, this payoff knows 1; update payoff, or name another ledger"):
        open_ledger(path)
    assert (path.read_bytes(), list(tmp_path.iterdir())) == (content, [path])


# size and speed


def test_a_month_of_ticks_takes_less_than_a_megabyte(tmp_path: Path) -> None:
    """Only the ticks that leave something behind are written: each point of the trace, and the last tick."""
    path = tmp_path / "ledger.db"
    with open_ledger(path) as ledger:
        run_id, segment, trace = new_id(), new_id(), Trace()
        ledger.append(started(run_id, segment))
        ledger.close()
        before = path.stat().st_size
        for point in range(30 * 24 * 3600):
            if trace.keeps(point):
                used = (float(point), 100.0 * point)
                ledger.beat(Tick(run_id, segment, utc_now(), joules(used[1]), {"rapl": point}, point, used, trace.step))
        points = ledger.trace(run_id)
        ledger.close()
    assert (900 < len(points) <= 2000, path.stat().st_size - before < 1_000_000) == (True, True)
    assert points[-1][0] > 30 * 24 * 3600 - trace.step


def median_of(count: int, work: Callable[[], object]) -> float:
    """The median duration in seconds."""
    durations = []
    for _ in range(count):
        begun = time.perf_counter()
        work()
        durations.append(time.perf_counter() - begun)
    return sorted(durations)[count // 2]


def test_appending_takes_less_than_a_millisecond_and_beating_little_processor_time(tmp_path: Path) -> None:
    with open_ledger(tmp_path / "ledger.db") as ledger:
        events = iter([event for _ in range(100) for event in whole_run(values=(0.1, 0.2, 0.3))])
        assert median_of(400, lambda: ledger.append(next(events))) < 0.001
        begun = time.process_time()
        median_of(500, lambda: ledger.beat(Tick("r", "s", utc_now(), joules(1.0), {}, 0, (0.0, 0.0))))
        assert (time.process_time() - begun) / 500 < 0.0003


def test_the_newest_of_many_runs_are_listed_at_once(tmp_path: Path) -> None:
    """A tenth of the runs of the benchmark, with room for a busy machine."""
    with open_ledger(tmp_path / "ledger.db") as ledger:
        for start in range(0, 10_000, 1000):
            events = [whole_run(float(n), (n / 7e4,), tags=[f"t{n % 9}"]) for n in range(start, start + 1000)]
            ledger.append(*(event for run in events for event in run))
        queries = [
            Query(sort=name, equals={"tag": "t3"}, text="RUN") for name in ("number", "energy_j", "labels", "tags")
        ]
        for query in (Query(), *queries):
            assert median_of(5, partial(ledger.runs, query)) < 0.1
        assert len(ledger.runs(ALL)) == 10_000


def test_importing_the_ledger_is_quick() -> None:
    script = "import time; t = time.process_time(); import payoff.ledger; print(time.process_time() - t)"
    times = [float(subprocess.check_output([sys.executable, "-c", script])) for _ in range(5)]
    assert min(times) < 0.1
