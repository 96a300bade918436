"""Fit watts per hardware thread by kind of processor from published SPECpower_ssj2008 results.

    python tools/facts/fit_server_power.py specpower_servers.csv > src/payoff/facts/data/server_power.csv

Each row of the result is a group of servers: the 5th, 50th and 95th percentile of the watts at the wall per
hardware thread when idle, and of those that full load adds. Memory, fans and losses of the power supply are inside.
"""

from __future__ import annotations

import csv
import re
import statistics
import sys
from collections.abc import Iterator
from typing import NamedTuple

SOURCE = "SPECpower_ssj2008 results as of 2026-03-09 (github.com/cloud-carbon-footprint/ccf-coefficients b0032d92)"
LICENCE = "Apache-2.0"
GROUPS = {
    "amd-23": ("amd", 2017, 2020),
    "amd-25": ("amd", 2021, 9999),
    "amd": ("amd", 2017, 9999),
    "intel": ("intel", 2017, 9999),
    "any": ("", 2017, 9999),
}
"""The key by which a processor is found (vendor, or vendor and CPUID family) and the servers it stands for."""


class Server(NamedTuple):
    """One published result."""

    vendor: str
    year: int
    idle_w: float
    dynamic_w: float


def servers(path: str) -> Iterator[Server]:
    """The results that give all of the figures, per hardware thread."""
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            year = re.search(r"\d{4}", row["Published"])
            try:
                threads = float(row["Total Threads"])
                full, idle = float(row["avg. watts @ 100%"]), float(row["avg. watts @ active idle"])
            except ValueError:
                continue
            if year and threads > 0 and 0 < idle < full:
                name = row["CPU Description"].lower()
                vendor = (
                    "amd" if re.search("amd|epyc|opteron", name) else "intel" if re.search("intel|xeon", name) else ""
                )
                yield Server(vendor, int(year.group()), idle / threads, (full - idle) / threads)


def main(path: str) -> None:
    """Write the table to standard output."""
    known = list(servers(path))
    out = csv.writer(sys.stdout, lineterminator="\n")
    percentiles = [f"{part}_w_{level}" for part in ("idle", "dynamic") for level in ("low", "mid", "high")]
    out.writerow(["key", "servers", *percentiles, "year", "source", "licence"])
    for key, (vendor, since, until) in GROUPS.items():
        group = [s for s in known if s.vendor.startswith(vendor) and since <= s.year <= until]
        figures: list[float] = []
        for values in ([s.idle_w for s in group], [s.dynamic_w for s in group]):
            cuts = statistics.quantiles(values, n=20, method="inclusive")
            figures += [cuts[0], statistics.median(values), cuts[-1]]
        out.writerow([key, len(group), *(f"{w:.3g}" for w in figures), f"{since}-{min(until, 2026)}", SOURCE, LICENCE])


if __name__ == "__main__":
    main(sys.argv[1])
