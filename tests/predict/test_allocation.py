"""What a budget is best spent on: the optimum, its closed form, its region, and the words for it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payoff.errors import InvalidValue
from payoff.predict.curves import Law, fit_law
from tests.predict.laws import HOFFMANN, loss_of, runs

EXACT = fit_law(*runs(), resamples=0)
NOISY = fit_law(*runs(80, noise=0.005), resamples=200)
PRICE = 2.5 / 3600


def hoffmann(compute: float) -> tuple[float, float]:
    """Equation 4 of Hoffmann 2022."""
    alpha, beta = HOFFMANN["alpha"], HOFFMANN["beta"]
    g = (alpha * HOFFMANN["A"] / (beta * HOFFMANN["B"])) ** (1 / (alpha + beta))
    a, b = beta / (alpha + beta), alpha / (alpha + beta)
    return g * (compute / 6) ** a, (compute / 6) ** b / g


@settings(max_examples=30)
@given(st.floats(17, 27))
def test_the_optimum_is_hoffmanns_closed_form(exponent: float) -> None:
    best = EXACT.optimal(compute=10**exponent)
    assert (best.n.value, best.d.value) == pytest.approx(hoffmann(10**exponent), rel=1e-3)
    assert 6 * best.n.value * best.d.value == pytest.approx(10**exponent)


@settings(max_examples=20)
@given(st.floats(18, 26), st.floats(1.1, 100.0))
def test_more_compute_brings_a_lower_loss_with_more_of_both(exponent: float, times: float) -> None:
    less, more = EXACT.optimal(compute=10**exponent), EXACT.optimal(compute=times * 10**exponent)
    assert more.loss.value < less.loss.value
    assert more.n.value > less.n.value and more.d.value > less.d.value


@settings(max_examples=20)
@given(st.floats(20, 25), st.floats(-0.7, 0.7))
def test_no_other_size_for_the_same_compute_is_better(exponent: float, off: float) -> None:
    best = NOISY.optimal(compute=10**exponent)
    n, d = best.n.value * math.exp(off), best.d.value * math.exp(-off)
    assert NOISY.predict(n, d)[0][0] >= best.loss.value * (1 - 1e-9)


def test_money_and_energy_buy_compute() -> None:
    by_compute = EXACT.optimal(compute=5.76e23, price=PRICE)
    assert by_compute.cost_usd is not None
    device_s = 5.76e23 / (989e12 * 0.4)
    assert by_compute.device_s.value == pytest.approx(device_s)
    assert by_compute.cost_usd.value == pytest.approx(device_s * PRICE)
    assert by_compute.energy_j.value == pytest.approx(device_s * 1280 * 1.2)
    by_money = EXACT.optimal(budget_usd=by_compute.cost_usd.value, price=PRICE)
    by_energy = EXACT.optimal(energy_j=by_compute.energy_j.value)
    for other in (by_money, by_energy):
        assert (other.n.value, other.d.value) == pytest.approx((by_compute.n.value, by_compute.d.value), rel=1e-4)


def test_a_faster_device_or_a_better_use_of_it_buys_more() -> None:
    plain = EXACT.optimal(budget_usd=1e6, price=PRICE)
    better = EXACT.optimal(budget_usd=1e6, price=PRICE, utilisation=0.5, flop_per_device_s=2e15)
    assert better.compute.value / plain.compute.value == pytest.approx(0.5 / 0.4 * 2e15 / 989e12)


def test_serving_makes_the_best_model_smaller_and_trained_on_more() -> None:
    alone, served = EXACT.optimal(loss=2.2), EXACT.optimal(loss=2.2, inference_tokens=1e13)
    assert served.n.value < alone.n.value and served.d.value > alone.d.value
    total = served.compute.value + served.serving_flop.value
    assert total < alone.compute.value + 2 * alone.n.value * 1e13


def test_the_optimum_with_serving_satisfies_sardanas_condition() -> None:
    """Sardana 2023: along the loss, cost neither falls nor rises; a grid of sizes finds nothing cheaper."""
    served = EXACT.optimal(loss=2.2, inference_tokens=1e13)
    n = served.n.value * np.exp(np.linspace(-0.5, 0.5, 1001))
    rest = 2.2 - HOFFMANN["E"] - HOFFMANN["A"] / n ** HOFFMANN["alpha"]
    d = (HOFFMANN["B"] / rest) ** (1 / HOFFMANN["beta"])
    cost = 6 * n * d + 2 * n * 1e13
    assert n[cost.argmin()] == pytest.approx(served.n.value, rel=2e-3)
    assert served.compute.value + served.serving_flop.value == pytest.approx(cost.min(), rel=1e-3)


def test_a_budget_that_pays_for_serving_is_spent_whole() -> None:
    best = EXACT.optimal(compute=1e24, inference_tokens=1e12)
    assert best.compute.value + best.serving_flop.value == pytest.approx(1e24)
    dearer = EXACT.optimal(compute=1e24, inference_tokens=1e12, inference_utilisation=0.1)
    assert dearer.n.value < best.n.value


def test_the_loss_and_the_compute_of_an_optimum_lead_to_each_other() -> None:
    there = EXACT.optimal(compute=1e23)
    back = EXACT.optimal(loss=there.loss.value)
    assert (back.n.value, back.compute.value) == pytest.approx((there.n.value, 1e23), rel=1e-3)


def test_the_region_is_what_noise_cannot_tell_apart() -> None:
    best = NOISY.optimal(compute=1e22)
    (small, large), (few, many) = best.region.n, best.region.d
    assert small < best.n.value < large and few < best.d.value < many
    assert best.region.slack == NOISY.noise
    ends = NOISY.predict([small, large], [many, few])[0]
    assert np.log(ends / best.loss.value) == pytest.approx(np.full(2, NOISY.noise), rel=0.05)


def test_the_interval_of_an_optimum_holds_the_truth() -> None:
    held = []
    for seed in range(40):
        best = fit_law(*runs(80, seed, noise=0.005), resamples=200).optimal(compute=1e22)
        held += [best.n.low <= hoffmann(1e22)[0] <= best.n.high]
    assert 0.8 <= np.mean(held) <= 1.0


def test_unique_tokens_bound_what_repetition_brings() -> None:
    n, d, loss = runs(80)
    unique = d / np.tile([1.0, 3.0, 10.0, 40.0], 20)
    loss = loss_of(n, unique * (1 + 15.4 * (1 - np.exp(-(d / unique - 1) / 15.4))))
    law = fit_law(n, d, loss, form="repeated", unique=unique, resamples=0)
    free, bound = law.optimal(compute=1e23), law.optimal(compute=1e23, unique=1e10)
    assert bound.loss.value > free.loss.value
    with pytest.raises(InvalidValue, match="knows nothing of unique tokens"):
        EXACT.optimal(compute=1e23, unique=1e10)


def test_a_form_that_falls_again_far_off_is_not_followed_there() -> None:
    n, d, loss = runs(80, noise=0.002)
    best = fit_law(n, d, loss, form="farseer", resamples=0).optimal(compute=1e22)
    assert best.n.value == pytest.approx(hoffmann(1e22)[0], rel=0.6)


def test_far_beyond_the_runs_the_answer_says_so() -> None:
    near, far = NOISY.optimal(compute=1e20), NOISY.optimal(compute=1e28)
    assert near.caveats == ()
    assert "beyond it this is a guess" in far.caveats[0]
    assert far.tell().endswith(far.caveats[0])


def test_an_answer_tells_itself_in_words() -> None:
    said = NOISY.optimal(compute=1e22, price=PRICE).tell()
    assert said.startswith("Train ") and " parameters on " in said and "for 1e22 FLOP, $18k" in said
    assert "is as good within 0.5" in said


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({}, "give exactly one of compute, budget_usd, energy_j, loss, got none"),
        ({"compute": 1e20, "loss": 2.0}, "give exactly one of .*, got compute and loss"),
        ({"compute": -1.0}, r"compute must be finite and above 0, got -1\.0"),
        ({"budget_usd": 1e6}, "a budget in USD needs the price of a device-second"),
        ({"loss": 1.0}, "no size reaches a loss of 1 by this law: the floor E is 1.69"),
        (
            {"compute": 1e20, "utilisation": 40.0},
            r"utilisation must be above 0 and not above 1, got 40\.0; 0\.4 is 40 %",
        ),
        ({"compute": 1e20, "pue": 0.9}, r"pue must be at least 1, got 0\.9"),
        ({"compute": 1e20, "price": 0.0}, r"price must be finite and above 0, got 0\.0"),
        ({"compute": 1e20, "inference_tokens": -1.0}, "inference_tokens must be finite and not below 0"),
    ],
)
def test_what_makes_no_sense_is_refused(asked: dict[str, float], sentence: str) -> None:
    law: Law = EXACT
    with pytest.raises(InvalidValue, match=sentence):
        law.optimal(**asked)
