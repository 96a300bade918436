"""The options that verbs share."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

import click
from rich.console import Console

from payoff.errors import InvalidValue
from payoff.ledger import Ledger, open_ledger
from payoff.model import to_text
from payoff.settings import settings

F = TypeVar("F", bound=Callable[..., Any])


class Report(Protocol):
    """What a verb answers: one frozen object for programs, and for people (rich knows how to print it)."""

    def to_json(self) -> dict[str, Any]:
        """A plain dictionary that begins with the name and version of its schema."""


def ledger_option(function: F) -> F:
    """`--ledger PATH|URL`."""
    return click.option(
        "--ledger", "where", metavar="PATH|URL", help="The ledger to use instead of the configured one."
    )(function)


def json_option(function: F) -> F:
    """`--json`."""
    return click.option(
        "--json", "as_json", is_flag=True, help="Print JSON with a versioned schema instead of a table."
    )(function)


def html_option(function: F) -> F:
    """`--html FILE`."""
    return click.option(
        "--html", metavar="FILE", help="Also write the answer with its figures here, as one page that stands alone."
    )(function)


def opened(where: str | None) -> Ledger:
    """The ledger that is named, or the configured one; what it has to say goes to standard error."""
    ledger = open_ledger(where or settings().get("ledger"))
    for notice in ledger.notices:
        click.echo(f"payoff: {notice}", err=True)
    return ledger


def answer(report: Report, *, as_json: bool, html: str | None = None) -> None:
    """Print a report on standard output, and write it as a page where one is asked for."""
    if as_json:
        put(json.dumps(json.loads(to_text(report.to_json())), ensure_ascii=False, indent=2))
    else:
        console = Console(highlight=False, markup=False)
        with console.capture() as capture:
            console.print(report)
        put(capture.get(), newline=False)
    if html is not None:
        write_page(report, html)


def write_page(report: Report, path: str) -> None:
    """Write the page of a report."""
    from payoff.show.looks import page_of

    text = page_of(report)
    try:
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(text)
    except OSError as error:
        raise InvalidValue(
            f"--html must be a file that can be written, got {path!r} ({error.strerror}); "
            "name one in a folder of yours, such as --html answer.html"
        ) from error
    click.echo(f"payoff: the page is in {path}", err=True)


def put(text: str, *, newline: bool = True) -> None:
    """Write to standard output; a reader that has gone away, as `head` does, ends the verb in peace."""
    try:
        click.echo(text, nl=newline)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise click.exceptions.Exit(0) from None
