"""The history of what models took: growth, breaks, the frontier, where it may lead, and what is said of it."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from payoff.units import show, significant

if TYPE_CHECKING:
    from payoff.facts import Fact
    from payoff.predict.trends import Break, Claim, Evidence, Growth, Projection, Scenario, Trend
    from payoff.quantities import Estimate

WIDTH = 78


@dataclass(frozen=True, slots=True)
class TrendsReport:
    """The growth of one quantity, with a projection to the end of `year` where one is asked for."""

    trend: Trend
    source: str
    year: int | None = None

    def to_json(self) -> dict[str, Any]:
        """See `Report`."""
        trend, check = self.trend, self.trend.check
        name, date, amount = trend.record
        return {
            "schema": "payoff.trends/1",
            "what": trend.history.what.name,
            "dimension": trend.history.what.dimension,
            "domain": trend.history.domain,
            "models": len(trend.history),
            "first": float(trend.history.years[0]),
            "last": float(trend.history.years[-1]),
            "source": self.source,
            "since": trend.since,
            "eras": [_growth_to_json(era) for era in trend.eras],
            "rates": {label: _growth_to_json(rate) for label, rate in trend.rates.items()},
            "breaks": [_break_to_json(one) for one in trend.changes.breaks],
            "stretches": [_growth_to_json(one) for one in trend.changes.stretches],
            "evidence": [
                {"breaks": one.breaks, "bic_gain": one.gain, "chance": one.chance, "taken": one.taken}
                for one in trend.changes.evidence
            ],
            "resamples": trend.resamples,
            "seed": trend.seed,
            "record": {"model": name, "date": date, "amount": amount},
            "back_test": [
                {
                    "series": one.predicted.kind,
                    "origin": one.predicted.origin,
                    "at": one.predicted.at,
                    "predicted": 10**one.predicted.middle,
                    "low": 10**one.predicted.low,
                    "high": 10**one.predicted.high,
                    "came": 10**one.came,
                }
                for one in check.replayed
            ],
            "coverage": check.coverage,
            "typical_factor": check.typical_factor,
            "projections": [_projection_to_json(one) for one in self._projections()],
            "words": self.words(),
        }

    def __rich__(self) -> RenderableType:
        told = self.trend.history
        title = Text.assemble((told.what.words, "bold"), f"  {len(told)} notable models")
        title.append(f" of {told.domain}" if told.domain != "all" else "")
        parts: list[RenderableType] = [title, Text(), self.rates(), Text(), self.breaks()]
        if self.trend.check.replayed:
            parts += [Text(), self.back_test()]
        if self.year is not None:
            parts += [Text(), self.projection()]
        return Group(*parts, Text(), Text(self.words()), Text(self.source, style="dim"))

    def _projections(self) -> tuple[Projection, ...]:
        return () if self.year is None else self.trend.project(self.year)

    def words(self) -> str:
        """What the history says, in plain words."""
        trend = self.trend
        *before, since = trend.eras
        said = f"Since {trend.since:g} {trend.history.what.words} {_pace(since)}"
        said += f", before that it {_pace(before[0])}." if before else "."
        years = [f"{one.year:.0f}" for one in trend.changes.breaks]
        said += f" The evidence asks for {_count(len(years))}" + (f": {' and '.join(years)}." if years else ".")
        check = trend.check
        if check.coverage is not None and check.typical_factor is not None:
            said += (
                f" Of {len(check.replayed)} three-year projections of the past half were wrong by a factor of "
                f"{significant(check.typical_factor, 2)} or more; {100 * check.coverage:.0f} % ended in their interval."
            )
        return said

    def rates(self) -> RenderableType:
        """Growth before and since, and since for the largest and smallest models."""
        names = (f"before {self.trend.since:g}", f"since {self.trend.since:g}")[-len(self.trend.eras) :]
        rows = dict(zip(names, self.trend.eras, strict=True))
        rows |= {f"  {name}": rate for name, rate in self.trend.rates.items() if name != "all"}
        return _growth_table("growth", rows)

    def breaks(self) -> RenderableType:
        """The breaks, the evidence for them, and the growth between them."""
        found = self.trend.changes
        parts: list[RenderableType] = [_evidence(one) for one in found.evidence]
        if found.breaks:
            table = _table("break", "date", "90 % set", "kind", "level changes by")
            for number, one in enumerate(found.breaks, 1):
                step = "" if one.step is None else f"x {_interval(*one.step)}"
                table.add_row(f"{number}", f"{one.year:.1f}", dates(one, self.trend), one.kind, step)
            rows = {f"{one.since:.1f} to {one.until:.1f}": one for one in found.stretches}
            parts += [table, Text(), _growth_table("between breaks", rows)]
        return Group(*parts)

    def back_test(self) -> RenderableType:
        """How wrong three-year projections were."""
        table = _table("three-year projections, replayed", "made", "within 90 %", "half wrong by")
        for kind in ("frontier", "median"):
            some = self.trend.check.of(kind)
            if some.coverage is not None and some.typical_factor is not None:
                factor = f"{significant(some.typical_factor, 2)} x or more"
                table.add_row(_SERIES[kind], f"{len(some.replayed)}", f"{100 * some.coverage:.0f} %", factor)
        return table

    def projection(self) -> RenderableType:
        """Where the series may be at the end of the year asked for."""
        dimension = self.trend.history.what.dimension
        table = _table(f"at the end of {self.year}", "middle", "90 % interval")
        for one in self._projections():
            low, middle, high = (show(10**log, dimension, digits=2) for log in (one.low, one.middle, one.high))
            table.add_row(_SERIES[one.kind], middle, f"{low} to {high}")
        name, date, amount = self.trend.record
        table.add_row("largest so far", show(amount, dimension, digits=2), f"{name}, {int(date)}")
        return table


@dataclass(frozen=True, slots=True)
class ClaimsReport:
    """What is said of the field's appetite, judged."""

    claims: tuple[Claim, ...]
    source: str
    year: int

    def to_json(self) -> dict[str, Any]:
        """See `Report`."""
        return {
            "schema": "payoff.trends.claims/1",
            "source": self.source,
            "year": self.year,
            "claims": [
                {
                    "name": one.name,
                    "said": one.said,
                    "verdict": one.verdict,
                    "finding": one.finding,
                    "figures": {label: figure.to_json() for label, (figure, _) in one.figures.items()},
                    "sources": list(one.sources),
                }
                for one in self.claims
            ],
        }

    def __rich__(self) -> RenderableType:
        parts: list[RenderableType] = []
        for one in self.claims:
            colour = {"holds": "green", "does not hold": "red"}.get(one.verdict, "yellow")
            parts.append(Text.assemble((one.said, "bold"), "  ", (one.verdict, colour)))
            parts.append(Text(textwrap.fill(one.finding, WIDTH, initial_indent="  ", subsequent_indent="  ")))
            parts.append(Text())
        return Group(*parts, Text(f"{self.source}; sources of the other figures: --json", style="dim"))


@dataclass(frozen=True, slots=True)
class DataCentresReport:
    """The share of the world's electricity by scenario, and what it hangs on."""

    scenarios: tuple[Scenario, ...]
    inputs: Mapping[str, Fact]

    def to_json(self) -> dict[str, Any]:
        """See `Report`."""
        return {
            "schema": "payoff.trends.datacentres/1",
            "year": self.scenarios[0].year,
            "scenarios": [
                {
                    "name": one.name,
                    "words": one.words,
                    "energy_j": one.energy_j.to_json(),
                    "share": one.share.to_json(),
                }
                for one in self.scenarios
            ],
            "inputs": [{"input": words, **fact._asdict()} for words, fact in self.inputs.items()],
        }

    def __rich__(self) -> RenderableType:
        year = self.scenarios[0].year
        title = Text(f"data centres' share of the world's electricity in {year}", style="bold")
        return Group(title, Text(), self.shares(), Text(), self.sensitivity(), Text(), self.cited())

    def shares(self) -> RenderableType:
        """Share and energy by scenario."""
        table = _table("if", "share (90 %)", "energy (90 %)")
        for one in self.scenarios:
            table.add_row(one.words, one.share.tell("share"), one.energy_j.tell("energy"))
        return table

    def sensitivity(self) -> RenderableType:
        """The share with one input at its 5th or 95th percentile, the widest first, where gains slow."""
        middle = self.scenarios[len(self.scenarios) // 2]
        table = _table("what it hangs on", "share, input low", "input high")
        rows = sorted(middle.share.errors.items(), key=lambda row: -abs(row[1][1] - row[1][0]))
        for words, (low, high) in rows:
            table.add_row(words, show(low, "share", digits=2), show(high, "share", digits=2))
        return Group(table, Text(f"if {middle.words}; one input at an end of its interval", style="dim"))

    def cited(self) -> RenderableType:
        """The inputs and their sources."""
        parts: list[RenderableType] = [Text("inputs", style="bold")]
        for words, fact in self.inputs.items():
            said = f"{words}: {fact.value:g} ({fact.low:g} to {fact.high:g}). {fact.source}"
            parts.append(Text(textwrap.fill(said, WIDTH, subsequent_indent="  "), style="dim"))
        return Group(*parts)


_SERIES = {"frontier": "mean of the ten largest so far", "median": "median of the year's models"}


def dates(one: Break, trend: Trend) -> str:
    """The confidence set of a break's date; one that reaches an end of the history is open there."""
    first, last = trend.history.years[[0, -1]]
    if one.low <= first:
        return f"until {one.high:.1f}" if one.high < last else "any date"
    return f"from {one.low:.1f}" if one.high >= last else f"{one.low:.1f} to {one.high:.1f}"


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for name in columns:
        table.add_column(name, no_wrap=True)
    return table


def _growth_table(name: str, rows: Mapping[str, Growth]) -> Table:
    table = _table(name, "models", "times a year (90 %)", "months to double (90 %)")
    for label, one in rows.items():
        months = one.doubling_months
        table.add_row(label, f"{one.models}", _told(one.per_year), _told(months) if months else "no sure growth")
    return table


def _evidence(one: Evidence) -> Text:
    said = f"{_count(one.breaks)} rather than {_count(one.breaks - 1)}: BIC {-one.gain:+.1f}, "
    said += f"{100 * one.chance:.2g} % by chance, {'taken' if one.taken else 'not taken'}"
    return Text(said)


def _count(breaks: int) -> str:
    return ("no break", "one break", "two breaks")[breaks]


def _pace(one: Growth) -> str:
    months = one.doubling_months
    return f"doubled every {_told(months)} months" if months else f"grew {_told(one.per_year)} times a year"


def _told(figure: Estimate) -> str:
    return _interval(figure.value, figure.low, figure.high)


def _interval(value: float, low: float, high: float) -> str:
    return f"{significant(value)} ({significant(low)}–{significant(high)})"


def _growth_to_json(one: Growth) -> dict[str, Any]:
    months = one.doubling_months
    return {
        "since": one.since,
        "until": one.until,
        "models": one.models,
        "per_year": one.per_year.to_json(),
        "doubling_months": None if months is None else months.to_json(),
    }


def _break_to_json(one: Break) -> dict[str, Any]:
    return {"year": one.year, "low": one.low, "high": one.high, "kind": one.kind, "step": one.step and list(one.step)}


def _projection_to_json(one: Projection) -> dict[str, Any]:
    return {
        "series": one.kind,
        "origin": one.origin,
        "at": one.at,
        "years_learnt_from": one.steps,
        "middle": 10**one.middle,
        "low": 10**one.low,
        "high": 10**one.high,
    }
