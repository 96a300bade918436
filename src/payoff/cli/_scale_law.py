"""payoff scale law: a law of size and data from a table of runs, and what a budget is best spent on."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from payoff.cli._options import answer, html_option, json_option
from payoff.errors import InvalidValue, UnknownName
from payoff.show import LawReport
from payoff.units import parse, parse_rate, show

if TYPE_CHECKING:
    from payoff.predict.curves import Allocation, Law, NextRuns

F = TypeVar("F", bound=Callable[..., Any])
FORMS = ("chinchilla", "coupled", "farseer", "repeated")
COST_COLUMN = "cost"


def _amount(dimension: str) -> Callable[[click.Context, click.Parameter, str | None], float | None]:
    """Read '5.76e23', '2T' or '1 GWh'; a plain number is in SI."""

    def read(context: click.Context, parameter: click.Parameter, text: str | None) -> float | None:
        if text is None:
            return None
        try:
            return float(text)
        except ValueError:
            return parse(text, dimension)

    return read


def _price(context: click.Context, parameter: click.Parameter, text: str | None) -> float | None:
    return None if text is None else parse_rate(text, "cost", "device time")


def _pair(context: click.Context, parameter: click.Parameter, text: str | None) -> tuple[float, float] | None:
    if text is None:
        return None
    n, comma, d = text.partition(",")
    read = _amount("count")
    if not comma:
        raise InvalidValue(f"a target is parameters and tokens with a comma between, got {text!r}; write '70B,1.4T'")
    return read(context, parameter, n.strip()) or 0.0, read(context, parameter, d.strip()) or 0.0


TERMS = (
    click.option("--compute", callback=_amount("flop"), metavar="FLOP", help="Budget in FLOP: 5.76e23."),
    click.option("--budget", callback=_amount("cost"), metavar="USD", help='Budget in money: "$1M".'),
    click.option("--energy", callback=_amount("energy"), metavar="ENERGY", help='Budget in energy: "1 GWh".'),
    click.option("--loss", type=float, help="The cheapest way to this loss, instead of a budget."),
    click.option("--price", callback=_price, metavar="PRICE", help='Of a device: "$2.5/GPU-hour".'),
    click.option(
        "--hardware-flops",
        callback=_amount("flop"),
        default="989 TFLOP",
        show_default=True,
        metavar="FLOP",
        help="Peak of a device in a second (an H100 SXM in BF16).",
    ),
    click.option(
        "--utilisation",
        callback=_amount("share"),
        default="40 %",
        show_default=True,
        metavar="SHARE",
        help="Of that peak, in training.",
    ),
    click.option(
        "--inference-utilisation",
        callback=_amount("share"),
        metavar="SHARE",
        help="Of that peak, in serving. [default: as in training]",
    ),
    click.option(
        "--device-power",
        callback=_amount("power"),
        default="1.28 kW",
        show_default=True,
        metavar="WATTS",
        help="Of a device with its share of the server (a DGX H100's eighth).",
    ),
    click.option("--pue", type=float, default=1.2, show_default=True, help="Of the data centre."),
    click.option(
        "--inference-tokens",
        callback=_amount("count"),
        default="0",
        metavar="TOKENS",
        help="Tokens to be served; the budget pays for them too.",
    ),
    click.option(
        "--unique-tokens",
        callback=_amount("count"),
        metavar="TOKENS",
        help="Different tokens there are, with --form repeated.",
    ),
)
"""What a budget is given in, and what computing costs."""


def _terms_options(function: F) -> F:
    for option in reversed(TERMS):
        function = option(function)
    return function


@click.command()
@click.argument("runs", type=click.Path(exists=True, dir_okay=False), metavar="RUNS.CSV")
@click.option("--n", "n_column", required=True, metavar="COLUMN", help="Parameters of each run.")
@click.option("--d", "d_column", required=True, metavar="COLUMN", help="Training tokens.")
@click.option("--y", "y_column", required=True, metavar="COLUMN", help="Loss.")
@click.option("--unique", "unique_column", metavar="COLUMN", help="Different tokens, with --form repeated.")
@click.option("--form", type=click.Choice(FORMS), default="chinchilla", show_default=True, help="Form of the law.")
@_terms_options
@click.option("--next", "candidates", type=click.Path(exists=True, dir_okay=False), metavar="CSV", help="Runs to rank.")
@click.option("--target", callback=_pair, metavar="N,D", help="What --next should predict. [default: the optimum]")
@click.option("--resamples", default=1000, show_default=True, help="For the intervals; 0 takes the curvature.")
@click.option("--seed", default=0, show_default=True, help="Of the resamples.")
@html_option
@json_option
def law(
    *,
    runs: str,
    n_column: str,
    d_column: str,
    y_column: str,
    unique_column: str | None,
    form: str,
    candidates: str | None,
    target: tuple[float, float] | None,
    resamples: int,
    seed: int,
    html: str | None,
    as_json: bool,
    **terms: Any,
) -> None:
    """A law of size and data, and what a budget is best spent on.

    RUNS.CSV has a line for each run. With --compute, --budget, --energy or --loss the best size and tokens are told,
    and every other that is as good; with --next the candidates of another table (of the same columns, and `cost` where
    it is known) are ranked by how much surer they make the prediction per unit of cost.
    """
    from payoff.predict.curves import fit_law

    names = [n_column, d_column, y_column, *([unique_column] if unique_column else [])]
    n, d, loss, *unique = read_columns(runs, names)
    fitted = fit_law(n, d, loss, form=form, unique=unique[0] if unique else None, resamples=resamples, seed=seed)
    asked = _Asked(**terms)
    best = asked.best(fitted)
    ranked = _ranked(fitted, candidates, (n_column, d_column), target, best) if candidates else None
    answer(LawReport(fitted, runs, asked.words(), best, ranked), as_json=as_json, html=html)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    compute: float | None
    budget: float | None
    energy: float | None
    loss: float | None
    price: float | None
    hardware_flops: float
    utilisation: float
    inference_utilisation: float | None
    device_power: float
    pue: float
    inference_tokens: float
    unique_tokens: float | None

    def best(self, law: Law) -> Allocation | None:
        """The optimum, where a budget or a loss is given."""
        if not self.words():
            return None
        return law.optimal(
            self.compute,
            loss=self.loss,
            unique=self.unique_tokens,
            budget_usd=self.budget,
            energy_j=self.energy,
            price=self.price,
            flop_per_device_s=self.hardware_flops,
            utilisation=self.utilisation,
            inference_utilisation=self.inference_utilisation,
            device_w=self.device_power,
            pue=self.pue,
            inference_tokens=self.inference_tokens,
        )

    def words(self) -> str:
        """What was asked for: '5.76e23 FLOP'."""
        given = {"flop": self.compute, "cost": self.budget, "energy": self.energy}
        said = [show(value, dimension) for dimension, value in given.items() if value is not None]
        return " and ".join([*said, *([] if self.loss is None else [f"what a loss of {self.loss:g} takes"])])


def _ranked(
    law: Law, path: str, columns: tuple[str, str], target: tuple[float, float] | None, best: Allocation | None
) -> NextRuns:
    aim = target or ((best.n.value, best.d.value) if best else None)
    if aim is None:
        raise InvalidValue("--next must know what to predict; give --target '70B,1.4T', or a budget such as --compute")
    told = COST_COLUMN in columns_of(path)
    n, d, *cost = read_columns(path, [*columns, *([COST_COLUMN] if told else [])])
    return law.next_run(list(zip(n, d, strict=True)), aim, cost[0] if told else None)


def columns_of(path: str) -> list[str]:
    """The names of the columns of a table."""
    with open(path, newline="", encoding="utf-8-sig") as file:
        return next(csv.reader(file), [])


def read_columns(path: str, names: list[str]) -> list[list[float]]:
    """These columns of a CSV file as numbers; an error names the column, or the line."""
    known = columns_of(path)
    for name in names:
        if name not in known:
            raise UnknownName("column", name, known, way_out=f"{path} has {', '.join(known) or 'no columns'}")
    columns: list[list[float]] = [[] for _ in names]
    with open(path, newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        for row in reader:
            for column, name in zip(columns, names, strict=True):
                column.append(_number(row[name], name, f"{path} line {reader.line_num}"))
    return columns


def _number(text: str | None, column: str, where: str) -> float:
    try:
        return float(text or "")
    except ValueError:
        raise InvalidValue(
            f"{column} must be a number, got {text!r} in {where}; mend the line, or leave it out"
        ) from None
