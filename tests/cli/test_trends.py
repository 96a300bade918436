"""payoff trends: the history of what models took, told in a table, in JSON and on a page."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from payoff.cli._app import payoff
from payoff.errors import InvalidValue, UnknownName


def run(*words: str) -> Result:
    return CliRunner(env={"COLUMNS": "80"}).invoke(payoff, ["trends", *words])


def answered(*words: str) -> dict[str, Any]:
    result = run(*words, "--json")
    assert result.exception is None, result.output
    told: dict[str, Any] = json.loads(result.stdout)
    return told


def test_without_words_compute_is_told_before_and_since_2010() -> None:
    result = run()
    assert result.exit_code == 0
    assert "before 2010            62       1.5 (1.37–1.64)       20.5 (16.8–26.2)" in result.stdout
    assert "since 2010             467      4.35 (3.68–5.14)      5.66 (5.08–6.38)" in result.stdout
    assert "Epoch AI, notable AI models, snapshot of July 2026 (CC BY 4.0)" in result.stdout


@pytest.mark.parametrize(
    "words",
    [("--what", "compute"), ("--what", "params"), ("--what", "data"), ("--what", "cost"), ("--what", "power")],
)
def test_every_table_fits_a_terminal(words: tuple[str, ...]) -> None:
    result = run(*words, "--project", "2030")
    assert result.exception is None
    assert max(len(line.rstrip()) for line in result.stdout.splitlines()) <= 80


@pytest.mark.parametrize("part", ["claims", "datacentres"])
def test_the_other_parts_fit_too(part: str) -> None:
    result = run(part)
    assert result.exception is None
    assert max(len(line.rstrip()) for line in result.stdout.splitlines()) <= 80


def test_table_and_json_are_of_one_object() -> None:
    told = answered("--project", "2030", "--domain", "language")
    assert (told["schema"], told["what"], told["domain"], told["since"]) == (
        "payoff.trends/1",
        "compute",
        "language",
        2010,
    )
    assert [one["series"] for one in told["projections"]] == ["frontier", "median"]
    assert all(one["low"] < one["middle"] < one["high"] for one in told["projections"])
    assert told["words"] in " ".join(run("--project", "2030", "--domain", "language").stdout.split())


def test_growth_is_told_before_and_since_the_year_that_is_asked() -> None:
    told = answered("--since", "2018", "--what", "params")
    assert told["since"] == 2018
    assert told["eras"][0]["until"] < 2018 <= told["eras"][1]["since"]
    assert set(told["rates"]) >= {"all", "ten largest so far", "smallest tenth", "middle", "largest tenth"}


def test_the_same_seed_gives_the_same_answer() -> None:
    words = ("--what", "data", "--resamples", "99")
    assert answered(*words, "--seed", "1") == answered(*words, "--seed", "1")


def test_claims_have_a_verdict_and_their_figures() -> None:
    told = answered("claims", "--project", "2028")
    assert (told["schema"], told["year"], len(told["claims"])) == ("payoff.trends.claims/1", 2028, 6)
    assert {one["verdict"] for one in told["claims"]} <= {"holds", "holds in part", "does not hold"}
    assert all(one["figures"] and one["sources"] for one in told["claims"])


def test_data_centres_have_three_scenarios_and_cited_inputs() -> None:
    told = answered("datacentres", "--project", "2028")
    assert [one["name"] for one in told["scenarios"]] == ["continue", "slow", "stop"]
    assert all(one["source"] and one["licence"] for one in told["inputs"])
    assert "growth of computing" in run("datacentres").stdout


def test_another_table_is_read(tmp_path: Path) -> None:
    path = tmp_path / "models.csv"
    with path.open("w", newline="") as file:
        rows = [(f"m{n}", f"{2000 + n // 2}-0{1 + n % 2}-01", 10 ** (20 + n / 10)) for n in range(50)]
        csv.writer(file).writerows([("Model", "Publication date", "Training compute (FLOP)"), *rows])
    told = answered("--data", str(path))
    assert (told["models"], told["source"]) == (50, str(path))
    assert told["eras"][1]["per_year"]["value"] == pytest.approx(10**0.2, rel=0.02)


def test_a_page_is_written(tmp_path: Path) -> None:
    pytest.importorskip("plotly")
    page = tmp_path / "trend.html"
    assert run("--what", "power", "--project", "2028", "--html", str(page)).exit_code == 0
    text = page.read_text(encoding="utf-8")
    assert "How power drawn in training has grown" in text
    assert "among the ten largest so far" in text


@pytest.mark.parametrize(
    ("words", "kind", "sentence"),
    [
        (("--what", "computer"), UnknownName, "unknown quantity 'computer'; did you mean 'compute'?"),
        (("--domain", "visions"), UnknownName, "unknown domain 'visions'; did you mean 'vision'?"),
        (("datacenters",), UnknownName, "unknown part of trends 'datacenters'; did you mean 'datacentres'?"),
        (("--domain", "driving"), InvalidValue, "a trend needs at least 10 models with training compute, got"),
        (("--project", "2050"), InvalidValue, "(the end of 2050); ask for a year from 2026 to 2036"),
        (("--project", "2020"), InvalidValue, "a projection must be after 2026.5"),
        (("--since", "2040"), InvalidValue, "the history ends in 2026.5, ask for an earlier date"),
        (("--resamples", "1"), InvalidValue, "resamples must be 19 to 10000, got 1"),
        (("datacentres", "--project", "2050"), InvalidValue, "the year must be 2024 to 2035, got 2050"),
        (("claims", "--project", "2050"), InvalidValue, "the year must be 2024 to 2035, got 2050"),
        (("claims", "--project", "2020"), InvalidValue, "got 2020; growth rates say nothing of a time further off"),
    ],
)
def test_mistakes_end_in_a_sentence(words: tuple[str, ...], kind: type[Exception], sentence: str) -> None:
    error = run(*words).exception
    assert isinstance(error, kind)
    assert sentence in str(error)


def test_a_broken_table_is_named_with_its_record(tmp_path: Path) -> None:
    path = tmp_path / "models.csv"
    path.write_text("Model,Publication date,Training compute (FLOP)\nA,2020-01-01,lots\n")
    assert str(run("--data", str(path)).exception) == (
        f"{path}: flop must be a number of at least 0, got 'lots' in record 1 (A); mend or leave it out"
    )
