"""How well do published servers predict the power of servers not seen? Load curves, and watts per hardware thread.

Two questions of the model for machines without counters. Load curve: the mean error over loads of 10 to 90 % as a share
of the dynamic range, beside the median curve of all servers and codecarbon's cubic. Watts per thread: how many of the
nominal 90 % intervals for idle and for full load hold the published figure, and how wide they are (high / low).

Servers that the shipped constants were fitted on are never asked about those: for them everything, the
calibration included, is fitted again without their fold (systems and near twins stay together), over several
partitions. Where DIR holds servers they were not fitted on, only these are asked, and of the shipped constants.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from contest import ROOT, options

sys.path.append(str(ROOT / "tools" / "facts"))

from fit_load_curves import Curves, left_out_curves, read_curves
from fit_server_power import FOLDS, Servers, fit_table, folds_of, read_servers
from payoff.facts._server_power import server_power
from server_kinds import BY_KEY

FITTED_ON = ROOT / "tools" / "facts" / "server_power_fitted_on.txt"
ENOUGH = 30
"""New servers from which on only they are asked."""
DRAWS = 4000
MODES = {"": (True, True), "_masked": (False, True), "_guest": (False, False)}
"""What a machine tells beside CPUID, by the suffix of the figure's name: the processor's name, its threads."""


def figures(data: Path, partitions: int = 3) -> dict[str, float]:
    """The figures by name; those with a suffix are not asked for but belong to the answer."""
    measure = data / "measure"
    seen = set(FITTED_ON.read_text(encoding="utf-8").split())
    servers = read_servers(sorted(measure.glob("specpower_servers*.csv")))
    curves = read_curves(sorted(measure.glob("specpower_load_curves*.csv")))
    return _curve_figures(curves, ~np.isin(curves.print, list(seen)), partitions) | _watts_figures(
        servers, ~np.isin(servers.print, list(seen)), partitions
    )


# Load curves


def _curve_figures(curves: Curves, new: np.ndarray, partitions: int) -> dict[str, float]:
    unseen = int(new.sum()) >= ENOUGH
    if unseen:
        curves = curves[new]
        shipped, median = _shipped_curves()
        ours = [np.array([shipped.get(kind, median) for kind in curves.kind])]
        medians = [np.tile(median, (len(curves), 1))]
    else:
        pairs = [left_out_curves(curves, folds_of(curves.system, np.random.default_rng(s))) for s in range(partitions)]
        ours, medians = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    error = np.mean([_error(curves, some) for some in ours], axis=0)
    of_median = np.mean([_error(curves, some) for some in medians], axis=0)
    low, high = _of_mean(of_median - error, curves.system)
    loads = np.linspace(0, 1, 11)
    return {
        "load_curve_mae": float(error.mean()),
        "load_curve_gain": float((of_median - error).mean()),
        "load_curve_gain_low": low,
        "load_curve_gain_high": high,
        "load_curve_mae@median": float(of_median.mean()),
        "load_curve_mae@codecarbon": float(_error(curves, loads[None] ** 3).mean()),
        "load_curve_servers": float(len(curves)),
        "load_curve_shipped": float(unseen),
    }


def _shipped_curves() -> tuple[dict[str, np.ndarray], np.ndarray]:
    table = json.loads(FITTED_ON.with_name("server_power.json").read_text(encoding="utf-8"))
    whole = {kind: np.array([0.0, *curve, 1.0]) for kind, curve in table["curves"].items()}
    return whole, whole["any"]


def _error(curves: Curves, told: np.ndarray) -> np.ndarray:
    return np.asarray(abs(curves.share - told)[:, 1:10].mean(axis=1))


def _of_mean(values: np.ndarray, groups: np.ndarray, seed: int = 0) -> tuple[float, float]:
    """The 95 % bootstrap interval of a mean, groups drawn whole."""
    at = np.unique(groups, return_inverse=True)[1]
    sums, counts = np.bincount(at, values), np.bincount(at)
    picks = np.random.default_rng(seed).integers(0, len(sums), (DRAWS, len(sums)))
    low, high = np.quantile(sums[picks].sum(axis=1) / counts[picks].sum(axis=1), [0.025, 0.975])
    return float(low), float(high)


# Watts per thread


def _watts_figures(servers: Servers, new: np.ndarray, partitions: int) -> dict[str, float]:
    unseen = int(new.sum()) >= ENOUGH
    if unseen:
        servers = servers[new]
        asked = {suffix: [_asked(servers, None, mode)] for suffix, mode in MODES.items()}
    else:
        asked = {suffix: [] for suffix in MODES}
        for seed in range(partitions):
            for suffix, answer in _left_out(servers, seed).items():
                asked[suffix].append(answer)
    named: dict[str, float] = {"interval_servers": float(len(servers)), "interval_shipped": float(unseen)}
    for suffix, answers in asked.items():
        named |= _coverage(servers, np.concatenate(answers, axis=1), suffix)
    for i, answer in enumerate(asked[""]):
        named[f"interval_coverage_partition_{i}"] = float(answer[0].mean())
    return named


def _coverage(servers: Servers, answer: np.ndarray, suffix: str) -> dict[str, float]:
    held, width = answer
    low, high = _of_mean(held.mean(axis=1), np.tile(servers.system, len(held) // len(servers)))
    named = {
        f"interval_coverage{suffix}": float(held.mean()),
        f"interval_coverage{suffix}_low": low,
        f"interval_coverage{suffix}_high": high,
        f"interval_width_ratio{suffix}": float(np.median(width)),
    }
    for part, name in enumerate(("idle", "full")):
        named[f"interval_coverage{suffix}_{name}"] = float(held[:, part].mean())
        named[f"interval_width_ratio{suffix}_{name}"] = float(np.median(width[:, part]))
    return named


def _left_out(servers: Servers, seed: int) -> dict[str, np.ndarray]:
    """For each way to ask, whether each server's interval, fitted without its fold, held, and its width; (2, n, 2)."""
    fold = folds_of(servers.system, np.random.default_rng(seed))
    out = {suffix: np.zeros((2, len(servers), 2)) for suffix in MODES}
    none = np.array(["", ""])
    no_curves = Curves(none, np.tile(np.linspace(0, 1, 11), (2, 1)), np.arange(2), none)
    for i in range(FOLDS):
        table = fit_table(servers[fold != i], no_curves, seed)
        for suffix, mode in MODES.items():
            out[suffix][:, fold == i] = _asked(servers[fold == i], table, mode)
    return out


def _asked(servers: Servers, table: Mapping[str, Any] | None, mode: tuple[bool, bool]) -> np.ndarray:
    """Whether the intervals of idle and full watts hold, and their widths; (2, n, 2)."""
    tells_name, tells_threads = mode
    out = np.zeros((2, len(servers), 2))
    for i in range(len(servers)):
        kind = BY_KEY.get(servers.kind[i])
        vendor, family, model = servers.vendor[i], None, None
        if kind and kind.vendor:
            vendor, family, model = kind.vendor, kind.family, kind.models[-1]
        name = servers.name[i] if tells_name else "Xeon" if vendor == "intel" else "EPYC"
        threads = int(servers.socket_threads[i]) if tells_threads else None
        power = server_power(vendor, family, model, name=name, socket_threads=threads, table=table)
        for part, watts in enumerate((power.idle_w, power.full_w)):
            out[:, i, part] = watts.low <= servers.watts[i, part] <= watts.high, watts.high / watts.low
    return out


def table(named: Mapping[str, float]) -> list[str]:
    """The figures as lines of a Markdown table, which say how each was come by."""
    how = {0.0: "fitted without their fold", 1.0: "not seen by the shipped constants"}
    curve, watts = how[named["load_curve_shipped"]], how[named["interval_shipped"]]
    lines = [
        f"| load curve, {named['load_curve_servers']:.0f} servers {curve} | payoff | median curve | cubic |",
        "|---|---|---|---|",
        "| mean error, share of dynamic range | "
        + " | ".join(f"{named[f'load_curve_mae{of}']:.3f}" for of in ("", "@median", "@codecarbon"))
        + " |",
        f"| gain on the median curve, paired 95 % interval | {named['load_curve_gain']:.3f} "
        f"({named['load_curve_gain_low']:.3f} to {named['load_curve_gain_high']:.3f}) | – | – |",
        "",
        f"| nominal 90 % interval of watts per thread, {named['interval_servers']:.0f} servers {watts} "
        "| coverage (95 % interval) | idle | full | median high / low | idle | full |",
        "|---|---|---|---|---|---|---|",
    ]
    told = {"": "name and threads known", "_masked": "name masked", "_guest": "name masked, threads hidden"}
    for suffix, words in told.items():
        cover, width = f"interval_coverage{suffix}", f"interval_width_ratio{suffix}"
        lines.append(
            f"| {words} | {named[cover]:.3f} ({named[cover + '_low']:.3f} to {named[cover + '_high']:.3f}) "
            f"| {named[cover + '_idle']:.3f} | {named[cover + '_full']:.3f} "
            f"| {named[width]:.2f} | {named[width + '_idle']:.2f} | {named[width + '_full']:.2f} |"
        )
    return lines


def main(arguments: list[str] | None = None) -> None:
    """Print the tables; with `--json` write the figures."""
    asked = options(__doc__, arguments)
    named = figures(asked.data, 1 if asked.quick else 5)
    if asked.json is not None:
        asked.json.write_text(json.dumps(named, indent=1))
    print("\n".join(table(named)))


if __name__ == "__main__":
    main()
