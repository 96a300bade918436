"""payoff scale answers from a table and from the ledger, in words and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import payoff
from tests.processes import payoff as cli

SIZES = (1000, 2000, 4000, 8000, 16000, 32000, 64000)


def error(size: float) -> float:
    return 0.03 + 3.2 * float(size**-0.45)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "runs.csv"
    path.write_text("examples,error\n" + "".join(f"{size},{error(size):.6f}\n" for size in SIZES))
    return path


def test_a_table_is_answered_in_words(table: Path) -> None:
    said = cli("scale", table, "--x", "examples", "--y", "error", "--to", "256k", "--target", "4%", COLUMNS="80").stdout
    assert said.startswith("4 x the examples (64k to 256k) is predicted to lower error from 5.2")
    assert "The next 0.1 % costs" in said
    assert "Error of 4 % is reached at" in said
    assert "Back-test error:" in said
    assert "this data cannot say." in said


def test_json_holds_the_same_prediction(table: Path) -> None:
    answer = json.loads(cli("scale", table, "--x", "examples", "--y", "error", "--to", "256k", "--json").stdout)
    (curve,) = answer["curves"]
    assert answer["schema"] == "payoff.scale/1"
    assert curve["predicted"]["low"] < error(256e3) < curve["predicted"]["high"]
    assert curve["gain"]["signed"] is True


def test_a_cost_of_one_x_prices_the_next_step(table: Path) -> None:
    said = cli("scale", table, "--x", "examples", "--y", "error", "--to", "128k", "--unit-cost", "$0.08").stdout
    assert "for $5.12k" in " ".join(said.split())


@pytest.mark.parametrize(
    ("worth", "verdict"),
    [
        ("0.1% = $9000", "Go on: the next 16 steps will be worth more than they cost with a chance of"),
        ("0.1% = $1", "Stop: at best"),
    ],
)
def test_a_worth_gets_a_verdict(table: Path, worth: str, verdict: str) -> None:
    words = ("scale", table, "--x", "examples", "--y", "error", "--unit-cost", "$0.08", "--worth", worth)
    said = " ".join(cli(*words).stdout.split())
    assert verdict in said
    assert "(One step: 32k more examples, $2.56k.)" in said
    (curve,) = json.loads(cli(*words, "--json").stdout)["curves"]
    assert (curve["verdict"]["go_on"], curve["verdict"]["step"]) == (verdict.startswith("Go on"), 32000)


def test_several_curves_get_a_verdict_each() -> None:
    for name, fall in (("steep", 0.9), ("flat", 0.02)):
        with payoff.measure(name, project="two", quality="error") as run:
            for step in range(1, 9):
                run.read(step=step, error=0.4 * step**-fall)
    words = ("scale", "--runs", "project=two", "--unit-cost", "1 J", "--worth", "0.1% = 0.3 J")
    said = cli(*words, COLUMNS="80").stdout
    assert "pays?" in said
    assert [line.split(",")[0].split()[-1] for line in said.splitlines() if "%" in line and "–" in line] == [
        "yes",
        "no",
    ]


def test_readings_of_a_run_are_a_curve_against_its_energy() -> None:
    with payoff.measure("one", project="p", quality="accuracy") as run:
        for step in range(1, 9):
            sum(range(3_000_000))  # long enough for the clock of CPU time to move
            run.read(step=step, accuracy=1 - 0.3 / step)
    said = cli("scale", "--runs", "project=p", "--x", "step").stdout
    assert "is predicted to raise accuracy from" in said or "would, if one could look that far," in said
    assert cli("scale", "--runs", "project=p", "--x", "energy").returncode == 0


def test_runs_of_one_reading_each_are_one_curve() -> None:
    for size in SIZES[:5]:
        with payoff.measure(f"{size}", project="sizes", quality="error", parameters={"width": size}) as run:
            run.read(step=1, error=error(size), examples=size)
    for x in ("examples", "width"):
        answer = json.loads(cli("scale", "--runs", "project=sizes", "--x", x, "--json").stdout)
        assert [(curve["name"], curve["points"]) for curve in answer["curves"]] == [("5 runs", 5)]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--x", "exmples", "--y", "error"], "did you mean 'examples'?"),
        (["--x", "examples", "--y", "error", "--level", "0.99"], "between 0.5 and 0.95, got 0.99"),
        (
            ["--x", "examples", "--y", "error", "--worth", "0.1% = $5"],
            "--unit-cost is not given; give the cost of one more examples in cost, such as",
        ),
        (
            ["--x", "examples", "--y", "error", "--worth", "0.1% = $5", "--unit-cost", "3 J"],
            "the worth is paid in cost, and one more examples is priced in energy",
        ),
        (["--x", "examples", "--y", "error", "--to", "far"], "does not begin with a number"),
        (["--x", "examples", "--y", "error", "--runs", "project=p"], "either a table or --runs"),
    ],
)
def test_what_cannot_be_answered_is_refused_in_a_sentence(table: Path, words: list[str], said: str) -> None:
    done = cli("scale", table, *words)
    assert done.returncode == 2
    assert said in done.stderr


def test_no_such_runs_is_told() -> None:
    done = cli("scale", "--runs", "project=nowhere")
    assert (done.returncode, "no run is like project=nowhere" in done.stderr) == (2, True)


def test_a_page_is_written_beside_the_answer(table: Path, tmp_path: Path) -> None:
    page = tmp_path / "answer.html"
    done = cli("scale", table, "--x", "examples", "--y", "error", "--html", page)
    assert done.stdout.startswith("4 x the examples") and done.stderr == f"payoff: the page is in {page}\n"
    assert "<h1>Error against examples</h1>" in page.read_text("utf-8")


def test_a_page_that_cannot_be_written_is_refused_in_a_sentence(table: Path, tmp_path: Path) -> None:
    done = cli("scale", table, "--x", "examples", "--y", "error", "--html", tmp_path / "no" / "answer.html")
    assert done.returncode == 2
    assert "--html must be a file that can be written" in done.stderr and "such as --html answer.html" in done.stderr
