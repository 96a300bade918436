"""The budget of a running run: a forecast, a warning, and the moment at which it is spent."""

from __future__ import annotations

from payoff.model import Budget, Footprint
from payoff.quantities import DIMENSION_OF, show

WARN_AT = 0.8
"""The share of a cap at which the user is warned."""


class BudgetWatch:
    """Follows what a run has used against its caps; `before` is what earlier segments of it used."""

    def __init__(self, budget: Budget, before: Footprint | None = None) -> None:
        self._budget = budget
        self._before = before
        self._warned: set[str] = set()
        self._forecast: set[str] = set()
        self.spent: tuple[str, ...] = ()
        """The names of the caps that are reached."""

    def observe(self, used: Footprint, progress: float | None = None) -> list[str]:
        """What is to be told now, a sentence each; `progress` is the share of this segment's work that is done."""
        whole = used if self._before is None or not self._before.present() else self._before + used
        shares = self._budget.used(whole)
        self.spent = self._budget.spent(whole)
        told = [self._warning(name, share) for name, share in shares.items() if share >= WARN_AT and name not in self._warned]
        self._warned |= {name for name, share in shares.items() if share >= WARN_AT}
        if progress and progress >= 0.05:
            told += self._foretold(used, shares, progress)
        return told

    def _warning(self, name: str, share: float) -> str:
        cap = show(self._budget.caps[name], DIMENSION_OF[name])
        return f"{100 * min(share, 1):.0f} % of the budget of {cap} is spent" if share < 1 else f"the budget of {cap} is spent: the run is asked to stop"

    def _foretold(self, used: Footprint, shares: dict[str, float], progress: float) -> list[str]:
        told = []
        for name, share in shares.items():
            figure = used[name]
            if figure is None or name in self._forecast | self._warned:
                continue
            rate = figure.value / self._budget.caps[name] / progress
            whole = share + rate * (1 - progress)
            if whole > 1:
                self._forecast.add(name)
                need, cap = (show(part * self._budget.caps[name], DIMENSION_OF[name]) for part in (whole, 1.0))
                stop_at = 100 * (progress + (1 - share) / rate)
                told.append(f"at this rate the run needs {need} and the budget is {cap}: it will stop at {stop_at:.0f} % of its steps")
        return told

    def next_look_s(self, used: Footprint, tick_s: float) -> float:
        """How long until the next cap is reached at the mean rate so far; at most a tick, at least a twentieth of one."""
        duration_s = used.duration_s.value if used.duration_s else 0.0
        waits = [tick_s]
        for name, left in self._budget.left(used if self._before is None else self._before + used).items():
            figure = used[name]
            if figure is not None and figure.value > 0 and duration_s > 0:
                waits.append(left / (figure.value / duration_s))
        return max(min(waits), tick_s / 20)
