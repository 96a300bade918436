"""The figure of the page on scaling, as SVG: training compute against date, with the trend, its band and its breaks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from payoff.predict.trends import Trend, top_models
from payoff.predict.trends._series import Array

WIDTH, HEIGHT = 760, 440
LEFT, RIGHT, TOP, BOTTOM = 58, 12, 14, 56
DECADES, YEARS = 4, 10
BLUE, INK, QUIET = "#2b6cb0", "#2d3748", "#718096"


def compute_by_date(trend: Trend) -> str:
    """The figure as the text of an SVG file."""
    return "\n".join([*_open(trend), *_marks(trend), *_trend(trend), "</g></svg>", ""])


class _Plane:
    """From years and log10 to pixels."""

    def __init__(self, trend: Trend) -> None:
        told = trend.history
        self.first, self.last = YEARS * np.floor(told.years[0] / YEARS), told.years[-1] + 1
        self.low, self.high = (
            DECADES * np.floor(told.logs.min() / DECADES),
            DECADES * np.ceil(told.logs.max() / DECADES),
        )

    def x(self, year: float) -> float:
        share = (year - self.first) / (self.last - self.first)
        return float(LEFT + share * (WIDTH - LEFT - RIGHT))

    def y(self, log: float) -> float:
        share = (log - self.low) / (self.high - self.low)
        return float(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM))

    def path(self, years: Array, logs: Array) -> str:
        return " ".join(f"{self.x(t):.1f},{self.y(v):.1f}" for t, v in zip(years, logs, strict=True))


def _open(trend: Trend) -> Iterator[str]:
    plane = _Plane(trend)
    yield f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">'
    yield f"<title>training compute of {len(trend.history)} notable models against their date</title>"
    yield f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>'
    yield f'<g font-family="sans-serif" font-size="12" fill="{INK}">'
    for log in np.arange(plane.low, plane.high + 1, DECADES):
        y = plane.y(log)
        yield f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#e2e8f0"/>'
        yield f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">1e{log:.0f}</text>'
    for year in np.arange(plane.first, plane.last, YEARS):
        yield f'<text x="{plane.x(year):.1f}" y="{HEIGHT - 34}" text-anchor="middle">{year:.0f}</text>'
    said = "FLOP to train a model, by date of publication; bars: 90 % sets of the breaks"
    yield f'<text x="{LEFT}" y="{HEIGHT - 6}" fill="{QUIET}">{said}</text>'


def _marks(trend: Trend) -> Iterator[str]:
    plane, told = _Plane(trend), trend.history
    for year, log, top in zip(told.years, told.logs, top_models(told), strict=True):
        look = f'r="2.4" fill="{INK}"' if top else f'r="1.8" fill="{QUIET}" fill-opacity="0.5"'
        yield f'<circle cx="{plane.x(year):.1f}" cy="{plane.y(log):.1f}" {look}/>'


def _trend(trend: Trend) -> Iterator[str]:
    plane = _Plane(trend)
    years = np.linspace(trend.history.years[0], trend.history.years[-1], 120)
    middle, low, high = trend.changes.line(years)
    area = plane.path(np.concatenate([years, years[::-1]]), np.concatenate([low, high[::-1]]))
    yield f'<polygon points="{area}" fill="{BLUE}" fill-opacity="0.2"/>'
    yield f'<polyline points="{plane.path(years, middle)}" fill="none" stroke="{BLUE}" stroke-width="2"/>'
    for number, one in enumerate(trend.changes.breaks):
        y = HEIGHT - BOTTOM + 4 + 4 * number
        left, right = plane.x(one.low), plane.x(one.high)
        yield f'<path d="M{left:.1f} {y}H{right:.1f}" stroke="{BLUE}" stroke-width="2"/>'
        yield f'<circle cx="{plane.x(one.year):.1f}" cy="{y}" r="3" fill="{BLUE}"/>'
