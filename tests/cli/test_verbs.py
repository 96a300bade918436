"""What people type: tables at 80 columns, JSON with a schema, sentences instead of tracebacks."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from payoff.cli._app import VERBS
from payoff.ledger import open_ledger
from payoff.model import Event, Footprint, Objective, new_id
from payoff.quantities import Estimate
from tests.processes import payoff, payoff_words

EIGHTY = {"COLUMNS": "80"}


def footprint(energy_j: float, duration_s: float, measured: float = 0.0) -> Footprint:
    basis = {kind: share for kind, share in (("measured", measured), ("modelled", 1 - measured)) if share}
    energy = Estimate(energy_j, {"watts": (0.8 * energy_j, 1.5 * energy_j)}, basis)
    return Footprint(
        duration_s=Estimate(duration_s, {}, {"measured": 1.0}),
        energy_j=energy,
        emissions_kg=energy * 1e-7,
        cost_usd=energy * 5e-8,
    )


def made(where: Path, number: int, name: str, state: str, used: Footprint, **about: object) -> str:
    """A run with the id that this number gives it."""
    run_id = f"{number:08x}{new_id()[8:]}"
    accuracy = about.pop("accuracy", None)
    at = f"2026-01-{number:02d}T12:00:00.000Z"
    beginning = {
        "segment": "s",
        "name": name,
        "project": "vision",
        "objective": Objective("accuracy").to_json(),
        "command": ["python", "train.py"],
        **about,
    }
    reading = {"step": 3, "values": {"accuracy": accuracy}, "elapsed_s": 1.0, "energy_j": 5.0, "examples": 10}
    end = {"segment": "s", "state": state, "exit_code": 0, "reason": "", "footprint": used.to_json()}
    with open_ledger(where) as ledger:
        ledger.append(Event(run_id, "started", beginning, at))
        if accuracy is not None:
            ledger.append(Event(run_id, "read", reading, at))
        ledger.append(Event(run_id, "finished", end, at))
    return run_id


@pytest.fixture
def ids(where: Path) -> list[str]:
    """Three runs."""
    return [
        made(where, 1, "resnet-18", "completed", footprint(7.2e6, 7200, 0.92), accuracy=0.91234, tags=["best"]),
        made(where, 2, "a-name-that-is-too-long", "failed", footprint(3.6e5, 65), accuracy=0.5),
        made(where, 3, "[/red] [bold]x", "stopped", footprint(12.0, 0.25), tags=["small"]),
    ]


@pytest.mark.usefixtures("ids")
def test_the_table_fits_80_columns() -> None:
    done = payoff("runs", environment=EIGHTY)
    assert done.stdout == (
        "# run                     quality energy (90 %)   CO2e   cost      time measured\n"
        "────────────────────────────────────────────────────────────────────────────────\n"
        "3 [/red] [bold… (stopped)         12 J (9.6–18)   1.2 mg <$0.01  250 ms      0 %\n"
        "2 a-name-that-i… (failed)     0.5 100 Wh (80–150) 36 g   $0.018 1.1 min      0 %\n"
        "1 resnet-18                0.9123 2 kWh (1.6–3)   720 g  $0.36      2 h     92 %\n"
    ), done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


@pytest.mark.usefixtures("ids")
def test_a_wide_terminal_shows_more() -> None:
    head, _, *rows = payoff("runs", environment={"COLUMNS": "160"}).stdout.splitlines()
    assert " ".join(head.split()) == "# project run quality energy (90 %) CO2e cost time measured started (UTC)"
    assert [row.split()[1] for row in rows] == ["vision"] * 3


def listed(*words: object) -> list[int]:
    done = payoff("runs", *words, "--json")
    assert done.returncode == 0, done.stderr
    return [run["number"] for run in json.loads(done.stdout)["runs"]]


@pytest.mark.usefixtures("ids")
def test_runs_are_filtered_sorted_and_cut() -> None:
    assert listed() == [3, 2, 1]
    assert listed("resnet") == [1]
    assert listed("TRAIN.PY") == [3, 2, 1]
    assert listed("nothing like it") == []
    assert listed("--where", "state=failed") == [2]
    assert listed("--where", "tag=best") == [1]
    assert listed("--where", "state=failed", "--where", "tag=best") == []
    assert listed("--project", "vision") == [3, 2, 1]
    assert listed("--project", "") == []
    assert listed("--sort", "energy_j") == [1, 2, 3]
    assert listed("--sort", "quality", "--ascending") == [2, 1, 3]
    assert listed("-n", 1) == [3]
    assert listed("--limit", 0) == [3, 2, 1]


@pytest.mark.usefixtures("ids")
@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("runs", "--sort", "enregy_j"), "unknown column 'enregy_j'; did you mean 'energy_j'"),
        (("runs", "--where", "state"), "a condition is COLUMN=VALUE, got 'state'; for example --where state=lost"),
        (("runs", "--where", "number=x"), "column 'number' holds numbers, got 'x'"),
        (("show", "resnet-81"), "unknown run 'resnet-81'; did you mean 'resnet-18'?"),
        (("show", "99"), "unknown run '99'"),
        (("rusn",), "unknown verb 'rusn'; did you mean runs"),
        (("xyz",), "unknown verb 'xyz'; the verbs are"),
        (("runs", "--jsno"), "--jsno"),
        (("runs", "-n", "-1"), "-1"),
    ],
)
def test_a_wrong_word_is_a_sentence_and_exit_code_2(words: tuple[str, ...], sentence: str) -> None:
    done = payoff(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert sentence in done.stderr and "Traceback" not in done.stderr


def test_the_json_of_a_run_is_whole(where: Path, ids: list[str]) -> None:
    found = json.loads(payoff("runs", "resnet", "--json").stdout)
    assert (found["schema"], found["ledger"], len(found["runs"])) == ("payoff.runs/1", str(where), 1)
    (run,) = found["runs"]
    assert " ".join(run) == (
        "id number project name state started_at ended_at study parent kept tags parameters command host place "
        "exit_code reason objective best readings segments footprint details"
    )
    assert (run["id"], run["name"], run["state"], run["tags"]) == (ids[0], "resnet-18", "completed", ["best"])
    assert run["best"] == {"step": 3, "metric": "accuracy", "value": 0.91234, "elapsed_s": 1.0, "energy_j": 5.0}
    assert run["objective"] == {"metric": "accuracy", "direction": "max", "target": None}
    energy = run["footprint"]["energy_j"]
    assert (energy["value"], energy["basis"]) == (7.2e6, pytest.approx({"measured": 0.92, "modelled": 0.08}))


@pytest.mark.parametrize("reference", ["last", "3", "[/red] [bold]x", "id"])
def test_a_run_is_shown_by_whatever_names_it(ids: list[str], reference: str) -> None:
    done = payoff("show", ids[2][:12] if reference == "id" else reference)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == "[/red] [bold]x  run 3 of vision  stopped"
    assert done.stdout.splitlines()[-1] == f"id {ids[2]}"


def test_the_beginning_of_an_id_that_several_share_is_refused(ids: list[str]) -> None:
    done = payoff("show", "00000")
    assert (done.returncode, done.stdout) == (2, "")
    assert "'00000' begins the ids of several runs" in done.stderr and ids[0] in done.stderr


def test_a_run_with_readings_that_are_no_numbers_is_still_json(where: Path) -> None:
    made(where, 1, "diverged", "completed", footprint(1, 1), accuracy=float("nan"))
    done = payoff("show", "last", "--json")
    found = json.loads(done.stdout, parse_constant=lambda constant: pytest.fail(f"{constant} is not JSON"))
    assert (found["schema"], found["curve"][0]["value"]) == ("payoff.run/1", "nan")
    assert payoff("show", "last").returncode == 0


def test_a_secret_that_was_hidden_is_shown_as_hidden(where: Path) -> None:
    made(where, 1, "x", "completed", footprint(1, 1), command=["train", "--token", "[redacted]"])
    assert "train --token [redacted]" in payoff("show", "last").stdout


@pytest.mark.usefixtures("where")
def test_an_empty_ledger_says_how_to_make_a_run() -> None:
    done = payoff("runs")
    assert (done.returncode, done.stdout.replace("\n", " ").strip().endswith("payoff measure -- python train.py")) == (
        0,
        True,
    )
    assert payoff("show").returncode == 2


@pytest.mark.usefixtures("ids")
def test_a_reader_that_goes_away_is_no_error() -> None:
    words = " ".join(payoff_words("runs", "--json"))
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", f"{words} | head -1"], text=True, capture_output=True, check=False
    )
    assert (done.stdout, done.stderr, done.returncode) == ("{\n", "", 0)


@pytest.mark.usefixtures("where")
@pytest.mark.parametrize("verb", sorted(VERBS))
def test_each_verb_explains_itself(verb: str) -> None:
    done = payoff(verb, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.lower().startswith("usage: payoff " + verb)
    assert VERBS[verb].split()[0].lower() in payoff("--help").stdout.lower()


@pytest.mark.usefixtures("where")
def test_a_traceback_is_shown_to_who_asks_for_it() -> None:
    for words in (("--debug", "show", "nothing"), ("show", "nothing", "--debug")):
        done = payoff(*words)
        assert done.returncode == 1 and "Traceback" in done.stderr and "UnknownName" in done.stderr


def test_the_ledger_is_that_of_the_option_then_the_environment_then_the_nearest_file(
    where: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked(*words: object) -> str:
        place: str = json.loads(payoff("runs", "--json", *words).stdout)["ledger"]
        return Path(place).name

    (tmp_path / "payoff.toml").write_text(f'ledger = "{tmp_path / "file.db"}"')
    assert asked("--ledger", tmp_path / "option.db") == "option.db"
    assert asked() == where.name
    monkeypatch.delenv("PAYOFF_LEDGER")
    assert asked() == "file.db"
    (tmp_path / "payoff.toml").unlink()
    (tmp_path / "pyproject.toml").write_text(f'[tool.payoff]\nledger = "{tmp_path / "project.db"}"')
    assert asked() == "project.db"
    (tmp_path / "pyproject.toml").unlink()
    assert asked() == "ledger.db"


def test_the_doctor_looks_at_everything(where: Path, ids: list[str]) -> None:
    done = payoff("doctor", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert found.pop("schema") == "payoff.doctor/1"
    assert list(found) == ["energy", "where the machine stands", "ledger", "optional parts"]
    assert any(finding["works"] for finding in found["energy"])
    (ledger,) = found["ledger"]
    assert (ledger["subject"], ledger["works"], ledger["state"]) == (str(where), True, f"{len(ids)} runs")
    assert payoff("doctor").returncode == 0


def test_the_doctor_tells_of_what_is_broken_and_goes_on(where: Path, tmp_path: Path) -> None:
    (tmp_path / "payoff.toml").write_text("region = ")
    where.write_bytes(b"no ledger at all" * 500)
    done = payoff("doctor", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert "not valid TOML" in found["where the machine stands"][-1]["state"]
    assert (found["ledger"][0]["works"], "damaged" in found["ledger"][0]["state"]) == (False, True)


@pytest.mark.usefixtures("where")
def test_watch_says_a_line_at_each_look() -> None:
    done = payoff("watch", "--interval", "0.1", "--count", 2)
    assert done.returncode == 0
    assert [line.startswith("machine ") for line in done.stdout.splitlines()] == [True, True]
    looks = payoff("watch", "--interval", "0.1", "--count", 1, "--json").stdout.splitlines()
    assert [json.loads(look)["schema"] for look in looks] == ["payoff.watch/1"]


@pytest.mark.usefixtures("where")
def test_the_version_is_told() -> None:
    import payoff as library

    assert payoff("--version").stdout == f"payoff, version {library.__version__}\n"
