"""From Epoch AI's records of chips and of prices to rows of payoff's tables."""

from __future__ import annotations

import re
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from payoff.facts._epoch import Record
from payoff.facts._rows import AcceleratorRow, PriceRow

VENDORS = {
    "Amazon AWS": "Amazon",
    "GroqChip": "Groq",
    "Kunlunxin Baidu": "Baidu",
    "Moore Threads (Tencent)": "Moore Threads",
}
WORKSTATION = ("Quadro", "RTX A", "RTX Pro", "RTX 6000 Ada", "RTX 4000 SFF", "RTX 5000 Ada")
BASES = {
    "on_demand": "on demand",
    "one_year": "1-year commitment",
    "three_years": "3-year commitment",
    "purchase": "purchase",
}
"""What payoff calls the columns of prices."""
LEAST_RENT_USD, LEAST_PURCHASE_USD = 0.05, 100.0
"""Less is a price of scrap, or a slip."""


def accelerator_row(record: Record, *, source: str) -> AcceleratorRow:
    """The row of a chip; a rate of half precision below that of single precision is of no use, and left out."""
    half = _figure(record, "tensor") or _figure(record, "fp16")
    single = _figure(record, "fp32")
    if not record.get("tensor") and half and single and half < single:
        half = None
    name = record["name"]
    vendor = record.get("vendor") or name.partition(" ")[0]
    return AcceleratorRow(
        name=name,
        aliases=(),
        vendor=VENDORS.get(vendor, vendor),
        kind=_kind(name, record.get("type", "")),
        year=int(record["released"][:4]),
        fp64_flop_per_s=_figure(record, "fp64"),
        fp32_flop_per_s=single,
        tf32_flop_per_s=_figure(record, "tf32"),
        fp16_flop_per_s=half,
        fp8_flop_per_s=_figure(record, "fp8"),
        int8_op_per_s=_figure(record, "int8"),
        tdp_w=_figure(record, "tdp"),
        memory_bytes=_figure(record, "memory"),
        bandwidth_bytes_per_s=_figure(record, "bandwidth"),
        checked=(),
        note="",
        source=source,
        licence="CC BY 4.0",
    )


def price_rows(records: Iterable[Record], name_of: Callable[[str], str | None], *, via: str) -> list[PriceRow]:
    """Of each chip, basis and vendor the last date of each year: the median of what is listed there.

    `name_of` gives a chip payoff's name, or None where it has none: those are left out.
    """
    listed: dict[tuple[str, str, str, str], dict[str, list[tuple[float, str]]]] = defaultdict(lambda: defaultdict(list))
    for record in records:
        name = name_of(record["name"])
        if name is None or not record["date"]:
            continue
        site = _site(record.get("link", ""))
        for column, basis in BASES.items():
            usd = _figure(record, column)
            if usd is not None and usd >= (LEAST_PURCHASE_USD if basis == "purchase" else LEAST_RENT_USD):
                key = name, basis, record.get("vendor", ""), record["date"][:4]
                listed[key][record["date"]].append((usd, site))
    rows = []
    for (name, basis, vendor, _), by_date in listed.items():
        date = max(by_date)
        usd = float(f"{statistics.median(price for price, _ in by_date[date]):.4g}")
        rows.append(PriceRow(name, basis, vendor, date, usd, f"{by_date[date][0][1]} via {via}", "fact, none stated"))
    return sorted(rows)


def _site(link: str) -> str:
    """Whose page a link leads to, that in an archive of pages included."""
    page = re.sub(r"^https?://web\.archive\.org/web/[^/]*/(?=https?:)", "", link)
    return (urlsplit(page).hostname or page[:60] or "no source named").removeprefix("www.")


def _figure(record: Record, column: str) -> float | None:
    text = record.get(column, "")
    return float(f"{float(text):.6g}") if text else None


def _kind(name: str, record_type: str) -> str:
    if "TPU" in name:
        return "TPU"
    if "GeForce" in name or "TITAN" in name.upper() or "Radeon RX" in name:
        return "consumer GPU"
    if any(word in name for word in WORKSTATION):
        return "workstation GPU"
    maker_of_gpus = name.startswith(("NVIDIA", "AMD", "Intel Data Center GPU"))
    return "data-centre GPU" if maker_of_gpus and record_type == "GPU" else "accelerator"
