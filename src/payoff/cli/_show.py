"""payoff show: one run, whole."""

from __future__ import annotations

import click

from payoff.cli._options import answer, json_option, ledger_option, opened
from payoff.show import RunReport


@click.command()
@click.argument("run", default="last")
@ledger_option
@json_option
def show(run: str, where: str | None, as_json: bool) -> None:
    """One run: figures with intervals, what was measured, its trace.

    RUN is 'last', a number, a name or the beginning of an id.
    """
    with opened(where) as ledger:
        found = ledger.find(run)
        answer(RunReport(found, tuple(ledger.readings(found.id)), tuple(ledger.trace(found.id))), as_json=as_json)
