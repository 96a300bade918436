"""payoff scale law: from a table of runs to what a budget is best spent on."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from payoff.cli._app import payoff
from payoff.errors import InvalidValue, UnknownName
from tests.predict.laws import runs

COLUMNS = ("--n", "params", "--d", "tokens", "--y", "loss")


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    written("runs.csv", ["params", "tokens", "loss"], list(zip(*runs(60, noise=0.004), strict=True)))
    return "runs.csv"


def written(name: str, columns: list[str], rows: list[Any]) -> str:
    with Path(name).open("w", newline="") as file:
        csv.writer(file).writerows([columns, *rows])
    return name


def run(*words: str) -> Result:
    return CliRunner(env={"COLUMNS": "80"}).invoke(payoff, ["scale", "law", *words, "--resamples", "50"])


def answered(*words: str) -> dict[str, Any]:
    result = run(*words, "--json")
    assert result.exception is None, result.output
    told: dict[str, Any] = json.loads(result.stdout)
    return told


def test_a_table_becomes_a_law_and_an_answer(table: str) -> None:
    result = run(table, *COLUMNS, "--compute", "5.76e23", "--price", "$2.5/GPU-hour")
    assert result.exit_code == 0
    assert "best use of 5.76e23 FLOP" in result.stdout
    assert "$2.5/device-hour" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_budgets_are_typed_as_people_write_them(table: str) -> None:
    price = ("--price", "$2.5/GPU-hour")
    by_money = answered(table, *COLUMNS, "--budget", "$1M", *price)["allocation"]
    by_energy = answered(table, *COLUMNS, "--energy", "1 GWh", *price)["allocation"]
    assert by_money["cost_usd"]["value"] == pytest.approx(1e6)
    assert by_energy["energy_j"]["value"] == pytest.approx(3.6e12)


def test_terms_of_the_hardware_are_passed_on(table: str) -> None:
    words = ("--hardware-flops", "2 PFLOP", "--utilisation", "50 %", "--device-power", "2 kW", "--pue", "1.1")
    terms = answered(table, *COLUMNS, "--compute", "1e22", *words, "--inference-tokens", "2T")["allocation"]["terms"]
    assert terms == {
        "price_usd_per_device_s": None,
        "flop_per_device_s": 2e15,
        "utilisation": 0.5,
        "inference_utilisation": None,
        "device_w": 2000.0,
        "pue": 1.1,
        "inference_tokens": 2e12,
    }


def test_a_loss_can_be_asked_for(table: str) -> None:
    told = answered(table, *COLUMNS, "--loss", "2.3")
    assert told["asked"] == "what a loss of 2.3 takes"
    assert told["allocation"]["loss"]["value"] == pytest.approx(2.3, rel=1e-6)


def test_candidates_of_another_table_are_ranked(table: str) -> None:
    two = [(1e7, 1e9), (1e9, 1e11)]
    plain = written("plain.csv", ["params", "tokens"], two)
    priced = written("priced.csv", ["cost", "tokens", "params"], [(5, d, n) for n, d in two])
    by_flop = answered(table, *COLUMNS, "--compute", "1e22", "--next", plain)["next_runs"]
    by_cost = answered(table, *COLUMNS, "--target", "70B,1.4T", "--next", priced)["next_runs"]
    assert [one["cost"] for one in by_flop["candidates"]] == [6e16, 6e20]
    assert by_flop["cost_in"] == "FLOP"
    assert by_cost["target"] == {"n": 7e10, "d": 1.4e12}
    assert {one["cost"] for one in by_cost["candidates"]} == {5.0}


def test_repeated_data_has_its_column(table: str) -> None:
    n, d, loss = runs(60)
    rows = [(a, b, c, b / (1 + i % 4)) for i, (a, b, c) in enumerate(zip(n, d, loss, strict=True))]
    path = written("epochs.csv", ["params", "tokens", "loss", "fresh"], rows)
    words = ("--form", "repeated", "--unique", "fresh", "--compute", "1e22", "--unique-tokens", "10B")
    assert answered(path, *COLUMNS, *words)["form"] == "repeated"


@pytest.mark.parametrize(
    ("words", "kind", "sentence"),
    [
        (
            ("--n", "param", "--d", "tokens", "--y", "loss"),
            UnknownName,
            "unknown column 'param'; did you mean 'params'?; runs.csv has params, tokens, loss",
        ),
        ((*COLUMNS, "--compute", "much"), InvalidValue, "cannot read 'much' as flop"),
        ((*COLUMNS, "--budget", "$1M"), InvalidValue, "a budget in USD needs the price of a device-second"),
        ((*COLUMNS, "--next", "runs.csv"), InvalidValue, "--next must know what to predict; give --target"),
        ((*COLUMNS, "--target", "70B"), InvalidValue, "write '70B,1.4T'"),
        ((*COLUMNS, "--price", "$2.5"), InvalidValue, "'$2.5/GPU-hour'"),
    ],
)
def test_mistakes_end_in_a_sentence(table: str, words: tuple[str, ...], kind: type[Exception], sentence: str) -> None:
    error = run(table, *words).exception
    assert isinstance(error, kind)
    assert sentence in str(error)


def test_a_cell_that_is_no_number_is_named_by_its_line(table: str) -> None:
    path = written("bad.csv", ["params", "tokens", "loss"], [(1e8, 1e9, 3.0), (1e8, 1e10, "n/a")])
    assert str(run(path, *COLUMNS).exception) == (
        "loss must be a number, got 'n/a' in bad.csv line 3; mend the line, or leave it out"
    )


def test_an_empty_file_has_no_columns(table: str) -> None:
    Path("empty.csv").write_text("")
    assert "empty.csv has no columns" in str(run("empty.csv", *COLUMNS).exception)


def test_a_page_of_a_law_is_written(table: str) -> None:
    done = run(table, *COLUMNS, "--compute", "1e23", "--html", "law.html")
    assert done.exit_code == 0
    assert "<h2>Best use of 1e23 FLOP</h2>" in Path("law.html").read_text("utf-8")
