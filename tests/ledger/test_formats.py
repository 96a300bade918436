"""Ledgers leave as files for others, and come back."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from payoff.errors import InvalidValue, LedgerUnusable, UnknownName
from payoff.ledger import Ledger, Tick, open_ledger
from payoff.ledger._formats_codecarbon import COLUMNS
from payoff.model import Event, Footprint, Objective, Reading, new_id, utc_now
from payoff.quantities import Estimate
from payoff.testing._ledger_case import ALL, joules, read, started, whole_run, without_number

HERE = Path(__file__).parent


def written(tmp_path: Path, ledger: Ledger, form: str) -> Path:
    path = tmp_path / f"export.{form}"
    path.write_text("".join(ledger.export(form)), encoding="utf-8")
    return path


def varied(ledger: Ledger) -> None:
    """Runs of every kind: ended, resumed, restated, kept, tagged, forgotten, running with a trace, odd texts."""
    ledger.append(*whole_run(7.0, name='a "quoted", été\n🌍', tags=["x", "y"], command=["a b", "c\udce9"]))
    ledger.append(*whole_run(5.0, (float("nan"), float("inf")), objective=Objective("accuracy", "max").to_json()))
    ledger.append(*whole_run(3.0, parameters={"lr": 0.1}), *whole_run(name="secret"))
    runs = {run.number: run for run in ledger.runs(ALL)}
    ledger.forget(runs[4].id)
    ledger.restate(runs[1].id, joules(8.0), "a new factor")
    ledger.append(Event(runs[2].id, "kept", {"kept": False}), Event(runs[2].id, "tagged", {"tags": ["late"]}))
    run_id, segment = new_id(), new_id()
    ledger.append(started(run_id, segment), read(run_id, 1, loss=0.5))
    for point in range(5):
        used = (float(point), 2.0 * point)
        ledger.beat(Tick(run_id, segment, utc_now(), joules(2.0 * point), {"rapl": 7}, point, used))


def test_json_brings_everything_back_and_the_second_time_nothing(tmp_path: Path) -> None:
    with open_ledger(tmp_path / "a.db") as ledger, open_ledger(tmp_path / "b.jsonl.d") as other:
        varied(ledger)
        path = written(tmp_path, ledger, "json")
        events = [event for _, event in ledger.scan()]
        assert (other.import_from(path), other.import_from(path)) == (len(events), 0)
        assert without_number(other.runs(ALL)) == without_number(ledger.runs(ALL))
        said = {event.id: event for event in events if event.kind != "erased"}
        assert {event.id: event for _, event in other.scan()} == said
        open_run = ledger.find("last").id
        assert (other.trace(open_run), other.ticks()) == (ledger.trace(open_run), ledger.ticks())
        assert other.verify() == []
        assert json.loads(path.read_text())["schema"] == "payoff.ledger/1"


def test_csv_has_a_row_a_run_with_units_and_intervals(tmp_path: Path) -> None:
    with open_ledger(tmp_path / "a.db") as ledger:
        varied(ledger)
        rows = list(csv.DictReader(io.StringIO("".join(ledger.export("csv")))))
        run = ledger.find("3")
        energy = run.footprint.energy_j
    assert [row["number"] for row in rows] == ["1", "2", "3", "5"]
    assert energy is not None
    shown = {name: rows[2][name] for name in ("energy_j", "energy_j_low", "energy_j_high", "energy_j_basis", "water_l")}
    low, high = str(energy.low), str(energy.high)
    assert shown == {
        "energy_j": "3.0",
        "energy_j_low": low,
        "energy_j_high": high,
        "energy_j_basis": "measured=1",
        "water_l": "",
    }
    assert (rows[0]["name"], rows[0]["tags"], rows[1]["kept"]) == ('a "quoted", été\n🌍', '["x", "y"]', "no")


def test_csv_comes_back_as_stated_runs_and_leaves_measured_ones_alone(tmp_path: Path) -> None:
    with open_ledger(tmp_path / "a.db") as ledger, open_ledger(tmp_path / "b.db") as other:
        ledger.append(*whole_run(7.0, name="été", tags=["x"], host="h"), Event("0" * 32, "started", {"segment": "s"}))
        path = written(tmp_path, ledger, "csv")
        assert (ledger.import_from(path), other.import_from(path), other.import_from(path)) == (0, 3 + 2, 0)
        original = ledger.find("1")
        copy = other.find("1")
        energy = copy.footprint.energy_j
        assert energy is not None
        assert (energy.value, energy.basis, energy.sources) == (7.0, {"measured": 1.0}, ("CSV",))
        assert (energy.low, energy.high) == pytest.approx((6.65, 7.35))
        same = ("id", "project", "name", "state", "started_at", "ended_at", "tags", "host", "exit_code")
        assert [getattr(copy, name) for name in same] == [getattr(original, name) for name in same]
        assert (copy.best, copy.details["source"]) == (Reading(1, "accuracy", 0.75), {"name": "CSV"})


def test_codecarbon_files_come_in_once_with_what_they_do_not_say_left_open(tmp_path: Path) -> None:
    with open_ledger(tmp_path / "a.db") as ledger:
        assert ledger.import_from(HERE / "codecarbon_3_3_2.csv") == 6
        assert ledger.import_from(HERE / "codecarbon_3_3_2.csv") == 0
        later, first = ledger.runs()
        source = ("CodeCarbon 3.3.2, which gives no interval",)

        def stated(value: float) -> Estimate:
            return Estimate(value, {}, {"stated": 1.0}, sources=source)

        assert (first.project, first.name, first.place, first.state) == ("digits", "digits", "FRA", "completed")
        assert (first.started_at, first.ended_at) == ("2025-05-01T11:59:00.000Z", "2025-05-01T12:01:00.000Z")
        assert first.footprint == Footprint(stated(120.0), stated(0.002 * 3.6e6), stated(0.000112))
        assert later.footprint == Footprint(
            stated(60.0), stated(0.0012 * (3.6e6 / 1.2)), stated(0.0005), water_l=stated(0.00216)
        )
        assert (later.place, ledger.verify()) == ("gcp:europe-west1", [])


def test_the_last_row_of_a_codecarbon_tracker_holds_for_its_run(tmp_path: Path) -> None:
    lines = (HERE / "codecarbon_3_3_2.csv").read_text().splitlines(keepends=True)
    early, late = tmp_path / "early.csv", tmp_path / "late.csv"
    early.write_text("".join(lines[:2]))
    late.write_text("".join([lines[0], lines[2]]))
    with open_ledger(tmp_path / "a.db") as ledger, open_ledger(tmp_path / "b.db") as other:
        for path in (early, late):
            ledger.import_from(path)
        for path in (late, early):
            other.import_from(path)
        (run,) = ledger.runs()
        assert run.footprint.duration_s is not None
        assert (run.footprint.duration_s.value, without_number(other.runs())) == (120.0, [replace(run, number=0)])


def test_codecarbon_files_go_out_as_they_came_in(tmp_path: Path) -> None:
    with open_ledger(tmp_path / "a.db") as ledger:
        ledger.import_from(HERE / "codecarbon_3_3_2.csv")
        original = list(csv.DictReader((HERE / "codecarbon_3_3_2.csv").read_text().splitlines()))
        assert list(csv.DictReader(io.StringIO("".join(ledger.export("codecarbon"))))) == original[1:]


def test_measured_runs_go_out_with_exactly_codecarbons_columns(tmp_path: Path) -> None:
    header = (HERE / "codecarbon_3_3_2.csv").read_text().splitlines()[0].split(",")
    with open_ledger(tmp_path / "a.db") as ledger, open_ledger(tmp_path / "b.db") as other:
        run_id, segment = new_id(), new_id()
        used = Footprint(Estimate(100.0), Estimate(3.6e6), Estimate(0.5), water_l=Estimate(2.0))
        about = {"place": "aws:eu-west-3", "machine": {"processor": "EPYC", "threads": 8}}
        end = {"segment": segment, "state": "completed", "footprint": used.to_json()}
        factors = {"pue": Estimate(1.25).to_json()}
        ledger.append(
            started(run_id, segment, **about),
            Event(run_id, "finished", {**end, "factors": factors}, at="2025-05-01T12:00:00.000Z"),
        )
        path = written(tmp_path, ledger, "codecarbon")
        (row,) = csv.DictReader(path.read_text().splitlines())
        assert (list(row), list(COLUMNS)) == (header, header)
        assert {name: value for name, value in row.items() if value} == {
            "timestamp": "2025-05-01T12:00:00",
            "project_name": "conformance",
            "run_id": run_id,
            "duration": "100.0",
            "emissions": "0.5",
            "emissions_rate": "0.005",
            "energy_consumed": "1.25",
            "water_consumed": "2.0",
            "cloud_provider": "aws",
            "cloud_region": "eu-west-3",
            "cpu_count": "8",
            "cpu_model": "EPYC",
            "tracking_mode": "process",
            "on_cloud": "Y",
            "pue": "1.25",
        }
        other.import_from(path)
        energy = other.find("last").footprint.energy_j
        assert energy is not None and energy.value == pytest.approx(3.6e6)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "it is empty"),
        (b"\x89PNG\r\n\x1a\n\xff", "it is no text"),
        (b"epoch,loss\n1,0.5\n", "its first line is 'epoch,loss'"),
        (b'{"runs": []}', "its schema is 'None', not 'payoff.ledger/1'"),
        (b'{"schema": "payoff.ledger/2"}', "its schema is 'payoff.ledger/2', not 'payoff.ledger/1'; update payoff"),
        (b'{"schema": "payoff.ledger/1", "events": [', "is not whole JSON"),
        (b'{"schema": "payoff.ledger/1", "events": [7]}', "holds something that is no event, tick or trace"),
        (b"timestamp,run_id,duration,emissions,energy_consumed\n2025-01-01T00:00:00,r,much,1,1\n", "line 2: duration"),
        (b"timestamp,run_id,duration,emissions,energy_consumed\nnow,r,1,1,1\n", "line 2: Invalid isoformat"),
        (b"timestamp,run_id,duration,emissions,energy_consumed\n2025-01-01T00:00:00,r\n", "not as many columns"),
    ],
)
def test_a_file_that_is_something_else_is_refused_and_nothing_is_taken(
    tmp_path: Path, content: bytes, told: str
) -> None:
    path = tmp_path / "some.file"
    path.write_bytes(content)
    with open_ledger(tmp_path / "a.db") as ledger:
        with pytest.raises(InvalidValue, match=r"some\.file") as caught:
            ledger.import_from(path)
        assert told in str(caught.value)
        assert list(ledger.scan()) == []


def test_a_file_that_is_missing_and_a_format_that_is_unknown_are_told(tmp_path: Path) -> None:
    with open_ledger(":memory:") as ledger:
        with pytest.raises(LedgerUnusable, match=r"cannot be read \(No such file or directory\)"):
            ledger.import_from(tmp_path / "nothing.json")
        with pytest.raises(UnknownName, match="did you mean 'json'"):
            ledger.export("jsn")
