"""The research around a run: what was spent in all, for what was spent on the run that was kept."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from payoff.errors import InvalidValue
from payoff.facts import defaults
from payoff.frozen import Frozen
from payoff.model import Run
from payoff.quantities import Estimate
from payoff.units import significant

QUANTITY = "research_over_kept_run"


class Research(Frozen):
    """A multiplier on a run, at least 1: how it came about in words, and its kind: 'default' (1: the run alone),
    'stated', 'published', 'scenario' or 'ledger'.
    """

    factor: Estimate
    kind: str
    words: str

    def tell(self) -> str:
        """'3.4x'."""
        low, high = self.factor.low, self.factor.high
        return f"{significant(low)}–{significant(high)}x" if low < high else f"{significant(self.factor.value)}x"


RUN_ALONE = Research(Estimate(1.0), "default", "the run alone")


def parse_research(text: str) -> Research:
    """Read '3x', or '3'. Raises `InvalidValue` for less than 1: the kept run is part of its research."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*[x×]?\s*", text)
    factor = float(match[1]) if match else 0.0
    if factor < 1:
        raise InvalidValue(
            f"research must be 1x or more (the run itself is part of it), got {text!r}; give for example --research 3x"
        )
    return Research(Estimate(factor), "stated", "as you state")


def published_research() -> tuple[Research, ...]:
    """What was published of projects, from the least, and the scenario at the end."""
    found = []
    for quantity, kind in defaults():
        if quantity == QUANTITY:
            fact = defaults()[quantity, kind]
            errors = {"research": (fact.low, fact.high)} if fact.low < fact.high else {}
            factor = Estimate(fact.value, errors, {"stated": 1.0}, sources=(fact.source,))
            scenario = kind == "scenario"
            found.append(
                Research(factor, "scenario" if scenario else "published", "a scenario" if scenario else f"as {kind}")
            )
    return tuple(sorted(found, key=lambda one: (one.kind == "scenario", one.factor.value)))


def research_of(runs: Sequence[Run]) -> Research:
    """The real multiplier of a project: the energy of all its runs over that of the runs that were kept.

    Kept are those marked so and the runs inside them; where none is marked, the one with the best quality. Raises
    `InvalidValue` where no kept run has an energy.
    """
    kept, how = _kept(runs)
    spent, useful = _energy(runs), _energy(kept)
    if useful is None or spent is None or useful.value <= 0:
        raise InvalidValue("no kept run of these has an energy; mark one, or give the multiplier: --research 3x")
    words = f"{len(runs)} runs for {how}"
    return Research(Estimate(max(1.0, spent.value / useful.value), {}, spent.basis), "ledger", words)


def _kept(runs: Sequence[Run]) -> tuple[list[Run], str]:
    marked = {run.id for run in runs if run.kept}
    how = f"{len(marked)} kept"
    if not marked:
        rated = [run for run in runs if run.best is not None and run.objective is not None]
        if not rated:
            return [], "none kept"
        best = rated[0]
        for run in rated[1:]:
            assert run.best is not None and best.best is not None and run.objective is not None
            if run.objective.better(run.best.value, best.best.value):
                best = run
        marked, how = {best.id}, f"the best, {best.name}"
    while inside := {run.id for run in runs if run.parent in marked} - marked:
        marked |= inside
    return [run for run in runs if run.id in marked], how


def _energy(runs: Iterable[Run]) -> Estimate | None:
    known = [run.footprint.energy_j for run in runs if run.footprint.energy_j is not None]
    return sum(known[1:], known[0]) if known else None
