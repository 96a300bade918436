"""payoff ledger export, import, merge, verify, rebuild, forget."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from payoff.cli._ledger import ledger as verb
from payoff.errors import InvalidValue, LedgerUnusable, UnknownName
from payoff.ledger import open_ledger
from payoff.testing._ledger_case import whole_run
from tests.ledger.test_damage import fill, overwrite_header
from tests.processes import payoff

HERE = Path(__file__).parent


def run(*words: object) -> Result:
    """A verb in this process; its errors are raised."""
    return CliRunner().invoke(verb, [str(word) for word in words], catch_exceptions=False, standalone_mode=False)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A ledger with two runs."""
    path = tmp_path / "ledger.db"
    with open_ledger(path) as ledger:
        ledger.append(*whole_run(name="first"), *whole_run(name="second"))
    return path


def names(place: Path) -> list[str]:
    with open_ledger(place) as ledger:
        return [found.name for found in ledger.runs()]


def test_what_is_exported_to_a_file_is_imported_elsewhere(place: Path, tmp_path: Path) -> None:
    out, other = tmp_path / "out.json", tmp_path / "other.db"
    assert run("export", "--ledger", place, "--output", out).stdout == ""
    done = run("import", out, out, "--ledger", other, "--json")
    assert json.loads(done.stdout) == {"schema": "payoff.ledger.import/1", "ledger": str(other), "added": {str(out): 0}}
    assert (names(other), sorted(path.name for path in tmp_path.glob("out*"))) == (["second", "first"], ["out.json"])


def test_an_export_goes_to_standard_output_and_nothing_else_does(place: Path) -> None:
    lines = run("export", "--ledger", place, "--format", "csv").stdout.splitlines()
    assert (len(lines), lines[0][:10], lines[2].split(",")[3]) == (3, "number,id,", "second")


def test_an_export_that_cannot_be_written_is_told(place: Path, tmp_path: Path) -> None:
    with pytest.raises(LedgerUnusable, match=r"no/such/out.csv cannot be written \(No such file or directory\)"):
        run("export", "--ledger", place, "-o", tmp_path / "no/such/out.csv")


def test_merging_says_how_much_was_new(place: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.jsonl.d"
    assert run("merge", place, "--ledger", other).stdout == f"{place}: 8 new events in {other}\n"
    assert run("merge", place, "--ledger", other).stdout == f"{place}: 0 new events in {other}\n"
    with pytest.raises(InvalidValue, match=r"there is no ledger at .*nothing\.db"):
        run("merge", tmp_path / "nothing.db", "--ledger", other)
    assert not (tmp_path / "nothing.db").exists()


def test_forgetting_asks_first(place: Path) -> None:
    with pytest.raises(InvalidValue, match=r"run 1 \(first, completed, begun .*say so with --yes"):
        run("forget", "first", "--ledger", place)
    assert names(place) == ["second", "first"]
    assert "is forgotten" in run("forget", "first", "--yes", "--ledger", place).stdout
    assert names(place) == ["second"]
    with pytest.raises(UnknownName, match="unknown run 'first'"):
        run("forget", "first", "--yes", "--ledger", place)


def test_verify_answers_with_its_exit_code(place: Path) -> None:
    sound = payoff("ledger", "verify", "--ledger", place)
    assert (sound.returncode, sound.stdout, sound.stderr) == (0, f"{place} is sound\n", "")
    content = place.read_bytes()
    place.write_bytes(content.replace(b'"state":"completed"', b'"state":"complexed"', 1))
    broken = payoff("ledger", "verify", "--ledger", place, "--json")
    assert (broken.returncode, len(json.loads(broken.stdout)["faults"])) == (1, 1)


def test_rebuild_recovers_a_damaged_ledger_and_says_where_the_old_one_lies(tmp_path: Path) -> None:
    place = tmp_path / "ledger.db"
    fill(place, 4)
    overwrite_header(place)
    done = payoff("ledger", "rebuild", "--ledger", place)
    assert (done.returncode, done.stdout) == (0, f"5 runs folded anew in {place}\n")
    assert "17 events were recovered into a new ledger, and the damaged file lies at" in done.stderr
    assert names(place) == ["open", "run 3", "run 2", "run 1", "run 0"]


def test_errors_end_with_a_sentence_and_their_exit_code(place: Path, tmp_path: Path) -> None:
    picture = tmp_path / "picture.png"
    picture.write_bytes(b"\x89PNG\r\n\xff")
    wrong = payoff("ledger", "import", picture, "--ledger", place)
    assert (wrong.returncode, wrong.stdout, wrong.stderr.count("\n")) == (2, "", 1)
    assert wrong.stderr.startswith(f"payoff: {picture} is not an export of payoff")
    refused = payoff("ledger", "export", "--ledger", picture)
    assert (refused.returncode, "is damaged or no ledger" in refused.stderr) == (1, True)


def test_a_set_aside_ledger_can_be_merged(tmp_path: Path) -> None:
    place, other = tmp_path / "ledger.db", tmp_path / "other.db"
    fill(place, 2)
    overwrite_header(place)
    assert run("merge", place, "--ledger", other).stdout == f"{place}: 9 new events in {other}\n"


def test_codecarbons_file_becomes_runs(tmp_path: Path) -> None:
    place = tmp_path / "ledger.db"
    assert payoff("ledger", "import", HERE / "codecarbon_3_3_2.csv", "--ledger", place).returncode == 0
    assert names(place) == ["digits", "digits"]
