"""The same training here or there: what the overhead, the grid and the making of the hardware change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from payoff.facts import Factors, Machine
from payoff.frozen import Frozen, replace
from payoff.predict.estimate._bill import Bill, placed
from payoff.quantities import Estimate

SETTINGS: dict[str, Machine] = {"local": "desktop", "server room": "server", "cloud": "cloud"}
"""What a setting means beside a place: a machine in an office, one in a room of one's own, one in a cloud."""
BUSY: dict[Machine, tuple[float, float, float]] = {"desktop": (0.1, 0.3, 0.7), "server": (0.2, 0.4, 0.8)}
"""Share of its life that a machine of one's own is busy: low, middle, high (payoff's judgement); in a cloud that of the
facts."""


class Setting(Frozen):
    """A bill at a place in a setting."""

    name: str
    bill: Bill

    @property
    def embodied_share(self) -> float | None:
        """Making the hardware, as a share of it and of the electricity's location-based carbon."""
        used = self.bill.footprint
        if used.embodied_kg is None or used.emissions_kg is None:
            return None
        return used.embodied_kg.value / (used.embodied_kg.value + used.emissions_kg.value)

    def to_json(self) -> dict[str, Any]:
        """A plain dictionary."""
        return {"setting": self.name, "embodied_share": self.embodied_share, **self.bill.to_json()}


def compare(bill: Bill, names: Sequence[str], region: str | None = None) -> tuple[Setting, ...]:
    """The bill in each setting: 'local', 'server room' and 'cloud' at `region`, or at a place such as 'aws:eu-west-3'.

    One's own hardware costs its price over its busy hours, a cloud's its rent. Raises `UnknownName` for a name that is
    neither.
    """
    found = []
    for name in names:
        machine = SETTINGS.get(name, "cloud")
        factors = Factors.of(region if name in SETTINGS else name, machine=machine)
        busy = None
        if machine in BUSY:
            low, middle, high = BUSY[machine]
            busy = Estimate(middle, {"busy share of one's own machine": (low, high)}, {"stated": 1.0})
        there = placed(bill, factors, busy=busy)
        bases = ("amortised",) if busy is not None else ("on demand", "committed")
        found.append(Setting(name, replace(there, costs=tuple(cost for cost in there.costs if cost.basis in bases))))
    return tuple(found)
