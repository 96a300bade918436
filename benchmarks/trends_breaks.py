"""Made-up histories whose breaks are known: how often a confidence set holds the date, how often a break is invented.

Every history is drawn anew: its dates (those of the models of the table, even ones, dense ones), the rate of growth
before (0.1 to 0.3 decades a year), the break (anywhere in the middle 60 % of the models), the change of the rate (0.2
to 0.6), at a jump the step (0.5 to 4 decades), and scatter of 1.5 decades around it: normal, Student's t of 3
degrees, or normal with a scatter that triples, or falls to a third, over the history. A second break slows growth
down again.

Rivals see the same histories: `bic` is payoff's own search with the lowest BIC and nothing else (no interval), and
the package `piecewise-regression` 1.5.0 (Pilgrim 2021; the method of Muggeo 2003, joined breaks only) takes the
number of breaks by its own BIC; its interval is its estimate and standard error at 90 %. It is asked for a part of
the histories, because it takes seconds for each.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from contest import Figure, Rival, child_figures
from payoff.predict.trends import History, changes
from payoff.predict.trends._placings import Placings
from payoff.predict.trends._series import Array

TRUTHS = {"none": 0, "joined": 1, "jump": 1, "two": 2}
NOISES = ("normal", "t3", "growing", "shrinking")
SCATTER = 1.5
RESAMPLES = 199
REPEATS, QUICK_REPEATS, RIVAL_REPEATS = 40, 1, 1
RIVAL = Rival("piecewise-regression", "1.5.0")
CODE = """
import json, warnings, contextlib, io
warnings.simplefilter("ignore")
import numpy, piecewise_regression as pw
numpy.random.seed(0)
told = []
for history in json.load(open(PATH)):
    x, y = numpy.array(history["years"]), numpy.array(history["logs"])
    with contextlib.redirect_stdout(io.StringIO()):
        chosen = pw.ModelSelection(x, y, max_breakpoints=2, n_boot=10)
    found = [s for s in chosen.model_summaries if s["converged"]]
    best = min(found, key=lambda s: s["bic"])
    e = best["estimates"]
    at = [e[f"breakpoint{i + 1}"] for i in range(best["n_breakpoints"])]
    told.append([[b["estimate"], b["se"]] for b in at])
json.dump(told, open(PATH + ".out", "w"))
print(json.dumps({"histories": len(told)}))
"""


@dataclass(frozen=True, slots=True)
class Made:
    """A history with known breaks."""

    design: str
    truth: str
    noise: str
    years: Array
    logs: Array
    breaks: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found in a history: how many breaks, and for each its set of dates."""

    made: Made
    sets: tuple[tuple[float, float], ...]
    count: int

    @property
    def held(self) -> list[bool]:
        """For each true break whether its set holds it; nothing where another number was found."""
        if len(self.sets) != len(self.made.breaks):
            return []
        return [low <= true <= high for true, (low, high) in zip(self.made.breaks, self.sets, strict=True)]


def designs(table: History) -> dict[str, Array]:
    """The dates of the histories: those of the table's models, and two others."""
    return {"models": table.years, "even": np.linspace(1960, 2026, 150), "dense": np.linspace(2000, 2026, 400)}


def histories(years: Mapping[str, Array], repeats: int, *, seed: int = 2027) -> Iterator[Made]:
    """`repeats` of each design, truth and kind of scatter."""
    rng = np.random.default_rng(seed)
    for design, when in years.items():
        for truth, count in TRUTHS.items():
            for noise in NOISES:
                for _ in range(repeats):
                    yield _made(rng, (design, truth, noise), when, count)


def _made(rng: np.random.Generator, names: tuple[str, str, str], years: Array, count: int) -> Made:
    design, truth, noise = names
    shares = {0: [], 1: [rng.uniform(0.2, 0.8)], 2: [rng.uniform(0.2, 0.35), rng.uniform(0.65, 0.8)]}[count]
    at = tuple(float(np.quantile(years, share)) for share in shares)
    logs = rng.uniform(0.1, 0.3) * (years - years[0])
    for number, date in enumerate(at):
        logs = logs + (-1) ** number * rng.uniform(0.2, 0.6) * np.maximum(years - date, 0)
        if truth == "jump":
            logs = logs + rng.uniform(0.5, 4.0) * (years >= date)
    along = np.linspace(0.5, 1.5, len(years))
    drawn = rng.standard_t(3, len(years)) / np.sqrt(3) if noise == "t3" else rng.standard_normal(len(years))
    size = {"growing": along, "shrinking": along[::-1]}.get(noise, np.ones_like(along))
    return Made(design, truth, noise, years, logs + SCATTER * size * drawn, at)


def answers(made: Sequence[Made]) -> tuple[list[Answer], list[Answer]]:
    """What payoff finds, and what the lowest BIC alone would."""
    placings = {one.design: Placings(one.years) for one in made}
    ours, bare = [], []
    for seed, one in enumerate(made):
        found = changes(one.years, one.logs, resamples=RESAMPLES, seed=seed, placings=placings[one.design])
        sets = tuple((each.low, each.high) for each in found.breaks)
        ours.append(Answer(one, sets, len(sets)))
        bare.append(Answer(one, (), _by_bic(one, placings[one.design])))
    return ours, bare


def _by_bic(one: Made, placings: Placings) -> int:
    from payoff.predict.trends._breaks import _least_bic

    return int(np.argmin([_least_bic(placings, one.logs[None], count)[0] for count in (0, 1, 2)]))


def rival_answers(made: Sequence[Made]) -> list[Answer]:
    """What piecewise-regression finds; its interval at 90 %."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "histories.json"
        path.write_text(json.dumps([{"years": list(one.years), "logs": list(one.logs)} for one in made]))
        child_figures(RIVAL.python(), CODE.replace("PATH", repr(str(path))), Path(folder), OMP_NUM_THREADS="1")
        told = json.loads(Path(f"{path}.out").read_text())
    out = []
    for one, found in zip(made, told, strict=True):
        sets = tuple((at - 1.645 * error, at + 1.645 * error) for at, error in sorted(found))
        out.append(Answer(one, sets, len(sets)))
    return out


def figures(answered: Sequence[Answer]) -> dict[str, float]:
    """Coverage of the sets and the share of invented breaks, in the names of `--json`."""
    by_cell: dict[tuple[str, str], list[bool]] = {}
    for one in answered:
        by_cell.setdefault((one.made.truth, one.made.noise), []).extend(one.held)
    held = [inside for some in by_cell.values() for inside in some]
    named = {
        "break_coverage": _share(held),
        "break_coverage_worst": min((_share(some) for some in by_cell.values() if some), default=np.nan),
        "break_coverage_joined": _share([x for one in answered if one.made.truth == "joined" for x in one.held]),
        "false_second_breaks": _share([one.count > 1 for one in answered if len(one.made.breaks) == 1]),
        "false_first_breaks": _share([one.count > 0 for one in answered if not one.made.breaks]),
        "second_breaks_found": _share([one.count == 2 for one in answered if len(one.made.breaks) == 2]),
    }
    return {name: value for name, value in named.items() if np.isfinite(value)}


def _share(hits: Sequence[bool]) -> float:
    return float(np.mean(hits)) if hits else float("nan")


def binomial(share: float, count: int) -> Figure:
    """A share of `count` with its 90 % interval (Wilson 1927)."""
    z2 = 1.645**2
    middle, reach = share + z2 / (2 * count), np.sqrt(z2 * (share * (1 - share) / count + z2 / (4 * count**2)))
    return Figure(share, float((middle - reach) / (1 + z2 / count)), float((middle + reach) / (1 + z2 / count)))
