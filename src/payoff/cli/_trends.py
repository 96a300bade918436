"""payoff trends: how the field's appetite grew, and whether it can just keep growing."""

from __future__ import annotations

import click

from payoff.cli._options import answer, html_option, json_option
from payoff.errors import UnknownName
from payoff.facts import NotableModel, notable_models, notable_models_source, read_notable_models
from payoff.show import ClaimsReport, DataCentresReport, TrendsReport

SOON = 2030

data_option = click.option(
    "--data",
    type=click.Path(exists=True, dir_okay=False),
    metavar="CSV",
    help="A table of models of Epoch AI's instead of the shipped or refreshed one.",
)


class Trends(click.Group):
    """`payoff trends ...` is short for `payoff trends growth ...`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the name of the usual command where none is given."""
        if not args or (args[0].startswith("-") and args[0] not in ("-h", "--help")):
            args = ["growth", *args]
        elif not args[0].startswith("-") and args[0] not in self.commands:
            known = ", ".join(self.commands)
            raise UnknownName("part of trends", args[0], self.commands, way_out=f"there are {known}")
        return super().parse_args(ctx, args)


@click.group(cls=Trends)
def trends() -> None:
    """How what models take has grown, and whether it can just keep growing.

    Of notable models since 1950 (Epoch AI): growth and doubling times, when growth changed, and where it may lead. The
    word `growth` may be left out: `payoff trends --what params --project 2030`.
    """


@trends.command()
@click.option("--what", default="compute", show_default=True, help="One of compute, params, data, cost, power.")
@click.option("--domain", help="Models of one domain alone, such as language.")
@click.option("--since", default=2010.0, show_default=True, metavar="YEAR", help="Growth is told before and since.")
@click.option("--project", "year", type=int, metavar="YEAR", help="Where it may be at the end of that year.")
@click.option("--resamples", default=399, show_default=True, help="For the breaks and their dates.")
@click.option("--seed", default=0, show_default=True, help="Of the resamples.")
@data_option
@html_option
@json_option
def growth(
    *,
    what: str,
    domain: str | None,
    since: float,
    year: int | None,
    resamples: int,
    seed: int,
    data: str | None,
    html: str | None,
    as_json: bool,
) -> None:
    """Growth, its breaks, the frontier, and how wrong projections were."""
    from payoff.predict.trends import fit_trend

    trend = fit_trend(_models(data), what, domain=domain, since=since, resamples=resamples, seed=seed)
    if year is not None:
        trend.project(year)
    answer(TrendsReport(trend, data or notable_models_source(), year), as_json=as_json, html=html)


@trends.command()
@click.option("--project", "year", default=SOON, show_default=True, metavar="YEAR", help="What 'soon' means.")
@data_option
@json_option
def claims(*, year: int, data: str | None, as_json: bool) -> None:
    """What is said of the field's appetite, each claim with a verdict and its figures."""
    from payoff.predict.trends import judge_claims

    answer(ClaimsReport(judge_claims(_models(data), year=year), data or notable_models_source(), year), as_json=as_json)


@trends.command()
@click.option("--project", "year", default=SOON, show_default=True, metavar="YEAR", help="2024 to 2035.")
@json_option
def datacentres(*, year: int, as_json: bool) -> None:
    """The share of the world's electricity, by what becomes of efficiency."""
    from payoff.predict.trends import data_centres, input_facts

    answer(DataCentresReport(data_centres(year), input_facts()), as_json=as_json)


def _models(path: str | None) -> tuple[NotableModel, ...]:
    return read_notable_models(path) if path else notable_models()
