"""A ledger in a folder: files of killed processes, mirrors that come and go."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from payoff.errors import LedgerDamaged, LedgerTooNew, LedgerUnusable
from payoff.ledger import Ledger, Tick, open_ledger
from payoff.ledger._jsonl import JsonlStore
from payoff.model import Event, to_text, utc_now
from payoff.testing._ledger_case import ALL, joules, whole_run


def journals(place: Path) -> list[Path]:
    return sorted((place / "journal").iterdir())


def mirrors() -> list[Path]:
    return sorted(Path.home().joinpath(".cache/payoff/mirrors").glob("*.db"))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "team.jsonl.d"


def test_each_opening_writes_a_file_of_its_own_and_seals_it(place: Path) -> None:
    with open_ledger(place) as first, open_ledger(f"jsonl:{place}") as second:
        first.append(*whole_run(name="first"))
        second.append(*whole_run(name="second"))
        assert [path.name.endswith(".sealed.jsonl") for path in journals(place)] == [False, False]
        assert {run.name for run in first.runs()} == {"first", "second"}
    assert [path.name.endswith(".sealed.jsonl") for path in journals(place)] == [True, True]
    assert first.place == second.place == str(place)


def test_a_line_that_a_kill_cut_off_is_passed_over_until_it_is_whole(place: Path) -> None:
    whole, cut = whole_run(name="whole"), whole_run(name="cut", values=())
    lines = [f"{to_text(event.to_json())}\n" for event in (*whole, *cut)]
    with open_ledger(place) as ledger:
        path = place / "journal" / "0-other-1.jsonl"
        path.write_text("".join(lines)[:-40])
        before = ledger.runs()
        path.write_text("".join(lines))
        after = ledger.runs()
        assert [(run.name, run.state) for run in before] == [("cut", "running"), ("whole", "completed")]
        assert [(run.name, run.state) for run in after] == [("cut", "completed"), ("whole", "completed")]
        assert ledger.verify() == []


def test_a_line_that_is_no_event_is_passed_over_and_told(place: Path) -> None:
    with open_ledger(place) as ledger:
        ledger.append(*whole_run())
        (place / "journal" / "0-other-1.jsonl").write_bytes(b'\x00\xff not JSON\n[1, 2]\n{"kind": "started"}\n\n')
        assert len(ledger.runs()) == 1
        assert ledger.verify() == ["3 lines of 0-other-1 cannot be read; they are passed over"]


@pytest.mark.parametrize("lost", [True, False])
def test_a_mirror_that_is_lost_or_damaged_is_made_anew(place: Path, lost: bool) -> None:
    with open_ledger(place) as ledger:
        for _ in range(20):
            ledger.append(*whole_run())
        before = ledger.runs(ALL)
    (mirror,) = mirrors()
    if lost:
        mirror.unlink()
    else:
        mirror.write_bytes(b"\xa5" * mirror.stat().st_size)
    with open_ledger(place) as ledger:
        assert ledger.runs(ALL) == before
        assert [notice for notice in ledger.notices if "nothing is lost" in notice] == [
            f"the local mirror of {place} was damaged and has been made anew; nothing is lost"
        ] * (not lost)


def test_a_cursor_of_a_lost_mirror_misses_nothing(place: Path) -> None:
    with open_ledger(place) as ledger:
        ledger.append(*whole_run())
        *_, (cursor, _) = ledger.scan()
        assert list(ledger.scan(cursor)) == []
    mirrors()[0].unlink()
    with open_ledger(place) as ledger:
        later = whole_run()
        ledger.append(*later)
        assert {event.id for event in later} <= {event.id for _, event in ledger.scan(cursor)}


def test_a_file_that_was_removed_takes_its_runs_with_it(place: Path) -> None:
    for name in ("a", "b"):
        with open_ledger(place) as ledger:
            ledger.append(*whole_run(name=name))
            assert ledger.find(name).name == name
    journals(place)[0].unlink()
    with open_ledger(place) as ledger:
        assert [(run.name, run.number) for run in ledger.runs()] == [("b", 2)]


def test_without_a_folder_for_caches_reading_works_in_memory(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("payoff.ledger._mirror.network_file_system", lambda _: "nfs")
    with open_ledger(place) as ledger:
        ledger.append(*whole_run())
        assert (len(ledger.runs()), mirrors()) == (1, [])


def test_sealed_files_are_not_asked_for_again(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(5):
        with open_ledger(place) as ledger:
            ledger.append(*whole_run())
    with open_ledger(place) as ledger:
        assert len(ledger.runs()) == 5
        monkeypatch.delattr("payoff.ledger._mirror._lines")
        assert len(ledger.runs()) == 5


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("")
    with pytest.raises(LedgerUnusable, match=r"holds other files; name an empty or a new folder"):
        open_ledger(f"jsonl:{tmp_path}")


def test_a_folder_of_a_later_version_is_refused_and_left_as_it_is(place: Path) -> None:
    open_ledger(place).close()
    about = place / "ledger.json"
    said = json.loads(about.read_text()) | {"schema": 99}
    about.write_text(json.dumps(said))
    with pytest.raises(LedgerTooNew, match="has schema 99, this payoff knows 1; update payoff"):
        open_ledger(place)
    assert json.loads(about.read_text()) == said


def test_a_description_that_cannot_be_read_is_told_with_the_way_out(place: Path) -> None:
    with open_ledger(place) as ledger:
        ledger.append(*whole_run())
    (place / "ledger.json").write_text("")
    with pytest.raises(LedgerDamaged, match="remove it and a new one is made, the journal stays"):
        open_ledger(place)
    (place / "ledger.json").unlink()
    with open_ledger(place) as ledger:
        assert len(ledger.runs()) == 1


def test_a_segment_may_not_name_a_file_elsewhere(place: Path, tmp_path: Path) -> None:
    with open_ledger(place) as ledger:
        ledger.append(Event("r", "started", {"segment": "../../evil"}))
        ledger.beat(Tick("r", "../../evil", utc_now(), joules(1.0), {}, 0, (0.0, 0.0)))
        assert ledger.find("last").footprint == joules(1.0)
    assert [path.name for path in tmp_path.iterdir()] == ["team.jsonl.d"]


def test_a_tick_that_a_kill_cut_off_leaves_the_one_before(place: Path) -> None:
    with open_ledger(place) as ledger:
        ledger.append(Event("r", "started", {"segment": "s"}))
        for energy_j in (1.0, 2.0, 3.0):
            ledger.beat(Tick("r", "s", utc_now(), joules(energy_j)))
        path = place / "pulse" / "s.tick"
        content = path.read_bytes()
        for left, expected in ((content, [joules(3.0)]), (content[:-1], [joules(2.0)]), (content[:50], [])):
            path.write_bytes(left)
            assert [tick.footprint for tick in ledger.ticks()] == expected
        with pytest.raises(LedgerUnusable, match="is too large"):
            ledger.beat(Tick("r", "s", utc_now(), joules(1.0), {f"figure {n}": 1.0 for n in range(9000)}))


def test_long_journals_are_taken_over_piece_by_piece(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("payoff.ledger._mirror._CHUNK", 700)
    with Ledger(JsonlStore(place)) as ledger:
        ledger.append(*whole_run(parameters={"long": "x" * 3000}), *whole_run(), *whole_run())
        assert (len(ledger.runs()), ledger.verify()) == (3, [])
