"""Histories whose growth and breaks are known."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from payoff.facts import NotableModel

Array = npt.NDArray[np.float64]


def dates(count: int = 160, since: float = 1980.0, until: float = 2026.0) -> Array:
    return np.linspace(since, until, count, endpoint=False)


def growing(
    years: Array, slope: float = 0.2, *, bend: float = 0.0, step: float = 0.0, at: float = 2005.0, noise: float = 0.5
) -> Array:
    """log10 amounts: decades a year, and what changes of growth and level at a date."""
    after = np.maximum(years - at, 0)
    scatter = np.random.default_rng(1).normal(0, noise, len(years)) if noise else 0.0
    return np.asarray(5 + slope * (years - years[0]) + bend * after + step * (years >= at) + scatter)


def model(name: str, date: str, flop: float | None = 1e20, domains: tuple[str, ...] = ("language",)) -> NotableModel:
    return NotableModel(name, date, domains, flop, None, None, None, None)


def models(count: int = 60, first: int = 1990) -> list[NotableModel]:
    """Two a year, ten times as large every fourth year."""
    return [
        model(f"model {n}", f"{first + n // 2}-{1 + 6 * (n % 2):02}-01", 10 ** (6 + 0.125 * n)) for n in range(count)
    ]
