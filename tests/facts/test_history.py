"""The table of notable models: what is shipped, what of Epoch's files is read, and what is refused."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from payoff.errors import InvalidValue
from payoff.facts import (
    NotableModel,
    notable_models,
    notable_models_source,
    published_trends,
    read_notable_models,
    refresh,
    undo,
)

ROOT = Path(__file__).parents[2]
HEAD = "Model,Publication date,Training compute (FLOP)"
TABLE = ROOT / "src" / "payoff" / "facts" / "data" / "notable_models.csv"


def written(folder: Path, text: str) -> str:
    path = folder / "models.csv"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_the_shipped_models_are_in_order_and_each_has_a_figure() -> None:
    rows = notable_models()
    assert len(rows) == 866
    assert [one.date for one in rows] == sorted(one.date for one in rows)
    figures = [one[3:] for one in rows]
    assert all(any(figure is not None for figure in some) for some in figures)
    assert all(figure > 0 for some in figures for figure in some if figure is not None)
    assert rows[0] == NotableModel("Theseus", "1950-07-02", ("robotics",), 40.0, 40.0, 40.0, None, None)


def test_the_shipped_table_is_what_its_script_makes(tmp_path: Path, data_file: Callable[[str], Path]) -> None:
    made = tmp_path / "made.csv"
    script = ROOT / "tools" / "facts" / "build_notable_models.py"
    source = data_file("trends/epoch_notable_ai_models_2026-07.csv")
    words = [sys.executable, str(script), "--epoch", str(source), "--out", str(made)]
    subprocess.run(words, check=True, capture_output=True)
    assert made.read_text(encoding="utf-8") == TABLE.read_text(encoding="utf-8")


@pytest.mark.parametrize("flop", ["Training compute (FLOP)", "Training compute (FLOPs)", "Compute"])
def test_columns_are_known_by_the_names_that_snapshots_gave_them(tmp_path: Path, flop: str) -> None:
    path = written(tmp_path, f"\ufeffModel,Publication date,Domain,{flop}\nA,2020-02-01,Vision,1e20\n")
    assert read_notable_models(path) == (NotableModel("A", "2020-02-01", ("vision",), 1e20, None, None, None, None),)


def test_rows_without_date_or_figure_and_zeros_are_absent(tmp_path: Path) -> None:
    lines = (HEAD, "A,,5", "B,2020-01-01,", "C,2020-01-01,0", 'D,2020-01-01,"5,6"', "E,2019-01-01,7")
    assert read_notable_models(written(tmp_path, "\n".join(lines))) == (
        NotableModel("E", "2019-01-01", (), 7.0, None, None, None, None),
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "the table is empty; give the CSV file of hardware, of notable or frontier models"),
        (
            "Model,Publication date\nA,2020-01-01\n",
            "no table of Epoch AI's that payoff knows: its columns begin 'Model'",
        ),
        ("Hardware name,Release date,TDP (W),FP32 (FLOP/s)\nA,2020-01-01,1,2\n", "of hardware, not of models; give"),
        (
            f"{HEAD}\nA,2020-01-01,many\n",
            "flop must be a number of at least 0, got 'many' in record 1 (A); mend or leave",
        ),
        (f"{HEAD}\nA,2020-01-01,1\nB,2020-01-01,-5\n", "got '-5' in record 2 (B)"),
        (f"{HEAD}\nA,2020-01-01,inf\n", "got 'inf' in record 1 (A)"),
        (f"{HEAD}\nA,last year,5\n", "a date is year-month-day, got 'last year' in record 1 (A)"),
        (f"{HEAD}\nA,2020-01-01\n", "record 2 has 2 cells where the header has 3: the file may be cut off"),
    ],
)
def test_broken_files_are_refused_with_a_way_out(tmp_path: Path, text: str, sentence: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(InvalidValue) as error:
        read_notable_models(path)
    assert str(error.value).startswith(f"{path}: ")
    assert sentence in str(error.value)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "models.csv"
    path.write_bytes(b"\x89PNG\xff\xfe\x00")
    with pytest.raises(InvalidValue, match="a table is text in UTF-8, this is not"):
        read_notable_models(str(path))


def test_a_table_of_something_else_is_refused(data_file: Callable[[str], Path]) -> None:
    path = str(data_file("estimate/epoch_ml_hardware_2026-07.csv"))
    with pytest.raises(InvalidValue, match="this is a table of hardware, not of models; give the CSV file of notable"):
        read_notable_models(path)


def test_dates_without_a_day_are_taken_in_the_middle(tmp_path: Path) -> None:
    rows = read_notable_models(written(tmp_path, f"{HEAD}\nA,2020,1\nB,2020-09,1\n"))
    assert [one.date for one in rows] == ["2020-07-02", "2020-09-16"]


def test_a_refreshed_table_takes_the_place_of_the_shipped_one(
    data_file: Callable[[str], Path],
) -> None:
    lines = data_file("trends/epoch_notable_ai_models_2026-07.csv").read_text(encoding="utf-8")
    newer = lines.replace("\nGrok 4,", "\nGrok 4 renamed,")
    shipped = notable_models()
    assert newer != lines and notable_models_source().endswith("July 2026 (CC BY 4.0)")
    refresh(newer, origin="a test")
    assert {one.name for one in notable_models()} - {one.name for one in shipped} == {"Grok 4 renamed"}
    assert notable_models_source().startswith("Epoch AI, Notable AI Models, read on")
    undo()
    assert notable_models() == shipped


def test_published_figures_have_value_year_source_and_licence() -> None:
    for fact in published_trends().values():
        assert 0 < fact.low <= fact.value <= fact.high
        assert 2009 <= fact.year <= 2030
        assert fact.source and fact.licence
