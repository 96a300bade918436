"""Several processes that are one run, and several runs on one node: together they are the node."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from payoff.ledger import open_ledger
from payoff.meter._group import Group, cluster_tags, this_group
from payoff.model import Run
from tests.processes import python_words, start, wait_for

WORKER = """
import os, sys, time
from payoff.meter import _neighbours, _recording
from payoff.testing.sensors import FakeSensor
folder, where, count, seconds = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
_neighbours._shared_folder = lambda: folder + "/claims"
_recording.find_sensors = lambda: [FakeSensor(idle_w=100, thread_w=0)]
import payoff
def meet(name):
    open(f"{folder}/{name}.{os.getpid()}", "w").close()
    while sum(entry.startswith(name) for entry in os.listdir(folder)) < count: time.sleep(0.002)
meet("come")
with payoff.measure(os.environ.get("NAME", "ddp"), quality="accuracy", ledger=where) as run:
    began = time.monotonic()
    run.read(step=1, accuracy=0.5 + int(os.environ.get("RANK", 0)) / 10, examples=100)
    if seconds: time.sleep(seconds)
    meet("go")
    print(time.monotonic() - began)
"""


def together(tmp_path: Path, environments: list[Mapping[str, str]], seconds: float = 2.5) -> float:
    """Run these processes at the same time; the longest of them, in seconds."""
    words = python_words(WORKER, tmp_path, tmp_path / "ledger.db", len(environments), seconds)
    workers = [start(words, **environment) for environment in environments]
    said = [worker.communicate(timeout=60) for worker in workers]
    assert [worker.returncode for worker in workers] == [0] * len(workers), said
    return max(float(out) for out, _ in said)


def ranks(count: int, **more: str) -> list[Mapping[str, str]]:
    names = {"WORLD_SIZE": str(count), "MASTER_ADDR": "localhost", "MASTER_PORT": "29500", **more}
    return [{"RANK": str(rank), "LOCAL_RANK": str(rank), **names} for rank in range(count)]


def all_runs(tmp_path: Path) -> list[Run]:
    with open_ledger(tmp_path / "ledger.db") as ledger:
        return ledger.runs()


def joules(run: Run) -> float:
    assert run.footprint.energy_j is not None
    return run.footprint.energy_j.value


@pytest.mark.parametrize("more", [{}, {"TORCHELASTIC_RUN_ID": "job7"}], ids=["one node", "a rendezvous"])
def test_four_ranks_are_one_run_and_use_one_node(tmp_path: Path, more: dict[str, str]) -> None:
    lasted_s = together(tmp_path, ranks(4, **more))
    (run,) = all_runs(tmp_path)
    assert (run.name, run.state, len(run.segments)) == ("ddp", "completed", 4)
    assert joules(run) == pytest.approx(100 * lasted_s, rel=0.1)
    with open_ledger(tmp_path / "ledger.db") as ledger:
        assert [(reading.step, reading.value) for reading in ledger.readings(run.id)] == [(1, 0.5)]
    assert run.footprint.examples is not None and run.footprint.examples.value == 400


def test_the_duration_of_ranks_is_that_of_the_wall_clock(tmp_path: Path) -> None:
    lasted_s = together(tmp_path, ranks(4), seconds=1.5)
    (run,) = all_runs(tmp_path)
    assert run.footprint.duration_s is not None
    assert run.footprint.duration_s.value == pytest.approx(lasted_s, rel=0.3)


def test_eight_runs_on_one_node_add_up_to_the_node(tmp_path: Path) -> None:
    lasted_s = together(tmp_path, [{"NAME": f"run{number}"} for number in range(8)])
    found = all_runs(tmp_path)
    assert len(found) == 8
    assert sum(map(joules, found)) == pytest.approx(100 * lasted_s, rel=0.1)


def test_a_rank_that_is_killed_leaves_the_rest_to_the_others(tmp_path: Path) -> None:
    words = python_words(WORKER, tmp_path, tmp_path / "ledger.db", 3, 0)
    first, second = (start(words, **environment) for environment in ranks(2))
    (tmp_path / "come.test").touch()
    wait_for(lambda: (tmp_path / "ledger.db").exists() and [len(run.segments) for run in all_runs(tmp_path)] == [2])
    second.kill()
    second.communicate()
    for mark in ("go.test", "go.instead"):
        (tmp_path / mark).touch()
    first.communicate(timeout=30)
    assert first.returncode == 0
    (run,) = all_runs(tmp_path)
    assert sorted(segment.outcome or "none" for segment in run.segments) == ["completed", "none"]


def test_two_launches_beside_each_other_are_two_runs(tmp_path: Path) -> None:
    environments = [*ranks(2, TORCHELASTIC_RUN_ID="a"), *ranks(2, TORCHELASTIC_RUN_ID="b")]
    together(tmp_path, environments, seconds=0.2)
    assert sorted(len(run.segments) for run in all_runs(tmp_path)) == [2, 2]


TORCH = {"MASTER_ADDR": "node0", "MASTER_PORT": "29500", "TORCHELASTIC_RUN_ID": "42"}
SLURM = {"SLURM_JOB_ID": "7", "SLURM_STEP_ID": "0", "SLURM_CLUSTER_NAME": "c"}


@pytest.mark.parametrize(
    ("environ", "group"),
    [
        ({}, None),
        ({"RANK": "0", "WORLD_SIZE": "1"}, None),
        ({"RANK": "x", "WORLD_SIZE": "2"}, None),
        ({"WORLD_SIZE": "2"}, None),
        ({"RANK": "1", "WORLD_SIZE": "2", **TORCH}, Group("torchrun 42 node0:29500", 1, 2)),
        ({"SLURM_PROCID": "3", "SLURM_NTASKS": "8", **SLURM}, Group("slurm 7   0 c", 3, 8)),
        (
            {"OMPI_COMM_WORLD_RANK": "1", "OMPI_COMM_WORLD_SIZE": "4", "PMIX_NAMESPACE": "n"},
            Group("PMIX_NAMESPACE n", 1, 4),
        ),
        ({"PAYOFF_GROUP": "mine", "RANK": "2", "WORLD_SIZE": "3"}, Group("mine", 2, 3)),
    ],
)
def test_the_launcher_is_known_by_its_variables(environ: dict[str, str], group: Group | None) -> None:
    assert this_group(environ) == group


def test_ranks_agree_on_the_run_and_windows_of_one_rank_differ() -> None:
    first, second = Group("g", 0, 2), Group("g", 1, 2)
    assert first.run_id("a", 0) == second.run_id("a", 0)
    assert len({first.run_id("a", 0), first.run_id("a", 1), first.run_id("b", 0), Group("h", 0, 2).run_id("a", 0)}) == 4


def test_what_slurm_says_of_a_job_is_kept() -> None:
    environ = {"SLURM_JOB_ID": "7", "SLURM_ARRAY_TASK_ID": "3", "HOME": os.sep}
    assert cluster_tags(environ) == {"slurm_job_id": "7", "slurm_array_task_id": "3"}


def test_ranks_on_two_nodes_write_ledgers_of_their_own_and_are_one_run_when_merged(tmp_path: Path) -> None:
    places = [tmp_path / "ledger.db", tmp_path / "other node" / "ledger.db"]
    workers = [
        start(python_words(WORKER, tmp_path, place, 2, 1.0), **environment)
        for place, environment in zip(places, ranks(2, TORCHELASTIC_RUN_ID="job7"), strict=True)
    ]
    said = [worker.communicate(timeout=60) for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0], said
    with open_ledger(places[0]) as ledger, open_ledger(places[1]) as other:
        ledger.merge(other)
    (run,) = all_runs(tmp_path)
    assert (run.name, run.state, len(run.segments), run.readings) == ("ddp", "completed", 2, 1)
    assert run.footprint.duration_s is not None
    assert run.footprint.duration_s.value < 1.9 * float(said[0][0])
