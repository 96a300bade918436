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
from payoff.show._words import how_sure
from payoff.units import show, significant

if TYPE_CHECKING:
    from payoff.predict.estimate import Bill, Claim, Research, Waterfall


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
        return {
            "schema": "payoff.estimate/1",
            "bill": self.bill.to_json(),
            "research": _research_to_json(self.research),
            "with_research": {
                name: (figure * self.research.factor).to_json()
                for name, figure in self.bill.footprint.present().items()
            },
            "research_evidence": [_research_to_json(one) for one in self.evidence],
            "published": [{"name": claim.name, **claim.given(), "source": claim.source} for claim in self.published],
            "waterfall": None if self.waterfall is None else self.waterfall.to_json(),
        }

    def __rich__(self) -> RenderableType:
        parts: list[RenderableType] = []
        if self.waterfall is not None:
            parts += [*_told_waterfall(self.waterfall), Text()]
        parts += [Text.assemble((_heading(self.bill), "bold")), self._figures(), Text(), self._around()]
        parts += [Text(note, style="dim") for note in self.bill.notes]
        return Group(*parts)

    def _figures(self) -> RenderableType:
        table = _table("", "figure (90 % interval)", "how sure", "largest source of error")
        for label, figure, text in _lines(self.bill):
            table.add_row(label, text, how_sure(figure), _largest_error(figure))
        return table

    def _around(self) -> RenderableType:
        """Energy, carbon and cost of the run with more or less research around it."""
        table = _table("with research", "", "energy drawn", "carbon", "cost, on demand")
        used = self.bill.footprint
        for one in (self.research, *self.evidence):
            figures = (self.bill.drawn_j, used.emissions_kg, used.cost_usd)
            cells = [
                "" if f is None else show(f.value * one.factor.value, d, digits=2)
                for f, d in zip(figures, ("energy", "emissions", "cost"), strict=True)
            ]
            table.add_row(one.words, one.tell(), *cells)
        return table


def _heading(bill: Bill) -> str:
    size = f"{show(bill.params, 'count')} parameters" if bill.params else show(bill.flop.total, "flop")
    tokens = f" on {show(bill.tokens, 'count')} tokens" if bill.tokens else ""
    chips = f"{bill.chips} x " if bill.chips else ""
    name = f"{bill.name}: " if bill.name else ""
    return f"{name}{size}{tokens}, {chips}{bill.chip.name}, {bill.factors.place}"


def _lines(bill: Bill) -> Iterator[tuple[str, Estimate, str]]:
    used = bill.footprint
    for term in bill.flop.terms:
        yield f"compute, {term.name}", bill.flop.estimate, show(term.flop, "flop")
    share = bill.utilisation
    yield "utilisation", share, _interval(share * 100, " %")
    yield "chip-hours", bill.chip_s, _interval(bill.chip_s / 3600, "")
    if used.duration_s is not None:
        yield "time", used.duration_s, used.duration_s.tell("duration")
    yield "watts of a chip, with host", bill.watts, bill.watts.tell("power")
    rest: tuple[tuple[str, Estimate | None, str], ...] = (
        ("energy at the machines", used.energy_j, "energy"),
        (f"energy drawn, x PUE {significant(bill.factors.pue.value)}", bill.drawn_j, "energy"),
        ("carbon", used.emissions_kg, "emissions"),
        ("carbon, market-based", used.emissions_market_kg, "emissions"),
        ("embodied carbon", used.embodied_kg, "emissions"),
        *((f"cost, {cost.basis}, {cost.date[:7]}", cost.figure, "cost") for cost in bill.costs),
        ("water", used.water_l, "water"),
    )
    yield from ((label, figure, figure.tell(dimension)) for label, figure, dimension in rest if figure is not None)


def _interval(figure: Estimate, unit: str) -> str:
    def short(value: float) -> str:
        return f"{float(significant(value, 2)):,.0f}" if value >= 100 else significant(value, 2)

    bounds = f" ({short(figure.low)}–{short(figure.high)})" if figure.errors else ""
    return f"{short(figure.value)}{unit}{bounds}"


def _largest_error(figure: Estimate) -> str:
    reach = {name: abs(high - low) for name, (low, high) in figure.errors.items()}
    return max(reach, key=lambda name: reach[name]) if reach else ""


def _told_waterfall(fall: Waterfall) -> Iterator[RenderableType]:
    first, second = fall.first, fall.second
    yield Text(f"{first.name} and {second.name}: why they differ", style="bold")
    table = _table("", "", first.name, second.name)
    energies, published = fall.energies_j, (first.energy_j, second.energy_j)
    table.add_row("energy published", "", *(show(e, "energy", digits=5) if e else "" for e in published))
    for factor in fall.carbon_factors or fall.energy_factors:
        if factor.name == "intensity":
            table.add_row(
                "energy", f"x {significant(fall.energy_ratio)}", *(show(e, "energy", digits=5) for e in energies)
            )
        table.add_row(factor.name, f"x {significant(factor.factor)}", factor.before, factor.after)
    if fall.carbon_factors:
        one, two = fall.emissions_kg
        table.add_row(
            "carbon", f"x {significant(two / one)}", show(one, "emissions", digits=5), show(two, "emissions", digits=5)
        )
    yield table


def _research_to_json(one: Research) -> dict[str, Any]:
    return {"factor": one.factor.to_json(), "kind": one.kind, "words": one.words}


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for name in columns:
        table.add_column(name)
    return table
