"""A control group of its own: the kernel books the CPU time of all that a command started, whatever became of it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from payoff.meter import Plan, run_command
from payoff.meter._cgroup import own_group
from tests.needed import missing

ESCAPES = """
import os, time
ends, beginning = os.pipe()
if os.fork() == 0:
    if os.fork() == 0:
        os.write(beginning, str(os.getpid()).encode())
        end = time.process_time() + 0.5
        while time.process_time() < end:
            pass
    os._exit(0)
os.wait()
grandchild = os.read(ends, 20).decode()
while os.path.exists(f"/proc/{grandchild}"):
    time.sleep(0.02)
"""


@pytest.fixture
def hierarchy(tmp_path: Path) -> Iterator[Path]:
    """A control group hierarchy of version 2, mounted for this test."""
    root = tmp_path / "cgroup"
    root.mkdir()
    if subprocess.run(["mount", "-t", "cgroup2", "none", str(root)], capture_output=True, check=False).returncode:
        missing("a control group hierarchy", "run the tests as root, on a kernel with cgroup v2")
    yield root
    subprocess.run(["umount", str(root)], check=True)


def test_the_cpu_time_of_an_escaped_grandchild_is_booked_by_the_kernel(hierarchy: Path, tmp_path: Path) -> None:
    plan = Plan("escapes", ledger=tmp_path / "ledger.db")
    outcome = run_command([sys.executable, "-c", ESCAPES], plan, cgroup_root=str(hierarchy))
    assert outcome.exit_code == 0
    assert outcome.recording.troubles == []
    used = outcome.recording.whole().energy_j
    assert used is not None and used.value > 0
    assert 0.5 <= outcome.recording._usage.cpu_s <= 1.5
    assert not list(hierarchy.glob("**/payoff-*"))


def test_a_group_counts_what_runs_in_it_and_goes_when_it_is_empty(hierarchy: Path) -> None:
    with own_group("test", str(hierarchy)) as group:
        assert group is not None
        child = subprocess.Popen(["sleep", "0.1"])
        group.admit(child.pid)
        assert str(child.pid) in Path(group.path, "cgroup.procs").read_text().split()
        child.wait()
        assert 0 <= group.cpu_s() < 0.1
    assert not Path(group.path).exists()


def test_without_version_2_or_without_permission_there_is_none(tmp_path: Path) -> None:
    with own_group("test", str(tmp_path)) as group:
        assert group is None
    (tmp_path / "cgroup.controllers").touch()
    with own_group("test/not/there", str(tmp_path)) as group:
        assert group is None
    assert [path.name for path in tmp_path.iterdir()] == ["cgroup.controllers"]
