"""A history: which models it takes, in which order, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payoff.errors import InvalidValue, UnknownName
from payoff.facts import NotableModel
from payoff.predict.trends import QUANTITIES, history
from payoff.predict.trends._series import year_of
from tests.predict.trends.histories import model, models


def test_a_date_is_a_year_and_the_part_of_it_that_has_passed_at_noon() -> None:
    assert [year_of(day) for day in ("2010-01-01", "2023-12-31", "2024-12-31")] == [
        2010 + 0.5 / 365,
        2023 + 364.5 / 365,
        2024 + 365.5 / 366,
    ]


@given(st.permutations(models(14)))
def test_the_order_of_the_models_does_not_matter(shuffled: list[NotableModel]) -> None:
    told, expected = history(shuffled), history(models(14))
    assert (told.names, told.years.tolist(), told.logs.tolist()) == (
        expected.names,
        expected.years.tolist(),
        expected.logs.tolist(),
    )


def test_models_without_the_figure_or_of_another_domain_are_left_out() -> None:
    rows = [*models(12), model("unknown", "2000-01-01", None), model("seer", "2000-01-01", domains=("vision",))]
    assert "seer" in history(rows).names
    assert history(rows, domain="Language").names == history(models(12)).names
    assert len(history(rows)) == 13


def test_every_quantity_has_its_field_and_its_dimension() -> None:
    assert {one.name: (one.field, one.dimension) for one in QUANTITIES.values()} == {
        "compute": ("flop", "flop"),
        "params": ("parameters", "count"),
        "data": ("examples", "count"),
        "cost": ("cost_usd", "cost"),
        "power": ("power_w", "power"),
    }


def test_between_takes_the_first_day_and_not_the_last() -> None:
    told = history(models(40))
    part = told.between(float(told.years[3]), float(told.years[9]))
    assert part.names == told.names[3:9]
    assert (part.logs == told.logs[3:9]).all()


def test_unknown_names_are_met_with_what_comes_nearest() -> None:
    with pytest.raises(UnknownName, match=r"unknown quantity 'parms'; did you mean 'params'\?; give one of compute,"):
        history(models(), "parms")
    with pytest.raises(UnknownName, match=r"unknown domain 'langage'; did you mean 'language'\?; these models have"):
        history(models(), domain="langage")


def test_too_few_models_are_refused_with_a_way_out() -> None:
    with pytest.raises(InvalidValue, match="needs at least 10 models with training compute, got 9; ask for another"):
        history(models(9))
    assert np.isfinite(history(models(10)).logs).all()
