"""The laws of a ledger's back end: inherit `StoreConformance`, say how a store is made, and let pytest run it.

    class TestMyStore(StoreConformance):
        def make_store(self, place: Path) -> Store:
            return MyStore(place)

Two stores that were made at the same place are two openings of the same ledger.
"""

from __future__ import annotations

import math
import os
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from payoff.errors import InvalidValue, UnknownName
from payoff.ledger import COLUMNS, Ledger, Query, Store, Tick, Trace, own_lease
from payoff.ledger._schema import column
from payoff.model import Event, Footprint, Lease, Objective, Reading, Run, Segment, new_id, utc_now
from payoff.quantities import Estimate

DEAD = Lease("elsewhere", "", 1, 1)
"""The lease of a process on a host that is not this one."""


def at(seconds: float) -> str:
    """A stamp that many seconds from now."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def joules(energy_j: float, duration_s: float = 1.0) -> Footprint:
    """A small footprint."""
    return Footprint(duration_s=Estimate(duration_s), energy_j=Estimate(energy_j, {"meter": 0.05}, {"measured": 1.0}))


def started(run_id: str, segment: str, **about: Any) -> Event:
    """The beginning of a run."""
    return Event(run_id, "started", {"segment": segment, "project": "conformance", "name": "a run", **about})


def read(run_id: str, step: float, **values: float) -> Event:
    """Readings of a run."""
    return Event(run_id, "read", {"step": step, "values": values, "elapsed_s": 2.0 * step, "energy_j": 5.0 * step, "examples": None})


def finished(run_id: str, segment: str, footprint: Footprint, state: str = "completed") -> Event:
    """The end of a run."""
    return Event(run_id, "finished", {"segment": segment, "state": state, "exit_code": 0, "footprint": footprint.to_json()})


def whole_run(energy_j: float = 7.0, values: Sequence[float] = (0.5, 0.75), **about: Any) -> list[Event]:
    """All events of a run that went well."""
    run_id, segment = new_id(), new_id()
    readings = [read(run_id, step, accuracy=value) for step, value in enumerate(values)]
    return [started(run_id, segment, **about), *readings, finished(run_id, segment, joules(energy_j))]


def without_number(runs: Sequence[Run]) -> list[Run]:
    """Runs as every ledger that holds them shows them, whatever number it gave them."""
    return sorted((replace(run, number=0) for run in runs), key=lambda run: run.id)


ALL = Query(limit=None)


class StoreConformance:
    """What every back end must do."""

    def make_store(self, place: Path) -> Store:
        """A store at a place, which is new in each test."""
        raise NotImplementedError

    @pytest.fixture
    def place(self, tmp_path: Path) -> Path:
        """Where the ledger of a test is."""
        return tmp_path / "ledger"

    @pytest.fixture
    def ledger(self, place: Path) -> Iterator[Ledger]:
        """An empty ledger."""
        with Ledger(self.make_store(place)) as ledger:
            yield ledger

    @pytest.fixture
    def other(self, tmp_path: Path) -> Iterator[Ledger]:
        """Another empty ledger, elsewhere."""
        with Ledger(self.make_store(tmp_path / "other")) as ledger:
            yield ledger

    # the journal

    def test_an_empty_ledger_has_no_runs_and_no_faults(self, ledger: Ledger) -> None:
        assert (ledger.runs(), list(ledger.scan()), ledger.ticks(), ledger.verify(), ledger.rebuild()) == ([], [], [], [], 0)

    def test_events_come_back_as_they_were_in_the_order_of_appending(self, ledger: Ledger) -> None:
        events = whole_run() + whole_run()
        ledger.append(*events[:2])
        ledger.append(*events[2:])
        assert [event for _, event in ledger.scan()] == events

    def test_an_event_that_is_appended_again_changes_nothing(self, ledger: Ledger) -> None:
        events = whole_run()
        ledger.append(*events)
        before = ledger.runs()
        ledger.append(*events)
        ledger.append(events[1], events[1])
        assert (ledger.runs(), [event for _, event in ledger.scan()]) == (before, events)

    def test_a_second_opening_sees_what_the_first_one_wrote(self, ledger: Ledger, place: Path) -> None:
        events = whole_run()
        ledger.append(*events)
        with Ledger(self.make_store(place)) as second:
            assert (second.runs(), [event for _, event in second.scan()]) == (ledger.runs(), events)

    def test_a_cursor_gives_what_came_after_it(self, ledger: Ledger) -> None:
        first, second = whole_run(), whole_run()
        ledger.append(*first)
        *_, (cursor, _) = ledger.scan()
        assert list(ledger.scan(cursor)) == []
        ledger.append(*second)
        assert [event for _, event in ledger.scan(cursor)] == second

    def test_a_cursor_never_skips_a_commit_that_came_late(self, ledger: Ledger, place: Path) -> None:
        def write() -> None:
            with Ledger(self.make_store(place)) as mine:
                for _ in range(25):
                    mine.append(*whole_run(values=()))

        writers = [threading.Thread(target=write) for _ in range(4)]
        for writer in writers:
            writer.start()
        cursor, seen = "", list[str]()
        while any(writer.is_alive() for writer in writers) or list(ledger.scan(cursor)):
            for cursor, event in ledger.scan(cursor):  # noqa: B007
                seen.append(event.id)
        assert len(seen) == len(set(seen)) == 4 * 25 * 2

    def test_what_is_no_text_and_no_number_survives(self, ledger: Ledger) -> None:
        run_id, segment = new_id(), new_id()
        command = ["python", "caf\udce9.py", "nul\0nul", "été 🌍"]
        ledger.append(started(run_id, segment, command=command, name="nul\0\udce9", objective=Objective("loss", "min").to_json()))
        ledger.append(*(read(run_id, step, loss=value) for step, value in enumerate((math.nan, math.inf, 1.0, -math.inf, math.nan))))
        run = ledger.find("last")
        values = [reading.value for reading in ledger.readings(run_id)]
        assert (run.command, run.best) == (tuple(command), Reading(3, "loss", -math.inf, 6.0, 15.0))
        assert [str(value) for value in values] == ["nan", "inf", "1.0", "-inf", "nan"]

    # runs

    def test_a_run_is_the_sum_of_its_events(self, ledger: Ledger) -> None:
        objective = Objective("accuracy", "max", 0.9)
        about = {"study": "s", "parent": "p", "tags": ["a"], "parameters": {"lr": 0.1}, "command": ["python", "a.py"], "host": "h", "place": "FR"}
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

    def test_after_the_clock_was_set_back_the_last_segment_still_decides(self, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
        events = whole_run()
        ledger.append(*events, finished(events[0].run_id, events[0].data["segment"], joules(7.0), "stopped"))
        monkeypatch.setattr("payoff.model._last_stamp", 0)
        monkeypatch.setattr("payoff.model.time.time_ns", lambda: 1_000_000_000_000_000_000)
        run, segment = ledger.find("last"), new_id()
        ledger.append(Event(run.id, "resumed", {"segment": segment}, at(-3600)))
        ledger.append(Event(run.id, "read", {"step": 9, "values": {"accuracy": 0.9}}, at(-3600)))
        ledger.append(replace(finished(run.id, segment, joules(5.0)), at=at(-3590)))
        again = ledger.find("last")
        assert (again.state, again.best, again.footprint) == ("completed", Reading(9, "accuracy", 0.9), joules(7.0) + joules(5.0))
        assert ledger.verify() == []

    def test_data_that_is_not_what_its_kind_promises_is_passed_over_and_told(self, ledger: Ledger) -> None:
        events = whole_run()
        ledger.append(*events)
        before = ledger.find("last")
        ledger.append(Event(events[0].run_id, "finished", {"footprint": "none"}), Event(events[0].run_id, "invented later", {}))
        assert (ledger.find("last"), len(ledger.verify())) == (before, 1)

    # the pulse

    def test_a_running_run_shows_its_last_tick(self, ledger: Ledger) -> None:
        run_id, segment = new_id(), new_id()
        ledger.append(started(run_id, segment, lease=asdict(own_lease())))
        for energy_j in (1.0, 2.0, 3.0):
            ledger.beat(Tick(run_id, segment, utc_now(), joules(energy_j), {"counter": 7}))
        tick = ledger.ticks()[0]
        run = ledger.find("last")
        assert (run.state, run.footprint, tick.counters, len(ledger.ticks())) == ("running", joules(3.0), {"counter": 7}, 1)

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
        for _ in range(2):
            found = ledger.runs(Query(sort="energy_j", limit=None))
            assert [run.footprint["energy_j"].value for run in found if run.footprint["energy_j"]] == sorted([*map(float, range(103)), 50.5], reverse=True)
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
                    ledger.beat(Tick(run_id, segment, utc_now(), joules(1.0), {}, point, (float(point), 2.0 * point), trace.step))
        points = ledger.trace(run_id)
        assert len(points) <= 2 * 2000
        assert points[-1] == (6000.0, 12000.0)
        assert points == sorted(points)
        assert all(elapsed_s % 2 == 0 for elapsed_s, _ in points)

    # finding

    def _varied(self, ledger: Ledger) -> list[Run]:
        for i in range(12):
            about: dict[str, Any] = {"name": f"n{i % 5}", "project": f"p{i % 3}", "tags": [f"t{i % 4}"], "host": f"h{i % 2}", "command": ["run", f"{i % 7}%"]}
            about |= {"study": f"s{i % 2}"} if i % 3 else {}
            events = whole_run(float(i * 7 % 5), values=(i * 5 % 11 / 11,) if i % 4 else (), **about)
            ledger.append(*(events if i % 6 else events[:1]), *([Event(events[0].run_id, "kept", {"kept": i % 2 == 0})] if i % 5 == 0 else []))
        return ledger.runs(ALL)

    @pytest.mark.parametrize("name", COLUMNS)
    def test_runs_are_sorted_by_any_column(self, ledger: Ledger, name: str) -> None:
        runs = self._varied(ledger)
        for descending in (True, False):
            known = sorted((run for run in runs if column(run, name) is not None), key=lambda run: column(run, name), reverse=descending)
            expected = known + [run for run in runs if column(run, name) is None]
            assert ledger.runs(Query(sort=name, descending=descending, limit=None)) == expected
            assert ledger.runs(Query(sort=name, descending=descending, limit=4)) == expected[:4]

    @pytest.mark.parametrize("name", COLUMNS)
    def test_runs_are_filtered_by_any_column(self, ledger: Ledger, name: str) -> None:
        runs = self._varied(ledger)
        for value in {column(run, name) for run in runs} - {None}:
            assert ledger.runs(Query(equals={name: str(value)}, limit=None)) == [run for run in runs if column(run, name) == value]

    def test_a_tag_is_found_whole_and_a_text_anywhere(self, ledger: Ledger) -> None:
        for name, tags in (("ab%c", ["x_y"]), ("abZc", ["xzy", "x"]), ("AB", ["y"])):
            ledger.append(*whole_run(name=name, tags=tags))
        found = [[run.name for run in ledger.runs(query)] for query in (Query(equals={"tag": "x_y"}), Query(equals={"tag": "x"}), Query(text="b%"), Query(text="ab"))]
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
        found = [ledger.find(reference) for reference in ("last", "1", "a", "7", first[0].run_id, second[0].run_id[:31])]
        assert found == [runs[3], runs[1], runs[2], runs[3], runs[1], runs[2]]
        with pytest.raises(InvalidValue, match="begins the ids of several runs"):
            ledger.find(first[0].run_id[:6])
        with pytest.raises(UnknownName, match="unknown run 'b'"):
            ledger.find("b")

    # the whole

    def test_a_restated_run_shows_the_new_figures_and_keeps_the_old_ones(self, ledger: Ledger) -> None:
        events = whole_run(7.0)
        ledger.append(*events)
        ledger.restate(events[0].run_id, joules(9.0), "grid factor of 2024", {"grid": 21})
        segment = new_id()
        ledger.append(Event(events[0].run_id, "resumed", {"segment": segment}), finished(events[0].run_id, segment, joules(1.0)))
        run = ledger.find("last")
        (record,) = run.details["restatements"]
        assert run.footprint == joules(9.0) + joules(1.0)
        assert {name: record[name] for name in ("why", "factors", "before", "after")} == {
            "why": "grid factor of 2024",
            "factors": {"grid": 21},
            "before": joules(7.0).to_json(),
            "after": joules(9.0).to_json(),
        }

    def test_a_forgotten_run_is_gone_and_its_number_is_not_given_again(self, ledger: Ledger, place: Path) -> None:
        kept, secret = whole_run(name="kept"), whole_run(name="s3cr3t-name")
        ledger.append(*kept, *secret)
        ledger.beat(Tick(secret[0].run_id, secret[0].data["segment"], utc_now(), joules(1.0), {}, 0, (1.0, 1.0)))
        ledger.forget(secret[0].run_id)
        ledger.append(*secret)
        ledger.append(*whole_run(name="later"))
        expected = [("later", 3), ("kept", 1)]
        assert [(run.name, run.number) for run in ledger.runs()] == expected
        ledger.rebuild()
        assert [(run.name, run.number) for run in ledger.runs()] == expected
        assert (ledger.verify(), ledger.trace(secret[0].run_id)) == ([], [])
        assert all("s3cr3t" not in str(event) for _, event in ledger.scan())
        ledger.close()
        paths = [path for path in place.parent.rglob("*") if path.is_file()]
        assert all(b"s3cr3t" not in path.read_bytes() for path in paths)

    def test_a_running_run_is_not_forgotten(self, ledger: Ledger) -> None:
        run_id = new_id()
        ledger.append(started(run_id, new_id(), lease=asdict(own_lease())))
        with pytest.raises(InvalidValue, match="still running"):
            ledger.forget(run_id)

    def test_folding_anew_changes_nothing(self, ledger: Ledger) -> None:
        self._varied(ledger)
        before = ledger.runs(ALL)
        assert (ledger.rebuild(), ledger.runs(ALL), ledger.verify()) == (12, before, [])

    def _fill(self, ledger: Ledger, shared: Mapping[str, list[Event]]) -> None:
        ledger.append(*whole_run(), *shared["ended"][:2])
        run_id, segment = new_id(), new_id()
        ledger.append(started(run_id, segment, lease=asdict(DEAD)))
        ledger.beat(Tick(run_id, segment, at(-5000), joules(3.0), {"c": 1}, 0, (1.0, 3.0)))

    def test_merging_is_the_same_in_both_directions_and_the_second_time_changes_nothing(self, ledger: Ledger, other: Ledger, tmp_path: Path) -> None:
        shared = {"ended": whole_run(11.0)}
        self._fill(ledger, shared)
        self._fill(other, shared)
        other.append(shared["ended"][-1])
        with Ledger(self.make_store(tmp_path / "third")) as third:
            assert third.merge(other) + third.merge(ledger) == 4 + 1 + 2 + 1 + 4 + 1
            ledger.merge(other)
            expected = without_number(third.runs(ALL))
            traces = {run.id: third.trace(run.id) for run in expected}
            assert without_number(ledger.runs(ALL)) == expected
            assert {run.id: ledger.trace(run.id) for run in expected} == traces
            assert (sorted(len(points) for points in traces.values()), third.merge(ledger)) == ([0, 0, 0, 1, 1], 0)
            assert (without_number(third.runs(ALL)), third.verify()) == (expected, [])

    def test_what_is_forgotten_stays_forgotten_through_a_merge(self, ledger: Ledger, other: Ledger) -> None:
        events, others = whole_run(), whole_run()
        for each in (ledger, other):
            each.append(*events, *others)
        ledger.forget(events[0].run_id)
        ledger.merge(other)
        assert [run.id for run in ledger.runs()] == [others[0].run_id]
        other.merge(ledger)
        assert [run.id for run in other.runs()] == [others[0].run_id]
        assert all("accuracy" not in str(event) for event in other.events_of(events[0].run_id))

    # many at once

    def test_threads_write_through_one_ledger(self, ledger: Ledger) -> None:
        def write() -> None:
            for _ in range(10):
                events = whole_run()
                ledger.append(*events)
                ledger.beat(Tick(events[0].run_id, new_id(), utc_now(), joules(1.0)))

        threads = [threading.Thread(target=write) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (len(ledger.runs(ALL)), ledger.verify()) == (60, [])

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
    @pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
    def test_parent_and_forked_child_write_on(self, ledger: Ledger) -> None:
        ledger.append(*whole_run())
        stop, before = threading.Event(), whole_run()
        beating = threading.Thread(target=self._beat_until, args=(ledger, before[0].run_id, stop))
        beating.start()
        children = [self._fork_and_write(ledger) for _ in range(5)]
        ledger.append(*before)
        stop.set()
        beating.join()
        assert [os.waitpid(child, 0)[1] for child in children] == [0] * 5
        assert (len(ledger.runs()), ledger.verify()) == (7, [])

    def _beat_until(self, ledger: Ledger, run_id: str, stop: threading.Event) -> None:
        while not stop.is_set():
            ledger.beat(Tick(run_id, "segment", utc_now(), joules(1.0)))

    def _fork_and_write(self, ledger: Ledger) -> int:
        child = os.fork()
        if child == 0:
            code = 1
            try:
                ledger.append(*whole_run())
                code = 0 if len(ledger.runs()) >= 2 else 2
            finally:
                sys.stderr.flush()
                os._exit(code)
        return child
