"""A budget is followed: a warning, a forecast, and the moment at which it is spent."""

from __future__ import annotations

import pytest

from payoff.meter._budget import BudgetWatch
from payoff.model import Budget, Footprint
from payoff.quantities import Estimate


def used(duration_s: float, energy_j: float | None = None) -> Footprint:
    return Footprint(duration_s=Estimate(duration_s), energy_j=None if energy_j is None else Estimate(energy_j))


def test_each_cap_warns_once_and_is_spent_once() -> None:
    watch = BudgetWatch(Budget({"duration_s": 100, "energy_j": 1000}))
    told = [watch.observe(used(t, 4 * t)) for t in (50, 79, 80, 95, 100, 120, 250, 300)]
    assert told == [
        [],
        [],
        ["80 % of the budget of 1.67 min is spent"],
        [],
        ["the budget of 1.67 min is spent: the run is asked to stop"],
        [],
        ["the budget of 1000 J is spent: the run is asked to stop"],
        [],
    ]
    assert watch.spent == ("duration_s", "energy_j")


def test_a_cap_that_is_jumped_over_is_told_once() -> None:
    watch = BudgetWatch(Budget({"duration_s": 10}))
    assert [len(watch.observe(used(t))) for t in (1, 11, 12)] == [0, 1, 0]


def test_what_earlier_segments_used_counts() -> None:
    watch = BudgetWatch(Budget({"duration_s": 100}), used(90))
    spent = []
    for duration_s in (9, 10):
        watch.observe(used(duration_s))
        spent.append(watch.spent)
    assert spent == [(), ("duration_s",)]


def test_an_absent_figure_has_used_nothing_that_is_known() -> None:
    watch = BudgetWatch(Budget({"energy_j": 10}))
    assert (watch.observe(used(100)), watch.spent) == ([], ())


def test_a_figure_that_cannot_be_known_is_told_once() -> None:
    watch = BudgetWatch(Budget({"cost_usd": 5}))
    told = [watch.observe(used(1, 10)), watch.observe(used(2, 20))]
    assert [len(each) for each in told] == [1, 0] and "electricity_price" in told[0][0]


@pytest.mark.parametrize(("progress", "count"), [(None, 0), (0.01, 0), (0.1, 1), (0.5, 0)])
def test_the_end_is_predicted_when_it_comes_too_early(progress: float | None, count: int) -> None:
    watch = BudgetWatch(Budget({"duration_s": 100}))
    told = watch.observe(used(40), progress)
    assert len(told) == count
    if told:
        assert told[0].startswith("at this rate the run needs 6.67 min and the budget is 1.67 min")
        assert told[0].endswith("it will stop at 25 % of its steps")
    assert watch.observe(used(41), progress) == []


def test_the_forecast_of_a_run_that_goes_on_knows_what_it_used_before() -> None:
    watch = BudgetWatch(Budget({"duration_s": 100}), used(50))
    (told,) = watch.observe(used(10), 0.1)
    assert told.endswith("it will stop at 50 % of its steps")


@pytest.mark.parametrize(
    ("duration_s", "wait_s"), [(0.0, 1.0), (10.0, 1.0), (79.5, 0.5), (79.99, 0.05), (85.0, 1.0), (99.7, 0.3)]
)
def test_the_next_look_comes_when_something_is_reached(duration_s: float, wait_s: float) -> None:
    watch = BudgetWatch(Budget({"duration_s": 100}))
    watch.observe(used(duration_s))
    assert watch.next_look_s(used(duration_s), 1.0) == pytest.approx(wait_s)


def test_a_spent_budget_needs_no_more_haste() -> None:
    watch = BudgetWatch(Budget({"duration_s": 1}))
    watch.observe(used(2))
    assert watch.next_look_s(used(2), 1.0) == 1.0
