"""Curves whose end is known: the sets of development data, each curve cut where its prediction begins."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from payoff.predict.curves import Points, gather
from payoff.predict.curves._solve import Array

LEAST_POINTS = 4
FLOOR = 1e-4
"""Error rates of 0 in LCDB are read as this."""


@dataclass(frozen=True, slots=True)
class Task:
    """A curve to its cut (x, y), and what came after (far_x, far_y); `group` is what must be left out together."""

    group: str
    domain: str
    x: Array
    y: Array
    far_x: Array
    far_y: Array


@dataclass(frozen=True, slots=True)
class Answers:
    """What came after the cuts of b tasks: t = log(x / largest x seen), log y and weight, each (b, m)."""

    t: Array
    log_y: Array
    weights: Array


def scaling_tasks(data: Path) -> list[Task]:
    """The 92 curves of Alabdulmohsin 2022, cut where the paper cuts them."""
    curves: dict[tuple[str, str, str], list[tuple[float, float, int]]] = {}
    for path in sorted((data / "scale").glob("benchmark.*.csv")):
        with path.open() as file:
            for row in csv.DictReader(file):
                key = (row["Domain"], row["Task"], row["Model"])
                curves.setdefault(key, []).append(
                    (float(row["Seen Examples"]), float(row["Loss"]), int(row["Training"]))
                )
    tasks = []
    for (domain, task, _), rows in curves.items():
        x, y, training = np.array(sorted(rows, key=lambda row: row[0])).T
        seen = training == 1
        tasks.append(Task(f"{domain} {task}", domain, x[seen], y[seen], x[~seen], y[~seen]))
    return tasks


def early_tasks(data: Path, factor: float = 4.0) -> Iterator[Task]:
    """The seen parts of the same curves, cut `factor` earlier: for longer distances."""
    for task in scaling_tasks(data):
        early = task.x <= task.x.max() / factor
        late = np.flatnonzero(~early)
        if early.sum() >= LEAST_POINTS:
            late = late[:: max(1, len(late) // 12)]
            yield Task(task.group, "early", task.x[early], task.y[early], task.x[late], task.y[late])


def sample_size_curves(data: Path) -> dict[tuple[str, str], tuple[Array, Array]]:
    """The learning curves of LCDB: training size and error rate by data set and learner, sizes rising."""
    curves: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for path in sorted((data / "scale").glob("lcdb_mean_curves*.csv.gz")):
        with gzip.open(path, "rt") as file:
            for row in csv.DictReader(file):
                if row["acc_test"]:
                    point = float(row["size_train"]), 1 - float(row["acc_test"])
                    curves.setdefault((row["openmlid"], row["learner"]), []).append(point)
    finite = {key: np.array(sorted(points)) for key, points in curves.items()}
    return {key: (p[:, 0], np.maximum(p[:, 1], FLOOR)) for key, p in finite.items() if np.isfinite(p).all()}


def sample_size_tasks(data: Path, factor: float) -> list[Task]:
    """LCDB: the error rate at the largest size, from sizes up to a `factor`-th of it."""
    tasks = []
    for (dataset, _), (x, y) in sample_size_curves(data).items():
        seen = x <= x[-1] / factor * 1.0001
        if seen.sum() >= LEAST_POINTS:
            tasks.append(Task(f"lcdb {dataset}", f"lcdb x{factor:g}", x[seen], y[seen], x[-1:], y[-1:]))
    return tasks


def points_of(tasks: list[Task]) -> Points:
    """The seen parts as one batch."""
    return gather([task.x for task in tasks], [task.y for task in tasks])


def answers_of(tasks: list[Task]) -> Answers:
    """The unseen parts as one batch."""
    most = max(len(task.far_x) for task in tasks)
    t, log_y, weights = (np.zeros((len(tasks), most)) for _ in range(3))
    for row, task in enumerate(tasks):
        count = len(task.far_x)
        t[row, :count] = np.log(task.far_x / task.x.max())
        log_y[row, :count] = np.log(task.far_y)
        weights[row, :count] = 1.0
    return Answers(t, log_y, weights)
