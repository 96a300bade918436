"""Fit load-to-power curves by kind of processor: medians, pulled towards their era's and that towards all."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from payoff.facts._server_power import name_key
from server_kinds import BY_KEY, kind_of

KIND_PRIOR, ERA_PRIOR = 1.0, 3.0
"""Servers that the pull towards the era's curve, and towards the median curve, weighs as much as."""
LEVELS = ("ActiveIdle", *(f"{percent}_AvgPower" for percent in range(10, 101, 10)))

Array = np.ndarray


@dataclass(frozen=True)
class Curves:
    """Published load curves; `share` is (n, 11): what of the dynamic watts is drawn at loads 0, 0.1 ... 1."""

    kind: Array
    share: Array
    system: Array
    print: Array

    def __len__(self) -> int:
        return len(self.kind)

    def __getitem__(self, which: Array) -> Curves:
        return Curves(*(getattr(self, column)[which] for column in self.__dataclass_fields__))


def read_curves(paths: Iterable[Path]) -> Curves:
    """The curves of these files, each once; a system's share a group."""
    rows: dict[str, tuple[str, list[float], str]] = {}
    for path in paths:
        with path.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                watts = [float(row[level]) for level in LEVELS]
                mark = hashlib.sha256("|".join((row["HW_Model"], row["hash"], *map(str, watts))).encode()).hexdigest()[
                    :8
                ]
                name, system = row["HW_CPUName"], row["HW_Model"].split("(")[0].strip().lower()
                shares = [(w - watts[0]) / (watts[-1] - watts[0]) for w in watts]
                rows[mark] = kind_of(name_key(name), name), shares, system
    kinds, curves, systems = (np.array(column) for column in zip(*rows.values(), strict=True))
    return Curves(kinds, curves, np.unique(systems, return_inverse=True)[1], np.array(list(rows)))


def fit_curves(curves: Curves) -> dict[str, Array]:
    """Shares at loads 0, 0.1 ... 1: {"any": (11,), "era ...": (11,), kind: (11,)}."""
    fitted = {"any": np.median(curves.share, axis=0)}
    eras = np.array([BY_KEY[kind].era if kind else "" for kind in curves.kind])
    for era in sorted(set(eras) - {""}):
        fitted[f"era {era}"] = _pulled(curves.share[eras == era], fitted["any"], ERA_PRIOR)
    for kind in sorted(set(curves.kind) - {""}):
        fitted[kind] = _pulled(curves.share[curves.kind == kind], fitted[f"era {BY_KEY[kind].era}"], KIND_PRIOR)
    return fitted


def curve_of(fitted: dict[str, Array], kind: str) -> Array:
    """The curve of a kind, else of its era, else of all; shape (11,)."""
    era = BY_KEY[kind].era if kind else ""
    return next(fitted[key] for key in (kind, f"era {era}", "any") if key in fitted)


def _pulled(shares: Array, towards: Array, prior: float) -> Array:
    middle = np.median(shares, axis=0)
    return np.asarray((len(shares) * middle + prior * towards) / (len(shares) + prior))


def left_out_curves(curves: Curves, fold: Array) -> tuple[Array, Array]:
    """For each server the curve of its kind and the median curve, fitted to the other folds; (n, 11) both."""
    ours, median = np.zeros_like(curves.share), np.zeros_like(curves.share)
    for i in np.unique(fold):
        fitted = fit_curves(curves[fold != i])
        ours[fold == i] = [curve_of(fitted, kind) for kind in curves.kind[fold == i]]
        median[fold == i] = fitted["any"]
    return ours, median
