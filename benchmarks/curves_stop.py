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
chosen on one (`python benchmarks/curves_stop.py` shows the choice), every figure is of the other. Intervals: 90 %,
from data sets drawn anew, the same for all policies. The constants of the curve engine were fitted on curves of both
halves; what it predicts here is to that extent known.

Of three variants of the rule the one with the least regret on the choosing half is kept: chance of the fitted curve's
gain .040, mean net value above 0 (gains below 0 counted as 0) .044, chance of a reading below the best so far .050.
The middle one has no level to choose.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np

import contest
from curves_data import sample_size_curves, scaling_tasks
from payoff.judge import FARTHEST, LEVEL, Ahead, chance_worth, decide, horizons
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
PATIENCES = (1, 2, 3, 4, 5)
LEVELS = (0.1, 0.2, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6)


@dataclass(frozen=True, slots=True)
class Replay:
    """A curve whose end is known: its readings, and the gain that each prefix predicted at each of its horizons."""

    collection: str
    group: str
    x: Array
    y: Array
    gains: dict[int, dict[int, Estimate]]

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

    def ahead(self, at: int, farthest: int) -> list[Ahead]:
        """What going on from reading `at` was predicted to gain, and costs."""
        spent, gains = self.spent, self.gains[at]
        return [
            Ahead(steps, gains[steps], float(spent[at + steps] - spent[at]))
            for steps in horizons(len(self.x) - 1 - at, farthest)
        ]


def replays(data: Path, quick: bool, *, seed: int = 0) -> list[Replay]:
    """The curves with the predictions of all their prefixes, fitted in batches of like length."""
    every = sorted(sample_size_curves(data).items())
    picks = np.random.default_rng(seed).permutation(len(every))
    long = [every[pick] for pick in picks if len(every[pick][1][0]) > START]
    empty = [Replay("lcdb", key[0], x, y, {}) for key, (x, y) in long[: QUICK_CURVES if quick else CURVES]]
    for number, task in enumerate(task for task in scaling_tasks(data) if task.domain == "LM"):
        x, y = np.append(task.x, task.far_x), np.append(task.y, task.far_y)
        x, first = np.unique(x, return_index=True)
        kept = np.linspace(0, len(x) - 1, min(len(x), QUICK_READINGS if quick else READINGS)).round().astype(int)
        empty.append(Replay("language", f"language {number}", x[kept], y[first][kept], {}))
    prefixes = [(replay, at) for replay in empty for at in range(START - 1, len(replay.x) - 1)]
    prefixes.sort(key=lambda prefix: prefix[1])
    for begin in range(0, len(prefixes), 500):
        batch = prefixes[begin : begin + 500]
        curves = fit_curves([r.x[: at + 1] for r, at in batch], [r.y[: at + 1] for r, at in batch])
        for (replay, at), curve in zip(batch, curves, strict=True):
            now = replay.x[at]
            steps = horizons(len(replay.x) - 1 - at)
            replay.gains[at] = {step: curve.gain(now, replay.x[at + step]) for step in steps}
    return empty


# Policies: the reading at which each stops

Policy = Callable[[Replay, float], int]


def by_worth(replay: Replay, rate: float) -> int:
    """The rule of payoff as it ships."""
    worth = replay.worth(rate)
    for at in range(START - 1, len(replay.x) - 1):
        if not decide(replay.ahead(at, FARTHEST), worth).go_on:
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


def choices(choosing: Sequence[Replay]) -> dict[tuple[float, int], float]:
    """The regret of the rule by level and farthest horizon."""
    known = {}
    for replay, rate in product(choosing, RATES):
        worth = replay.worth(rate)
        for at in replay.gains:
            known[id(replay), rate, at] = {
                option.steps: chance_worth(option.gain, option.cost, worth) for option in replay.ahead(at, FARTHEST)
            }

    def rule(level: float, farthest: int) -> Policy:
        def policy(replay: Replay, rate: float) -> int:
            for at in range(START - 1, len(replay.x) - 1):
                if max(chance for step, chance in known[id(replay), rate, at].items() if step <= farthest) < level:
                    return at
            return len(replay.x) - 1

        return policy

    grid = product(LEVELS, horizons(FARTHEST))
    return {setting: overall(choosing, regrets(choosing, rule(*setting))) for setting in grid}


def best_of(policies: Sequence[Policy], choosing: Sequence[Replay]) -> Policy:
    """The policy with the least regret on the choosing half."""
    return min(policies, key=lambda policy: overall(choosing, regrets(choosing, policy)))


def figures(data: Path, quick: bool) -> dict[str, float]:
    """stop_regret and its rivals' (@patience, @never, @last_gain), each with _low and _high, and of each collection.

    stop_lead@RIVAL is what the rival's regret is above that of the rule, curve by curve.
    """
    choosing, scoring = halves(replays(data, quick))
    policies: dict[str, Policy] = {
        "": by_worth,
        "@patience": best_of([by_patience(k) for k in PATIENCES], choosing),
        "@never": never,
        "@last_gain": best_of([by_last_gain(k) for k in PATIENCES if k < START], choosing),
    }
    regret = {name: regrets(scoring, policy) for name, policy in policies.items()}
    judged = {f"stop_regret{name}": values for name, values in regret.items()}
    judged |= {f"stop_lead{name}": values - regret[""] for name, values in regret.items() if name}
    named = {}
    for name, values in judged.items():
        named[name] = overall(scoring, values)
        named[f"{name}_low"], named[f"{name}_high"] = bootstrap(scoring, values)
        for collection in ("lcdb", "language"):
            named[f"{name}_{collection}"] = float(values[[r.collection == collection for r in scoring]].mean())
    return named


def main() -> None:
    """Show the choice, then the figures."""
    options = contest.options(__doc__)
    choosing, _ = halves(replays(options.data, options.quick))
    print(f"on the choosing half, by level and farthest horizon (shipped: {LEVEL:g}, {FARTHEST}):")
    for (level, farthest), regret in sorted(choices(choosing).items(), key=lambda item: item[1])[:10]:
        print(f"  {level:.2f} {farthest:3d}  {regret:.4f}")
    named = figures(options.data, options.quick)
    print(json.dumps(named, indent=1))
    if options.json is not None:
        options.json.write_text(json.dumps(named, indent=1))


if __name__ == "__main__":
    main()
