"""The growth of one quantity, whole: eras, breaks, the frontier, where it leads, how wrong such projections were."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from payoff.errors import InvalidValue
from payoff.facts import NotableModel, notable_models
from payoff.predict.trends._breaks import RESAMPLES, Changes, changes
from payoff.predict.trends._frontier import quantile_growth, top_models
from payoff.predict.trends._growth import FEWEST, FEWEST_YEARS, Growth, growth
from payoff.predict.trends._projection import KINDS, LEAST_STEPS, BackTest, Projection, back_test, project, series
from payoff.predict.trends._series import History, history
from payoff.present import figure_of, html_of

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

DEEP_LEARNING = 2010.0
"""When the deep-learning era begins (Sevilla et al. 2022)."""
QUANTILES = {"smallest tenth": 0.1, "middle": 0.5, "largest tenth": 0.9}


def fit_trend(
    models: Iterable[NotableModel] | None = None,
    what: str = "compute",
    *,
    domain: str | None = None,
    since: float = DEEP_LEARNING,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Trend:
    """The growth of `what` ('compute', 'params', 'data', 'cost', 'power') among notable models, by their dates.

    `models` are the shipped ones unless given; `domain` takes those of one domain, such as 'language'. Growth is told
    before and since `since`. Raises `UnknownName` for a quantity or a domain that is not there, `InvalidValue` where
    too few models tell it.
    """
    told = history(notable_models() if models is None else models, what, domain)
    recent = told.between(since)
    if not _has_rate(recent):
        raise InvalidValue(
            f"growth since {since:g} needs at least {FEWEST} models of {FEWEST_YEARS} different years, got "
            f"{len(recent)}; the history ends in {told.years[-1]:.1f}, ask for an earlier date"
        )
    return Trend(told, since, resamples, seed)


@dataclass(frozen=True, eq=False)
class Trend:
    """A history and what it says; everything is worked out when it is asked for."""

    history: History
    since: float
    resamples: int
    seed: int

    @cached_property
    def eras(self) -> tuple[Growth, ...]:
        """The growth before `since` (where there are models enough) and since, each by a line of its own: what is
        commonly published as doubling times (Sevilla et al. 2022).
        """
        parts = self.history.between(None, self.since), self.history.between(self.since)
        return tuple(growth(one.years, one.logs) for one in parts if _has_rate(one))

    @cached_property
    def changes(self) -> Changes:
        """The breaks that the evidence asks for."""
        return changes(self.history.years, self.history.logs, resamples=self.resamples, seed=self.seed)

    @cached_property
    def rates(self) -> Mapping[str, Growth]:
        """Growth since `since` of all models, of those among the ten largest so far, of records, and of quantiles."""
        recent = self.history.between(self.since)
        out = {"all": growth(recent.years, recent.logs)}
        for name, count in (("ten largest so far", 10), ("records", 1)):
            some = self.history.kept(top_models(self.history, count)).between(self.since)
            if _has_rate(some):
                out[name] = growth(some.years, some.logs)
        for name, quantile in QUANTILES.items():
            out[name] = quantile_growth(recent.years, recent.logs, quantile, seed=self.seed)
        return out

    @cached_property
    def record(self) -> tuple[str, float, float]:
        """The largest model so far: its name, its date and its amount."""
        at = int(self.history.logs.argmax())
        return self.history.names[at], float(self.history.years[at]), float(10 ** self.history.logs[at])

    def project(self, year: int) -> tuple[Projection, ...]:
        """The frontier at the end of `year`, and the median of its models where enough are published in a year.

        Raises `InvalidValue` for a year that is past, or further ahead than the years learnt from.
        """
        end = float(self.history.years[-1])
        known = [kind for kind in KINDS if len(series(self.history, kind, end)) > LEAST_STEPS]
        return tuple(project(self.history, kind, year + 1.0) for kind in known or KINDS[:1])

    @cached_property
    def check(self) -> BackTest:
        """Three-year projections of the past, replayed."""
        return back_test(self.history)

    def plot(self, year: int | None = None) -> Figure:
        """A figure: every model by date, the trend with its band and breaks, and where it may be at the end of `year`.

        Raises `MissingExtra` without Plotly, and what `project` raises.
        """
        figure: Figure = figure_of(self, year=year)
        return figure

    def _repr_html_(self) -> str:
        return html_of(self)


def _has_rate(some: History) -> bool:
    return len(some) >= FEWEST and len(np.unique(np.floor(some.years))) >= FEWEST_YEARS
