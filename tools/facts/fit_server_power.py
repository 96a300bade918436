"""Fit watts per hardware thread and load curves by kind of processor to published SPECpower_ssj2008 results.

    python tools/facts/fit_server_power.py DIR      (the folder with measure/specpower_*.csv)

writes `src/payoff/facts/data/server_power.json` and beside it the fingerprints of the servers it was fitted on. The
method is told in docs/server-power.md; `benchmarks/server_power.py` says how well it does.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fit_load_curves import Curves, curve_of, fit_curves, left_out_curves, read_curves
from payoff.facts._server_power import name_key
from server_kinds import BY_KEY, KINDS, MAKERS, kind_of

DATA = Path(__file__).parents[2] / "src" / "payoff" / "facts" / "data"
SOURCE = (
    "SPECpower_ssj2008 results as of 2026-03-09 (github.com/cloud-carbon-footprint/ccf-coefficients b0032d92, "
    "Apache-2.0; load curves: github.com/green-coding-solutions/cloud-energy 6a25a2bd, MIT)"
)
LICENCE = "Apache-2.0 and MIT"
KIND_PRIOR, ERA_PRIOR, NAME_PRIOR = 1.0, 1.0, 1.0
"""Servers that the pull towards the era, towards all, and towards the kind weighs as much as."""
KIND_SPREAD_PRIOR, NAME_SPREAD_PRIOR = 5.0, 10.0
"""The same for spreads."""
LEVEL = 0.91
"""The share of servers left out of the middles that intervals hold; of those left out of the spreads too, 0.89 to 0.90."""
FOLDS = 8
MODERN = ("zen", "lake", "client")
"""The eras whose kinds tell how far off an unknown kind may be."""

Array = np.ndarray


@dataclass(frozen=True)
class Servers:
    """Published servers, an array a column; `watts` is (n, 2): idle and full, per hardware thread."""

    vendor: Array
    name: Array
    key: Array
    kind: Array
    socket_threads: Array
    watts: Array
    system: Array
    print: Array

    def __len__(self) -> int:
        return len(self.key)

    def __getitem__(self, which: Array) -> Servers:
        return Servers(*(getattr(self, column)[which] for column in self.__dataclass_fields__))


def _fingerprint(row: Iterable[str]) -> str:
    return hashlib.sha256("|".join(row).encode()).hexdigest()[:8]


def _server(row: dict[str, str]) -> tuple[Any, ...] | None:
    """The columns of `Servers` but the group; `None` where published thread counts contradict each other."""
    threads, cores, chips, each, per_core, idle, full = (
        float(row[name])
        for name in (
            *("Total Threads", "# Cores", "Chips", "# Cores Per Chip", "# Threads Per Core"),
            *("avg. watts @ active idle", "avg. watts @ 100%"),
        )
    )
    if not threads == cores * per_core == chips * each * per_core or not 0 < idle < full:
        return None
    name = row["CPU Description"]
    key, told = name_key(name), name.lower()
    vendor = "amd" if re.search("amd|epyc|opteron", told) else "aarch64" if re.search("ampere|grace", told) else "intel"
    mark = _fingerprint((row["Hardware Vendor"], row["System"], name, str(idle), str(full), row["Published"]))
    return vendor, name, key, kind_of(key, name), each * per_core, (idle / threads, full / threads), threads, mark


def read_servers(paths: Iterable[Path]) -> Servers:
    """The servers of these files, each once; rows of one system, and near twins of another's, share a group."""
    rows: dict[str, tuple[tuple[Any, ...], str]] = {}
    for path in paths:
        with path.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                server = _server(row)
                if server:
                    rows[server[-1]] = server, row["System"].split("(")[0].strip().lower()
    columns = [np.array(column) for column in zip(*(server for server, _ in rows.values()), strict=True)]
    vendor, name, key, kind, socket_threads, watts, threads, mark = columns
    twins = [f"{k} {n:.0f}" for k, n in zip(key, threads, strict=True)]
    groups = _groups([system for _, system in rows.values()], np.array(twins), watts)
    return Servers(vendor, name, key, kind, socket_threads, watts, groups, mark)


def _groups(systems: list[str], keys: Array, watts: Array) -> Array:
    """A number for each server: one system's share it, and twins: same processors, watts within 1.5 %."""
    group = np.unique(np.array(systems), return_inverse=True)[1]
    logs = np.log(watts)
    for key in np.unique(keys):
        among = np.flatnonzero(keys == key)
        near = (abs(logs[among, None] - logs[None, among]) < 0.015).all(axis=2)
        for i, j in zip(*np.nonzero(np.triu(near, 1)), strict=True):
            group[group == group[among[j]]] = group[among[i]]
    return np.asarray(group)


# Middles: log watts = all + era + kind + slope x log threads of a socket (+ name), pulled together, robustly


@dataclass(frozen=True)
class Middles:
    """Fitted logs of idle and full watts per thread: effects are {what: (2,)}."""

    level: Array
    slope: Array
    centre: float
    eras: dict[str, Array]
    kinds: dict[str, Array]
    names: dict[str, Array]
    counts: dict[str, int]

    def of(self, era: str, kind: str = "", key: str = "", socket_threads: float | None = None) -> Array:
        """Logs of idle and full watts; shape (2,)."""
        nothing = np.zeros(2)
        found = self.level + self.eras.get(era, nothing) + self.kinds.get(kind, nothing) + self.names.get(key, nothing)
        steps = np.log(socket_threads) - self.centre if socket_threads else 0.0
        return np.asarray(found + self.slope * steps)


def era_of(kind: str) -> str:
    return BY_KEY[kind].era if kind else ""


def fit_middles(servers: Servers, sloped: bool = True) -> Middles:
    """Ridge regression with weights that bound the pull of the outliers (Huber 1964)."""
    kinds, k = np.unique(servers.kind, return_inverse=True)
    eras, e = np.unique([era_of(kind) for kind in servers.kind], return_inverse=True)
    x = np.log(servers.socket_threads)
    centre = float(x.mean())
    rows = np.arange(len(servers))
    design = np.zeros((len(servers), 2 + len(eras) + len(kinds)))
    design[:, 0], design[:, 1] = 1, (x - centre) * sloped
    design[rows, 2 + e] = design[rows, 2 + len(eras) + k] = 1
    pull = np.diag([1e-6, 1e-3, *[ERA_PRIOR] * len(eras), *[KIND_PRIOR] * len(kinds)])
    logs = np.log(servers.watts)
    found, left = np.zeros((design.shape[1], 2)), np.zeros_like(logs)
    for part in range(2):
        weight = np.ones(len(servers))
        for _ in range(3):
            weighed = design * weight[:, None]
            found[:, part] = np.linalg.solve(weighed.T @ design + pull, weighed.T @ logs[:, part])
            left[:, part] = logs[:, part] - design @ found[:, part]
            weight = 1 / np.maximum(1, abs(left[:, part]) / (1.5 * 1.48 * np.median(abs(left[:, part])) + 1e-9))
    left = np.clip(left, -3 * left.std(axis=0), 3 * left.std(axis=0))
    keys, at, counts = np.unique(servers.key, return_inverse=True, return_counts=True)
    names = {
        key: left[at == i].sum(axis=0) / (count + NAME_PRIOR)
        for i, (key, count) in enumerate(zip(keys, counts, strict=True))
    }
    effects = (
        dict(zip(eras, found[2 : 2 + len(eras)], strict=True)),
        dict(zip(kinds, found[2 + len(eras) :], strict=True)),
    )
    return Middles(found[0], found[1], centre, *effects, names if sloped else {}, dict(zip(keys, counts, strict=True)))


def misses(middles: Middles, servers: Servers, knows: str) -> Array:
    """ln(published / fitted) of idle, full and dynamic watts; (n, 3), NaN where the name is not known."""
    told = np.array(
        [
            middles.of(
                "" if knows == "nothing" else era_of(kind),
                kind if knows != "maker" else "",
                key if knows == "name" else "",
                threads if knows in ("name", "socket") else None,
            )
            for kind, key, threads in zip(servers.kind, servers.key, servers.socket_threads, strict=True)
        ]
    )
    full = np.maximum(np.exp(told[:, 1]), 1.05 * np.exp(told[:, 0]))
    dynamic = np.log(servers.watts[:, 1] - servers.watts[:, 0]) - np.log(full - np.exp(told[:, 0]))
    out = np.column_stack([np.log(servers.watts) - told, dynamic])
    if knows == "name":
        out[~np.isin(servers.key, list(middles.counts))] = np.nan
    return out


# Spreads: as wide as servers missed by that were left out


def folds_of(groups: Array, rng: np.random.Generator, count: int = FOLDS) -> Array:
    """Which fold each server is in; a group is in one."""
    names, at = np.unique(groups, return_inverse=True)
    return np.asarray((rng.permutation(len(names)) % count)[at])


def left_out(servers: Servers, knows: str, rng: np.random.Generator) -> Array:
    """`misses` of each server by a fit without its group: its system where the name is known, else its name or kind."""
    groups = {"name": servers.system, "maker": servers.kind}.get(knows, servers.key)
    fold = folds_of(groups, rng, len(servers) if knows == "maker" else FOLDS)
    out = np.zeros((len(servers), 3))
    for i in np.unique(fold):
        out[fold == i] = misses(fit_middles(servers[fold != i], knows in ("name", "socket")), servers[fold == i], knows)
    return out


Spreads = Callable[[str, str], Array]


def spreads_of(kinds: Array, keys: Array, missed: Array, by_name: bool) -> Spreads:
    """Root mean squares by kind, and by name, pulled together; a function of kind and name, shape (3,)."""
    low, high = np.quantile(missed, [0.03, 0.97], axis=0)
    usual = np.sqrt((np.clip(missed, low, high) ** 2).mean(axis=0))
    squares = np.minimum(abs(missed), 3 * usual) ** 2
    kind_sums = {k: (squares[kinds == k].sum(axis=0), (kinds == k).sum()) for k in np.unique(kinds)}
    name_sums = {k: (squares[keys == k].sum(axis=0), (keys == k).sum()) for k in np.unique(keys)} if by_name else {}

    def spread(kind: str, key: str) -> Array:
        total, count = kind_sums.get(kind, (np.zeros(3), 0))
        square = (total + KIND_SPREAD_PRIOR * usual**2) / (count + KIND_SPREAD_PRIOR)
        if by_name:
            total, count = name_sums.get(key, (np.zeros(3), 0))
            square = (total + NAME_SPREAD_PRIOR * square) / (count + NAME_SPREAD_PRIOR)
            square = square * (1 + 1 / (count + NAME_PRIOR))
        return np.asarray(np.sqrt(square))

    return spread


def fit_factors(servers: Servers, knows: str, rng: np.random.Generator) -> Spreads:
    """Half-widths of the intervals in logs: spreads, scaled so that they hold servers of groups left out of them.

    Where the name is not known each name counts once: makers enter their best processor many times.
    """
    missed = left_out(servers, knows, rng)
    known = ~np.isnan(missed[:, 0])
    servers, missed = servers[known], missed[known]
    fold = folds_of(servers.system if knows == "name" else servers.key, rng)
    score = np.zeros_like(missed)
    for i in np.unique(fold):
        others = fold != i
        spread = spreads_of(servers.kind[others], servers.key[others], missed[others], by_name=knows == "name")
        some = fold == i
        each = np.array([spread(k, n) for k, n in zip(servers.kind[some], servers.key[some], strict=True)])
        score[some] = abs(missed[some]) / each
    _, at, counts = np.unique(servers.key, return_inverse=True, return_counts=True)
    weight = np.ones(len(servers)) if knows == "name" else 1 / counts[at]
    scale = np.array([_quantile(score[:, part], weight) for part in range(3)])
    whole = spreads_of(servers.kind, servers.key, missed, by_name=knows == "name")
    return lambda kind, key: scale * whole(kind, key)


def _quantile(values: Array, weight: Array) -> float:
    order = np.argsort(values)
    share = np.cumsum(weight[order]) / weight.sum()
    return float(values[order][min(len(values) - 1, int(np.searchsorted(share, LEVEL)))])


# The table


def fit_table(servers: Servers, curves: Curves, seed: int = 0) -> dict[str, Any]:
    """All that `server_power` looks up."""
    rng = np.random.default_rng(seed)
    servers = servers[servers.kind != ""]
    sloped, plain = fit_middles(servers), fit_middles(servers, sloped=False)
    table: dict[str, Any] = {"source": SOURCE, "licence": LICENCE, "slopes": _rounded(sloped.slope), "cpuid": _cpuid()}
    table["client"] = [kind.key for kind in KINDS if kind.era == "client"]
    table["labels"] = {kind.key: kind.label for kind in KINDS}
    table["sockets"], table["kinds"] = {}, {}
    by_socket, by_kind = (fit_factors(servers, knows, rng) for knows in ("socket", "kind"))
    for kind in np.unique(servers.kind):
        threads = servers.socket_threads[servers.kind == kind]
        usual, era = float(np.median(threads)), era_of(kind)
        middle = sloped.of(era, kind, socket_threads=usual)
        table["sockets"][kind] = [len(threads), usual, *_watts(middle, by_socket(kind, ""))]
        table["kinds"][kind] = [len(threads), 0, *_watts(plain.of(era, kind), by_kind(kind, ""))]
    table["names"] = _names(servers, sloped, rng)
    table["makers"] = _makers(servers, plain, rng)
    return table | _curves(curves, rng)


def _names(servers: Servers, middles: Middles, rng: np.random.Generator) -> dict[str, list[str | float]]:
    """Rows for processors that were entered by name."""
    factors = fit_factors(servers, "name", rng)
    rows: dict[str, list[str | float]] = {}
    for kind, key in sorted(set(zip(servers.kind, servers.key, strict=True))):
        threads = servers.socket_threads[(servers.key == key) & (servers.kind == kind)]
        usual = float(np.median(threads))
        watts = _watts(middles.of(era_of(kind), kind, key, usual), factors(kind, key))
        rows[str(key)] = [str(kind), len(threads), usual, *watts]
    return rows


def _watts(middle: Array, width: Array) -> list[float]:
    return _rounded(np.exp(np.concatenate([middle, width])))


def _rounded(values: Array) -> list[float]:
    return [float(f"{value:.4g}") for value in values]


def _cpuid() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for kind in KINDS:
        if kind.vendor:
            found.setdefault(f"{kind.vendor}-{kind.family}", {}).update({str(m): kind.key for m in kind.models})
    return found


def _makers(servers: Servers, plain: Middles, rng: np.random.Generator) -> dict[str, list[float]]:
    """Rows for processors of which only the maker is known, as wide as kinds missed by that were left out; each counts once."""
    modern = servers[np.isin([era_of(kind) for kind in servers.kind], MODERN)]
    missed = abs(left_out(servers, "maker", rng))[np.isin(servers.kind, modern.kind)]
    _, at, counts = np.unique(modern.kind, return_inverse=True, return_counts=True)
    width = np.array([_quantile(missed[:, part], 1 / counts[at]) for part in range(3)])
    eras = np.array([era_of(kind) for kind in servers.kind])
    rows = {}
    for maker, era in MAKERS.items():
        count = int((eras == era).sum()) if era else len(modern)
        middle = plain.of(era) if era else np.median([plain.of(era_of(k), k) for k in np.unique(modern.kind)], axis=0)
        rows[maker] = [count, 0, *_watts(middle, width)]
    return rows


def _curves(curves: Curves, rng: np.random.Generator) -> dict[str, Any]:
    """Curves between idle and full load, and the factors by which servers left out differ at 10 to 90 %."""
    fitted = fit_curves(curves)
    ours, _ = left_out_curves(curves, folds_of(curves.system, rng))
    error = np.quantile((curves.share / np.maximum(ours, 1e-9))[:, 1:10], [0.05, 0.95])
    shown = {kind.key: _rounded(curve_of(fitted, kind.key)[1:10]) for kind in KINDS}
    makers = {m: _rounded(fitted.get(f"era {era}", fitted["any"])[1:10]) for m, era in MAKERS.items()}
    return {"curve_error": _rounded(error), "curves": shown | makers}


def written(table: dict[str, Any]) -> str:
    """The table as JSON with a line for each row, so that a change can be read."""
    parts = []
    for part, value in table.items():
        if part in ("sockets", "kinds", "names", "makers", "curves", "cpuid"):
            rows = ",\n".join(f"  {json.dumps(key)}: {json.dumps(row)}" for key, row in value.items())
            parts.append(f"{json.dumps(part)}: {{\n{rows}\n}}")
        else:
            parts.append(f"{json.dumps(part)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def main(folder: str) -> None:
    """Write the table and the fingerprints."""
    measure = Path(folder) / "measure"
    servers = read_servers(sorted(measure.glob("specpower_servers*.csv")))
    curves = read_curves(sorted(measure.glob("specpower_load_curves*.csv")))
    (DATA / "server_power.json").write_text(written(fit_table(servers, curves)), encoding="utf-8")
    prints = sorted({*servers.print, *curves.print})
    (Path(__file__).parent / "server_power_fitted_on.txt").write_text("\n".join(prints) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
