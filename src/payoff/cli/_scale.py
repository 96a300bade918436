"""payoff scale: what more training, data or size would bring."""

from __future__ import annotations

from pathlib import Path

import click

from payoff.cli._options import answer, html_option, json_option, ledger_option, opened
from payoff.cli._scale_law import law, read_columns
from payoff.errors import InvalidValue, UnknownName
from payoff.ledger import Query
from payoff.model import Objective, Reading, Run, Worth, parse_figure
from payoff.predict.curves import Curve, fit_curve
from payoff.show import Line, ScaleReport
from payoff.units import parse

READING = {"step": "step", "energy": "energy_j", "time": "elapsed_s", "examples": "examples"}
"""What --x means for the readings of a run."""
FARTHER = 4.0
LEAST = 3


class Scale(click.Group):
    """`payoff scale FILE ...` is short for `payoff scale curve FILE ...`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the name of the usual command where none is given."""
        if args and args[0] not in (*self.commands, "-h", "--help"):
            args = ["curve", *args]
        return super().parse_args(ctx, args)


@click.group(cls=Scale)
def scale() -> None:
    """What more training, data or size would bring, and where returns diminish.

    From a table of small runs (`payoff scale runs.csv --x examples --y error`) or from the ledger
    (`payoff scale --runs project=resnet --x energy`); the word `curve` may be left out.
    """


@scale.command()
@click.argument("table", required=False, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--runs", "conditions", multiple=True, metavar="COLUMN=VALUE", help="Runs of the ledger instead of a table."
)
@click.option(
    "--x",
    default="step",
    show_default=True,
    help="What grows: a column; of runs: step, energy, time, examples or a parameter.",
)
@click.option("--y", help="The quality: a column; of runs, their objective.")
@click.option("--goal", type=click.Choice(["min", "max"]), help="Whether y is to fall or to rise; else its name tells.")
@click.option("--ceiling", type=float, help="The highest y there can be, with a goal of max.  [default: 1]")
@click.option("--to", metavar="X", help="How far to look, such as 1M or '2 kWh'.  [default: 4 times the largest x]")
@click.option("--target", metavar="Y", help="A y to reach, such as 0.02 or 2%.")
@click.option("--level", default=0.8, show_default=True, help="The level of the intervals, 0.5 to 0.95.")
@click.option("--unit-cost", metavar="COST", help="What one more x costs, such as '3 J' or '$0.08'.")
@click.option("--worth", metavar="GAIN = COST", help="What a gain is worth, such as '0.1% = $5'; adds a verdict.")
@ledger_option
@html_option
@json_option
def curve(
    *,
    table: Path | None,
    conditions: tuple[str, ...],
    x: str,
    y: str | None,
    goal: str | None,
    ceiling: float | None,
    to: str | None,
    target: str | None,
    level: float,
    unit_cost: str | None,
    worth: str | None,
    where: str | None,
    html: str | None,
    as_json: bool,
) -> None:
    """A learning curve: quality against examples, epochs, parameters, trials or joules."""
    if (table is None) == (not conditions):
        raise InvalidValue("give either a table or --runs, for example: payoff scale runs.csv --x examples --y error")
    if table is not None:
        y = y or "error"
        objective = Objective.parse(f"{goal}:{y}" if goal else y)
        curves = {table.name: _of_table(table, x, objective, ceiling)}
    else:
        with opened(where) as ledger:
            runs = ledger.runs(Query(dict(_condition(one) for one in conditions), sort="number", descending=False))
            if not runs:
                raise InvalidValue(f"no run is like {' and '.join(conditions)}; payoff runs lists them all")
            objective = Objective.parse(f"{goal}:{y}" if goal and y else y) if y else _objective(runs)
            curves = _of_runs(runs, {run.id: ledger.readings(run.id) for run in runs}, x, objective, ceiling)
    lines = tuple(
        Line(name, one, FARTHER * one.largest if to is None else _amount(to, x)) for name, one in curves.items()
    )
    aim = None if target is None else parse(target, "share")
    cost = None if unit_cost is None else parse_figure(unit_cost)
    price = None if worth is None else Worth.parse(worth)
    answer(ScaleReport(x, objective.metric, lines, level, aim, cost, price), as_json=as_json, html=html)


def _of_table(path: Path, x: str, objective: Objective, ceiling: float | None) -> Curve:
    xs, ys = read_columns(str(path), [x, objective.metric])
    return fit_curve(xs, ys, goal=objective.direction, ceiling=ceiling)


def _of_runs(
    runs: list[Run], readings: dict[str, list[Reading]], x: str, objective: Objective, ceiling: float | None
) -> dict[str, Curve]:
    """A curve a run where its readings are at three x at least; else one curve of all runs, at the best of each."""

    def fitted(points: list[tuple[float, float]]) -> Curve:
        xs, ys = zip(*points, strict=True)
        return fit_curve(xs, ys, goal=objective.direction, ceiling=ceiling)

    bests = [(run, run.best) for run in runs if run.best is not None and run.best.metric == objective.metric]
    if x not in READING:
        points = [(float(run.parameters[x]), best.value) for run, best in bests if x in run.parameters]
        if not points:
            known = [*READING, *sorted({name for run in runs for name in run.parameters})]
            raise UnknownName("x", x, known, way_out=f"these runs have {', '.join(known)}")
        return {f"{len(points)} runs": fitted(points)}
    each = {
        f"{run.number} {run.name}": [
            (at, r.value) for r in readings[run.id] if r.metric == objective.metric and (at := getattr(r, READING[x]))
        ]
        for run in runs
    }
    long = {name: points for name, points in each.items() if len({at for at, _ in points}) >= LEAST}
    if long:
        return {name: fitted(points) for name, points in long.items()}
    points = [(at, best.value) for _, best in bests if (at := getattr(best, READING[x]))]
    if not points:
        raise InvalidValue(f"none of these runs has readings of {objective.metric} with {x}; report some of them")
    return {f"{len(points)} runs": fitted(points)}


def _objective(runs: list[Run]) -> Objective:
    known = list(dict.fromkeys(run.objective for run in runs if run.objective is not None))
    if len(known) != 1:
        names = ", ".join(one.metric for one in known) or "none"
        raise InvalidValue(f"these runs must have one objective, they have {names}; name it with --y")
    return known[0]


def _condition(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise InvalidValue(f"a condition is COLUMN=VALUE, got {text!r}; for example --runs project=resnet")
    return name.strip(), value.strip()


def _amount(text: str, x: str) -> float:
    return parse(text, {"energy": "energy", "time": "duration"}.get(x, "count"))


scale.add_command(law)
