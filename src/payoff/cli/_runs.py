"""payoff runs: the table of runs."""

from __future__ import annotations

import click

from payoff.cli._options import answer, json_option, ledger_option, opened
from payoff.errors import InvalidValue
from payoff.ledger import COLUMNS, Query
from payoff.show import RunsReport


@click.command()
@click.argument("text", required=False, default="")
@click.option(
    "--where",
    "conditions",
    multiple=True,
    metavar="COLUMN=VALUE",
    help="Only runs with this value; may be repeated. 'tag' is a column too.",
)
@click.option("--project", help="Only runs of this project.")
@click.option(
    "--sort", default="number", show_default=True, metavar="COLUMN", help=f"Order by one of: {', '.join(COLUMNS)}."
)
@click.option("--ascending", is_flag=True, help="The smallest first.")
@click.option("--limit", "-n", default=50, show_default=True, type=click.IntRange(min=0), help="How many; 0 for all.")
@ledger_option
@json_option
def runs(
    *,
    text: str,
    conditions: tuple[str, ...],
    project: str | None,
    sort: str,
    ascending: bool,
    limit: int,
    where: str | None,
    as_json: bool,
) -> None:
    """The runs in the ledger: quality, energy, carbon, cost, time, how sure.

    TEXT filters by name, project or command.
    """
    equals = dict(_condition(condition) for condition in conditions)
    if project is not None:
        equals["project"] = project
    with opened(where) as ledger:
        query = Query(equals, text, sort, not ascending, limit or None)
        answer(RunsReport(tuple(ledger.runs(query)), ledger.place, bool(text or equals)), as_json=as_json)


def _condition(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise InvalidValue(f"a condition is COLUMN=VALUE, got {text!r}; for example --where state=lost")
    return name.strip(), value.strip()
