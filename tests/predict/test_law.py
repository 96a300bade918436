"""A law of size and data: what it finds, what it refuses, how sure it is, and how far it reaches."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import curves_law
from payoff.errors import InvalidValue, UnknownName
from payoff.predict.curves import Law, fit_law
from payoff.predict.curves._law_fit import fitted, polish
from payoff.predict.curves._law_forms import LAW_FORMS, Coordinates
from tests.predict.laws import HOFFMANN, Array, loss_of, runs

DataFile = Callable[[str], Path]


def values(law: Law) -> dict[str, float]:
    return {name: float(value[0]) for name, value in law.form.told(law.best[None], law.centre).items()}


# what it finds


@settings(max_examples=25)
@given(st.floats(0.5, 3.0), st.floats(0.2, 0.7), st.floats(0.2, 0.7), st.floats(0.05, 1.0), st.floats(0.05, 1.0))
def test_exact_runs_give_the_exact_law(floor: float, alpha: float, beta: float, size: float, data: float) -> None:
    n, d, _ = runs()
    numbers = {"E": floor, "A": size * 1e8**alpha, "B": data * 1e10**beta, "alpha": alpha, "beta": beta}
    law = fit_law(n, d, loss_of(n, d, numbers), resamples=0)
    assert values(law) == pytest.approx(numbers, rel=1e-4)
    assert law.noise < 1e-6


@settings(max_examples=20)
@given(st.floats(1e-6, 1e6), st.floats(1e-6, 1e6), st.floats(0.1, 10.0))
def test_other_units_change_the_factors_alone(of_n: float, of_d: float, of_loss: float) -> None:
    n, d, loss = runs(noise=0.01)
    plain, other = values(fit_law(n, d, loss)), values(fit_law(n * of_n, d * of_d, loss * of_loss))
    told = {
        "E": plain["E"] * of_loss,
        "A": plain["A"] * of_loss * of_n ** plain["alpha"],
        "B": plain["B"] * of_loss * of_d ** plain["beta"],
        "alpha": plain["alpha"],
        "beta": plain["beta"],
    }
    assert other == pytest.approx(told, rel=1e-3)


def test_the_order_of_the_runs_does_not_matter() -> None:
    n, d, loss = runs(noise=0.01)
    turned = np.argsort(loss)
    one, other = fit_law(n, d, loss), fit_law(n[turned], d[turned], loss[turned])
    assert values(one) == pytest.approx(values(other), rel=1e-5)


def test_a_weight_of_two_is_the_run_twice() -> None:
    n, d, loss = runs(noise=0.01)
    weights = np.where(np.arange(n.size) == 3, 2.0, 1.0)
    again = [*range(n.size), 3]
    assert values(fit_law(n, d, loss, weights=weights)) == pytest.approx(
        values(fit_law(n[again], d[again], loss[again])), rel=1e-3
    )


def test_a_wild_run_hardly_moves_the_law() -> None:
    n, d, loss = runs()
    loss[5] *= 2.0
    assert values(fit_law(n, d, loss)) == pytest.approx(HOFFMANN, rel=0.02)


@pytest.mark.parametrize("name", LAW_FORMS)
def test_the_jacobian_is_that_of_finite_differences(name: str) -> None:
    n, d, loss = runs()
    x, y = np.log(n), np.log(d)
    centre = float(x.mean()), float(y.mean())
    at = Coordinates(x - centre[0], y - centre[1], np.minimum(y, 24.0) - centre[1], centre)
    parameters, _ = fitted(LAW_FORMS[name], at, np.log(loss), np.ones_like(x))
    parameters = parameters + 0.03 * np.abs(np.random.default_rng(1).standard_normal((3, parameters.size)))
    jacobian = LAW_FORMS[name](parameters, at)[1]
    for k in range(parameters.shape[1]):
        step = np.zeros(parameters.shape[1])
        step[k] = 1e-6
        up, down = LAW_FORMS[name](parameters + step, at)[0], LAW_FORMS[name](parameters - step, at)[0]
        assert jacobian[:, :, k] == pytest.approx((up - down) / 2e-6, rel=1e-4, abs=1e-6), f"number {k}"


def test_all_starts_of_the_plain_sum_end_in_one_place() -> None:
    n, d, loss = runs(noise=0.01)
    law = fit_law(n, d, loss)
    rng = np.random.default_rng(2)
    starts = law.best + 0.3 * rng.standard_normal((30, 5))
    fits = polish(law.form, law._at, np.log(loss), np.ones((30, n.size)), starts)
    assert fits.objective == pytest.approx(np.full(30, law.objective), rel=1e-6)


def test_the_coupled_form_finds_its_exponent() -> None:
    n, d, _ = runs(60)
    loss = 1.5 + (3e3 / n**0.45 + 5e3 / d**0.4) ** 0.7
    told = values(fit_law(n, d, loss, form="coupled"))
    assert told == pytest.approx({"E": 1.5, "A": 3e3, "B": 5e3, "alpha": 0.45, "beta": 0.4, "gamma": 0.7}, rel=0.02)


def test_the_form_of_size_dependent_exponents_finds_the_loss() -> None:
    n, d, _ = runs(80)
    loss = np.exp(100 * n**-0.3 + 0.3) + np.exp(3.0) * d ** -np.exp(0.5 * n**0.02 - 2.2)
    law = fit_law(n, d, loss, form="farseer", resamples=0)
    assert np.abs(law.residuals).max() < 2e-3
    assert np.abs(law.residuals).max() < np.abs(fit_law(n, d, loss, resamples=0).residuals).max() / 3


def repeated(n: Array, d: Array, unique: Array, rd: float, rn: float) -> Array:
    """Muennighoff 2023, equation by equation."""
    e, a, b, alpha, beta = (HOFFMANN[name] for name in ("E", "A", "B", "alpha", "beta"))
    fresh = np.minimum(d, unique)
    tokens = fresh + fresh * rd * (1 - np.exp(-(d / fresh - 1) / rd))
    best = (alpha * a / (beta * b) * fresh**beta) ** (1 / alpha)
    base = np.minimum(n, best)
    size = base + base * rn * (1 - np.exp(-(n / base - 1) / rn))
    return np.asarray(e + a / size**alpha + b / tokens**beta)


def test_the_worth_of_repetition_is_found() -> None:
    n, d, _ = runs(80)
    unique = d / np.tile([1.0, 3.0, 10.0, 40.0], 20)
    law = fit_law(n, d, repeated(n, d, unique, 15.4, 5.3), form="repeated", unique=unique, resamples=0)
    assert values(law) == pytest.approx({**HOFFMANN, "R_D": 15.4, "R_N": 5.3}, rel=0.02)
    few, many = (law.predict(1e9, 1e11, unique=u)[0][0] for u in (1e9, 1e11))
    assert few > many


# the replication's points


def test_the_law_of_chinchilla_is_the_published_one(data_file: DataFile) -> None:
    found = curves_law.chinchilla(data_file("scale/chinchilla_epoch.csv").parents[1])
    law = fit_law(*found)
    assert len(law.points) == 240
    assert law.objective <= 0.00101828
    tolerance = {"E": (1.8172, 5e-4), "A": (477.8, 0.5), "B": (2143.6, 1.0), "alpha": (0.3473, 1e-4)}
    for name, (value, within) in (tolerance | {"beta": (0.3672, 1e-4)}).items():
        assert values(law)[name] == pytest.approx(value, abs=within), name


def test_its_standard_errors_are_the_published_ones(data_file: DataFile) -> None:
    found = curves_law.chinchilla(data_file("scale/chinchilla_epoch.csv").parents[1])
    began = time.perf_counter()
    errors = fit_law(*found, resamples=4000, seed=curves_law.SEED_OF_THE_REPLICATION).standard_errors
    assert time.perf_counter() - began < 15
    assert (errors["A"], errors["B"]) == pytest.approx((124.58, 1293.23), rel=0.003)
    assert [round(errors[name], 2) for name in ("E", "alpha", "beta")] == [0.03, 0.02, 0.02]


def test_a_fit_takes_milliseconds(data_file: DataFile) -> None:
    found = curves_law.chinchilla(data_file("scale/chinchilla_epoch.csv").parents[1])
    spent = []
    for _ in range(10):
        began = time.perf_counter()
        fit_law(*found)
        spent.append(time.perf_counter() - began)
    assert min(spent) < 0.025


def test_every_isoflop_study_follows_a_law(data_file: DataFile) -> None:
    for name, found in curves_law.studies(data_file("scale/isoflops_openathena.csv").parents[1]).items():
        law = fit_law(*found, resamples=0)
        told = values(law)
        assert 0.1 < told["alpha"] < 1 and 0.1 < told["beta"] < 1 and 0 < told["E"] < found[2].min(), name
        assert law.noise < 0.01, name
        near = [test for test in law.check.tests if test.factor < 20]
        assert near and all(test.error < 0.02 for test in near), name


# how sure it is


def test_the_interval_of_a_number_covers_the_truth_as_often_as_it_says() -> None:
    held = []
    for seed in range(60):
        law = fit_law(*runs(80, seed, noise=0.01), resamples=200, seed=seed)
        held += [law.parameters[name].low <= HOFFMANN[name] <= law.parameters[name].high for name in ("E", "alpha")]
    assert 0.80 <= np.mean(held) <= 0.97


def test_resamples_come_from_the_seed_alone() -> None:
    found = runs(noise=0.01)
    one, same, other = (fit_law(*found, resamples=50, seed=seed) for seed in (1, 1, 2))
    assert (one.draws == same.draws).all()
    assert (one.draws != other.draws).any()


def test_the_curvature_is_as_wide_as_the_resamples() -> None:
    found = runs(150, noise=0.01)
    drawn, curved = (fit_law(*found, resamples=count).standard_errors for count in (500, 0))
    for name in ("E", "alpha", "beta"):
        assert 0.6 < curved[name] / drawn[name] < 1.6, name


def test_a_parameter_says_what_it_rests_on() -> None:
    law = fit_law(*runs(noise=0.01), resamples=50)
    floor = law.parameters["E"]
    assert floor.basis == {"modelled": 1.0}
    assert list(floor.errors) == ["resampling of the runs"]
    assert floor.low < floor.value < floor.high


def test_a_prediction_lies_within_its_interval_and_noise_widens_it() -> None:
    law = fit_law(*runs(noise=0.01))
    n, d = np.geomspace(1e7, 1e12, 20), np.geomspace(1e9, 1e13, 20)
    mid, low, high = law.predict(n, d)
    _, lower, higher = law.predict(n, d, noise=True)
    assert ((lower < low) & (low < mid) & (mid < high) & (high < higher)).all()
    assert (np.diff(mid) < 0).all()


def test_an_interval_grows_with_the_level_and_with_the_distance() -> None:
    law = fit_law(*runs(noise=0.01))
    widths = [law.predict(1e10, 1e12, level=level) for level in (0.5, 0.8, 0.9)]
    assert np.diff([float(np.log(high / low)[0]) for _, low, high in widths]).min() > 0
    _, low, high = law.predict([1e10, 1e11, 1e12], [1e12, 1e13, 1e14])
    assert (np.diff(np.log(high / low)) > 0).all()


def test_beyond_the_runs_the_interval_holds_larger_runs(data_file: DataFile) -> None:
    held = curves_law._coverage(data_file("scale/isoflops_openathena.csv").parents[1], quick=True)
    assert 0.70 <= held["law_coverage80"] <= 0.90
    assert 0.82 <= held["law_coverage90"] <= 0.97


# how far it reaches


def test_the_back_test_asks_smaller_runs_about_larger_ones() -> None:
    law = fit_law(*runs(80, noise=0.003), resamples=0)
    check = law.check
    assert [test.factor for test in check.tests] == sorted(test.factor for test in check.tests)
    assert all(test.fitted_on + test.asked == 80 for test in check.tests)
    assert all(test.error < 0.02 and test.trusted for test in check.tests)
    assert check.reach == pytest.approx(check.largest * check.tests[-1].factor)
    assert check.sound and check.beyond(check.reach) == ""
    assert "beyond it this is a guess" in check.beyond(check.reach * 10)


def test_a_law_that_fails_its_back_test_says_so() -> None:
    n, d, loss = runs(120)
    late = n * d > np.quantile(n * d, 0.8)
    law = fit_law(n, d, np.where(late, loss * 1.4, loss), resamples=0)
    assert not law.check.sound
    assert law.check.reach == law.check.largest
    assert "the back-test failed" in law.check.beyond(law.check.largest * 2)
    assert law.check.wider > 1


def test_too_few_runs_have_no_back_test() -> None:
    law = fit_law(*runs(8), resamples=0)
    assert law.check.tests == ()
    assert "too few runs" in law.check.beyond(1e30)
    assert "Too few runs for a back-test" in law.tell()


def test_a_law_tells_itself_in_words() -> None:
    said = fit_law(*runs(80, noise=0.003), resamples=100).tell()
    assert said.startswith("80 runs follow L = E + A/N^alpha + B/D^beta within 0.3")
    assert "twice the parameters would take" in said
    assert "Back-test, mean error of the loss predicted from the smaller runs" in said


def test_runs_that_follow_no_power_of_size_say_so() -> None:
    n, d, _ = runs()
    law = fit_law(n, d, 2 + 400 / d**0.3 + 0.01 * (n > 1e8), resamples=0)
    assert law.doubts[0].endswith("in these runs the loss follows no power of size.")
    assert law.doubts[0] in law.tell()


# what it refuses


def refused(*columns: object, **more: object) -> str:
    with pytest.raises(InvalidValue) as error:
        fit_law(*columns, **more)  # type: ignore[arg-type]
    return str(error.value)


def test_bad_runs_are_refused_with_a_way_out() -> None:
    n, d, loss = runs()
    bad = np.where(np.arange(n.size) == 2, np.nan, loss)
    assert refused(n, d, bad) == (
        "loss must be finite and above 0, got nan in run 2 (counted from 0); leave such runs out"
    )
    assert refused(n, d, -loss).startswith("loss must be finite and above 0, got -") and "39 more" in refused(
        n, d, -loss
    )
    assert refused(n[:-1], d, loss) == (
        "every run needs one value of each column, got lengths n 39, d 40, loss 40; give columns of one table"
    )
    assert refused(np.full_like(n, 1e8), d, loss) == (
        "a law of size and data needs at least 3 different sizes (n), got 1; add runs that differ in it, "
        "or fit a curve in the other variable alone (fit_curve)"
    )
    assert "3 different losses, got 1" in refused(n, d, np.full_like(n, 2.0))
    assert "size and data must vary independently" in refused(n, 20 * n, loss)
    assert "at least 6 different runs, got 5" in refused(n[:5], d[:5], loss[:5])
    assert "at least 6 different runs, got 5" in refused(*(np.tile(part[:5], 4) for part in (n, d, loss)))
    assert "n must hold numbers" in refused(["1B", *n[1:]], d, loss)
    assert refused(n, d, loss, resamples=-1).startswith("resamples must be 0 to 100000, got -1")
    assert "weights must be finite and not below 0" in refused(n, d, loss, weights=-np.ones_like(n))


def test_a_form_is_refused_where_the_runs_cannot_tell_it() -> None:
    n, d, loss = runs()
    with pytest.raises(UnknownName, match=r"unknown form of a law 'chinchila'; did you mean 'chinchilla'\?"):
        fit_law(n, d, loss, form="chinchila")
    assert "give unique=" in refused(n, d, loss, form="repeated")
    assert "no run saw a token twice" in refused(n, d, loss, form="repeated", unique=d)
    assert "needs at least 10 different runs, got 9" in refused(n[:9], d[:9], loss[:9], form="farseer")
    law = fit_law(n, d, loss, resamples=0)
    for asked in ({"level": 1.0}, {"unique": 1e9}):
        with pytest.raises(InvalidValue):
            law.predict(1e9, 1e10, **asked)  # type: ignore[arg-type]


WILD = [
    (8e11, 5e13, 9.8),
    (2e10, 2e13, 9.0),
    (7e11, 2e13, 14.0),
    (4e11, 4e13, 3.0),
    (4e10, 3e13, 1.0),
    (2e11, 2e12, 12.0),
]
STEP = [
    (1e3, 3e13, 1.0),
    (1e3, 2e13, 1.0),
    (1e3, 3.1e13, 3.0),
    (1e3, 6e13, 1.0),
    (3e10, 3.3e13, 0.01),
    (1.5e4, 2.5e13, 1.0),
]


@settings(max_examples=30)
@example(WILD)
@example(STEP)
@given(st.lists(st.tuples(st.floats(1e3, 1e12), st.floats(1e3, 1e14), st.floats(0.01, 20.0)), min_size=1, max_size=30))
def test_any_table_of_positive_numbers_is_fitted_or_refused(table: list[tuple[float, float, float]]) -> None:
    n, d, loss = np.array(table).T
    try:
        law = fit_law(n, d, loss, resamples=10)
    except InvalidValue:
        return
    mid, low, high = law.predict(n, d)
    assert np.isfinite(mid).all()
    assert ((low <= mid) & (mid <= high)).all()
    assert law.tell()


# the benchmark


def test_the_benchmark_has_its_figures(data_file: DataFile, tmp_path: Path) -> None:
    folder = data_file("scale/chinchilla_epoch.csv").parents[1]
    data_file("scale/isoflops_openathena.csv")
    curves_law.main(["--data", str(folder), "--quick", "--json", str(tmp_path / "f.json")])
    named = json.loads((tmp_path / "f.json").read_text())
    assert {"chinchilla_fit_ms", "chinchilla_objective", "chinchilla_bootstrap_s"} < set(named)
    assert named["chinchilla_objective"] <= named["chinchilla_objective@reference"] * (1 + 1e-6)
    assert named["chinchilla_objective"] < named["chinchilla_objective@grid"]
    assert named["chinchilla_fit_ms"] < named["chinchilla_fit_ms@grid"]
    assert all(row.figures["payoff"] is not None for row in curves_law.rows(named))
