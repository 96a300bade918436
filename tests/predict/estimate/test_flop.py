"""FLOP of a training from sizes: matrix products, and attention apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payoff.errors import InvalidValue
from payoff.predict.estimate import Flop, Shape, Term, training_flop

SIZES = st.floats(1e6, 1e13)


def test_gpt_3_takes_what_everybody_says() -> None:
    assert training_flop(175e9, 300e9) == Flop(
        (Term("matrix products", 6 * 175e9 * 300e9, "6 x 175B parameters x tokens"),),
        source="6 N D (Kaplan et al. 2020)",
    )


def test_attention_is_a_term_of_its_own() -> None:
    with_shape = training_flop(175e9, 300e9, shape=Shape(96, 12288, 2048))
    assert with_shape["attention"] == 12 * 96 * 12288 * 2048 * 300e9
    assert with_shape["attention"] / with_shape["matrix products"] == pytest.approx(0.0276, rel=1e-2)


def test_a_mixture_counts_the_parameters_that_a_token_meets() -> None:
    assert training_flop(671e9, 14.8e12, active_params=37e9).total == training_flop(37e9, 14.8e12).total


@given(n=SIZES, d=SIZES, factor=st.floats(0.1, 1000))
def test_work_grows_with_parameters_and_with_tokens(n: float, d: float, factor: float) -> None:
    once = training_flop(n, d)
    assert training_flop(n, d * factor).total == pytest.approx(once.total * factor)
    assert training_flop(n * factor, d).total == pytest.approx(once.total * factor)
    assert once.scaled(factor).total == pytest.approx(once.total * factor)


@pytest.mark.parametrize(
    ("sizes", "sentence"),
    [
        ((0.0, 1e9), "params must be above 0 and finite, got 0.0; give for example --params 7e9"),
        ((1e9, float("inf")), "tokens must be above 0 and finite, got inf; give for example --tokens 7e9"),
    ],
)
def test_sizes_must_be_above_zero(sizes: tuple[float, float], sentence: str) -> None:
    with pytest.raises(InvalidValue, match=sentence):
        training_flop(*sizes)


def test_a_token_cannot_meet_more_than_there_is() -> None:
    with pytest.raises(InvalidValue, match="leave --active-params out for a dense model"):
        training_flop(1e9, 1e9, active_params=2e9)
