"""payoff: what does the next kilowatt-hour buy?

Everything public is importable from here and loaded when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from payoff.errors import PayoffError as PayoffError
    from payoff.ledger import Ledger as Ledger
    from payoff.ledger import open_ledger as open_ledger
    from payoff.meter import Window as Window
    from payoff.meter import measure as measure
    from payoff.model import Budget as Budget
    from payoff.model import Footprint as Footprint
    from payoff.model import Objective as Objective
    from payoff.model import Reading as Reading
    from payoff.model import Run as Run
    from payoff.model import Worth as Worth
    from payoff.predict.curves import Curve as Curve
    from payoff.predict.curves import Law as Law
    from payoff.predict.curves import fit_curve as fit_curve
    from payoff.predict.curves import fit_curves as fit_curves
    from payoff.predict.curves import fit_law as fit_law
    from payoff.predict.estimate import Bill as Bill
    from payoff.predict.estimate import count_flop as count_flop
    from payoff.predict.estimate import estimate_run as estimate_run
    from payoff.predict.trends import Trend as Trend
    from payoff.predict.trends import fit_trend as fit_trend
    from payoff.quantities import Estimate as Estimate

__version__ = "0.1.0"

_HOMES = {
    "Bill": "predict.estimate",
    "Budget": "model",
    "Curve": "predict.curves",
    "Estimate": "quantities",
    "Footprint": "model",
    "Law": "predict.curves",
    "Ledger": "ledger",
    "Objective": "model",
    "PayoffError": "errors",
    "Reading": "model",
    "Run": "model",
    "Trend": "predict.trends",
    "Window": "meter",
    "Worth": "model",
    "count_flop": "predict.estimate",
    "estimate_run": "predict.estimate",
    "fit_curve": "predict.curves",
    "fit_curves": "predict.curves",
    "fit_law": "predict.curves",
    "fit_trend": "predict.trends",
    "measure": "meter",
    "open_ledger": "ledger",
}

__all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'payoff' has no attribute {name!r}")
    value = getattr(import_module(f"payoff.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
