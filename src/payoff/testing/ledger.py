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
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import pytest

from payoff.errors import InvalidValue
from payoff.ledger import Ledger, Tick, own_lease
from payoff.model import Event, Objective, Reading, new_id, utc_now
from payoff.testing._ledger_case import ALL, DEAD, at, finished, joules, read, started, whole_run, without_number
from payoff.testing._ledger_runs import RunLaws


class StoreConformance(RunLaws):
    """What every back end must do: these laws, and those of runs."""

    # the journal

    def test_an_empty_ledger_has_no_runs_and_no_faults(self, ledger: Ledger) -> None:
        assert (ledger.runs(), list(ledger.scan()), ledger.ticks(), ledger.verify(), ledger.rebuild()) == (
            [],
            [],
            [],
            [],
            0,
        )

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
            for place_after, event in ledger.scan(cursor):
                seen.append(event.id)
                cursor = place_after
        assert len(seen) == len(set(seen)) == 4 * 25 * 2

    def test_what_is_no_text_and_no_number_survives(self, ledger: Ledger) -> None:
        run_id, segment = new_id(), new_id()
        command = ["python", "caf\udce9.py", "nul\0nul", "été 🌍"]
        ledger.append(
            started(run_id, segment, command=command, name="nul\0\udce9", objective=Objective("loss", "min").to_json())
        )
        ledger.append(
            *(
                read(run_id, step, loss=value)
                for step, value in enumerate((math.nan, math.inf, 1.0, -math.inf, math.nan))
            )
        )
        run = ledger.find("last")
        values = [reading.value for reading in ledger.readings(run_id)]
        assert (run.command, run.best) == (tuple(command), Reading(2, "loss", 1.0, 4.0, 10.0))
        assert [str(value) for value in values] == ["nan", "inf", "1.0", "-inf", "nan"]

    # the whole

    def test_a_restated_run_shows_the_new_figures_and_keeps_the_old_ones(self, ledger: Ledger) -> None:
        events = whole_run(7.0)
        ledger.append(*events)
        ledger.restate(events[0].run_id, joules(9.0), "grid factor of 2024", {"grid": 21})
        segment = new_id()
        ledger.append(
            Event(events[0].run_id, "resumed", {"segment": segment}), finished(events[0].run_id, segment, joules(1.0))
        )
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
        assert ledger.add_missing(secret) == 0
        ledger.append(*whole_run(name="later"))
        expected = [("later", 3), ("kept", 1)]
        assert [(run.name, run.number) for run in ledger.runs()] == expected
        ledger.rebuild()
        assert [(run.name, run.number) for run in ledger.runs()] == expected
        assert (ledger.verify(), ledger.trace(secret[0].run_id)) == ([], [])
        assert all("s3cr3t" not in str(event) for _, event in ledger.scan())
        ledger.close()
        paths = [path for path in place.parent.rglob("*") if path.is_file()]
        assert [path for path in paths if b"s3cr3t" in path.read_bytes()] == []

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

    def test_merging_is_the_same_in_both_directions_and_the_second_time_changes_nothing(
        self, ledger: Ledger, other: Ledger, tmp_path: Path
    ) -> None:
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
        if sys.platform == "win32":
            raise NotImplementedError("Windows does not fork")
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
