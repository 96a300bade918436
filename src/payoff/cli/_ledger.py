"""payoff ledger: export, import, merge, verify, rebuild, forget."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import click
from rich.console import Console

from payoff.cli._options import answer, json_option, ledger_option, opened, put
from payoff.errors import InvalidValue, LedgerUnusable
from payoff.ledger import Ledger, open_ledger

FAILED = 1


@dataclass(frozen=True, slots=True)
class LedgerReport:
    """What was done to a ledger: a sentence a line for people, figures for programs."""

    action: str
    ledger: str
    figures: dict[str, Any]
    lines: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """See `Report`."""
        return {"schema": f"payoff.ledger.{self.action}/1", "ledger": self.ledger, **self.figures}

    def put(self, *, as_json: bool) -> None:
        """Print it, a sentence a line however long: they hold paths."""
        if as_json:
            answer(self, as_json=True)
        else:
            put("\n".join(self.lines))


@click.group()
def ledger() -> None:
    """The ledger as a whole: take it out, bring others in, check it, forget a run.

    Without --ledger it is the one configured, else ~/.local/share/payoff/ledger.db.
    """


@ledger.command("export")
@click.option(
    "--format",
    "form",
    type=click.Choice(["json", "csv", "codecarbon"]),
    default="json",
    show_default=True,
    help="json loses nothing; csv has a row a run; codecarbon is its emissions.csv.",
)
@click.option("--output", "-o", metavar="FILE", default="-", help="Write here instead of to standard output.")
@ledger_option
def export(form: str, output: str, where: str | None) -> None:
    """Write the whole ledger as JSON, CSV or CodeCarbon's emissions.csv."""
    with _at_work(where, "exporting") as store:
        if output == "-":
            for piece in store.export(form):
                put(piece, newline=False)
            return
        unfinished = f"{output}.unfinished"
        try:
            with open(unfinished, "w", encoding="utf-8", newline="") as file:
                file.writelines(store.export(form))
            os.replace(unfinished, output)
        except OSError as error:
            raise LedgerUnusable(f"{output} cannot be written ({error.strerror}); name another file") from error


@ledger.command("import")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@ledger_option
@json_option
def import_(files: tuple[str, ...], where: str | None, as_json: bool) -> None:
    """Take over exports of payoff (JSON, CSV) and CodeCarbon's emissions.csv.

    Files are known by their content. What is known already is passed over, so the same file may come again.
    """
    with _at_work(where, "importing") as store:
        added = {name: store.import_from(name) for name in files}
        lines = tuple(f"{name}: {_count(count, 'new event')} in {store.place}" for name, count in added.items())
        LedgerReport("import", store.place, {"added": added}, lines).put(as_json=as_json)


@ledger.command("merge")
@click.argument("others", nargs=-1, required=True, metavar="PATH|URL...")
@ledger_option
@json_option
def merge(others: tuple[str, ...], where: str | None, as_json: bool) -> None:
    """Take over all that other ledgers hold; they are left as they are.

    What is known already is passed over, and a run that was forgotten here stays forgotten.
    """
    for other in others:
        if "://" not in other and not os.path.exists(os.path.expanduser(other.removeprefix("jsonl:"))):
            raise InvalidValue(f"there is no ledger at {other}; give the path or address of one")
    with _at_work(where, "merging") as store:
        added = {}
        for other in others:
            with open_ledger(other, as_it_is=True) as source:
                added[source.place] = store.merge(source)
                _tell(source.notices)
        lines = tuple(f"{place}: {_count(count, 'new event')} in {store.place}" for place, count in added.items())
        LedgerReport("merge", store.place, {"added": added}, lines).put(as_json=as_json)


@ledger.command("verify")
@ledger_option
@json_option
def verify(where: str | None, as_json: bool) -> int:
    """Check every page, every event and every run; the exit code is 1 when something is wrong."""
    with _at_work(where, "verifying") as store:
        faults = store.verify()
        lines = tuple(faults) or (f"{store.place} is sound",)
        LedgerReport("verify", store.place, {"faults": faults}, lines).put(as_json=as_json)
    return FAILED if faults else 0


@ledger.command("rebuild")
@ledger_option
@json_option
def rebuild(where: str | None, as_json: bool) -> None:
    """Make the index of runs anew from the journal; a damaged ledger is set aside and recovered first."""
    with _at_work(where, "rebuilding") as store:
        runs = store.rebuild()
        lines = (f"{_count(runs, 'run')} folded anew in {store.place}",)
        LedgerReport("rebuild", store.place, {"runs": runs}, lines).put(as_json=as_json)


@ledger.command("forget")
@click.argument("run")
@click.option("--yes", is_flag=True, help="Do not ask.")
@ledger_option
@json_option
def forget(run: str, yes: bool, where: str | None, as_json: bool) -> None:
    """Truly remove a run: its events, its figures, its trace. There is no way back.

    RUN is 'last', a number, a name or the beginning of an id.
    """
    with opened(where) as store:
        found = store.find(run)
        told = f"run {found.number} ({found.name}, {found.state}, begun {found.started_at})"
        if not yes:
            if not sys.stdin.isatty():
                raise InvalidValue(f"{told} would be removed for good; say so with --yes")
            click.confirm(f"Remove {told} for good?", abort=True, err=True)
        store.forget(found.id)
        figures = {"run": found.id, "number": found.number}
        LedgerReport("forget", store.place, figures, (f"{told} is forgotten",)).put(as_json=as_json)


@contextmanager
def _at_work(where: str | None, what: str) -> Iterator[Ledger]:
    """An open ledger, with a sign of life on a terminal; what comes to light on the way is told at the end."""
    with opened(where) as store:
        told = len(store.notices)
        try:
            with Console(stderr=True).status(f"{what} {store.place}"):
                yield store
        finally:
            _tell(store.notices[told:])


def _tell(notices: Iterable[str]) -> None:
    for notice in notices:
        click.echo(f"payoff: {notice}", err=True)


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
