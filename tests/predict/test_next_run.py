"""Which run to do next: the one that makes the prediction surest per unit of cost."""

from __future__ import annotations

import numpy as np
import pytest

from payoff.errors import InvalidValue
from payoff.predict.curves import fit_law
from tests.predict.laws import Array, loss_of, runs

NOISE = 0.01
LAW = fit_law(*runs(40, noise=NOISE), resamples=500)
TARGET = (1e10, 1e12)
CANDIDATES = [(1e7, 1e9), (1e9, 1e9), (1e7, 1e11), (1e9, 1e11), (3e9, 3e11)]


def test_every_candidate_makes_the_target_surer() -> None:
    ranked = LAW.next_run(CANDIDATES, TARGET)
    assert len(ranked) == len(CANDIDATES)
    assert all(run.gain > 0 and run.sure == pytest.approx(ranked.sure_now - run.gain) for run in ranked)


def test_candidates_come_by_merit_and_keep_their_numbers() -> None:
    ranked = LAW.next_run(CANDIDATES, TARGET)
    merits = [run.merit for run in ranked]
    assert merits == sorted(merits, reverse=True) and ranked.best.merit == 1.0
    assert {(run.n, run.d) for run in ranked} == set(CANDIDATES)
    assert all(CANDIDATES[run.candidate] == (run.n, run.d) for run in ranked)


def test_without_a_price_training_flop_are_the_cost() -> None:
    ranked = LAW.next_run(CANDIDATES, TARGET)
    assert ranked.in_flop and all(run.cost == 6 * run.n * run.d for run in ranked)


def test_what_costs_more_ranks_lower_and_a_function_may_tell_the_cost() -> None:
    even = LAW.next_run(CANDIDATES, TARGET, 1.0)
    best = even.best.candidate
    dear = np.where(np.arange(len(CANDIDATES)) == best, 1e6, 1.0)
    assert LAW.next_run(CANDIDATES, TARGET, dear).runs[-1].candidate == best
    assert LAW.next_run(CANDIDATES, TARGET, lambda n, d: dear).runs[-1].candidate == best
    assert not even.in_flop


def test_for_the_same_cost_a_run_nearer_the_target_is_surer() -> None:
    even = LAW.next_run([(1e7, 1e9), (3e9, 3e11)], TARGET, 1.0)
    assert (even.best.n, even.best.d) == (3e9, 3e11)


def test_the_promised_gain_comes_true_on_average() -> None:
    """The recommended run is done, many times over: the error at the target falls, and by more than the worst one's."""
    rng = np.random.default_rng(5)
    n, d = (np.array([part]) for part in TARGET)
    truth = float(np.log(loss_of(n, d)[0]))
    now: list[float] = []
    best: list[float] = []
    worst: list[float] = []
    even = LAW.next_run(CANDIDATES, TARGET, 1.0)
    for seed in range(30):
        n, d, loss = runs(25, seed, noise=NOISE)
        for run, found in ((None, now), (even.best, best), (even.runs[-1], worst)):
            found.append(abs(float(np.log(after(n, d, loss, run, rng))) - truth))
    assert np.mean(np.square(best)) < np.mean(np.square(now))
    assert np.mean(np.square(best)) < np.mean(np.square(worst))


def after(n: Array, d: Array, loss: Array, run: object, rng: np.random.Generator) -> float:
    """The prediction at the target once four of this run are done."""
    if run is not None:
        more_n, more_d = np.full(4, run.n), np.full(4, run.d)  # type: ignore[attr-defined]
        seen = loss_of(more_n, more_d) * np.exp(NOISE * rng.standard_normal(4))
        n, d, loss = np.append(n, more_n), np.append(d, more_d), np.append(loss, seen)
    return float(fit_law(n, d, loss, resamples=0).predict(*TARGET)[0][0])


@pytest.mark.parametrize(
    ("candidates", "target", "cost", "sentence"),
    [
        ([], TARGET, None, "candidates must be pairs of parameters and tokens"),
        ([(1e9, -1.0)], TARGET, None, "candidates' d must be finite and above 0, got -1 in run 0"),
        ([(1e9, 1e9)], (1e9,), None, "the target is one pair"),
        ([(1e9, 1e9)], TARGET, [1.0, 2.0], "every candidate needs one cost, got 2 for 1"),
        ([(1e9, 1e9)], TARGET, [0.0], "cost must be finite and above 0"),
    ],
)
def test_what_makes_no_sense_is_refused(candidates: object, target: object, cost: object, sentence: str) -> None:
    with pytest.raises(InvalidValue, match=sentence):
        LAW.next_run(candidates, target, cost)  # type: ignore[arg-type]
