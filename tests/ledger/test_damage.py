"""A damaged ledger is set aside, and what can be read of it goes on."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from payoff.errors import LedgerDamaged, LedgerTooNew, LedgerUnusable
from payoff.ledger import Tick, Trace, open_ledger
from payoff.ledger._rescue import salvage
from payoff.model import Run, new_id, utc_now
from payoff.testing._ledger_case import ALL, joules, started, whole_run

PAGE = 4096


def fill(path: Path, runs: int = 200) -> list[Run]:
    """A closed ledger with many runs, one of them open and with a trace; its runs."""
    with open_ledger(path) as ledger:
        for number in range(runs):
            long = {"notes": "x" * 9000} if number % 10 == 0 else {}
            ledger.append(*whole_run(float(number), name=f"run {number}", parameters=long))
        run_id, segment, trace = new_id(), new_id(), Trace()
        ledger.append(started(run_id, segment, name="open"))
        for point in range(100):
            trace.keeps(point)
            used = (float(point), 2.0 * point)
            ledger.beat(Tick(run_id, segment, utc_now(), joules(2.0 * point), {"c": 1}, point, used, trace.step))
        return ledger.runs(ALL)


def asides(path: Path) -> list[Path]:
    """The files that were set aside."""
    return sorted(found for found in path.parent.glob("*.damaged-*") if not found.name.endswith(("-wal", "-shm")))


def overwrite(path: Path, at: int, garbage: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(garbage)


def overwrite_header(path: Path) -> None:
    overwrite(path, 0, b"\xa5" * 100)


def overwrite_first_pages(path: Path) -> None:
    overwrite(path, 0, b"\xa5" * (12 * PAGE))


def overwrite_trunk_pages(path: Path) -> None:
    """Only what stands above the leaves, so that every row is still there."""
    size = path.stat().st_size
    pages = path.read_bytes()
    for at in range(PAGE, size, PAGE):
        if pages[at] in (2, 5):
            overwrite(path, at, b"\xa5" * PAGE)


def overwrite_the_middle(path: Path) -> None:
    middle = path.stat().st_size // PAGE // 2 * PAGE
    overwrite(path, middle, os.urandom(3 * PAGE))


def cut_off(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2 + 77)


DAMAGES = (overwrite_header, overwrite_first_pages, overwrite_trunk_pages, overwrite_the_middle, cut_off)


def use(path: Path) -> tuple[list[Run], Sequence[str]]:
    """Open, list and read everything, as a user would over time."""
    with open_ledger(path) as ledger:
        ledger.runs(ALL)
        ledger.append(*whole_run(name="after"))
        for run in ledger.runs(ALL):
            ledger.readings(run.id)
        ledger.rebuild()
        assert ledger.verify() == []
        return [run for run in ledger.runs(ALL) if run.name != "after"], ledger.notices


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_damage_is_found_set_aside_and_what_can_be_read_goes_on(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    path = tmp_path / "ledger.db"
    before = {run.id: run for run in fill(path)}
    damage(path)
    damaged = path.read_bytes()
    runs, notices = use(path)
    (notice,), (aside,) = notices, asides(path)
    assert aside.read_bytes() == damaged
    assert f"the damaged file lies at {aside}" in notice
    intact = [run for run in runs if run == before.get(run.id)]
    assert len(intact) >= (len(before) if damage is overwrite_trunk_pages else len(before) // 3)
    assert {run.number for run in intact} <= {run.number for run in before.values()}


def test_a_lost_header_costs_nothing(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    before = fill(path)
    with open_ledger(path) as ledger:
        trace = ledger.trace(before[0].id)
    overwrite_header(path)
    assert use(path)[0] == before
    with open_ledger(path) as ledger:
        assert ledger.trace(before[0].id) == trace


def test_what_is_only_in_the_log_of_recent_writes_is_recovered_too(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    fill(path, 3)
    script = f"""if True:
        import os
        from payoff.ledger import open_ledger
        from payoff.testing._ledger_case import whole_run
        open_ledger({str(path)!r}).append(*whole_run(name="in the log"))
        os._exit(0)
    """
    subprocess.run([sys.executable, "-c", script], check=True)
    assert path.with_name("ledger.db-wal").stat().st_size > 0
    overwrite_header(path)
    assert [run.name for run in use(path)[0]] == ["in the log", "open", "run 2", "run 1", "run 0"]


def test_damage_that_appears_while_a_run_is_measured_does_not_end_it(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    fill(path, 50)
    with open_ledger(path) as ledger:
        events = whole_run(name="under way")
        ledger.append(events[0])
        for page in range(1, path.stat().st_size // PAGE):
            overwrite(path, page * PAGE, b"\xa5" * 16)
        ledger.append(*events[1:])
        assert ledger.find("under way").state == "completed"
    assert len(asides(path)) >= 1


def test_a_scan_goes_on_through_damage_that_is_found_on_the_way(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    fill(path, 300)
    with open_ledger(path) as ledger:
        events = [event for _, event in ledger.scan()]
        scan = ledger.scan()
        seen = [next(scan)[1] for _ in range(400)]
        overwrite_trunk_pages(path)
        with open_ledger(path) as finder:
            finder.rebuild()
        assert seen + [event for _, event in scan] == events


def test_two_openings_of_a_ledger_follow_when_it_is_recovered(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    fill(path, 20)
    with open_ledger(path) as bystander, open_ledger(path) as finder:
        bystander.append(*whole_run(name="before"))
        overwrite_the_middle(path)
        overwrite_header(path)
        finder.rebuild()
        bystander.append(*whole_run(name="after"))
        assert finder.find("after").name == "after"
        assert [bystander.find(name).name for name in ("before", "after")] == ["before", "after"]
    with open_ledger(path) as ledger:
        assert (ledger.verify(), ledger.find("before").name, ledger.find("after").name) == ([], "before", "after")


def test_processes_that_find_the_damage_at_once_recover_it_once(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    before = fill(path)
    overwrite_header(path)
    script = f"""if True:
        from payoff.ledger import open_ledger
        from payoff.testing._ledger_case import whole_run
        with open_ledger({str(path)!r}) as ledger:
            ledger.append(*whole_run(name="one of many"))
    """
    processes = [subprocess.Popen([sys.executable, "-c", script]) for _ in range(6)]
    assert [process.wait() for process in processes] == [0] * 6
    with open_ledger(path) as ledger:
        runs = ledger.runs(ALL)
        assert (ledger.verify(), [run for run in runs if run.name != "one of many"]) == ([], before)
        assert len(runs) == len(before) + 6
    assert len(asides(path)) == 1


def test_a_forgotten_run_does_not_come_back_with_a_recovery(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    fill(path, 5)
    with open_ledger(path) as ledger:
        ledger.forget(ledger.find("run 3").id)
        before = ledger.runs(ALL)
    overwrite_header(path)
    assert use(path)[0] == before


def test_verify_tells_of_damage_and_leaves_it_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    fill(path)
    with open_ledger(path) as ledger:
        overwrite_the_middle(path)
        damaged = path.read_bytes()
        assert ledger.verify() != []
    assert (path.read_bytes(), asides(path)) == (damaged, [])


def test_a_text_in_the_journal_that_was_altered_is_found(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    fill(path, 3)
    content = path.read_bytes()
    overwrite(path, content.index(b'{"segment":'), b"[segment")
    with open_ledger(path) as ledger:
        assert len(ledger.verify()) >= 1


@pytest.mark.parametrize("content", [b"%PDF-1.7 something else " * 500, b"{}", b"\0" * 9000])
def test_a_file_that_is_no_ledger_is_refused_and_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "thesis.pdf"
    path.write_bytes(content)
    with pytest.raises(LedgerDamaged, match="is damaged or no ledger"):
        open_ledger(path)
    assert (path.read_bytes(), list(tmp_path.iterdir())) == (content, [path])


def test_a_database_of_another_program_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    import sqlite3

    path = tmp_path / "mlflow.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE experiments (id)")
    connection.close()
    content = path.read_bytes()
    with pytest.raises(LedgerUnusable, match=r"another program \(it has experiments\); name another ledger with"):
        open_ledger(path)
    assert (path.read_bytes(), list(tmp_path.iterdir())) == (content, [path])


def test_a_damaged_ledger_of_a_later_version_is_left_to_that_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ledger.db"
    fill(path, 3)
    overwrite_header(path)
    monkeypatch.setattr("payoff.ledger._rescue.SCHEMA_VERSION", 0)
    with pytest.raises(LedgerTooNew, match="has schema 1, this payoff knows 0; update payoff"):
        open_ledger(path)
    assert asides(path) == []


def test_salvage_reads_every_event_of_a_sound_ledger(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    before = fill(path)
    with open_ledger(path) as ledger:
        events = [event for _, event in ledger.scan()]
    found = salvage(path)
    assert ([found.events[key] for key in sorted(found.events)], found.is_ledger) == (events, True)
    assert found.numbers == {run.id: run.number for run in before}
