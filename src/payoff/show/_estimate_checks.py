"""What stands around an estimate: published figures checked, places compared, a run scaled, a module counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from payoff.show._estimate import heading
from payoff.show._words import how_sure, largest_error
from payoff.units import DIMENSION_OF, LABELS, show, significant

if TYPE_CHECKING:
    from payoff.predict.estimate import Audit, Flop, Scaled, Setting


@dataclass(frozen=True, slots=True)
class AuditReport:
    """Published figures, held against the laws between them."""

    audit: Audit

    def to_json(self) -> dict[str, Any]:
        """See `Report`."""
        return {"schema": "payoff.audit/1", **self.audit.to_json()}

    def __rich__(self) -> RenderableType:
        table = _table("law", "", "what the card says")
        for finding in self.audit.findings:
            style = {"holds": "", "doubtful": "yellow", "cannot be": "bold red"}[finding.verdict]
            table.add_row(finding.law, finding.verdict, finding.words, style=style)
        beside = self.audit.beside()
        return Group(Text(self.audit.claim.name, style="bold"), table, Text(self.audit.tell()), *map(Text, beside))


@dataclass(frozen=True, slots=True)
class CompareReport:
    """The same training in several settings."""

    settings: tuple[Setting, ...]

    def to_json(self) -> dict[str, Any]:
        """See `Report`."""
        return {"schema": "payoff.compare/1", "settings": [one.to_json() for one in self.settings]}

    def __rich__(self) -> RenderableType:
        table = _table("", *(one.name for one in self.settings))
        bills = [one.bill for one in self.settings]

        def row(label: str, *cells: str) -> None:
            if any(cells):
                table.add_row(label, *cells)

        row("place", *(bill.factors.place for bill in bills))
        row("PUE", *(significant(bill.factors.pue.value) for bill in bills))
        for name in ("energy_j", "emissions_kg", "emissions_market_kg", "embodied_kg", "water_l"):
            figures = (bill.footprint[name] for bill in bills)
            row(LABELS[name], *("" if figure is None else figure.tell(DIMENSION_OF[name]) for figure in figures))
            if name == "energy_j":
                row("energy drawn", *(bill.drawn_j.tell("energy") for bill in bills))
        shares = (one.embodied_share for one in self.settings)
        row("embodied, of all carbon", *("" if share is None else show(share, "share", digits=2) for share in shares))
        for basis in ("on demand", "committed", "amortised"):
            costs = ({cost.basis: cost.figure for cost in bill.costs} for bill in bills)
            row(basis, *(known[basis].tell("cost") if basis in known else "" for known in costs))
        first = bills[0]
        what = heading(first).removesuffix(f", {first.factors.place}")
        said = "Utilisation and watts of the chips are the same everywhere; the hardware of one's own is busy less."
        return Group(Text(what, style="bold"), table, Text(said, style="dim"))


@dataclass(frozen=True, slots=True)
class ScaledReport:
    """A run of the ledger, scaled."""

    scaled: Scaled

    def to_json(self) -> dict[str, Any]:
        """See `Report`."""
        return {"schema": "payoff.scaled/1", **self.scaled.to_json()}

    def __rich__(self) -> RenderableType:
        scaled = self.scaled
        told = ", ".join(f"{name} x {significant(factor)}" for name, factor in scaled.factors.items())
        table = _table("", "this run", "scaled (90 %)", "how sure", "largest source of error")
        for name, figure in scaled.footprint.present().items():
            before = scaled.run.footprint[name]
            was = "" if before is None else show(before.value, DIMENSION_OF[name])
            cells = (figure.tell(DIMENSION_OF[name]), how_sure(figure), largest_error(figure))
            table.add_row(LABELS[name], was, *cells)
        head = f"{scaled.run.name} (run {scaled.run.number}) with {told}: {scaled.work.tell('number')} times the work"
        return Group(Text(head, style="bold"), table)


@dataclass(frozen=True, slots=True)
class FlopReport:
    """The FLOP of a module, counted on one input."""

    module: str
    flop: Flop
    params: float

    def to_json(self) -> dict[str, Any]:
        """See `Report`."""
        return {"schema": "payoff.flop/1", "module": self.module, "params": self.params, **self.flop.to_json()}

    def __rich__(self) -> RenderableType:
        table = _table(f"{self.module}, {show(self.params, 'count')} parameters", "FLOP", "share")
        for term in self.flop.terms:
            table.add_row(term.name, show(term.flop, "flop"), show(term.flop / self.flop.total, "share"))
        table.add_row("together", show(self.flop.total, "flop"), "")
        more = "for one input; --examples N (or --tokens N) and --hardware tell what a training uses"
        return Group(table, Text(self.flop.source, style="dim"), Text(more, style="dim"))


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for name in columns:
        table.add_column(name)
    return table
