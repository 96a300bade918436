"""The rows of the tables of accelerators and of their prices, in the order of the columns."""

from __future__ import annotations

from typing import NamedTuple

DAYS_PER_YEAR, DAYS_PER_MONTH = 365.25, 30.44


class AcceleratorRow(NamedTuple):
    """One line of `accelerators.csv`. Peaks are dense, without sparsity; `fp16` is fp16 or bf16 on tensor cores, where
    there are any, with fp32 accumulation. `tdp_w` is of the chip or its card, without the host.
    """

    name: str
    aliases: tuple[str, ...]
    vendor: str
    kind: str
    year: int
    fp64_flop_per_s: float | None
    fp32_flop_per_s: float | None
    tf32_flop_per_s: float | None
    fp16_flop_per_s: float | None
    fp8_flop_per_s: float | None
    int8_op_per_s: float | None
    tdp_w: float | None
    memory_bytes: float | None
    bandwidth_bytes_per_s: float | None
    checked: tuple[str, ...]
    note: str
    source: str
    licence: str


class PriceRow(NamedTuple):
    """One line of `accelerator_prices.csv`: USD per chip-hour, or per chip where the basis is 'purchase'."""

    accelerator: str
    basis: str
    vendor: str
    date: str
    usd: float
    source: str
    licence: str

    @property
    def at(self) -> float:
        """The date as a year with its fraction."""
        year, month, day = (int(part) for part in self.date.split("-"))
        return year + ((month - 1) * DAYS_PER_MONTH + day - 1) / DAYS_PER_YEAR
