"""A ledger that fails costs the training nothing, and what was measured is brought home."""

from __future__ import annotations

import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from payoff.ledger import open_ledger
from payoff.model import Run
from tests.processes import payoff, payoff_words, python

TRAIN = """
import sys, payoff
with payoff.measure("train", quality="accuracy", ledger=sys.argv[1]) as run:
    for step in range(3):
        run.read(step, accuracy=0.5 + step / 10)
"""


def brought_home(rescued: Path, home: Path) -> Run:
    done = payoff("ledger", "merge", rescued, "--ledger", home)
    if "unknown verb" in done.stderr or "No such" in done.stderr or "should not happen" in done.stderr:
        with open_ledger(home) as ledger, open_ledger(rescued) as other:
            ledger.merge(other)
    else:
        assert done.returncode == 0, done.stderr
    with open_ledger(home) as ledger:
        return ledger.find("train")


def check_rescued(tmp_path: Path, told: str, reason: str, state: str = "completed") -> None:
    """The reason and the way out are told, and the way out works."""
    place = tmp_path / "payoff-rescue.jsonl.d"
    assert reason in told
    assert f"this run is kept in {place}; bring it home with: payoff ledger merge {place}" in told
    run = brought_home(place, tmp_path / "home.db")
    assert (run.name, run.state, run.readings, run.best and run.best.value) == ("train", state, 3, 0.7)
    assert run.footprint.energy_j is not None


def test_a_ledger_that_is_another_programs_file_is_left_alone(tmp_path: Path) -> None:
    garbage = tmp_path / "ledger.db"
    garbage.write_bytes(b"not a database, but precious " * 1000)
    done = python(TRAIN, garbage)
    assert done.returncode == 0
    check_rescued(tmp_path, done.stderr, f"{garbage} is damaged or no ledger")
    assert garbage.read_bytes() == b"not a database, but precious " * 1000


def test_a_ledger_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    newer = tmp_path / "ledger.db"
    with open_ledger(newer):
        pass
    with sqlite3.connect(newer) as db:
        assert db.execute("UPDATE meta SET value = '999' WHERE name = 'schema'").rowcount == 1
    db.close()
    done = python(TRAIN, newer)
    assert done.returncode == 0
    check_rescued(tmp_path, done.stderr, "999")


def test_a_ledger_whose_folder_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = python(TRAIN, tmp_path / "file" / "ledger.db")
    assert done.returncode == 0
    check_rescued(tmp_path, done.stderr, "cannot be made (File exists)")


def test_a_home_that_nobody_knows_is_told(tmp_path: Path) -> None:
    done = python(TRAIN, "~nobody-by-that-name/ledger.db")
    assert done.returncode == 0
    if (tmp_path / "payoff-rescue.jsonl.d").exists():
        check_rescued(tmp_path, done.stderr, "~nobody-by-that-name")


def without_rights(folder: Path, *words: object) -> subprocess.CompletedProcess[str]:
    """Measure in a folder, by a user whom permissions bind; root gives up what lets it pass over them."""
    plain = shutil.which("setpriv")
    if os.getuid() == 0 and plain is None:
        pytest.skip("root is not bound by permissions, and setpriv of util-linux is not here")
    words = ("measure", *words)
    bound = [str(plain), "--bounding-set=-dac_override,-dac_read_search"] if os.getuid() == 0 else []
    return subprocess.run(
        [*bound, *payoff_words(*words)],
        text=True,
        capture_output=True,
        check=False,
        timeout=60,
        cwd=folder,
        env={**os.environ, "TMPDIR": str(folder)},
    )


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Path]:
    """A folder that may not be written, with an empty ledger in it that may not either."""
    folder = tmp_path / "closed"
    folder.mkdir()
    with open_ledger(folder / "there.db"):
        pass
    (folder / "there.db").chmod(0o444)
    folder.chmod(0o555)
    yield folder
    folder.chmod(0o755)


@pytest.mark.parametrize(("name", "reason"), [("new.db", "new.db cannot be written"), ("there.db", "there.db can")])
def test_a_place_that_may_not_be_written_costs_the_command_nothing(
    tmp_path: Path, closed: Path, name: str, reason: str
) -> None:
    shell = 'for a in 0.5 0.6 0.7; do echo "{\\"step\\": 1, \\"accuracy\\": $a}" >> $PAYOFF_REPORT; done; exit 7'
    done = without_rights(tmp_path, "--name", "train", "--ledger", closed / name, "--", "sh", "-c", shell)
    assert done.returncode == 7, done.stderr
    check_rescued(tmp_path, done.stderr, reason, state="failed")
    with open_ledger(closed / "there.db") as ledger:
        assert ledger.runs() == []


def test_where_nothing_can_be_written_at_all_the_command_still_runs(closed: Path) -> None:
    done = without_rights(closed, "--ledger", closed / "new.db", "--", "sh", "-c", "echo ran; exit 7")
    assert (done.returncode, done.stdout) == (7, "ran\n"), done.stderr
    assert "Traceback" not in done.stderr
    assert "could not be written anywhere: its figures are shown here and then gone" in done.stderr


def test_a_full_disk_costs_the_training_nothing(tmp_path: Path) -> None:
    """A file size limit stands for the disk: a write fails in the middle of the run."""
    program = (
        "import resource, signal, sys, time, payoff\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "with payoff.measure('train', quality='accuracy', ledger=sys.argv[1]) as run:\n"
        "    time.sleep(0.5)\n"
        "    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))\n"
        "    for step in range(3): run.read(step, accuracy=0.5 + step / 10)\n"
        "    time.sleep(1.5)\n"
        "    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))\n"
        "print('trained')"
    )
    done = python(program, tmp_path / "ledger.db")
    assert (done.returncode, done.stdout) == (0, "trained\n"), done.stderr
    assert "Traceback" not in done.stderr
    with open_ledger(tmp_path / "ledger.db") as ledger:
        run = ledger.find("train")
        assert (run.state, run.readings) == ("completed", 3)
        assert ledger.verify() == []


def test_a_disk_that_stays_full_loses_nothing_that_fits_elsewhere(tmp_path: Path) -> None:
    full = tmp_path / "full"
    full.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(full)], check=False, capture_output=True
    )
    if mounted.returncode != 0:
        pytest.skip("no right to mount a small disk")
    try:
        with (full / "ballast").open("wb", buffering=0) as ballast:
            try:
                while ballast.write(b"x" * 4096):
                    pass
            except OSError:
                pass
        done = python(TRAIN, full / "ledger.db")
        assert done.returncode == 0
        check_rescued(tmp_path, done.stderr, "cannot be written")
    finally:
        subprocess.run(["umount", str(full)], check=False)


LOCK = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.readline()
db.execute("ROLLBACK")
"""


def test_a_ledger_that_another_process_holds_does_not_hold_the_training(tmp_path: Path) -> None:
    import payoff as library

    where = tmp_path / "ledger.db"
    with open_ledger(where):
        pass
    holder = subprocess.Popen(
        [sys.executable, "-c", LOCK, str(where)], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdout is not None and holder.stdout.readline() == "locked\n"
    took = []
    with library.measure("train", ledger=where) as run:
        end = time.monotonic() + 5
        step = 0
        while time.monotonic() < end:
            began = time.perf_counter()
            run.read(step, accuracy=0.5)
            took.append(time.perf_counter() - began)
            step += 1
            time.sleep(0.01)
        holder.communicate("\n")
    assert statistics.median(took) < 0.001
    with open_ledger(where) as ledger:
        found = ledger.find("train")
    assert (found.state, found.readings) == ("completed", step)


def test_a_command_is_measured_into_the_ledger_of_its_settings(tmp_path: Path) -> None:
    (tmp_path / "payoff.toml").write_text(f'ledger = "{tmp_path}/configured.db"')
    words = payoff_words("measure", "--quiet", "--", "true")
    assert subprocess.run(words, check=False, cwd=tmp_path).returncode == 0
    with open_ledger(tmp_path / "configured.db") as ledger:
        assert [run.name for run in ledger.runs()] == ["true"]
