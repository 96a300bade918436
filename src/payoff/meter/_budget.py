"""The budget of a running run: a forecast, a warning, and the moment at which it is spent."""

from __future__ import annotations

from payoff.model import Budget, Footprint
from payoff.units import DIMENSION_OF, show

WARN_AT = 0.8
"""The share of a cap at which the user is warned."""

_FROM_ENERGY = {
    "cost_usd": "give a price with the setting rent or electricity_price",
    "emissions_kg": "give the grid with --region or the setting intensity",
    "water_l": "give a budget in energy instead",
}
"""The figures that follow from the energy, and how to make them known where they are not."""


class BudgetWatch:
    """Follows what a run has used against its caps; `before` is what earlier segments of it used."""

    def __init__(self, budget: Budget, before: Footprint | None = None) -> None:
        self.budget = budget
        self._before = before
        self._warned, self._ended = set[str](), set[str]()
        self._forecast: set[str] = set()
        self.spent: tuple[str, ...] = ()
        """The names of the caps that are reached."""

    def observe(self, used: Footprint, progress: float | None = None) -> list[str]:
        """What is to be told now, a sentence each; `progress` is the share of this segment's work that is done."""
        whole = used if self._before is None or not self._before.present() else self._before + used
        shares = self.budget.used(whole)
        self.spent = self.budget.spent(whole)
        told = [self._blind(name) for name in self.budget.caps if self._is_blind(used, name)]
        for name, share in shares.items():
            if share >= WARN_AT and not (name in self._ended or (share < 1 and name in self._warned)):
                told.append(self._warning(name, share))
                self._warned.add(name)
        self._ended.update(self.spent)
        if progress and progress >= 0.05:
            told += self._predicted(used, shares, progress)
        return told

    def _is_blind(self, used: Footprint, name: str) -> bool:
        """Whether a figure that follows from the energy is not known although the energy is."""
        return used.energy_j is not None and used[name] is None and name in _FROM_ENERGY and name not in self._warned

    def _blind(self, name: str) -> str:
        self._warned.add(name)
        cap = show(self.budget.caps[name], DIMENSION_OF[name])
        return (
            f"the budget of {cap} cannot be watched: what this machine's energy means in that unit is not known; "
            f"{_FROM_ENERGY[name]}"
        )

    def _warning(self, name: str, share: float) -> str:
        cap = show(self.budget.caps[name], DIMENSION_OF[name])
        return (
            f"{100 * min(share, 1):.0f} % of the budget of {cap} is spent"
            if share < 1
            else f"the budget of {cap} is spent: the run is asked to stop"
        )

    def _predicted(self, used: Footprint, shares: dict[str, float], progress: float) -> list[str]:
        told = []
        for name, share in shares.items():
            figure = used[name]
            if figure is None or name in self._forecast | self._warned:
                continue
            rate = figure.value / self.budget.caps[name] / progress
            whole = share + rate * (1 - progress)
            if whole > 1:
                self._forecast.add(name)
                need, cap = (show(part * self.budget.caps[name], DIMENSION_OF[name]) for part in (whole, 1.0))
                stop_at = 100 * (progress + (1 - share) / rate)
                told.append(
                    f"at this rate the run needs {need} and the budget is {cap}: "
                    f"it will stop at {stop_at:.0f} % of its steps"
                )
        return told

    def next_look_s(self, used: Footprint, tick_s: float) -> float:
        """How long until the next warning or cap at the mean rate so far; from a twentieth of a tick to a whole one."""
        if self.spent:
            return tick_s
        duration_s = used.duration_s.value if used.duration_s else 0.0
        waits = [tick_s]
        for name, left in self.budget.left(used if self._before is None else self._before + used).items():
            figure = used[name]
            if figure is not None and figure.value > 0 and duration_s > 0:
                until_warned = left - (1 - WARN_AT) * self.budget.caps[name]
                waits.append((left if name in self._warned else until_warned) / (figure.value / duration_s))
        return max(min(waits), tick_s / 20)
