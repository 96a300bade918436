"""When to stop buying examples: the stop rule beside patience and never stopping, by cost-adjusted regret.

Replayed are the learning curves of LCDB (a step buys the next training size, its cost is the added examples) and the
five language curves of Alabdulmohsin 2022 (a step goes on to the next of 40 readings, its cost is the examples seen).
Every policy has the first 4 readings for nothing.

The whole rest of a curve costs `RATES` times the value of its whole gain: that sets the worth, and a policy is told
the worth alone. On a curve that gains less than 5 % of its error that 5 % stands in, so that flat curves count too.
The utility of a stop is the value of the error's fall to the best reading so far, less the cost since the start;
regret is what the best stop in hindsight had more, as a share of what is at stake (the larger of the whole gain's
value and the whole cost). The mean is taken over worths and curves, and over the two collections alike.

Data sets (of the language curves: curves) are parted in two halves: level, horizons and the rivals' patience are
chosen on one, every figure is of the other. Intervals: 90 %, from data sets drawn anew, the same for all policies.
The constants of the curve engine were fitted on curves of both halves; what it predicts here is to that extent known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np

import contest
from curves_data import sample_size_curves, scaling_tasks
from payoff.judge import Ahead, chance_worth, decide, horizons
from payoff.model import Worth
from payoff.predict.curves import fit_curves
from payoff.predict.curves._solve import Array
from payoff.quantities import Estimate

RATES = (0.1, 0.3, 1.0, 3.0)
START = 4
CURVES, QUICK_CURVES = 400, 24
READINGS, QUICK_READINGS = 40, 12
SOFTEST = 0.05
ENOUGH = 0.01
LOOK = 16
PATIENCES = (1, 2, 3, 4, 5)
LEVELS = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5)


@dataclass(frozen=True, slots=True)
class Replay:
    """A curve whose end is known: readings, and what each prefix predicted (mid, low, high of y) at its horizons."""

    collection: str
    group: str
    x: Array
    y: Array
    said: dict[int, dict[int, tuple[float, float, float]]]

    @property
    def best(self) -> Array:
        """The best reading so far."""
        return np.minimum.accumulate(self.y)

    @property
    def spent(self) -> Array:
        """Of the cost from the start to the end, the share spent by each reading."""
        share: Array = (self.x - self.x[START - 1]) / (self.x[-1] - self.x[START - 1])
        return share

    def worth(self, rate: float) -> Worth:
        """The worth at which the whole curve costs `rate` times the value of its gain; the whole costs 1."""
        return Worth(rate * self._gain, "examples", 1.0)

    @property
    def _gain(self) -> float:
        start, end = self.best[START - 1], self.best[-1]
        return float(max(start - end, SOFTEST * start))

    def regret(self, stop: int, rate: float) -> float:
        """What the best stop had more than this one, as a share of what is at stake."""
        since = np.arange(START - 1, len(self.x))
        value = (self.best[START - 1] - self.best[since]) * self.worth(rate).price
        utility = value - self.spent[since]
        return float((utility.max() - utility[stop - START + 1]) / max(1.0, 1 / rate))

    def ahead(self, at: int, farthest: int = LOOK) -> list[Ahead]:
        """What going on from reading `at` was predicted to gain, and costs."""
        best, spent = self.best[at], self.spent
        options = []
        for steps in horizons(len(self.x) - 1 - at, farthest):
            mid, low, high = self.said[at][steps]
            gain = Estimate(best - mid, {"curve": (best - high, best - low)}, {"modelled": 1.0}, signed=True)
            options.append(Ahead(steps, gain, float(spent[at + steps] - spent[at])))
        return options


def replays(data: Path, quick: bool, *, seed: int = 0) -> list[Replay]:
    """The curves with the predictions of all their prefixes, fitted in batches of like length."""
    every = sorted(sample_size_curves(data).items())
    picks = np.random.default_rng(seed).permutation(len(every))
    long = [every[pick] for pick in picks if len(every[pick][1][0]) > START]
    chosen = [("lcdb", key[0], *curve) for key, curve in long[: QUICK_CURVES if quick else CURVES]]
    for number, task in enumerate(task for task in scaling_tasks(data) if task.domain == "LM"):
        x, y = np.append(task.x, task.far_x), np.append(task.y, task.far_y)
        x, first = np.unique(x, return_index=True)
        kept = np.linspace(0, len(x) - 1, min(len(x), QUICK_READINGS if quick else READINGS)).round().astype(int)
        chosen.append(("language", f"language {number}", x[kept], y[first][kept]))
    empty = [Replay(*curve, {}) for curve in chosen]
    prefixes = [(replay, at) for replay in empty for at in range(START - 1, len(replay.x) - 1)]
    prefixes.sort(key=lambda prefix: prefix[1])
    for begin in range(0, len(prefixes), 500):
        batch = prefixes[begin : begin + 500]
        curves = fit_curves([r.x[: at + 1] for r, at in batch], [r.y[: at + 1] for r, at in batch])
        for (replay, at), curve in zip(batch, curves, strict=True):
            steps = horizons(len(replay.x) - 1 - at, LOOK)
            said = curve.predict(replay.x[at + np.array(steps)], level=0.9)
            replay.said[at] = {step: (float(m), float(a), float(b)) for step, m, a, b in zip(steps, *said, strict=True)}
    return empty


# Policies: the reading at which each stops

Policy = Callable[[Replay, float], int]


def by_worth(replay: Replay, rate: float) -> int:
    """The rule of payoff as it ships."""
    worth, doubts = replay.worth(rate), 0
    for at in range(START - 1, len(replay.x) - 1):
        ahead = [option for option in replay.ahead(at) if option.steps in horizons(len(replay.x) - 1 - at)]
        verdict = decide(ahead, worth, doubts=doubts)
        doubts = verdict.doubts
        if not verdict.go_on:
            return at
    return len(replay.x) - 1


def by_patience(steps: int) -> Policy:
    """Stop after so many steps without an improvement of 1 % of the best."""

    def policy(replay: Replay, rate: float) -> int:
        last, mark = 0, replay.y[0]
        for at, y in enumerate(replay.y):
            if y < mark * (1 - ENOUGH):
                last, mark = at, y
            if at >= START - 1 and at - last >= steps:
                return at
        return len(replay.x) - 1

    return policy


def by_last_gain(steps: int) -> Policy:
    """Stop when what the last steps gained was worth less than they cost: knows the worth, predicts nothing."""

    def policy(replay: Replay, rate: float) -> int:
        price, best, spent = replay.worth(rate).price, replay.best, replay.spent
        for at in range(START - 1, len(replay.x) - 1):
            if (best[at - steps] - best[at]) * price < spent[at] - spent[at - steps]:
                return at
        return len(replay.x) - 1

    return policy


def never(replay: Replay, rate: float) -> int:
    """Buy everything."""
    return len(replay.x) - 1


# Choosing and scoring


def halves(every: Sequence[Replay], *, seed: int = 1) -> tuple[list[Replay], list[Replay]]:
    """The curves to choose on and those to score on, parted by data set within each collection."""
    names = sorted({(replay.collection, replay.group) for replay in every})
    order = np.random.default_rng(seed).permutation(len(names))
    ranked = sorted((names[place] for place in order), key=lambda name: name[0])
    choosing = set(ranked[::2])
    return (
        [r for r in every if (r.collection, r.group) in choosing],
        [r for r in every if (r.collection, r.group) not in choosing],
    )


def regrets(every: Iterable[Replay], policy: Policy) -> Array:
    """The mean regret of each curve over the worths."""
    return np.array([np.mean([r.regret(policy(r, rate), rate) for rate in RATES]) for r in every])


def overall(every: Sequence[Replay], regret: Array, weights: Array | None = None) -> float:
    """The mean over collections of the mean over curves."""
    weights = np.ones(len(every)) if weights is None else weights
    names = np.array([r.collection for r in every])
    return float(np.mean([np.average(regret[names == n], weights=weights[names == n]) for n in np.unique(names)]))


def bootstrap(every: Sequence[Replay], regret: Array, *, draws: int = 2000, seed: int = 0) -> tuple[float, float]:
    """The 90 % interval of `overall`, data sets of each collection drawn anew; the same draws at each call."""
    rng = np.random.default_rng(seed)
    names = sorted({(r.collection, r.group) for r in every})
    row = np.array([names.index((r.collection, r.group)) for r in every])
    collections = np.array([name for name, _ in names])
    values = []
    for _ in range(draws):
        counts = np.zeros(len(names))
        for name in np.unique(collections):
            here = np.flatnonzero(collections == name)
            np.add.at(counts, rng.choice(here, len(here)), 1.0)
        values.append(overall(every, regret, counts[row]))
    low, high = np.quantile(values, [0.05, 0.95])
    return float(low), float(high)


def best_of(policies: Sequence[Policy], choosing: Sequence[Replay]) -> Policy:
    """The policy with the least regret on the choosing half."""
    return min(policies, key=lambda policy: overall(choosing, regrets(choosing, policy)))


def figures(data: Path, quick: bool) -> dict[str, float]:
    """stop_regret, its rivals' (@patience, @never, @last_gain), and each with _low and _high."""
    choosing, scoring = halves(replays(data, quick))
    policies: dict[str, Policy] = {
        "": by_worth,
        "@patience": best_of([by_patience(k) for k in PATIENCES], choosing),
        "@never": never,
        "@last_gain": best_of([by_last_gain(k) for k in PATIENCES if k < START], choosing),
    }
    named = {}
    regret = {name: regrets(scoring, policy) for name, policy in policies.items()}
    for name, values in regret.items():
        named[f"stop_regret{name}"] = overall(scoring, values)
        named[f"stop_regret{name}_low"], named[f"stop_regret{name}_high"] = bootstrap(scoring, values)
    return named
