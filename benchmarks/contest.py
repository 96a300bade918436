"""The conventions of every benchmark: payoff beside its rivals, in one run, by one accounting.

A benchmark is a script with a subject. It takes `--data DIR`, `--quick` (under a minute, for the tests; writes no
table, installs no rival), and `--json FILE` (its figures by name; a rival's as NAME@RIVAL), and writes its table to
`docs/benchmarks/SUBJECT.md`, with the machine, the date and the versions that made it. A lost comparison stays in.

A rival lives in an environment of its own, made once in the user's cache and never in the project. Contestants take
turns (round after round, the order turned each time), so that a busy minute of the machine meets them all.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
CONFIDENCE = 0.90
RESAMPLES = 10_000


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of a contest with its interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        interval = f" ({_short(self.low)} to {_short(self.high)})" if self.low < self.high else ""
        return _short(self.value) + interval


def _short(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 100 else f"{value:,.0f}"


@dataclass(frozen=True, slots=True)
class Options:
    """What the user asked of a benchmark."""

    data: Path
    quick: bool
    json: Path | None


def options(purpose: str | None, arguments: Sequence[str] | None = None) -> Options:
    """Read the options that all benchmarks share."""
    parser = argparse.ArgumentParser(
        description=purpose, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    folder = ROOT.parent / "shared" / "data"
    parser.add_argument("--data", type=Path, default=folder, help="folder of development data")
    parser.add_argument(
        "--quick", action="store_true", help="few rounds, under a minute; write no table, install no rival"
    )
    parser.add_argument("--json", type=Path, help="write the figures by name to this file")
    return Options(**vars(parser.parse_args(arguments)))


# Contestants


@dataclass(frozen=True, slots=True)
class Rival:
    """Another tool from the package index, in an environment of its own."""

    name: str
    version: str
    beside: tuple[str, ...] = ()
    """Requirements that its own metadata leaves out."""

    @property
    def folder(self) -> Path:
        """Where its environment is or will be."""
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "payoff" / "rivals"
        return cache / f"{self.name}-{self.version}-python{sys.version_info.major}.{sys.version_info.minor}"

    @property
    def ready(self) -> bool:
        """Whether its environment has been made."""
        return (self.folder / "made").exists()

    def python(self) -> str:
        """The interpreter of its environment, made at the first call."""
        python = str(self.folder / "bin" / "python")
        if not self.ready:
            print(f"making an environment for {self.name} in {self.folder}", file=sys.stderr)
            subprocess.run([sys.executable, "-m", "venv", "--clear", self.folder], check=True)
            pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            subprocess.run([*pip, f"{self.name}=={self.version}", *self.beside], check=True)
            (self.folder / "made").touch()
        return python

    def takes_part(self, options: Options) -> bool:
        """In a quick run only when nothing has to be installed for it."""
        return self.ready or not options.quick


def child_figures(python: str, code: str, folder: Path, **variables: str) -> dict[str, float]:
    """Run code in a fresh interpreter with that folder as its home; the JSON object on its last line of output."""
    environment = {**os.environ, "HOME": str(folder), **variables}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # nobody is timed at compiling
    done = subprocess.run(
        [python, "-c", code], cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=600
    )
    if done.returncode:
        raise RuntimeError(f"a contestant failed:\n{done.stderr}")
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


# Rounds and intervals

Samples = dict[str, np.ndarray]


def rounds(
    contestants: Mapping[str, Callable[[], Mapping[str, float]]], count: int, *, warm_up: int = 1
) -> dict[str, Samples]:
    """Each contestant's figures, round by round: {contestant: {figure: array of `count`}}.

    The first `warm_up` rounds (files read from disk, caches made) are not counted.
    """
    names = list(contestants)
    seen: dict[str, list[Mapping[str, float]]] = {name: [] for name in names}
    for turn in range(warm_up + count):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            seen[name].append(contestants[name]())
        if sys.stderr.isatty():
            print(f"\rround {turn + 1} of {warm_up + count}", end="", file=sys.stderr, flush=True)
    kept = {name: figures[warm_up:] for name, figures in seen.items()}
    return {name: {key: np.array([f[key] for f in some]) for key in some[0]} for name, some in kept.items()}


def median(samples: np.ndarray, *, seed: int = 0) -> Figure:
    """The median with its bootstrap interval; shape (rounds,)."""
    return _interval(float(np.median(samples)), np.median(_resampled(samples, seed), axis=1))


def ratio(samples: np.ndarray, others: np.ndarray, *, seed: int = 0) -> Figure:
    """How many times `others` takes what `samples` takes, by medians, rounds resampled together; shapes (rounds,)."""
    draws = _resampled(np.stack([samples, others], axis=1), seed)
    below, above = np.moveaxis(np.median(draws, axis=1), 1, 0)
    return _interval(float(np.median(others) / np.median(samples)), above / below)


def _resampled(samples: np.ndarray, seed: int) -> np.ndarray:
    picks = np.random.default_rng(seed).integers(0, len(samples), (RESAMPLES, len(samples)))
    return samples[picks]


def _interval(value: float, draws: np.ndarray) -> Figure:
    low, high = np.quantile(draws, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Figure(value, float(low), float(high))


# What comes out


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: what was measured, in which unit, and the figure of each contestant."""

    label: str
    figures: Mapping[str, Figure | None]


@dataclass(frozen=True, slots=True)
class Report:
    """A benchmark's result, ready to be written."""

    subject: str
    question: str
    how: str
    rows: Sequence[Row]
    versions: Mapping[str, str]
    rounds: int
    """Of contestants taking turns; 0 where nobody is timed."""
    named: Mapping[str, float] = field(default_factory=dict)
    sections: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    """Further tables by their headings, where other contestants take part."""

    def markdown(self) -> str:
        """The page of this benchmark."""
        lines = [
            f"# {self.subject.capitalize()}",
            "",
            self.question,
            "",
            *_table(self.rows),
        ]
        for heading, rows in self.sections.items():
            lines += ["", f"## {heading}", "", *_table(rows)]
        medians = (
            f"With an interval: medians of {self.rounds} rounds, {CONFIDENCE:.0%} bootstrap, contestants taking turns."
        )
        versions = ", ".join(f"{name} {version}" for name, version in self.versions.items())
        lines += [
            "",
            self.how,
            "",
            *([medians] if self.rounds else []),
            f"Made on {datetime.now(UTC):%Y-%m-%d} with {versions} on {machine()}",
            f"by `make bench BENCH={self.subject}`.",
            "",
        ]
        return "\n".join(lines)

    def write(self, options: Options) -> None:
        """The table to the docs (not of a quick run), the named figures to `--json`, both to the terminal."""
        page = self.markdown()
        if not options.quick:
            path = ROOT / "docs" / "benchmarks" / f"{self.subject}.md"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(page)
        if options.json is not None:
            options.json.write_text(json.dumps({k: v for k, v in self.named.items() if math.isfinite(v)}, indent=1))
        print(page)


def _table(rows: Sequence[Row]) -> list[str]:
    contestants = list(dict.fromkeys(name for row in rows for name in row.figures))
    lines = [f"| figure | {' | '.join(contestants)} |", f"|---|{'---|' * len(contestants)}"]
    for row in rows:
        cells = (str(row.figures.get(name) or "–") for name in contestants)
        lines.append(f"| {row.label} | {' | '.join(cells)} |")
    return lines


def machine() -> str:
    """The machine in words, with nothing that names one among its kind."""
    model = platform.machine()
    try:
        text = Path("/proc/cpuinfo").read_text()
        model = next(line.split(":", 1)[1].strip() for line in text.splitlines() if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return f"{model}, {os.cpu_count()} hardware threads, {platform.system()}, Python {platform.python_version()}"
