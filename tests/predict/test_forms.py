"""Every form says what its Jacobian says, falls, and is found again in its own data."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payoff.predict.curves._fit import fit_form
from payoff.predict.curves._forms import FORMS
from payoff.predict.curves._solve import Array

T = np.log(np.geomspace(0.01, 1, 24))[None]


def drawn(name: str, seed: int) -> Array:
    """Parameters of a form as its prior spreads them, one standard deviation wide at most."""
    form = FORMS[name]
    rng = np.random.default_rng(seed)
    shape = np.array(form.centre) + np.array(form.spread) * rng.uniform(-1, 1, len(form.centre))
    return np.concatenate([rng.normal(0, 1, 1), rng.normal(0, 1, 1 if form.floor else 0), shape])[None]


@pytest.mark.parametrize("name", FORMS)
@given(seed=st.integers(0, 1000))
def test_the_jacobian_is_that_of_finite_differences(name: str, seed: int) -> None:
    form, parameters = FORMS[name], drawn(name, seed)
    _, slope = form.log_y(parameters, T)
    step = 1e-6
    for k in range(form.size):
        moved = np.zeros_like(parameters)
        moved[0, k] = step
        measured = (form.log_y(parameters + moved, T)[0] - form.log_y(parameters - moved, T)[0]) / (2 * step)
        np.testing.assert_allclose(slope[..., k], measured, rtol=1e-4, atol=2e-5)


@pytest.mark.parametrize("name", [name for name in FORMS if not name.startswith("broken")])
@given(seed=st.integers(0, 1000))
def test_what_is_left_never_grows(name: str, seed: int) -> None:
    log_y, _ = FORMS[name].log_y(drawn(name, seed), T)
    assert (np.diff(log_y[0]) <= 1e-9).all()


@pytest.mark.parametrize("name", FORMS)
@given(seed=st.integers(0, 1000))
def test_the_first_parameter_is_the_level_at_the_largest_x(name: str, seed: int) -> None:
    parameters = drawn(name, seed)
    log_y, _ = FORMS[name].log_y(parameters, np.zeros((1, 1)))
    assert log_y[0, 0] == pytest.approx(parameters[0, 0])


@pytest.mark.parametrize("name", ["m1", "m2", "m3", "mmf4", "exp3"])
def test_a_form_is_found_again_in_data_of_its_own(name: str) -> None:
    form = FORMS[name]
    parameters = np.array([[-1.0, *([-0.5] if form.floor else []), *form.centre]])
    exact, _ = form.log_y(parameters, T)
    found = fit_form(form, T, exact, np.ones_like(T), np.array([1e-3]))
    np.testing.assert_allclose(found.log_y(T), exact, atol=2e-3)
