"""payoff facts: what the world says, and how to have it newer."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import cast, get_args

import click

from payoff.cli._options import answer, json_option
from payoff.errors import InvalidValue
from payoff.facts import Basis, accelerator, accelerator_price, accelerators, grid, models, prices
from payoff.facts import refresh as take
from payoff.facts import undo as bring_back
from payoff.providers import fetch, is_address
from payoff.show import ChipReport, ChipsReport, ModelsReport, PlaceReport, PriceReport, RefreshReport, UndoReport

MOST_BYTES = 50_000_000


@click.group()
def facts() -> None:
    """What the world says of accelerators, grids, prices and published models; each figure with year, source, licence.

    All of it is in the package; no network is asked unless `refresh` is given an address.
    """


@facts.command()
@click.argument("name", required=False)
@json_option
def hardware(name: str | None, as_json: bool) -> None:
    """An accelerator: dense peaks by precision, TDP, memory. Without NAME all of them."""
    report = ChipsReport(tuple(accelerators())) if name is None else ChipReport(accelerator(name))
    answer(report, as_json=as_json)


@facts.command()
@click.argument("name")
@click.option("--basis", type=click.Choice(get_args(Basis)), help="Only this basis.  [default: all three]")
@click.option("--vendor", help="Only the prices of this vendor, such as 'Google Cloud'.")
@click.option("--year", type=int, help="As it was in this year.  [default: the newest]")
@json_option
def price(name: str, *, basis: str | None, vendor: str | None, year: int | None, as_json: bool) -> None:
    """What an hour of an accelerator costs: on demand, committed, and amortised from its purchase."""
    chip = accelerator(name)
    if basis is not None:
        known = [accelerator_price(name, cast(Basis, basis), vendor=vendor, year=year)]
        answer(PriceReport(chip, tuple(known)), as_json=as_json)
        return
    found, missing = [], []
    for one in get_args(Basis):
        try:
            found.append(accelerator_price(name, one, vendor=vendor, year=year))
        except (InvalidValue, LookupError) as error:
            missing.append(str(error))
    if not found:
        raise InvalidValue(missing[0])
    answer(PriceReport(chip, tuple(found), tuple(missing)), as_json=as_json)


@facts.command("grid")
@click.argument("place")
@json_option
def grid_(place: str, as_json: bool) -> None:
    """The electricity of a country, a state or a cloud region: carbon intensity, price, PUE."""
    found = grid(place)
    answer(PlaceReport(found, prices().get(found.code)), as_json=as_json)


@facts.command("models")
@click.argument("name", required=False)
@json_option
def models_(name: str | None, as_json: bool) -> None:
    """Published trainings: what they used, what share of their chips' peak they reached. Without NAME all of them."""
    answer(ModelsReport(models(name)), as_json=as_json)


@facts.command()
@click.option("--from", "origin", metavar="FILE|URL", help="A CSV file of Epoch AI's, or its http(s) address.")
@click.option("--dry-run", is_flag=True, help="Only show what would change.")
@click.option("--even-if-smaller", is_flag=True, help="Take a table that has lost a fifth of its records, or more.")
@click.option("--undo", is_flag=True, help="Bring back what was there before the last refresh.")
@json_option
def refresh(*, origin: str | None, dry_run: bool, even_if_smaller: bool, undo: bool, as_json: bool) -> None:
    """Take a newer table: hardware, notable or frontier models (epoch.ai/data), or prices of hardware.

    The kind is known by its columns, whatever a snapshot calls them. What does not pass the checks is not stored. The
    table is kept in the user's data directory, goes before the package's own, and says so in every source.
    """
    if (origin is None) == (not undo):
        raise click.UsageError("give either --from FILE|URL or --undo, for example: --from ml_hardware.csv")
    if undo:
        answer(UndoReport(*bring_back()), as_json=as_json)
        return
    assert origin is not None
    if is_address(origin) and sys.stderr.isatty():
        click.echo(f"payoff: fetching {origin} ...", err=True)
    text = fetch(origin) if is_address(origin) else _read(Path(origin))
    told = take(text, origin, store_it=not dry_run, even_if_smaller=even_if_smaller)
    answer(RefreshReport(told), as_json=as_json)


def _read(path: Path) -> str:
    """The text of a file. Raises `InvalidValue` where it cannot be read."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise InvalidValue(f"{path} is longer than {MOST_BYTES / 1e6:g} MB, no table of facts is; give a CSV file")
        return content.decode("utf-8-sig")
    except OSError as error:
        raise InvalidValue(
            f"{path} cannot be read ({error.strerror}); give the path of a CSV file, or an http(s) address"
        ) from error
    except UnicodeDecodeError as error:
        raise InvalidValue(f"{path} is no text in UTF-8 ({error.reason}); give the CSV file itself") from error
