"""What a training will use: the chain from FLOP to carbon and money, and what was published of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from payoff.quantities import Estimate
from payoff.show._words import how_sure, largest_error
from payoff.units import show, significant

if TYPE_CHECKING:
    from payoff.predict.estimate import Bill, Claim, Research, Waterfall


LEAST = 0.01
"""Smaller equivalents are nothing that people can feel."""


@dataclass(frozen=True, slots=True)
class EstimateReport:
    """The bill of a training with the research around it; with it what was published, and why two answers differ."""

    bill: Bill
    research: Research
    evidence: tuple[Research, ...] = ()
    published: tuple[Claim, ...] = ()
    waterfall: Waterfall | None = None

    def to_json(self) -> dict[str, Any]:
        """See `Report`."""
        used = self.bill.footprint.present()
        return {
            "schema": "payoff.estimate/1",
            "bill": self.bill.to_json(),
            "research": _research_to_json(self.research),
            "with_research": {name: (figure * self.research.factor).to_json() for name, figure in used.items()},
            "research_evidence": [_research_to_json(one) for one in self.evidence],
            "equivalents": [
                {"amount": one.amount, "what": one.what, "source": one.source} for one in self.bill.equivalents
            ],
            "published": [{"name": claim.name, **claim.given(), "source": claim.source} for claim in self.published],
            "waterfall": None if self.waterfall is None else self.waterfall.to_json(),
        }

    def __rich__(self) -> RenderableType:
        parts: list[RenderableType] = []
        if self.waterfall is not None:
            parts += [*told_waterfall(self.waterfall), Text()]
        elif self.published:
            parts += [_told_claims(self.published), Text()]
        told = "; ".join(one.tell() for one in self.bill.equivalents if one.amount >= LEAST)
        parts += [Text(heading(self.bill), style="bold"), bill_table(self.bill)]
        parts += [Text(f"as much as  {told}", style="dim"), Text(), self._around()]
        parts += [Text(note, style="dim") for note in self.bill.notes]
        return Group(*parts)

    def _around(self) -> RenderableType:
        """Energy, carbon and cost of the run with more or less research around it."""
        table = _table("research around it", "energy drawn", "carbon", "cost, on demand")
        used = self.bill.footprint
        figures = ((self.bill.drawn_j, "energy"), (used.emissions_kg, "emissions"), (used.cost_usd, "cost"))
        for one in (self.research, *self.evidence):
            row = [
                "" if figure is None else (figure.value * one.factor).tell(dimension) for figure, dimension in figures
            ]
            table.add_row(f"{one.tell()} {one.words}", *row)
        return table


def heading(bill: Bill) -> str:
    """'7B parameters on 2T tokens, 512 x NVIDIA H100 SXM5 80GB, aws:us-east-1'."""
    size = f"{show(bill.params, 'count')} parameters" if bill.params else show(bill.flop.total, "flop")
    tokens = f" on {show(bill.tokens, 'count')} tokens" if bill.tokens else ""
    chips = f"{bill.chips} x " if bill.chips else ""
    name = f"{bill.name}: " if bill.name else ""
    return f"{name}{size}{tokens}, {chips}{bill.chip.name}, {bill.factors.place}"


def bill_table(bill: Bill) -> Table:
    """Every figure of a bill with its interval, what it rests on, and its largest source of error."""
    table = _table("", "figure (90 %)", "how sure", "largest source of error")
    for label, figure, text in _lines(bill):
        table.add_row(label, text, how_sure(figure), largest_error(figure))
    return table


def _lines(bill: Bill) -> Iterator[tuple[str, Estimate, str]]:
    used = bill.footprint
    for term in bill.flop.terms:
        yield term.name, bill.flop.estimate, show(term.flop, "flop")
    yield "utilisation", bill.utilisation, bill.utilisation.tell("share")
    yield "chip-hours", bill.chip_s, (bill.chip_s / 3600).tell("count")
    if used.duration_s is not None:
        yield "time", used.duration_s, used.duration_s.tell("duration")
    yield "watts a chip, with host", bill.watts, bill.watts.tell("power")
    rest: tuple[tuple[str, Estimate | None, str], ...] = (
        ("energy at the machines", used.energy_j, "energy"),
        (f"drawn (PUE {significant(bill.factors.pue.value)})", bill.drawn_j, "energy"),
        ("carbon", used.emissions_kg, "emissions"),
        ("carbon, market-based", used.emissions_market_kg, "emissions"),
        ("embodied carbon", used.embodied_kg, "emissions"),
        *((f"{cost.basis} ({cost.date[:7]})", cost.figure, "cost") for cost in bill.costs),
        ("water", used.water_l, "water"),
    )
    yield from ((label, figure, figure.tell(dimension)) for label, figure, dimension in rest if figure is not None)


def told_waterfall(fall: Waterfall) -> Iterator[RenderableType]:
    """From one published answer to the other, factor by factor."""
    yield Text("Why two published answers differ", style="bold")
    first, second = fall.first, fall.second
    table = _table("", "", first.name, second.name)
    energies = fall.energies_j
    factors = fall.carbon_factors or fall.energy_factors
    for factor in factors:
        if factor.name == "intensity":
            told = (show(energy, "energy", digits=5) for energy in energies)
            table.add_row("energy", f"x {significant(fall.energy_ratio)}", *told, style="bold")
        table.add_row(factor.name, f"x {significant(factor.factor)}", factor.before, factor.after)
    if fall.carbon_factors:
        one, two = fall.emissions_kg
        told = (show(mass, "emissions", digits=5) for mass in (one, two))
        table.add_row("carbon", f"x {significant(two / one)}", *told, style="bold")
        table.add_row("as much as", "", *(one.tell().partition(" (")[0] for one in fall.by_car))
    for cost in fall.costs:
        table.add_row(f"{cost.basis}, {cost.date[:4]}", "", "", f"{cost.figure.tell('cost')} for the chip-hours")
    for label, name, dimension in (("published", "energy_j", "energy"), ("", "emissions_kg", "emissions")):
        given = [getattr(claim, name) for claim in (first, second)]
        table.add_row(label, "", *("" if g is None else show(g, dimension, digits=5) for g in given))
    yield table


def _told_claims(claims: tuple[Claim, ...]) -> Table:
    table = _table("published", "chip-hours", "energy", "carbon", "watts known by")
    for claim in claims:
        cells = ((claim.energy_j, "energy"), (claim.emissions_kg, "emissions"))
        hours = "" if claim.chip_s is None else show(claim.chip_s / 3600, "count")
        table.add_row(
            claim.name, hours, *("" if v is None else show(v, dim) for v, dim in cells), claim.power_kind or "not said"
        )
    return table


def _research_to_json(one: Research) -> dict[str, Any]:
    return {"factor": one.factor.to_json(), "kind": one.kind, "words": one.words}


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for name in columns:
        table.add_column(name)
    return table
