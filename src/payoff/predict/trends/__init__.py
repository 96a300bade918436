"""How did the field's appetite grow, and can it just keep growing?

In go models with the day they were published and what they took; out come growth rates with intervals, the dates at
which growth changed, projections with a test of how wrong such projections were, and what data centres may use.

>>> from payoff.predict.trends import fit_trend
>>> before, since = fit_trend(what="compute").eras
>>> [round(era.doubling_months.value, 2) for era in (before, since)]
[20.49, 5.66]
"""

from payoff.predict.trends._breaks import Break, Changes, Evidence, changes
from payoff.predict.trends._claims import Claim, judge_claims
from payoff.predict.trends._data_centres import Scenario, data_centres, input_facts
from payoff.predict.trends._frontier import quantile_growth, top_models
from payoff.predict.trends._growth import Growth, growth
from payoff.predict.trends._projection import BackTest, Projection, Replayed, back_test, project
from payoff.predict.trends._series import QUANTITIES, History, Quantity, history
from payoff.predict.trends._trend import Trend, fit_trend

__all__ = [
    "QUANTITIES",
    "BackTest",
    "Break",
    "Changes",
    "Claim",
    "Evidence",
    "Growth",
    "History",
    "Projection",
    "Quantity",
    "Replayed",
    "Scenario",
    "Trend",
    "back_test",
    "changes",
    "data_centres",
    "fit_trend",
    "growth",
    "history",
    "input_facts",
    "judge_claims",
    "project",
    "quantile_growth",
    "top_models",
]
