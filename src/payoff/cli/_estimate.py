"""payoff estimate: what a training will use, before it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from payoff.cli._estimate_module import counted, read_card
from payoff.cli._options import answer, html_option, json_option, ledger_option, opened
from payoff.errors import InvalidValue
from payoff.facts import Factors
from payoff.ledger import Query
from payoff.predict.estimate import (
    RUN_ALONE,
    Claim,
    Research,
    Shape,
    audit,
    compare,
    estimate_run,
    parse_research,
    parse_scale,
    published_claims,
    published_research,
    research_of,
    scale_run,
    waterfall,
)
from payoff.settings import settings
from payoff.show import AuditReport, CompareReport, EstimateReport, FlopReport, ScaledReport
from payoff.units import parse, parse_rate

G_PER_KWH = 1e-3 / 3.6e6


class Count(click.ParamType[float]):
    """A number as people write it: 7e9, 7B, 1.28M."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read it."""
        return value if isinstance(value, float) else parse(str(value), "count")


class Flops(Count):
    """An amount of work: 3.14e23, '3.14e23 FLOP', '3640 PFLOP/s-days'."""

    name = "flop"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read it; a plain number is in FLOP."""
        text = str(value)
        return value if isinstance(value, float) else parse(text if text[-1:].isalpha() else f"{text} FLOP", "flop")


WORK = (
    click.option("--params", type=Count(), help="Parameters of the model, such as 7e9 or 7B."),
    click.option("--active-params", type=Count(), help="Those that a token meets, of a mixture of experts."),
    click.option("--tokens", type=Count(), help="Tokens trained on, all epochs together."),
    click.option("--flop", type=Flops(), help="The FLOP of the training, where they are known."),
    click.option("--shape", metavar="LAYERS,WIDTH,CONTEXT", help="Of a transformer: adds the FLOP of its attention."),
    click.option("--module", metavar="FILE:NAME", help="Count a torch module that NAME is or makes (extra: torch)."),
    click.option("--input", "inputs", multiple=True, metavar="SIZE", help="Its input: 8,3,224,224 or 8,1024:int."),
    click.option("--forward", is_flag=True, help="Count the forward pass only, without the gradient."),
    click.option("--examples", type=Count(), help="Examples trained on, for a counted module."),
)
PLACE = (
    click.option("--hardware", help="The chip, such as H100.  [default: A100]"),
    click.option("--chips", type=click.IntRange(min=1), help="How many of them, for the time it takes."),
    click.option("--precision", help="The arithmetic: fp16 (or bf16), fp8, tf32, fp32.  [default: the chip's usual]"),
    click.option("--utilisation", help="Share of the peak, such as 40%.  [default: learned from published runs]"),
    click.option("--watts", help="Draw of a chip with its part of the host.  [default: a measured share of its TDP]"),
    click.option("--region", help="Where: a country, state or cloud region.  [default: the setting, else the world]"),
    click.option("--pue", type=float, help="Overhead of the data centre, such as 1.1."),
    click.option("--intensity", help="Carbon of the electricity, such as '385 g/kWh'."),
    click.option("--compare", metavar="A,B", help="Side by side: local, server room, cloud, or regions."),
)
ELSE = (
    click.option("--research", metavar="FACTOR", help="All that is spent for each kept run: 3x, or project=NAME."),
    click.option("--like", metavar="RUN", help="Start from a run in the ledger."),
    click.option("--scale", metavar="FACTORS", help="With --like: 'params=10x, examples=4x'."),
    click.option("--audit", "card", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="CARD.toml",
                 help="Check published figures: which of them cannot be right."),
)  # fmt: skip


def _all_options(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed((*WORK, *PLACE, *ELSE, ledger_option, html_option, json_option)):
        function = option(function)
    return function


@click.command()
@click.argument("model", required=False)
@_all_options
def estimate(*, model: str | None, where: str | None, html: str | None, as_json: bool, **given: Any) -> None:
    """What a training will use: FLOP, chip-hours, energy, carbon, cost, water.

    From sizes (`--params 7e9 --tokens 2e12 --hardware H100`), from a module that is counted, from a run of the ledger
    that is scaled, or for a published MODEL (`payoff estimate gpt-3`) beside what was published of it.
    """
    stated = {name: value for name, value in given.items() if value not in (None, (), False)}
    if "card" in stated:
        answer(AuditReport(audit(read_card(stated["card"]))), as_json=as_json, html=html)
    elif "like" in stated or "scale" in stated:
        answer(_scaled(stated, where), as_json=as_json, html=html)
    else:
        answer(_estimated(model, stated, where), as_json=as_json, html=html)


def _scaled(stated: Mapping[str, Any], where: str | None) -> ScaledReport:
    if not ("like" in stated and "scale" in stated):
        raise InvalidValue("--like and --scale go together, for example: --like last --scale 'params=10x, examples=4x'")
    with opened(where) as ledger:
        return ScaledReport(scale_run(ledger.find(stated["like"]), parse_scale(stated["scale"])))


def _estimated(
    model: str | None, stated: dict[str, Any], where: str | None
) -> EstimateReport | CompareReport | FlopReport:
    claims = published_claims(model) if model else ()
    sizes = ("params", "active_params", "tokens", "flop")
    work: dict[str, Any] = {name: stated[name] for name in sizes if name in stated}
    if "module" in stated:
        flop, whole, params = counted(stated)
        if not whole:
            return FlopReport(stated["module"], flop, params)
        work |= {"flop": flop, "params": params, "name": stated["module"]}
    if "shape" in stated:
        work["shape"] = _shape(stated["shape"])
    if claims:
        work = _of_claim(claims[0]) | work
    bill = estimate_run(**work, **_place(stated, claims[0] if claims else None))
    if "compare" in stated:
        names = [name.strip() for name in stated["compare"].split(",") if name.strip()]
        return CompareReport(compare(bill, names, stated.get("region")))
    around = _research(stated["research"], where) if "research" in stated else RUN_ALONE
    fall = waterfall(claims[-1], claims[0]) if len(claims) == 2 and _whole(claims) else None
    return EstimateReport(bill, around, published_research(), claims, fall)


def _of_claim(claim: Claim) -> dict[str, Any]:
    known = {"name": claim.name, "params": claim.params, "tokens": claim.tokens}
    return {name: value for name, value in known.items() if value}


def _whole(claims: tuple[Claim, ...]) -> bool:
    """Whether two claims say everything, and of the same training."""
    told = all(claim.energy_j and claim.chip_s and claim.watts and claim.pue and claim.tokens for claim in claims)
    return told and len({f"{claim.params or 0:.1e}" for claim in claims}) == 1


def _place(stated: Mapping[str, Any], claim: Claim | None) -> dict[str, Any]:
    """What is said of chips and place, the settings and the claim where nothing is."""
    found = {name: stated[name] for name in ("hardware", "chips", "precision") if name in stated}
    if claim is not None:
        found.setdefault("hardware", claim.chip)
    if found.get("precision") == "bf16":
        found["precision"] = "fp16"
    for name, dimension in (("utilisation", "share"), ("watts", "power")):
        if name in stated:
            found[name] = parse(stated[name], dimension)
    found["factors"] = _factors(stated, claim)
    return found


def _factors(stated: Mapping[str, Any], claim: Claim | None) -> Factors:
    """Of the place that is named, else of the place as a claim has it, else as the settings have it."""
    known: Mapping[str, Any] = stated if "region" in stated else {**settings(), **stated}
    pue, intensity = known.get("pue"), known.get("intensity")
    g_per_kwh = None if intensity is None else parse_rate(intensity, "emissions", "energy") / G_PER_KWH
    if claim is not None and "region" not in stated:
        pue = stated.get("pue", claim.pue)
        g_per_kwh = g_per_kwh if "intensity" in stated else (claim.intensity_kg_per_j or 0.0) / G_PER_KWH or None
    return Factors.of(
        None if claim is not None and "region" not in stated else known.get("region"),
        machine="cloud",
        pue=None if pue is None else float(pue),
        intensity_g_per_kwh=g_per_kwh,
    )


def _shape(text: str) -> Shape:
    sizes = [size.strip() for size in text.split(",")]
    if len(sizes) != 3 or not all(size.isdigit() for size in sizes):
        raise InvalidValue(f"a shape is LAYERS,WIDTH,CONTEXT, got {text!r}; for example --shape 96,12288,2048")
    layers, width, context = map(int, sizes)
    return Shape(layers, width, context)


def _research(text: str, where: str | None) -> Research:
    name, equals, project = text.partition("=")
    if not equals:
        return parse_research(text)
    if name.strip() != "project":
        raise InvalidValue(f"research is a factor or project=NAME, got {text!r}; for example --research 3x")
    with opened(where) as ledger:
        return research_of(ledger.runs(Query({"project": project.strip()}, sort="number", descending=False)))
