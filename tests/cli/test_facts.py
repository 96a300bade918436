"""What the world says, typed: tables at 80 columns, JSON of the same, a newer table from a file or an address."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.processes import payoff

EIGHTY = {"COLUMNS": "80"}
CHIPS = (
    "Hardware name,Release date,Tensor-FP16/BF16 performance (FLOP/s),TDP (W)\n"
    "Acme Zoom 9,2026-10-01,5e15,1500\n"
)  # fmt: skip


def told(*words: object) -> str:
    """What a command prints for people."""
    done = payoff("facts", *words, environment=EIGHTY)
    assert (done.returncode, done.stderr) == (0, "")
    assert max(len(line) for line in done.stdout.splitlines()) <= 80
    return "\n".join(line.rstrip() for line in done.stdout.splitlines())


def answered(*words: object) -> dict[str, object]:
    """What it prints for programs."""
    done = payoff("facts", *words, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found: dict[str, object] = json.loads(done.stdout)
    return found


def refused(*words: object) -> tuple[int, str]:
    """Its exit code and sentence where it fails; no traceback, nothing on standard output."""
    done = payoff("facts", *words)
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


def test_a_chip_with_its_year_source_and_licence() -> None:
    assert told("hardware", "NVIDIA A100-SXM4-40GB") == (
        "NVIDIA A100 SXM4 40 GB  data-centre GPU, 2020\n"
        "  fp64          9.746 TFLOP/s\n"
        "  fp32          19.49 TFLOP/s\n"
        "  tf32          156 TFLOP/s\n"
        "  fp16 or bf16  312 TFLOP/s\n"
        "  int8          624 TOP/s\n"
        "  TDP           400 W\n"
        "  memory        40 GB\n"
        "  bandwidth     1.55 TB/s\n"
        "peaks are dense; trained in fp16 or bf16\n"
        "source: Epoch AI, Machine Learning Hardware, July 2026 (epoch.ai/data); data\n"
        "sheet NVIDIA A100 (2021) (CC BY 4.0)"
    )


def test_a_chip_as_json() -> None:
    chip = answered("hardware", "H100")
    names = ("schema", "name", "year", "fp16_flop_per_s", "tdp_w", "licence")
    assert [chip[name] for name in names] == [
        *("payoff.facts.hardware/1", "NVIDIA H100 SXM5 80GB", 2022, 989.4e12, 700, "CC BY 4.0"),
    ]
    assert chip["source"]


def test_a_price_on_three_bases_with_dates_and_vendors() -> None:
    text = told("price", "A100", "--year", 2025)
    assert "on demand        $3.3 (1.3–8.2)  2025-03-17  6 vendors" in text
    assert "Amazon Web Services  3-year commitment    1.81  2025-03-02  aws.amazon.com" in text
    found = answered("price", "A100", "--year", 2025)["prices"]
    assert isinstance(found, list)
    assert [price["basis"] for price in found] == ["on demand", "committed", "amortised"]
    assert all(row["source"] and row["licence"] and row["date"] for price in found for row in price["rows"])


def test_one_basis_of_one_vendor() -> None:
    found = answered("price", "A100", "--basis", "on demand", "--vendor", "google cloud", "--year", 2023)["prices"]
    assert isinstance(found, list)
    assert [price["vendors"] for price in found] == [["Google Cloud"]]


def test_a_basis_without_a_price_is_said() -> None:
    assert "no price of NVIDIA B200 committed is known; listed are prices amortised" in " ".join(
        told("price", "B200").split()
    )


def test_a_place_with_its_intensity_and_price() -> None:
    text = told("grid", "PL")
    assert text.startswith(
        "PL  Poland\n  carbon intensity  615 gCO2e/kWh (532–710) in 2024, lifecycle, location-based\n"
    )
    assert "source: Ember Yearly Electricity Data via Our World in Data 2025 (CC BY 4.0)" in text
    place = answered("grid", "aws:us-east-1")
    assert (place["code"], place["scope"], place["licence"]) == ("US-VA", "lifecycle", "MIT")


def test_gpt_3_has_two_answers() -> None:
    text = told("models", "gpt-3")
    assert "GPT-3 (Patterson)       2020  V100             3.55M  1287 MWh   552 t  measured" in text
    assert "source: carbontracker Anthony et al. 2020 arXiv:2007.03051 App. D (fact)" in text
    runs = answered("models", "gpt-3")["runs"]
    assert isinstance(runs, list)
    assert [(run["energy_kwh"], run["emissions_kg"]) for run in runs] == [(1287000, 552100), (188701.92, 84738.48)]


@pytest.mark.parametrize(("what", "key"), [("hardware", "hardware"), ("models", "runs")])
def test_without_a_name_all_are_listed_each_with_source_year_and_licence(what: str, key: str) -> None:
    assert len(told(what).splitlines()) > 25
    rows = answered(what)[key]
    assert isinstance(rows, list)
    assert all(row["source"] and row["year"] and row["licence"] for row in rows)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("hardware", "A1000"), "unknown accelerator 'A1000'; did you mean 'A100'"),
        (("price", "M1"), "no price of Apple M1 on demand is known; none is listed on any basis; or give your own"),
        (("grid", "Atlantis"), "unknown place 'Atlantis'"),
        (("models", "GPT-9"), "unknown model 'GPT-9'; did you mean 'GPT-3'?; `payoff facts models` lists all"),
        (("refresh", "--from", "nowhere.csv"), "nowhere.csv cannot be read (No such file or directory); give the path"),
        (("refresh", "--from", "."), ". cannot be read (Is a directory); give the path"),
        (("refresh", "--from", "http://127.0.0.1:9/x.csv"), "http://127.0.0.1:9/x.csv does not answer"),
        (("refresh", "--undo"), "nothing was refreshed"),
    ],
)
def test_what_cannot_be_gets_the_way_out(words: tuple[str, ...], sentence: str) -> None:
    code, said = refused(*words)
    assert (code, sentence in said) == (1 if "127.0.0.1" in words[-1] else 2, True), said


def test_refresh_needs_to_know_from_where() -> None:
    assert refused("refresh")[0] == 2
    assert refused("refresh", "--undo", "--from", "x.csv")[0] == 2


def test_a_newer_table_from_a_file_and_back(tmp_path: Path) -> None:
    file = tmp_path / "zoom.csv"
    file.write_text(CHIPS)
    assert "added 1\n  Acme Zoom 9\n" in told("refresh", "--from", file, "--dry-run")
    assert refused("hardware", "Zoom 9")[0] != 0
    told("refresh", "--from", file)
    assert "source: Epoch AI, Machine Learning Hardware, read on" in told("hardware", "Zoom 9")
    assert told("refresh", "--undo") == "hardware: payoff's own table is used again"
    assert refused("hardware", "Zoom 9")[0] != 0


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(b"\x89PNG\r\n\x1a\n\xff\xfe")
    code, said = refused("refresh", "--from", tmp_path / "x.csv")
    assert (code, "is no text in UTF-8" in said) == (2, True)


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder and says nothing."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Path]]:
    """An address and the folder behind it."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", tmp_path
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_newer_table_from_an_address(served: tuple[str, Path]) -> None:
    address, folder = served
    (folder / "zoom.csv").write_text(CHIPS)
    assert answered("refresh", "--from", f"{address}/zoom.csv")["added"] == ["Acme Zoom 9"]
    assert f"from {address}/zoom.csv" in str(answered("hardware", "Zoom 9")["source"])


def test_a_web_page_at_an_address_is_refused(served: tuple[str, Path]) -> None:
    address, folder = served
    (folder / "page.html").write_text("<!DOCTYPE html><html></html>")
    code, said = refused("refresh", "--from", f"{address}/page.html")
    assert (code, "this is a web page, not a table" in said) == (2, True)
    code, said = refused("refresh", "--from", f"{address}/gone.csv")
    assert (code, "answers 404" in said) == (1, True)


def test_both_real_snapshots_of_models_are_taken(data_file: Callable[[str], Path]) -> None:
    for name in ("trends/epoch_notable_ai_models_2026-07.csv", "trends/epoch_frontier_ai_models_2026-05-02.csv"):
        assert answered("refresh", "--from", data_file(name))["left_out"] == []
    listed = answered("models", "Grok 3")["listed"]
    assert isinstance(listed, list)
    assert [record["flop"] for record in listed] == ["3.5e+26"]
