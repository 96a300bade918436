"""The laws of a ledger: what runs are, and how they are found."""

from __future__ import annotations

from dataclasses import asdict, replace
from itertools import product
from typing import Any

import pytest

from payoff.errors import InvalidValue, UnknownName
from payoff.ledger import COLUMNS, Ledger, Query, Tick, Trace, own_lease
from payoff.ledger._schema import column
from payoff.model import Event, Objective, Reading, Run, Segment, new_id, utc_now
from payoff.testing._ledger_case import (
    ALL,
    DEAD,
    StoreCase,
    at,
    finished,
    joules,
    started,
    whole_run,
    without_number,
)


class RunLaws(StoreCase):
    """What runs are, and how they are found."""

    # runs

    def test_a_run_is_the_sum_of_its_events(self, ledger: Ledger) -> None:
        objective = Objective("accuracy", "max", 0.9)
        about: dict[str, Any] = {
            "study": "s",
            "parent": "p",
            "tags": ["a"],
            "parameters": {"lr": 0.1},
            "command": ["python", "a.py"],
            "host": "h",
            "place": "FR",
        }
        events = whole_run(7.0, objective=objective.to_json(), machine={"threads": 2}, **about)
        run_id, segment = events[0].run_id, events[0].data["segment"]
        tail = [Event(run_id, "kept", {"kept": True}), Event(run_id, "tagged", {"tags": ["b", "a"]})]
        ledger.append(*events, *tail)
        assert ledger.runs() == [
            Run(
                id=run_id,
                number=1,
                project="conformance",
                name="a run",
                state="completed",
                started_at=events[0].at,
                ended_at=events[-1].at,
                study="s",
                parent="p",
                kept=True,
                tags=("a", "b"),
                parameters={"lr": 0.1},
                command=("python", "a.py"),
                host="h",
                place="FR",
                exit_code=0,
                objective=objective,
                best=Reading(1, "accuracy", 0.75, 2.0, 5.0),
                readings=2,
                footprint=joules(7.0),
                segments=(Segment(segment, events[0].at, events[-1].at, None, "completed", joules(7.0)),),
                details={"machine": {"threads": 2}},
            )
        ]

    def test_the_order_in_which_events_are_merged_does_not_matter(self, ledger: Ledger, other: Ledger) -> None:
        events = whole_run(objective=Objective("accuracy", "min").to_json())
        events.append(Event(events[0].run_id, "kept", {"kept": False}))
        ledger.append(*events)
        for event in reversed(events):
            other.append(event)
        assert without_number(other.runs()) == without_number(ledger.runs())
        assert other.verify() == []

    def test_a_resumed_run_counts_each_segment_once(self, ledger: Ledger) -> None:
        events = whole_run(7.0)
        segment = new_id()
        ledger.append(*events, Event(events[0].run_id, "resumed", {"segment": segment}))
        assert ledger.find("last").state == "running"
        ledger.append(finished(events[0].run_id, segment, joules(5.0), "stopped"))
        run = ledger.find("last")
        assert (run.state, run.footprint) == ("stopped", joules(7.0) + joules(5.0))

    def test_after_the_clock_was_set_back_the_last_segment_still_decides(
        self, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        events = whole_run()
        ledger.append(*events, finished(events[0].run_id, events[0].data["segment"], joules(7.0), "stopped"))
        monkeypatch.setattr("payoff.model._last_stamp", 0)
        monkeypatch.setattr("payoff.model.time.time_ns", lambda: 1_000_000_000_000_000_000)
        run, segment = ledger.find("last"), new_id()
        ledger.append(Event(run.id, "resumed", {"segment": segment}, at(-3600)))
        ledger.append(Event(run.id, "read", {"step": 9, "values": {"accuracy": 0.9}}, at(-3600)))
        ledger.append(replace(finished(run.id, segment, joules(5.0)), at=at(-3590)))
        again = ledger.find("last")
        assert (again.state, again.best, again.footprint) == (
            "completed",
            Reading(9, "accuracy", 0.9),
            joules(7.0) + joules(5.0),
        )
        assert ledger.verify() == []

    def test_data_that_is_not_what_its_kind_promises_is_passed_over_and_told(self, ledger: Ledger) -> None:
        events = whole_run()
        ledger.append(*events)
        before = ledger.find("last")
        ledger.append(
            Event(events[0].run_id, "finished", {"footprint": "none"}), Event(events[0].run_id, "invented later", {})
        )
        assert (ledger.find("last"), len(ledger.verify())) == (before, 1)

    # the pulse

    def test_a_running_run_shows_its_last_tick(self, ledger: Ledger) -> None:
        run_id, segment = new_id(), new_id()
        ledger.append(started(run_id, segment, lease=asdict(own_lease())))
        for energy_j in (1.0, 2.0, 3.0):
            ledger.beat(Tick(run_id, segment, utc_now(), joules(energy_j), {"counter": 7}))
        tick = ledger.ticks()[0]
        run = ledger.find("last")
        assert (run.state, run.footprint, tick.grown, len(ledger.ticks())) == (
            "running",
            joules(3.0),
            {"counter": 7},
            1,
        )

    def test_a_run_whose_process_is_gone_is_lost_with_what_it_used(self, ledger: Ledger) -> None:
        run_id, segment = new_id(), new_id()
        ledger.append(started(run_id, segment, lease=asdict(replace(own_lease(), pid_started=1))))
        ledger.beat(Tick(run_id, segment, utc_now(), joules(3.0)))
        run = ledger.runs(Query(equals={"state": "lost"}))[0]
        assert (run.state, run.ended_at, run.footprint) == ("lost", None, joules(3.0))

    def test_the_end_of_a_segment_replaces_its_tick(self, ledger: Ledger) -> None:
        run_id, segment = new_id(), new_id()
        ledger.append(started(run_id, segment, lease=asdict(own_lease())))
        ledger.beat(Tick(run_id, segment, utc_now(), joules(3.0)))
        ledger.append(finished(run_id, segment, joules(4.0)))
        assert (ledger.find("last").footprint, ledger.ticks()) == (joules(4.0), [])

    def test_many_runs_that_were_lost_long_ago_are_listed_like_others(self, ledger: Ledger) -> None:
        for number in range(103):
            run_id, segment = new_id(), new_id()
            ledger.append(replace(started(run_id, segment, lease=asdict(DEAD)), at=at(-9000)))
            ledger.beat(Tick(run_id, segment, at(-8000), joules(float(number))))
        ledger.append(*whole_run(50.5))
        found: list[Run] = []
        for _ in range(2):
            found = ledger.runs(Query(sort="energy_j", limit=None))
            assert [run.footprint["energy_j"].value for run in found if run.footprint["energy_j"]] == sorted(
                [*map(float, range(103)), 50.5], reverse=True
            )
            assert [run.state for run in found].count("lost") == 103
        ledger.beat(Tick(found[0].id, found[0].segments[0].id, utc_now(), joules(500.0)))
        again = ledger.find(found[0].id)
        assert (again.state, again.footprint) == ("running", joules(500.0))

    def test_a_trace_stays_bounded_and_keeps_the_last_joule(self, ledger: Ledger) -> None:
        run_id, first, second = new_id(), new_id(), new_id()
        ledger.append(started(run_id, first), Event(run_id, "resumed", {"segment": second}))
        for segment in (first, second):
            trace = Trace()
            for point in range(3001):
                if trace.keeps(point) and (point < 4 or point > 1900):
                    ledger.beat(
                        Tick(
                            run_id, segment, utc_now(), joules(1.0), {}, point, (float(point), 2.0 * point), trace.step
                        )
                    )
        points = ledger.trace(run_id)
        assert len(points) <= 2 * 2000
        assert points[-1] == (6000.0, 12000.0)
        assert points == sorted(points)
        assert all(elapsed_s % 2 == 0 for elapsed_s, _ in points)

    # finding

    def _varied(self, ledger: Ledger) -> list[Run]:
        for i in range(12):
            about: dict[str, Any] = {
                "name": f"n{i % 5}",
                "project": f"p{i % 3}",
                "tags": [f"t{i % 4}"],
                "host": f"h{i % 2}",
                "command": ["run", f"{i % 7}%"],
            }
            about |= {"study": f"s{i % 2}"} if i % 3 else {}
            events = whole_run(float(i * 7 % 5), values=(i * 5 % 11 / 11,) if i % 4 else (), **about)
            ledger.append(
                *(events if i % 6 else events[:1]),
                *([Event(events[0].run_id, "kept", {"kept": i % 2 == 0})] if i % 5 == 0 else []),
            )
        return ledger.runs(ALL)

    def test_runs_are_sorted_by_any_column(self, ledger: Ledger) -> None:
        runs = self._varied(ledger)
        for name, descending in product(COLUMNS, (True, False)):
            known = sorted(
                (run for run in runs if column(run, name) is not None),
                key=lambda run: column(run, name),
                reverse=descending,
            )
            expected = known + [run for run in runs if column(run, name) is None]
            assert ledger.runs(Query(sort=name, descending=descending, limit=None)) == expected
            assert ledger.runs(Query(sort=name, descending=descending, limit=4)) == expected[:4]

    def test_runs_are_filtered_by_any_column(self, ledger: Ledger) -> None:
        runs = self._varied(ledger)
        for name, value in {
            (name, column(run, name)) for name in COLUMNS for run in runs if column(run, name) is not None
        }:
            assert ledger.runs(Query(equals={name: str(value)}, limit=None)) == [
                run for run in runs if column(run, name) == value
            ]

    def test_a_tag_is_found_whole_and_a_text_anywhere(self, ledger: Ledger) -> None:
        for name, tags in (("ab%c", ["x_y"]), ("abZc", ["xzy", "x"]), ("AB", ["y"])):
            ledger.append(*whole_run(name=name, tags=tags))
        found = [
            [run.name for run in ledger.runs(query)]
            for query in (Query(equals={"tag": "x_y"}), Query(equals={"tag": "x"}), Query(text="b%"), Query(text="ab"))
        ]
        assert found == [["ab%c"], ["abZc"], ["ab%c"], ["AB", "abZc", "ab%c"]]

    def test_a_column_that_does_not_exist_is_refused_with_what_comes_nearest(self, ledger: Ledger) -> None:
        with pytest.raises(UnknownName, match="did you mean 'energy_j'"):
            ledger.runs(Query(sort="energy"))
        with pytest.raises(InvalidValue, match="'energy_j' holds numbers, got 'much'"):
            ledger.runs(Query(equals={"energy_j": "much"}))

    def test_a_run_is_found_by_last_number_name_and_beginning_of_its_id(self, ledger: Ledger) -> None:
        first, second = whole_run(name="a", values=()), whole_run(name="a", values=())
        ledger.append(*first, *second, *whole_run(name="7", values=()))
        runs = {run.number: run for run in ledger.runs()}
        found = [
            ledger.find(reference) for reference in ("last", "1", "a", "7", first[0].run_id, second[0].run_id[:31])
        ]
        assert found == [runs[3], runs[1], runs[2], runs[3], runs[1], runs[2]]
        with pytest.raises(InvalidValue, match="begins the ids of several runs"):
            ledger.find(first[0].run_id[:6])
        with pytest.raises(UnknownName, match="unknown run 'b'"):
            ledger.find("b")
