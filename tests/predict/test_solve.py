"""The solver: robust least squares for many problems at once."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize as scipy_minimize

from payoff.predict.curves._solve import Array, Rows, huber, minimise

X = np.linspace(0.0, 3.0, 40)


def decays(truth: Array, noise: float = 0.0) -> Array:
    """The curves a exp(-b x), one row for each (a, b), with a few wild values when there is noise."""
    rng = np.random.default_rng(3)
    rows = truth[:, :1] * np.exp(-truth[:, 1:] * X) + noise * rng.standard_normal((len(truth), X.size))
    if noise:
        rows[:, ::9] += 1.0
    return np.asarray(rows)


def model(rows: Array) -> object:
    def residuals(parameters: Array, which: Rows) -> tuple[Array, Array]:
        a, b = parameters[:, :1], parameters[:, 1:]
        fall = np.exp(-b * X)
        return a * fall - rows[which], np.stack([fall, -a * X * fall], axis=2)

    return residuals


def test_each_problem_finds_its_own_numbers() -> None:
    truth = np.array([[1.0, 0.5], [2.0, 1.5], [0.3, 0.1]])
    fits = minimise(model(decays(truth)), np.full((3, 2), 0.7))  # type: ignore[arg-type]
    assert fits.parameters == pytest.approx(truth, rel=1e-6)
    assert fits.settled.all()


@pytest.mark.parametrize("delta", [1e-3, 1e-2, 1.0])
def test_the_minimum_of_hubers_loss_is_no_worse_than_scipys(delta: float) -> None:
    rows = decays(np.array([[1.0, 0.5]]), noise=0.05)

    def objective(p: Array) -> float:
        return float(huber(p[0] * np.exp(-p[1] * X) - rows[0], delta)[0].sum())

    found = minimise(model(rows), np.array([[0.7, 0.7]]), delta=delta, tolerance=1e-13)  # type: ignore[arg-type]
    starts = ([1.0, 0.5], [1.1, 0.4], [0.9, 0.7])
    options = {"xatol": 1e-9, "fatol": 1e-14, "maxiter": 4000}
    best = min(scipy_minimize(objective, start, method="Nelder-Mead", options=options).fun for start in starts)
    assert found.objective[0] <= best * (1 + 1e-6)
    assert found.objective[0] == pytest.approx(objective(found.parameters[0]))


def test_a_wild_value_hardly_moves_a_robust_fit() -> None:
    truth = np.array([[1.0, 0.5]])
    rows = decays(truth)
    rows[0, 7] += 5.0
    plain = minimise(model(rows), truth)  # type: ignore[arg-type]
    robust = minimise(model(rows), truth, delta=1e-3)  # type: ignore[arg-type]
    assert np.abs(robust.parameters - truth).max() < 1e-3 < np.abs(plain.parameters - truth).max()


def test_a_weight_of_two_is_the_point_twice() -> None:
    rows = decays(np.array([[1.0, 0.5]]), noise=0.05)
    weights = np.ones((1, X.size))
    weights[0, 4] = 2.0

    def doubled(parameters: Array, which: Rows) -> tuple[Array, Array]:
        residuals, jacobian = model(rows)(parameters, which)  # type: ignore[operator]
        again = [*range(X.size), 4]
        return residuals[:, again], jacobian[:, again]

    start = np.array([[0.7, 0.7]])
    weighed = minimise(model(rows), start, weights=weights, delta=0.01, tolerance=1e-13)  # type: ignore[arg-type]
    twice = minimise(doubled, start, delta=0.01, tolerance=1e-13)
    assert weighed.parameters == pytest.approx(twice.parameters, rel=1e-5)
    assert weighed.objective == pytest.approx(twice.objective)


def test_problems_do_not_touch_each_other() -> None:
    rows = decays(np.array([[1.0, 0.5], [2.0, 1.5]]), noise=0.05)
    together = minimise(model(rows), np.full((2, 2), 0.7), delta=0.01)  # type: ignore[arg-type]
    alone = minimise(model(rows[1:]), np.full((1, 2), 0.7), delta=0.01)  # type: ignore[arg-type]
    assert (together.parameters[1] == alone.parameters[0]).all()


def test_the_curvature_is_that_of_the_reweighted_squares() -> None:
    rows = decays(np.array([[1.0, 0.5]]), noise=0.05)
    fits = minimise(model(rows), np.array([[0.7, 0.7]]), delta=0.01)  # type: ignore[arg-type]
    residuals, jacobian = model(rows)(fits.parameters, np.array([0]))  # type: ignore[operator]
    weight = huber(residuals, 0.01)[1][0]
    assert fits.curvature[0] == pytest.approx((jacobian[0].T * weight) @ jacobian[0])


def test_a_model_that_breaks_down_is_left_where_it_was() -> None:
    def broken(parameters: Array, which: Rows) -> tuple[Array, Array]:
        values = np.where(parameters > 1.0, np.nan, parameters - 5.0)
        return values, np.ones((len(parameters), 1, 1))

    fits = minimise(broken, np.array([[0.5]]))
    assert 0.5 <= fits.parameters[0, 0] <= 1.0
