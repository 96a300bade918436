"""Prometheus: what the page and the file say is what its own parser reads."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest
from click.testing import CliRunner

import payoff
from payoff.cli._prometheus import prometheus
from payoff.errors import InvalidValue, LedgerUnusable
from payoff.integrations.prometheus import CONTENT_TYPE, FAMILIES, Exporter, Server, samples_of
from payoff.ledger import Ledger, open_ledger
from payoff.model import Event, Footprint, Objective
from payoff.quantities import Estimate
from payoff.units import DIMENSION_OF
from tests.integrations.frameworks import library

ENERGY = Estimate(100.0, {"sensor": (95.0, 105.0)}, {"measured": 0.75, "modelled": 0.25})
FOOTPRINT = Footprint(
    duration_s=Estimate(12.5, {}, {"measured": 1.0}),
    energy_j=ENERGY,
    emissions_kg=Estimate(0.002, {}, {"modelled": 1.0}),
    examples=Estimate(640.0, {}, {"measured": 1.0}),
    incomplete=frozenset({"examples"}),
)

Parsed = dict[str, tuple[str, dict[str, float]]]


def ended(footprint: Footprint = FOOTPRINT, name: str = "digits", at: str | None = None) -> Ledger:
    """A ledger in memory with one run that has ended, just now unless it is told otherwise."""
    ledger = open_ledger(":memory:")
    about = {
        "name": name,
        "project": "tests",
        "objective": Objective("accuracy").to_json(),
        "budget": {"energy_j": 400.0},
    }
    end = {"segment": "s", "state": "completed", "footprint": footprint.to_json()}
    events: list[tuple[str, dict[str, Any]]] = [
        ("started", {"segment": "s", **about}),
        ("read", {"step": 1, "values": {"accuracy": 0.9}}),
        ("finished", end),
    ]
    ledger.append(*(Event("run1", kind, data, **({"at": at} if at else {})) for kind, data in events))
    return ledger


def parsed(page: str) -> Parsed:
    """Type and samples of each family, as the official parser sees them; the labels that tell the run are left out."""
    families = library("prometheus_client.parser").text_string_to_metric_families(page)
    found: Parsed = {}
    for family in families:
        samples = found.setdefault(family.name, (family.type, {}))[1]
        for sample in family.samples:
            rest = {name: text for name, text in sample.labels.items() if name not in ("run", "project", "name")}
            samples[" ".join([sample.name, *rest.values()])] = sample.value
    return found


def test_the_page_of_a_run_is_read_by_the_official_parser() -> None:
    assert parsed(Exporter().page(ended())) == {
        "payoff_run_state": ("gauge", {"payoff_run_state completed": 1.0}),
        "payoff_run_duration_seconds": ("counter", {"payoff_run_duration_seconds_total measured": 12.5}),
        "payoff_run_energy_joules": (
            "counter",
            {"payoff_run_energy_joules_total measured": 75.0, "payoff_run_energy_joules_total modelled": 25.0},
        ),
        "payoff_run_energy_bound_joules": (
            "gauge",
            {"payoff_run_energy_bound_joules low": ENERGY.low, "payoff_run_energy_bound_joules high": ENERGY.high},
        ),
        "payoff_run_emissions_grams": ("counter", {"payoff_run_emissions_grams_total modelled": 2.0}),
        "payoff_run_examples": ("counter", {"payoff_run_examples_total measured": 640.0}),
        "payoff_run_incomplete": ("gauge", {"payoff_run_incomplete examples": 1.0}),
        "payoff_run_best_quality": ("gauge", {"payoff_run_best_quality accuracy": 0.9}),
        "payoff_run_budget_used_ratio": ("gauge", {"payoff_run_budget_used_ratio energy_j": 0.25}),
    }


def test_every_figure_of_a_footprint_has_a_family() -> None:
    assert FAMILIES.keys() == DIMENSION_OF.keys()


@pytest.mark.parametrize("name", ['quoted "name"', "back\\slash", "two\nlines", "Größe µ", "brace } and , comma"])
def test_any_name_of_a_run_survives(name: str) -> None:
    library("prometheus_client")
    from prometheus_client.parser import text_string_to_metric_families

    families = text_string_to_metric_families(Exporter().page(ended(name=name)))
    assert {sample.labels["name"] for family in families for sample in family.samples} == {name}


def test_a_ledger_without_runs_gives_an_empty_page() -> None:
    assert Exporter().page(open_ledger(":memory:")) == ""


def test_running_runs_are_shown_and_those_that_ended_long_ago_are_not() -> None:
    assert Exporter().page(ended(at="2020-01-01T00:00:00.000Z")) == ""
    with payoff.measure("under way", ledger="here.db"), open_ledger("here.db") as ledger:
        _wait_for_a_run(ledger)
        assert parsed(Exporter(recent_s=0).page(ledger))["payoff_run_state"][1] == {"payoff_run_state running": 1.0}


def test_a_run_that_was_lost_just_now_is_shown() -> None:
    ledger = open_ledger(":memory:")
    lease = {"host": "elsewhere", "boot": "another", "pid": 1, "pid_started": 1}
    five_minutes_ago = (datetime.now(UTC) - timedelta(minutes=5)).isoformat(timespec="milliseconds")[:-6] + "Z"
    ledger.append(Event("gone", "started", {"segment": "s", "name": "gone", "lease": lease}, at=five_minutes_ago))
    assert parsed(Exporter().page(ledger)) == {"payoff_run_state": ("gauge", {"payoff_run_state lost": 1.0})}
    assert Exporter(recent_s=60).page(ledger) == ""


def _wait_for_a_run(ledger: Ledger) -> None:
    gone = threading.Event()
    for _ in range(100):
        if ledger.runs():
            return
        gone.wait(0.05)
    raise AssertionError("no run within five seconds")


def test_a_counter_never_falls_and_the_interval_follows_the_figure() -> None:
    exporter = Exporter()
    exporter.page(ended())
    less = Footprint(energy_j=Estimate(50.0, {"sensor": (45.0, 55.0)}, {"measured": 1.0}))
    again = parsed(exporter.page(ended(less)))
    assert again["payoff_run_energy_joules"][1] == {"payoff_run_energy_joules_total measured": 75.0}
    assert again["payoff_run_energy_bound_joules"][1]["payoff_run_energy_bound_joules high"] < 60


def test_the_sum_over_the_basis_is_the_figure() -> None:
    (run,) = ended().runs()
    parts = [sample.value for sample in samples_of(run) if sample.name == "payoff_run_energy_joules_total"]
    assert sum(parts) == pytest.approx(100.0)


# the file


def test_the_file_is_written_at_once_and_goes_on_where_it_stood(tmp_path: Path) -> None:
    path = Exporter().write(ended(), tmp_path)
    less = Footprint(energy_j=Estimate(50.0, {}, {"measured": 1.0}))
    assert Exporter().write(ended(less), path) == path == tmp_path / "payoff.prom"
    assert [file.name for file in tmp_path.iterdir()] == ["payoff.prom"]
    assert path.stat().st_mode & 0o444 == 0o444
    assert parsed(path.read_text())["payoff_run_energy_joules"][1] == {"payoff_run_energy_joules_total measured": 75.0}


@pytest.mark.parametrize("rubbish", [b"\xff\xfe", b"payoff_run_energy_joules_total{run=\n", b""])
def test_a_file_that_is_no_page_is_replaced(rubbish: bytes, tmp_path: Path) -> None:
    (tmp_path / "payoff.prom").write_bytes(rubbish)
    assert "payoff_run_energy_joules" in parsed(Exporter().write(ended(), tmp_path).read_text())


def test_a_file_that_the_node_exporter_would_not_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match=r"files that end with \.prom, got 'payoff.txt'"):
        Exporter().write(ended(), tmp_path / "payoff.txt")


# the page


@contextmanager
def serving(token: str = "", ledger: Path = Path("scraped.db")) -> Iterator[str]:
    """A server on a free port of the loopback, and its address."""
    with Server(lambda: open_ledger(ledger), Exporter(), port=0, token=token) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.url
        finally:
            server.shutdown()
            thread.join()


def scrape(url: str, **headers: str) -> tuple[int, str, str]:
    request = urllib.request.Request(url, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.headers["Content-Type"], error.read().decode()


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_page_is_served_at_metrics() -> None:
    with payoff.measure("scraped", ledger="scraped.db") as run:
        run.read(1, accuracy=0.5, examples=10)
    with serving() as url:
        assert url.startswith("http://127.0.0.1:") and url.endswith("/metrics")
        status, kind, page = scrape(url)
        assert (status, kind) == (200, CONTENT_TYPE)
        assert parsed(page)["payoff_run_examples"][1] == {"payoff_run_examples_total measured": 10.0}
        assert scrape(url.replace("/metrics", "/"))[0] == 404


def test_a_ledger_that_cannot_be_read_is_an_answer_too() -> None:
    def broken() -> Ledger:
        raise LedgerUnusable("the disk is gone")

    with Server(broken, Exporter(), port=0) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        assert scrape(server.url)[0::2] == (503, "the disk is gone\n")
        thread.join()


def test_others_than_the_loopback_need_a_token() -> None:
    with pytest.raises(InvalidValue, match=r"0\.0\.0\.0 can be reached from elsewhere and needs a token"):
        Server(lambda: open_ledger(":memory:"), Exporter(), host="0.0.0.0", port=0)


def test_only_those_who_have_the_token_are_answered() -> None:
    with serving(token="secret") as url:
        assert [scrape(url)[0], scrape(url, Authorization="Bearer wrong")[0]] == [401, 401]
        assert scrape(url, Authorization="Bearer secret")[0] == 200


# the verb


def test_the_verb_writes_the_file() -> None:
    with payoff.measure("by the verb", ledger="verb.db"):
        pass
    result = CliRunner().invoke(prometheus, ["--textfile", ".", "--ledger", "verb.db"])
    assert (result.exit_code, result.output) == (0, "")
    assert 'name="by the verb"' in Path("payoff.prom").read_text()


def test_the_verb_serves_until_it_is_interrupted() -> None:
    code = "from payoff.cli._prometheus import prometheus; prometheus(['--port', '0', '--ledger', 'served.db'])"
    with subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        url = server.stderr.readline().split()[2].rstrip(";")
        assert scrape(url)[0] == 200
        server.send_signal(2)
        assert server.stderr.read() == "payoff: ended\n"
    assert server.returncode == 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--every", "15 s"], "--every goes with --textfile"),
        (["--textfile", "no/such/folder/payoff.prom"], "name a folder that can be written to"),
    ],
)
def test_the_verb_says_what_is_wrong(words: list[str], sentence: str) -> None:
    result = CliRunner().invoke(prometheus, [*words, "--ledger", "wrong.db"])
    assert (result.exit_code != 0, sentence in result.output) == (True, True), json.dumps(result.output)
