"""What the world says, as people read it: a chip, a price, a place, models."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from payoff.facts import (
    AcceleratorFact,
    AcceleratorPrice,
    Fact,
    GridFact,
    ModelFacts,
    PublishedRun,
    RegionRow,
    Utilisation,
)
from payoff.units import significant

PRECISIONS = {"fp16": "fp16 or bf16"}
WORDS = ("basis", "newest", "vendor", "date", "watts by", "known by")
MAKERS = ("AMD", "Amazon", "Google", "Huawei", "Intel", "NVIDIA")


@dataclass(frozen=True, slots=True)
class ChipReport:
    """An accelerator."""

    chip: AcceleratorFact

    def to_json(self) -> dict[str, Any]:
        """See `Report`."""
        row = self.chip.row._asdict()
        about = {"asked": self.chip.asked, "also": list(self.chip.also)}
        return {
            "schema": "payoff.facts.hardware/1",
            **about,
            **row,
            "aliases": list(row["aliases"]),
            "checked": list(row["checked"]),
        }

    def __rich__(self) -> RenderableType:
        row, chip = self.chip.row, self.chip
        figures = [
            (PRECISIONS.get(name, name), f"{_tera(peak)} TFLOP/s".replace("FLOP", "OP" if name == "int8" else "FLOP"))
            for name, peak in chip.peaks().items()
        ]
        figures += [
            ("TDP", "not stated" if row.tdp_w is None else f"{row.tdp_w:g} W"),
            ("memory", "not stated" if row.memory_bytes is None else f"{significant(row.memory_bytes / 1e9)} GB"),
        ]
        if row.bandwidth_bytes_per_s is not None:
            figures.append(("bandwidth", f"{significant(row.bandwidth_bytes_per_s / 1e12)} TB/s"))
        said = [f"peaks are dense; trained in {PRECISIONS.get(chip.training_precision, chip.training_precision)}"]
        said += [part for part in (row.note, chip.hint) if part]
        return Group(
            Text(f"{row.name}  {row.kind}, {row.year}", style="bold"),
            _pairs(figures),
            *(Text(part, style="dim") for part in said),
            source_line(row.source, row.licence),
        )


@dataclass(frozen=True, slots=True)
class ChipsReport:
    """All accelerators."""

    chips: tuple[AcceleratorFact, ...]

    def to_json(self) -> dict[str, Any]:
        """See `Report`."""
        rows = [ChipReport(chip).to_json() for chip in self.chips]
        left_out = ("schema", "asked", "also")
        return {
            "schema": "payoff.facts.hardware.all/1",
            "hardware": [{k: v for k, v in row.items() if k not in left_out} for row in rows],
        }

    def __rich__(self) -> RenderableType:
        table = _table("chip", "year", "fp16 TFLOP/s", "fp32", "W", "GB")
        for chip in self.chips:
            row, peaks = chip.row, chip.peaks()
            table.add_row(
                row.name,
                str(row.year),
                *(_tera(peaks.get(name)) for name in ("fp16", "fp32")),
                "" if row.tdp_w is None else f"{row.tdp_w:g}",
                "" if row.memory_bytes is None else significant(row.memory_bytes / 1e9, 2),
            )
        sources = sorted({chip.row.source.partition(";")[0] for chip in self.chips if "Epoch" in chip.row.source})
        return Group(
            table, Text(f"dense peaks; {'; '.join(sources)}; makers' data sheets (--json: each row's)", style="dim")
        )


@dataclass(frozen=True, slots=True)
class PriceReport:
    """What an hour of a chip costs, on the bases that are known; `missing` are sentences about the others."""

    chip: AcceleratorFact
    prices: tuple[AcceleratorPrice, ...]
    missing: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """See `Report`."""
        return {
            "schema": "payoff.facts.price/1",
            "accelerator": self.chip.name,
            "asked": self.chip.asked,
            "also": list(self.chip.also),
            "prices": [
                {
                    "basis": price.basis,
                    "usd_per_chip_h": price.usd_per_chip_h.to_json(),
                    "date": price.date,
                    "vendors": list(price.vendors),
                    "rows": [row._asdict() for row in price.rows],
                }
                for price in self.prices
            ],
            "missing": list(self.missing),
        }

    def __rich__(self) -> RenderableType:
        table = _table("basis", "per chip-hour (90 %)", "newest", "from")
        for price in self.prices:
            asked = f"{len(price.vendors)} vendors" if len(price.vendors) > 1 else ", ".join(price.vendors)
            bought = " and ".join(f"${row.usd:,.0f}" for row in price.rows)
            table.add_row(
                price.basis, price.usd_per_chip_h.tell("cost"), price.date, asked or f"price of hardware: {bought}"
            )
        listed = _table("vendor", "basis", "USD", "date", "source")
        rows = [row for price in self.prices for row in price.rows]
        for row in rows:
            usd = f"{row.usd:,.0f}" if row.usd >= 1000 else f"{row.usd:.2f}"
            listed.add_row(row.vendor or "–", row.basis, usd, row.date, row.source.partition(" via ")[0])
        via = dict.fromkeys((row.source.partition(" via ")[2], row.licence) for row in rows if " via " in row.source)
        return Group(
            Text(self.chip.name, style="bold"),
            *((table, Text(""), listed) if self.prices else ()),
            *(Text(part, style="dim") for part in (*self.missing, self.chip.hint) if part),
            *(source_line(*pair) for pair in via),
        )


@dataclass(frozen=True, slots=True)
class PlaceReport:
    """The electricity of a place; `price` is what industry pays there, where it is known."""

    place: GridFact
    price: Fact | None

    @property
    def source(self) -> tuple[str, str]:
        """Where the intensity is from, and its licence."""
        region = self.place.region
        of_region = region is not None and self.place.source == region.source
        return self.place.source, region.licence if region is not None and of_region else self.place.row.licence

    def to_json(self) -> dict[str, Any]:
        """See `Report`."""
        place, region = self.place, self.place.region
        return {
            "schema": "payoff.facts.grid/1",
            "asked": place.asked,
            "matched": place.matched,
            "also": list(place.also),
            "code": place.code,
            "name": place.row.name,
            "zone": place.zone,
            "location_g_per_kwh": place.location_g_per_kwh,
            "low_g_per_kwh": place.low_g_per_kwh,
            "high_g_per_kwh": place.high_g_per_kwh,
            "year": place.year,
            "scope": place.scope,
            "source": self.source[0],
            "licence": self.source[1],
            "market_g_per_kwh": place.market_g_per_kwh,
            "electricity_usd_per_kwh": None if self.price is None else self.price._asdict(),
            "region": None if region is None else region._asdict(),
        }

    def __rich__(self) -> RenderableType:
        place = self.place
        this_year = place.intensity()
        figures = [
            (
                "carbon intensity",
                f"{place.location_g_per_kwh:.0f} gCO2e/kWh ({place.low_g_per_kwh:.0f}–{place.high_g_per_kwh:.0f}) in "
                f"{place.year}, {place.scope}, location-based",
            ),
            ("this year", f"{this_year.low * 3.6e9:.0f}–{this_year.high * 3.6e9:.0f} gCO2e/kWh (90 %)"),
        ]
        if place.market_g_per_kwh is not None:
            figures.append(("market-based", f"{place.market_g_per_kwh:.0f} gCO2e/kWh, the provider's claim"))
        figures += _of_region(place.region)
        if self.price is not None:
            told = f"${self.price.value:.3f}/kWh ({self.price.low:.3f}–{self.price.high:.3f}) in {self.price.year}"
            figures.append(("electricity", f"{told}, industry"))
        sources = [source_line(*self.source)]
        if self.price is not None:
            sources.append(source_line(self.price.source, self.price.licence))
        name = place.region.name if place.region else place.code
        return Group(
            Text(f"{name}  {place.region.location + ', ' if place.region else ''}{place.row.name}", style="bold"),
            _pairs(figures),
            *([Text(place.hint, style="dim")] if place.hint else []),
            *sources,
        )


@dataclass(frozen=True, slots=True)
class ModelsReport:
    """Published runs and the utilisation that trainings reached."""

    models: ModelFacts

    def to_json(self) -> dict[str, Any]:
        """See `Report`."""
        return {
            "schema": "payoff.facts.models/1",
            "asked": self.models.asked,
            "runs": [run._asdict() for run in self.models.runs],
            "utilisation": [row._asdict() for row in self.models.utilisation],
            "listed": [dict(record) for record in self.models.listed],
        }

    def __rich__(self) -> RenderableType:
        parts: list[RenderableType] = []
        if self.models.runs:
            parts += [Text("published runs", style="bold"), _of_runs(self.models.runs), Text("")]
        if self.models.utilisation:
            parts += [Text("utilisation reached", style="bold"), _of_utilisation(self.models.utilisation), Text("")]
        if self.models.asked is None:
            if self.models.listed:
                parts.append(
                    Text(f"{len(self.models.listed)} more from your snapshot of Epoch AI's tables", style="dim")
                )
            parts.append(Text("each with its source: payoff facts models NAME, or --json", style="dim"))
            return Group(*parts)
        for record in self.models.listed:
            told = {name: record.get(name, "") for name in ("date", "parameters", "flop", "hardware")}
            parts.append(
                Text(", ".join([record["name"], *(f"{name} {value}" for name, value in told.items() if value)]))
            )
        rows = [(run.source, run.licence) for run in self.models.runs]
        rows += [(row.source, row.licence) for row in self.models.utilisation]
        rows += [(record["source"], record["licence"]) for record in self.models.listed]
        return Group(*parts, *(source_line(*pair) for pair in dict.fromkeys(rows)))


def _of_region(region: RegionRow | None) -> list[tuple[str, str]]:
    if region is None:
        return []
    told = [("PUE", f"{region.pue:g} in {region.pue_year}")] if region.pue is not None else []
    if region.wue_l_per_kwh is not None:
        told.append(("water on site", f"{region.wue_l_per_kwh:g} l/kWh in {region.wue_year}"))
    return told


def _of_runs(runs: Iterable[PublishedRun]) -> Table:
    table = _table("run", "year", "chip", "chip-hours", "energy", "CO2e", "watts by")
    for run in runs:
        table.add_row(
            run.name,
            str(run.year),
            run.hardware,
            "" if run.chip_hours is None else _short(run.chip_hours),
            "" if run.energy_kwh is None else f"{significant(run.energy_kwh / 1e3)} MWh",
            "" if run.emissions_kg is None else f"{significant(run.emissions_kg / 1e3)} t",
            {"": "–", "measured GPU only": "GPU only"}.get(run.power_kind, run.power_kind),
        )
    return table


def _of_utilisation(rows: Iterable[Utilisation]) -> Table:
    table = _table("training", "year", "chip", "FLOP", "of peak", "known by")
    for row in rows:
        table.add_row(
            row.name,
            str(row.year),
            _short_name(row.hardware),
            "" if row.flop is None else f"{row.flop:.2g}",
            f"{row.utilisation:.0%}",
            row.basis,
        )
    return table


def _table(*titles: str) -> Table:
    """Words to the left, numbers to the right; long names go on in a second line on a narrow screen."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), collapse_padding=True, show_edge=False)
    for title in titles:
        may_wrap = title in ("chip", "run", "training", "source", "from")
        table.add_column(title, justify="left" if may_wrap or title in WORDS else "right", no_wrap=not may_wrap)
    return table


def _short_name(chip: str) -> str:
    """A chip without its maker."""
    maker, space, rest = chip.partition(" ")
    return rest.removeprefix("Tesla ") if space and maker in MAKERS else chip


def _pairs(figures: Iterable[tuple[str, str]]) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in figures:
        grid.add_row(f"  {name}", value)
    return grid


def source_line(source: str, licence: str) -> Text:
    """Where a figure is from, and its licence."""
    return Text(f"source: {source} ({licence})", style="dim")


def _tera(flop_per_s: float | None) -> str:
    return "" if flop_per_s is None else f"{significant(flop_per_s / 1e12, 4)}"


def _short(count: float) -> str:
    return f"{significant(count / 1e6)}M" if count >= 1e6 else f"{significant(count / 1e3)}k"
