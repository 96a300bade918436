"""Newer tables of Epoch AI's: columns under any name, broken tables refused with a sentence, the old one kept."""

from __future__ import annotations

import csv
import errno
import io
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from payoff.errors import FactsUnusable, InvalidValue
from payoff.facts import accelerator, accelerator_price, accelerator_rows, chip_prices, models, refresh, undo
from payoff.facts._epoch import read_snapshot

HARDWARE = [
    *("Hardware name", "Manufacturer", "Type", "Release date", "Tensor-FP16/BF16 performance (FLOP/s)"),
    *("FP32 (single precision) performance (FLOP/s)", "Memory (bytes)", "TDP (W)", "Notes"),
]
CHIPS = [
    [
        "NVIDIA H100 SXM5 80GB",
        "NVIDIA",
        "GPU",
        "2022-09-20",
        "1979e12",
        "6.691e13",
        "8e10",
        "650",
        "sparse, by mistake",
    ],
    ["NVIDIA V100", "NVIDIA", "GPU", "2017-06-21", "1.25e14", "1.567e13", "", "", "a family"],
    ["NVIDIA L4", "NVIDIA", "GPU", "2023-03-21", "1.21e14", "3.1e13", "2.4e10", "75", ""],
    ["Acme Zoom 9", "Acme", "GPU", "2026-10-01", "5e15", "2e14", "4e11", "1500", "new"],
    ["Acme Zoom 10", "Acme", "GPU", "", "9e15", "", "", "", "not for sale yet"],
]
MODELS = [
    "Model",
    "Publication date",
    "Organization",
    "Domain",
    "Training compute (FLOP)",
    "Parameters",
    "Frontier model",
]


def table(header: list[str], rows: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    return text.getvalue()


def model_rows(count: int, frontier: str = "") -> list[list[str]]:
    return [
        [f"Model {at}", f"2024-01-{at % 28 + 1:02d}", "Acme", "Language", f"{at}e23", "7e9", frontier]
        for at in range(1, count + 1)
    ]


def test_a_new_chip_is_known_and_says_where_it_is_from() -> None:
    told = refresh(table(HARDWARE, CHIPS), "zoom.csv")
    chip = accelerator("zoom 9")
    assert (told.added, told.removed) == (("Acme Zoom 9",), ())
    assert (chip.peak("fp16"), chip.tdp_w, chip.row.year) == (5e15, 1500, 2026)
    assert chip.row.source == f"Epoch AI, Machine Learning Hardware, read on {told.read_on} from zoom.csv"
    assert chip.row.licence == "CC BY 4.0"


def test_a_figure_that_payoff_has_checked_stays_and_another_gives_way() -> None:
    told = refresh(table(HARDWARE, CHIPS), "zoom.csv")
    assert accelerator("H100").peak("fp16") == 989.4e12
    assert accelerator("H100").tdp_w == 700
    assert accelerator("L4").tdp_w == 75
    assert [tuple(change) for change in told.changed] == [
        ("NVIDIA L4", "fp32_flop_per_s", "3.029e+13", "3.1e+13"),
        ("NVIDIA L4", "tdp_w", "72", "75"),
    ]
    assert "read on" in accelerator("L4").row.source
    assert "read on" not in accelerator("H100").row.source


def test_a_family_of_chips_and_one_not_for_sale_yet_are_passed_over() -> None:
    refresh(table(HARDWARE, CHIPS), "zoom.csv")
    assert accelerator("NVIDIA V100").name == "NVIDIA Tesla V100 SXM2 32 GB"
    assert "Acme Zoom 10" not in accelerator_rows()


def test_columns_may_stand_elsewhere_be_called_otherwise_or_be_missing() -> None:
    header = ["tdp (w)", "Comment", "Name", "FP32 performance (FLOP/s)", "RELEASE DATE"]
    told = refresh(table(header, [["1500", "x", "Acme Zoom 9", "2e14", "2026-10-01"]]), "zoom.csv")
    assert accelerator("Zoom 9").peak("fp32") == 2e14
    assert {"tensor", "memory", "vendor"} <= set(told.absent)


def test_undo_brings_back_the_snapshot_before_and_then_payoffs_own() -> None:
    refresh(table(HARDWARE, CHIPS), "one.csv")
    refresh(
        table(HARDWARE, [*CHIPS, ["Acme Zoom 11", "Acme", "GPU", "2026-11-01", "6e15", "", "", "1600", ""]]), "two.csv"
    )
    assert accelerator("Zoom 11").tdp_w == 1600
    assert undo()[0::2] == ("hardware", False)
    assert "Acme Zoom 11" not in accelerator_rows()
    assert "Acme Zoom 9" in accelerator_rows()
    assert undo()[0::2] == ("hardware", True)
    assert "Acme Zoom 9" not in accelerator_rows()
    with pytest.raises(InvalidValue, match="nothing was refreshed"):
        undo()


def test_a_chip_that_a_later_snapshot_lacks_is_gone_and_told() -> None:
    refresh(table(HARDWARE, CHIPS), "one.csv")
    told = refresh(table(HARDWARE, [row for row in CHIPS if row[0] != "Acme Zoom 9"]), "two.csv")
    assert (told.removed, told.before) == (("Acme Zoom 9",), "the last snapshot")


def test_a_dry_run_stores_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    told = refresh(table(HARDWARE, CHIPS), "zoom.csv", store_it=False)
    assert (told.stored, told.added, list(tmp_path.iterdir())) == (None, ("Acme Zoom 9",), [])


def test_newer_prices_go_before_the_shipped_ones() -> None:
    header = ["Price date", "Hardware model", "Vendor", "Price per chip-hour (on-demand)", "Price source"]
    row = ["2026-09-01", "NVIDIA B200", "Acme Cloud", "5.25", "https://acme.example/prices"]
    told = refresh(table(header, [row]), "prices.csv")
    price = accelerator_price("B200", "on demand", year=2026)
    assert (price.usd_per_chip_h.value, price.date, price.vendors) == (5.25, "2026-09-01", ("Acme Cloud",))
    assert price.rows[0].source.startswith("acme.example via epoch-research/training-cost-trends, read on ")
    assert told.added == ("NVIDIA B200, on demand, Acme Cloud, 2026-09-01",)


def test_models_are_told_apart_by_whether_all_are_frontier_models() -> None:
    assert read_snapshot(table(MODELS, model_rows(5))).table == "notable models"
    assert refresh(table(MODELS, model_rows(3, "True")), "b.csv").table == "frontier models"
    assert [record["name"] for record in models("model 3").listed] == ["Model 3"]


@pytest.mark.parametrize(
    ("name", "kind", "rows"),
    [
        ("estimate/epoch_ml_hardware_2026-07.csv", "hardware", 176),
        ("estimate/epoch_hardware_prices.csv", "prices", 591),
        ("trends/epoch_notable_ai_models_2026-07.csv", "notable models", 1036),
        ("trends/epoch_frontier_ai_models_2026-05-02.csv", "frontier models", 137),
    ],
)
def test_every_real_snapshot_is_taken_whole(name: str, kind: str, rows: int, data_file: Callable[[str], Path]) -> None:
    text = data_file(name).read_text(encoding="utf-8")
    told = refresh(text, name)
    assert (told.table, told.rows, told.left_out, told.changed) == (kind, rows, (), ())
    again = refresh(text, name)
    assert (again.added, again.removed, again.changed) == ((), (), ())


def test_the_shipped_prices_are_those_of_their_snapshot(data_file: Callable[[str], Path]) -> None:
    before = {row[:5] for row in chip_prices()}
    assert (
        refresh(data_file("estimate/epoch_hardware_prices.csv").read_text(encoding="utf-8"), "prices.csv").added == ()
    )
    assert {row[:5] for row in chip_prices()} == before


GOOD = table(MODELS, model_rows(40, "True"))
BROKEN = {
    "a web page": ("<!DOCTYPE html><html><body>Sign in</body></html>", "this is a web page, not a table"),
    "nothing": ("", "the table is empty"),
    "blank lines": ("\n\n  \n", "the table is empty"),
    "another table": ("a,b,c\n1,2,3\n", "no table of Epoch AI's that payoff knows: its columns begin 'a', 'b', 'c'"),
    "cut off in a line": (
        GOOD[: len(GOOD) - 20],
        r"record 41 has \d cells where the header has 7: the file",
    ),
    "cut off in quotes": (GOOD + '"Model 41,2024', "this is not sound CSV .*: the file may be cut off"),
    "zeros": (GOOD[:200] + "\0" * 50, "(cut off|not sound CSV)"),
    "a header alone": (GOOD.splitlines()[0], "the table has no records"),
    "half empty": (
        table(MODELS, [[*row[:4], "", "", ""] if at % 3 else row for at, row in enumerate(model_rows(40))]),
        "only 14 of 40 records have a figure, the table is half empty",
    ),
    "another unit": (
        table(HARDWARE, [["Chip", "Acme", "GPU", "2024-01-01", "312", "19.5", "80", "400", ""]]),
        "1 of 1 records have a figure that cannot be, for example Chip: fp32 19.5 is not within 1e\\+09 and 1e\\+18",
    ),
    "words for numbers": (
        table(MODELS, [[*row[:4], "huge", *row[5:]] for row in model_rows(40)]),
        "40 of 40 records have a figure that cannot be, for example Model 1: flop 'huge' is no number",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_table_is_refused_with_a_sentence_and_nothing_is_stored(case: str) -> None:
    text, sentence = BROKEN[case]
    with pytest.raises(InvalidValue, match=sentence):
        refresh(text, "broken.csv")
    with pytest.raises(InvalidValue, match="nothing was refreshed"):
        undo()


def test_a_much_smaller_table_than_the_last_is_refused() -> None:
    refresh(GOOD, "good.csv")
    small = table(MODELS, model_rows(12, "True"))
    with pytest.raises(InvalidValue, match=r"12 records where there were 40: the file may be cut off"):
        refresh(small, "small.csv")
    assert refresh(small, "small.csv", even_if_smaller=True).rows == 12


def test_one_slip_is_left_out_and_told() -> None:
    slip = ["Slip", "tomorrow", "Acme", "", "1e23", "", "True"]
    told = refresh(table(MODELS, [*model_rows(40, "True"), slip]), "slip.csv")
    assert (told.rows, told.left_out) == (40, ("Slip: date 'tomorrow' is no date",))


def test_a_full_disk_leaves_what_was_there(monkeypatch: pytest.MonkeyPatch) -> None:
    first = refresh(table(HARDWARE, CHIPS), "one.csv")
    assert first.stored

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(FactsUnusable, match="cannot be written \\(No space left on device\\); nothing was changed"):
            refresh(table(HARDWARE, CHIPS), "two.csv")
    assert [path.name for path in Path(first.stored).parent.iterdir()] == ["hardware.csv"]
    assert accelerator("Zoom 9").row.source.endswith("from one.csv")


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))
    with pytest.raises(FactsUnusable, match=r"cannot be written .*set XDG_DATA_HOME to another folder"):
        refresh(GOOD, "good.csv")


def test_a_folder_without_rights_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))

    def denied(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(os, "makedirs", denied)
    with pytest.raises(FactsUnusable, match="cannot be written \\(Permission denied\\); nothing was changed"):
        refresh(GOOD, "good.csv")


@pytest.mark.parametrize("content", ["", "name,source\n", "name,source\nA100,\n", 'name,source\n"A100', "name\nA100\n"])
def test_a_snapshot_that_somebody_damaged_is_told_with_the_way_back(content: str) -> None:
    stored = refresh(table(HARDWARE, CHIPS), "one.csv").stored
    assert stored
    Path(stored).write_text(content)
    with pytest.raises(FactsUnusable, match=re.escape(stored) + r" .*`payoff facts refresh --undo`"):
        accelerator("A100")
    undo()
    assert accelerator("A100").tdp_w == 400
