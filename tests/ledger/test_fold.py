"""A run is the same whatever way its events came together."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from payoff.ledger import Ledger, Query, open_ledger
from payoff.ledger._fold import fold_all
from payoff.ledger._sqlite import SqliteStore
from payoff.ledger._trace import LIMIT, Trace, thinned
from payoff.model import Event, Objective, new_id, witness
from payoff.testing._ledger_case import ALL, joules, without_number

RUNS, SEGMENTS = ("run 1", "run 2"), ("a", "b")
VALUES = st.sampled_from([0.0, 0.5, 0.5, 1.0, math.nan, math.inf, -math.inf])


def event_data(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    """What an event of a kind holds; now and then something else."""
    segment = st.sampled_from(SEGMENTS)
    shapes: dict[str, dict[str, st.SearchStrategy[Any]]] = {
        "started": {
            "segment": segment,
            "project": st.sampled_from(["p", "q"]),
            "tags": st.lists(st.sampled_from("xyz"), max_size=2),
            "objective": st.sampled_from([None, Objective("m", "min").to_json(), Objective("n", "max").to_json()]),
        },
        "resumed": {"segment": segment},
        "read": {"step": st.integers(0, 9), "values": st.dictionaries(st.sampled_from("mn"), VALUES, max_size=2)},
        "finished": {
            "segment": segment,
            "state": st.sampled_from(["completed", "failed"]),
            "footprint": st.sampled_from([joules(1.0).to_json(), joules(2.0).to_json(), "none"]),
        },
        "kept": {"kept": st.booleans()},
        "tagged": {"tags": st.lists(st.sampled_from("xyz"), max_size=2)},
        "restated": {
            "segments": st.just(["a"]),
            "before": st.just({}),
            "after": st.just(joules(9.0).to_json()),
            "why": st.just("w"),
        },
        "forgotten": {},
    }
    return st.fixed_dictionaries(shapes[kind])


KINDS = ("started", "resumed", "read", "read", "read", "finished", "kept", "tagged", "restated")


@st.composite
def journals(draw: st.DrawFn, kinds: tuple[str, ...] = KINDS) -> list[Event]:
    """Events of two runs in the order of their making."""
    made = draw(st.lists(st.tuples(st.sampled_from(RUNS), st.sampled_from(kinds)), max_size=14))
    return [Event(run_id, kind, draw(event_data(kind)), "2025-01-01T00:00:00Z") for run_id, kind in made]


def in_memory(*batches: list[Event]) -> Ledger:
    ledger = open_ledger(":memory:")
    for batch in batches:
        ledger.append(*batch)
    return ledger


@given(journals(), st.data())
def test_a_run_does_not_depend_on_order_nor_on_duplicates(events: list[Event], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(events + events[: len(events) // 2]))
    for run_id in RUNS:
        one, other = ([event for event in each if event.run_id == run_id] for each in (events, shuffled))
        assert str(fold_all(one)) == str(fold_all(other))


@given(journals((*KINDS, "forgotten")), st.data())
@settings(max_examples=150)
def test_what_was_folded_step_by_step_equals_what_is_folded_anew(events: list[Event], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(events))
    with in_memory(*([event] for event in shuffled)) as ledger:
        assert ledger.verify() == [] or all("passed over" in fault for fault in ledger.verify())
        before = ledger.runs(ALL)
        ledger.rebuild()
        assert str(ledger.runs(ALL)) == str(before)


@given(journals((*KINDS, "forgotten")), st.data())
@settings(max_examples=100)
def test_ledgers_merge_to_the_same_in_either_direction_and_only_once(events: list[Event], data: st.DataObject) -> None:
    sides = data.draw(st.lists(st.sampled_from([(1, 0), (0, 1), (1, 1)]), min_size=len(events), max_size=len(events)))
    left = [event for event, (in_left, _) in zip(events, sides, strict=True) if in_left]
    right = [event for event, (_, in_right) in zip(events, sides, strict=True) if in_right]
    with in_memory(left) as one, in_memory(right) as other, in_memory(left) as untouched:
        one.merge(other)
        other.merge(untouched)
        once = str(without_number(one.runs(ALL)))
        assert str(without_number(other.runs(ALL))) == once
        assert one.merge(other) == 0
        assert str(without_number(one.runs(ALL))) == once


@given(st.lists(st.integers(0, 2**40), max_size=40))
def test_identifiers_sort_after_all_that_were_witnessed(stamps: list[int]) -> None:
    import payoff.model

    before = payoff.model._last_stamp
    try:
        for stamp in stamps:
            seen = f"{stamp >> 12:012x}7{stamp & 0xFFF:03x}8000000000000000"
            witness(seen)
            assert new_id() > seen
        witness("not an identifier")
        made = [new_id() for _ in range(50)]
        assert made == sorted(set(made))
    finally:
        payoff.model._last_stamp = before


@given(st.integers(1, 200_000), st.integers(1, 9).map(lambda power: 64 * power))
def test_a_trace_keeps_at_most_its_limit_and_half_of_it_at_least(ticks: int, limit: int) -> None:
    trace = Trace(limit)
    kept: dict[int, None] = {}
    step = 1
    point = 0
    while point < ticks:
        if trace.keeps(point):
            kept[point] = None
        if trace.step != step:
            step = trace.step
            kept = {each: None for each in kept if each % step == 0}
        point += step
    assert min(ticks, limit // 2) <= len(kept) <= limit
    assert list(kept) == list(range(0, ticks, step))[: len(kept)]


@given(st.sets(st.integers(0, 60_000), max_size=6000))
def test_thinning_is_bounded_and_thinning_again_changes_nothing(numbers: set[int]) -> None:
    points = [(number, (float(number), 0.0)) for number in numbers]
    once = thinned(points)
    assert (len(once) <= LIMIT, thinned(once), set(once) <= set(points)) == (True, once, True)


def test_readings_of_the_same_value_are_won_by_the_earliest() -> None:
    first, second = (Event("r", "read", {"step": step, "values": {"m": 0.5}}) for step in (1, 2))
    begun = Event("r", "started", {"segment": "s", "objective": Objective("m").to_json()})
    with in_memory([begun, second], [first]) as ledger:
        best = ledger.find("last").best
        assert (best and best.step, ledger.verify()) == (1, [])


def test_a_ledger_in_memory_is_gone_when_it_is_closed() -> None:
    store = SqliteStore(None)
    with Ledger(store) as ledger:
        ledger.append(Event("r", "started", {"segment": "s"}))
        assert len(ledger.runs(Query())) == 1
    with Ledger(store) as ledger:
        assert ledger.runs() == []
