"""payoff estimate: what a training will use, before it runs."""

from __future__ import annotations

from typing import Any

import click

from payoff.cli._options import answer, json_option
from payoff.predict.estimate import (
    RUN_ALONE,
    Bill,
    Claim,
    estimate_run,
    parse_research,
    published_claims,
    published_research,
    waterfall,
)
from payoff.show import EstimateReport
from payoff.units import parse


class Count(click.ParamType[float]):
    """A number as people write it: 7e9, 7B, 1.28M."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read it."""
        return value if isinstance(value, float) else parse(str(value), "count")


@click.command()
@click.argument("model", required=False)
@click.option("--params", type=Count(), help="Parameters of the model, such as 7e9 or 7B.")
@click.option("--active-params", type=Count(), help="Those a token meets, of a mixture of experts.")
@click.option("--tokens", type=Count(), help="Tokens trained on, all epochs together.")
@click.option("--flop", type=Count(), help="The FLOP of the training, where they are known.")
@click.option("--hardware", default=None, help="The chip, such as H100.  [default: A100]")
@click.option("--chips", type=click.IntRange(min=1), help="How many of them, for the time it takes.")
@click.option("--utilisation", help="Share of the peak, such as 40%.  [default: learned from published runs]")
@click.option("--watts", help="What a chip with its part of the host draws.  [default: a share of its TDP]")
@click.option("--region", help="Where: a country, state or cloud region.  [default: the world's average]")
@click.option("--research", help="What is spent in all for each kept run, such as 3x.  [default: 1x]")
@json_option
def estimate(*, model: str | None, research: str | None, as_json: bool, **given: Any) -> None:
    """What a training will use: FLOP, chip-hours, energy, carbon, cost, water.

    From sizes (`--params 7e9 --tokens 2e12 --hardware H100`), or for a published MODEL (`payoff estimate gpt-3`) beside
    what was published of it.
    """
    claims = published_claims(model) if model else ()
    bill = _bill(given, claims[0] if claims else None)
    around = parse_research(research) if research else RUN_ALONE
    fall = waterfall(claims[-1], claims[0]) if len(claims) == 2 else None
    answer(EstimateReport(bill, around, published_research(), claims, fall), as_json=as_json)


def _bill(given: dict[str, Any], claim: Claim | None) -> Bill:
    stated = {name: value for name, value in given.items() if value is not None}
    for name, dimension in (("utilisation", "share"), ("watts", "power")):
        if name in stated:
            stated[name] = parse(stated[name], dimension)
    if claim is not None:
        of_claim = {"name": claim.name, "params": claim.params, "tokens": claim.tokens, "hardware": claim.hardware}
        stated = {name: value for name, value in of_claim.items() if value} | stated
    return estimate_run(**stated)
