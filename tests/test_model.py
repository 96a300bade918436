"""Footprints add up honestly; budgets, worth and objectives are read as people write them."""

from __future__ import annotations

import json
import math
import multiprocessing
import time
from datetime import UTC, datetime
from typing import Any
from uuid import RFC_4122, UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payoff import model
from payoff.errors import InvalidValue
from payoff.model import (
    Budget,
    Event,
    Footprint,
    Objective,
    Reading,
    Run,
    Worth,
    new_id,
    parse_figure,
    to_text,
    total,
    utc_now,
    witness,
)
from payoff.quantities import Estimate
from payoff.units import DIMENSION_OF

MEASURED = {"measured": 1.0}


def exactly(value: float) -> Estimate:
    return Estimate(value, {}, MEASURED)


@st.composite
def footprints(draw: st.DrawFn) -> Footprint:
    """Footprints of whole numbers (so that sums are exact), some figures absent, errors shared."""
    figures: dict[str, Any] = {}
    for name in sorted(draw(st.sets(st.sampled_from(sorted(DIMENSION_OF))))):
        value = float(draw(st.integers(0, 1000)))
        sources = sorted(draw(st.sets(st.sampled_from(("sensor", "grid")))))
        pairs = {source: (value / 2, value * 2) for source in sources if value}
        figures[name] = Estimate(value, pairs, MEASURED)
    return Footprint(**figures, incomplete=draw(st.frozensets(st.sampled_from(sorted(DIMENSION_OF)), max_size=2)))


# Footprints


@given(footprints(), footprints())
def test_footprints_add_in_any_order(a: Footprint, b: Footprint) -> None:
    assert a + b == b + a


@given(footprints(), footprints(), footprints())
def test_footprints_add_in_any_grouping_and_name_what_is_missing_either_way(
    a: Footprint, b: Footprint, c: Footprint
) -> None:
    assert (a + b) + c == a + (b + c)


def test_a_sum_names_what_one_side_lacks_and_keeps_the_other() -> None:
    metered = Footprint(duration_s=exactly(1.0), energy_j=exactly(10.0))
    timed = Footprint(duration_s=exactly(2.0))
    assert metered + timed == Footprint(
        duration_s=exactly(3.0), energy_j=exactly(10.0), incomplete=frozenset({"energy_j"})
    )


def test_what_nobody_has_is_absent_not_zero() -> None:
    both = Footprint(energy_j=exactly(0.0)) + Footprint(energy_j=exactly(0.0))
    assert both == Footprint(energy_j=exactly(0.0))
    assert (both.cost_usd, both.incomplete) == (None, frozenset())


@given(st.lists(footprints(), max_size=4))
def test_total_and_sum_are_the_same_thing(parts: list[Footprint]) -> None:
    assert total(parts) == (sum(parts[1:], parts[0]) if parts else Footprint())
    if parts:
        assert sum(parts) == total(parts)


@given(footprints())
def test_a_footprint_without_itself_is_nothing(a: Footprint) -> None:
    rest = a.without(a)
    assert rest.present().keys() == a.present().keys()
    assert {(figure.value, figure.low, figure.high) for figure in rest.present().values()} <= {(0.0, 0.0, 0.0)}


@given(footprints(), footprints())
def test_taking_a_part_out_and_putting_it_back_gives_the_whole(a: Footprint, b: Footprint) -> None:
    whole = a + b
    for name, figure in (whole.without(b) + b).present().items():
        meant = whole[name]
        assert meant is not None
        assert [figure.value, figure.low, figure.high] == pytest.approx([meant.value, meant.low, meant.high])


def test_what_is_left_is_never_below_nothing() -> None:
    rest = Footprint(energy_j=exactly(1.0)).without(Footprint(energy_j=exactly(2.0), cost_usd=exactly(1.0)))
    assert rest == Footprint(energy_j=exactly(0.0))


@given(footprints())
def test_json_brings_a_footprint_back_whole(a: Footprint) -> None:
    assert Footprint.from_json(json.loads(json.dumps(a.to_json()))) == a


def test_figures_of_a_later_version_are_passed_over() -> None:
    assert Footprint.from_json({"noise_db": {"value": 1.0}}) == Footprint()


def test_a_footprint_prints_as_people_read_it() -> None:
    energy = Estimate(1.9 * 3.6e6, {"sensor": (1.6 * 3.6e6, 2.4 * 3.6e6)}, MEASURED)
    some = Footprint(
        duration_s=exactly(3.7), energy_j=energy, embodied_kg=exactly(0.002), incomplete=frozenset({"energy_j"})
    )
    assert str(some) == "time 3.7 s, energy ≥ 1.9 kWh (1.6–2.4), embodied carbon 2 gCO2e"
    assert repr(some) == f"<Footprint: {some}>"
    assert str(Footprint()) == "nothing known"


def test_a_run_prints_as_people_read_it() -> None:
    best = Reading(3, "accuracy", 0.91234)
    run = Run("id", 7, "vision", "resnet", "lost", utc_now(), best=best, footprint=Footprint(duration_s=exactly(60)))
    assert str(run) == "run 7 (resnet) lost: best accuracy 0.9123, time 1 min"
    assert repr(run) == f"<{run}>"


def test_a_footprint_has_no_other_figures() -> None:
    with pytest.raises(KeyError, match="energy_kwh"):
        Footprint()["energy_kwh"]


# Objectives


@pytest.mark.parametrize(
    ("text", "objective"),
    [
        ("accuracy", Objective("accuracy", "max")),
        ("accuracy=0.98", Objective("accuracy", "max", 0.98)),
        ("min:latency = 5", Objective("latency", "min", 5.0)),
        ("max:loss", Objective("loss", "max")),
        ("val_loss", Objective("val_loss", "min")),
        ("valLoss", Objective("valLoss", "min")),
        ("top1-err", Objective("top1-err", "min")),
        ("error_rate", Objective("error_rate", "min")),
        ("RMSE", Objective("RMSE", "min")),
        ("cross_entropy", Objective("cross_entropy", "min")),
        ("terrain_accuracy", Objective("terrain_accuracy", "max")),
        ("inferred_quality", Objective("inferred_quality", "max")),
        ("mAP@0.5", Objective("mAP@0.5", "max")),
    ],
)
def test_an_objective_is_a_metric_with_a_direction_and_perhaps_a_target(text: str, objective: Objective) -> None:
    assert Objective.parse(text) == objective


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "an objective is a metric, if need be with 'max:' or 'min:' before it, got ''; for example 'min:loss'"),
        ("up:accuracy", "got 'up:accuracy'; for example 'min:loss'"),
        ("=0.9", "an objective is a metric"),
        ("min:", "an objective is a metric"),
        (
            "accuracy=high",
            "the target of an objective must be a finite number, got 'high'; for example 'accuracy=0.98'",
        ),
        ("accuracy=", "the target of an objective must be a finite number, got ''"),
        ("accuracy=nan", "the target of an objective must be a finite number, got 'nan'"),
        ("accuracy=inf", "the target of an objective must be a finite number, got 'inf'"),
    ],
)
def test_what_is_no_objective_is_told(text: str, sentence: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        Objective.parse(text)
    assert sentence in str(caught.value)


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
def test_better_is_a_strict_order_in_the_direction_of_the_objective(a: float, b: float) -> None:
    up, down = Objective("accuracy", "max"), Objective("loss", "min")
    assert up.better(a, b) == down.better(b, a) == (a > b)


@pytest.mark.parametrize("value", [math.inf, -math.inf])
def test_what_is_infinite_is_never_better(value: float) -> None:
    assert not Objective("accuracy", "max").better(value, 0.5)
    assert not Objective("loss", "min").better(value, 0.5)


@pytest.mark.parametrize("direction", ["max", "min"])
def test_nan_is_never_better_and_anything_is_better_than_nothing(direction: Any) -> None:
    objective = Objective("score", direction)
    assert not objective.better(math.nan, None)
    assert not objective.better(math.nan, 0.0)
    assert objective.better(0.0, math.nan)
    assert objective.better(0.0, None)


# Budgets


def test_a_budget_caps_several_figures_and_the_lowest_cap_of_each_counts() -> None:
    budget = Budget.parse("2 kWh and 3 h", "1 kWh", "200 gCO2e; $5", "500 labels and 1k examples")
    assert budget == Budget(
        {
            "energy_j": 3.6e6,
            "duration_s": 10800.0,
            "emissions_kg": 0.2,
            "cost_usd": 5.0,
            "labels": 500.0,
            "examples": 1000.0,
        }
    )
    assert str(budget) == "1 kWh and 3 h and 200 gCO2e and $5 and 500 labels and 1k examples"
    assert Budget.parse(str(budget)) == budget


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("-3 kWh", 'budget must be above 0, got -3 kWh; give for example --budget "2 kWh"'),
        ("0 h", "budget must be above 0, got 0 s;"),
        ("-$5", "budget must be above 0, got -$5;"),
        ("nan kWh", "cannot read 'nan kWh' as energy"),
        ("1e400 kWh", "cannot read '1e400 kWh' as energy"),
        ("plenty", "write for example '0.5 kWh', '200 gCO2e', '$5' or '2 h'"),
        ("", "cannot read ''"),
        ("2 kWh and", "cannot read"),
    ],
)
def test_what_is_no_budget_is_told(text: str, sentence: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        Budget.parse(text)
    assert sentence in str(caught.value)


def test_a_budget_knows_what_is_used_left_and_spent() -> None:
    budget = Budget.parse("100 J and 10 s and $1")
    used = Footprint(energy_j=exactly(100.0), duration_s=exactly(4.0))
    assert budget.used(used) == {"energy_j": 1.0, "duration_s": 0.4}
    assert budget.left(used) == {"energy_j": 0.0, "duration_s": 6.0, "cost_usd": 1.0}
    assert budget.spent(used) == ("energy_j",)
    assert budget.spent(Footprint()) == ()


@given(footprints())
def test_nothing_is_left_of_exactly_the_caps_that_are_spent(used: Footprint) -> None:
    budget = Budget({"energy_j": 500.0, "cost_usd": 3.0})
    assert {name for name, left in budget.left(used).items() if left == 0} == set(budget.spent(used))


# Worth


@pytest.mark.parametrize(
    ("text", "worth"),
    [
        ("0.1% = 2 kWh", Worth(0.001, "energy_j", 7.2e6)),
        ("0.1 % = 2 kWh", Worth(0.001, "energy_j", 7.2e6)),
        ("0.1% accuracy=2 kWh", Worth(0.001, "energy_j", 7.2e6, "accuracy")),
        ("0.1 % accuracy = $3", Worth(0.001, "cost_usd", 3.0, "accuracy")),
        ("0.01 loss = 3 h", Worth(0.01, "duration_s", 10800.0, "loss")),
        ("1% = 500 labels", Worth(0.01, "labels", 500.0)),
    ],
)
def test_worth_is_a_gain_and_what_the_user_would_pay_for_it(text: str, worth: Worth) -> None:
    assert Worth.parse(text) == worth


def test_the_price_is_what_a_gain_of_one_would_cost() -> None:
    assert Worth.parse("0.1% = 2 kWh").price == pytest.approx(7.2e9)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("0.1%", "a worth is 'gain = cost', got '0.1%'; give for example --worth \"0.1% = 2 kWh\""),
        ("0.1 = 2 kWh", "a worth is 'gain = cost', got '0.1 = 2 kWh'"),
        ("= 2 kWh", "a worth is 'gain = cost'"),
        ("% = 2 kWh", "a worth is 'gain = cost'"),
        ("-0.1% = 2 kWh", "both sides of a worth must be above 0, got -0.001 = 7200000.0"),
        ("0.1% = 0 kWh", "both sides of a worth must be above 0"),
        ("x% = 2 kWh", "cannot read 'x%' as share"),
        ("0.1% = much", "cannot read 'much'"),
    ],
)
def test_what_is_no_worth_is_told(text: str, sentence: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        Worth.parse(text)
    assert sentence in str(caught.value)


def test_a_typed_figure_tells_its_field() -> None:
    assert parse_figure("85 t") == ("emissions_kg", 85000.0)
    assert parse_figure("3e18 FLOP") == ("flop", 3e18)
    assert parse_figure("3 l") == ("water_l", 3.0)


# Events, runs and stamps


def _ids(count: int) -> list[str]:
    return [new_id() for _ in range(count)]


def test_ids_of_one_process_sort_in_the_order_in_which_they_were_made() -> None:
    ids = _ids(20_000)
    assert ids == sorted(set(ids))


def test_ids_are_unique_across_processes() -> None:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        ids = [one for some in pool.map(_ids, [5_000] * 4) for one in some]
    assert len(set(ids)) == 20_000


def test_ids_go_on_sorting_when_the_clock_is_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    before, now = new_id(), time.time_ns()
    monkeypatch.setattr(time, "time_ns", lambda: now - 3_600_000_000_000)
    assert before < new_id() < new_id()


def test_ids_sort_after_one_that_was_witnessed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "_last_stamp", 0)
    ahead = f"{(time.time_ns() + 3_600_000_000_000) // 1_000_000:012x}7{'0' * 19}"
    witness(ahead)
    assert new_id() > ahead
    witness("not an identifier")
    assert new_id() > ahead


def test_an_id_is_a_uuid_of_version_seven_with_the_time_in_front() -> None:
    one = UUID(new_id())
    assert (one.version, one.variant) == (7, RFC_4122)
    assert one.int >> 80 == pytest.approx(time.time_ns() / 1e6, abs=2 * 3_600_000)


def test_an_event_comes_back_whole_from_json() -> None:
    event = Event("run", "finished", {"exit_code": 0})
    assert Event.from_json(json.loads(to_text(event.to_json()))) == event


def test_two_events_of_the_same_content_are_two_events() -> None:
    assert Event("run", "read").id != Event("run", "read").id


def test_a_stamp_is_utc_with_milliseconds() -> None:
    stamp = utc_now()
    assert (len(stamp), stamp[-1]) == (24, "Z")
    assert abs((datetime.now(UTC) - datetime.fromisoformat(stamp)).total_seconds()) < 60


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"loss": math.nan, "steps": [1, math.inf, -math.inf]}, '{"loss":"nan","steps":[1,"inf","-inf"]}'),
        ({"name": "Zoë", "at": None}, '{"name":"Zoë","at":null}'),
        ((1.5, True), "[1.5,true]"),
    ],
)
def test_text_is_compact_json_that_every_reader_understands(value: object, text: str) -> None:
    assert to_text(value) == text


@given(st.floats())
def test_every_float_survives_as_text(value: float) -> None:
    back = float(json.loads(to_text(value)))
    assert back == value or (math.isnan(back) and math.isnan(value))


def test_runs_compare_when_project_and_objective_agree() -> None:
    def run(project: str, objective: Objective | None) -> Run:
        return Run("id", 1, project, "name", "completed", utc_now(), objective=objective)

    accuracy = Objective("accuracy")
    assert run("a", accuracy).comparable(run("a", accuracy))
    assert not run("a", accuracy).comparable(run("b", accuracy))
    assert not run("a", accuracy).comparable(run("a", Objective("loss", "min")))
    assert not run("a", None).comparable(run("a", None))


def test_values_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Reading(1.0, "accuracy", 0.9).value = 1.0  # type: ignore[misc]
