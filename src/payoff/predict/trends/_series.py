"""A history: how much of something each notable model took, by the day it was published."""

from __future__ import annotations

from calendar import isleap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from payoff.errors import InvalidValue, UnknownName
from payoff.facts import NotableModel

Array = npt.NDArray[np.float64]
LEAST = 10
"""Models, for a history to be told."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """Something whose growth can be asked: the field of a model's row, its unit, and the words for it."""

    name: str
    field: str
    dimension: str
    words: str


QUANTITIES = {
    one.name: one
    for one in (
        Quantity("compute", "flop", "flop", "training compute"),
        Quantity("params", "parameters", "count", "parameters"),
        Quantity("data", "examples", "count", "training data"),
        Quantity("cost", "cost_usd", "cost", "cost of training (dollars of 2023)"),
        Quantity("power", "power_w", "power", "power drawn in training"),
    )
}


def quantity(name: str) -> Quantity:
    """The quantity of that name, or `UnknownName` with what comes nearest."""
    if name not in QUANTITIES:
        raise UnknownName("quantity", name, QUANTITIES, way_out=f"give one of {', '.join(QUANTITIES)}")
    return QUANTITIES[name]


def year_of(day: str) -> float:
    """A date as a decimal year, at noon: '2010-01-01' is 2010.001."""
    when = date.fromisoformat(day)
    return when.year + (when.timetuple().tm_yday - 0.5) / (366 if isleap(when.year) else 365)


@dataclass(frozen=True, eq=False)
class History:
    """Models by date: `years` (decimal) and `logs` (log10 of the amount), shapes (n,), and the models' names."""

    what: Quantity
    domain: str
    years: Array
    logs: Array
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.years)

    def between(self, since: float | None = None, until: float | None = None) -> History:
        """The models published from `since` until just before `until`."""
        start, end = -np.inf if since is None else since, np.inf if until is None else until
        return self.kept((self.years >= start) & (self.years < end))

    def kept(self, these: npt.NDArray[np.bool_]) -> History:
        """The models that are marked; (n,)."""
        names = tuple(name for name, keep in zip(self.names, these, strict=True) if keep)
        return History(self.what, self.domain, self.years[these], self.logs[these], names)


def history(models: Iterable[NotableModel], what: str = "compute", domain: str | None = None) -> History:
    """The history of `what` among models, of one domain or of all; the order of the models does not matter.

    Raises `UnknownName` for a quantity or domain that is not there, `InvalidValue` where fewer than 10 models tell it.
    """
    wanted = quantity(what)
    rows = list(models)
    if domain is not None:
        rows = _of_domain(rows, domain)
    told = sorted(
        (year_of(one.date), float(amount), one.name) for one in rows if (amount := getattr(one, wanted.field))
    )
    if len(told) < LEAST:
        of = f" of {domain}" if domain else ""
        raise InvalidValue(
            f"a trend needs at least {LEAST} models with {wanted.words}, got {len(told)}{of}; "
            "ask for another --what or --domain, or give a larger table with --data"
        )
    years, amounts, names = zip(*told, strict=True)
    return History(wanted, domain or "all", np.array(years), np.log10(amounts), names)


def _of_domain(rows: Sequence[NotableModel], domain: str) -> list[NotableModel]:
    known = sorted({name for one in rows for name in one.domains})
    if domain.lower() not in known:
        raise UnknownName("domain", domain, known, way_out=f"these models have {', '.join(known) or 'none'}")
    return [one for one in rows if domain.lower() in one.domains]
