"""A ledger on a server: nothing hangs, nothing secret is shown, and a lost connection is made anew."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from payoff.errors import LedgerUnusable, MissingExtra
from payoff.ledger import open_ledger
from payoff.ledger._postgres import without_secrets
from payoff.testing._ledger_case import ALL, whole_run
from tests.ledger.conftest import Server


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://ann:s3cret@db/runs", "postgresql://ann@db/runs"),
        ("postgresql://ann:s3c@r:e/t@db:5433/runs", "postgresql://ann@db:5433/runs"),
        ("postgres://db/runs?user=ann&password=s3cret&sslmode=require", "postgres://db/runs?user=ann&sslmode=require"),
        ("postgresql:///runs", "postgresql:///runs"),
    ],
)
def test_an_address_is_shown_without_its_password(url: str, shown: str) -> None:
    assert without_secrets(url) == shown


@pytest.mark.parametrize("login", ["ann:s3cret@", "ann:s3@c:r/et@", "ann:%53%33cret@"])
@pytest.mark.parametrize("host", ["localhost:1", "no-such-host.invalid:5432", "localhost:port"])
@pytest.mark.usefixtures("postgres")
def test_a_server_that_cannot_be_reached_is_told_without_the_password(login: str, host: str) -> None:
    with pytest.raises(LedgerUnusable, match="--ledger PATH") as caught:
        open_ledger(f"postgresql://{login}{host}/runs?connect_timeout=2")
    told = f"{caught.value!r} {caught.value.__cause__!r}"
    assert "s3" not in told and "S3" not in told
    assert caught.value.__suppress_context__


def test_a_place_names_no_password(new_database: Callable[[str], str]) -> None:
    url = new_database("place")
    with open_ledger(url) as ledger:
        assert (ledger.place, "w0rd" in url) == (without_secrets(url), True)
        assert "w0rd" not in ledger.place


def test_without_the_extra_the_command_that_installs_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingExtra, match=r"pip install 'payoff\[postgres\]'"):
        open_ledger("postgresql://db/runs")


def test_the_ledger_is_imported_without_psycopg() -> None:
    script = "import sys, payoff.ledger; assert not {'psycopg', 'pathlib'} & set(sys.modules)"
    subprocess.run([sys.executable, "-S", "-c", f"import sys; sys.path[:] = {sys.path!r}; {script}"], check=True)


def test_a_restart_of_the_server_is_survived(postgres: Server, new_database: Callable[[str], str]) -> None:
    with open_ledger(new_database("restart")) as ledger:
        ledger.append(*whole_run())
        postgres.stop()
        with pytest.raises(LedgerUnusable, match="check the address and the server"):
            ledger.append(*whole_run())
        postgres.start()
        ledger.append(*whole_run())
        assert len(ledger.runs()) == 2


def test_a_connection_that_the_server_ended_is_made_anew(new_database: Callable[[str], str]) -> None:
    import psycopg

    url = new_database("ended")
    with open_ledger(url) as ledger, psycopg.connect(url, autocommit=True) as other:
        ledger.append(*whole_run())
        other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'payoff'")
        ledger.append(*whole_run())
        assert len(ledger.runs()) == 2


def test_a_writer_that_holds_the_others_up_makes_nobody_wait_for_ever(
    new_database: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import psycopg

    monkeypatch.setattr("payoff.ledger._postgres._SESSION", ("SET lock_timeout = '300ms'", "SET search_path = payoff"))
    url = new_database("busy")
    with open_ledger(url) as ledger, psycopg.connect(url, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(7305114626093377382)")
        begun = time.monotonic()
        with pytest.raises(LedgerUnusable, match="lock timeout"):
            ledger.append(*whole_run())
        assert time.monotonic() - begun < 5
        assert ledger.runs() == []
        other.execute("SELECT pg_advisory_unlock_all()")
        ledger.append(*whole_run())
        assert len(ledger.runs()) == 1


def test_other_tables_of_the_database_are_left_alone(new_database: Callable[[str], str]) -> None:
    import psycopg

    url = new_database("shared")
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("CREATE TABLE public.runs (mine TEXT)")
        with open_ledger(url) as ledger:
            ledger.append(*whole_run())
            assert (len(ledger.runs(ALL)), other.execute("SELECT * FROM public.runs").fetchall()) == (1, [])


def test_somebody_without_the_right_to_write_can_read(new_database: Callable[[str], str], postgres: Server) -> None:
    import psycopg

    url = new_database("rights")
    with open_ledger(url) as ledger, psycopg.connect(url, autocommit=True) as admin:
        ledger.append(*whole_run())
        admin.execute("CREATE ROLE reader LOGIN")
        admin.execute("GRANT USAGE ON SCHEMA payoff TO reader")
        admin.execute("GRANT SELECT ON ALL TABLES IN SCHEMA payoff TO reader")
    with open_ledger(url.replace("payoff:w0rd@", "reader@")) as ledger:
        assert len(ledger.runs()) == 1
        with pytest.raises(LedgerUnusable, match="ask for the right to create and write the schema 'payoff'"):
            ledger.append(*whole_run())
