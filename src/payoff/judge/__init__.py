"""Is it worth it? In go readings with what they cost, or gains and costs as predicted; out come shares and verdicts.

>>> from payoff.model import Objective, Reading, Worth
>>> curve = [Reading(1, "accuracy", 0.97, energy_j=10), Reading(9, "accuracy", 0.971, energy_j=100)]
>>> last_gain(curve, Objective("accuracy"), 0.001).share
0.9

>>> from payoff.quantities import Estimate
>>> gain = Estimate(0.001, {"curve": (-0.001, 0.003)}, {"modelled": 1.0}, signed=True)
>>> print(decide([Ahead(1, gain, cost=9e6)], Worth.parse("0.1% = 2 kWh")))
Stop: at best the next step will be worth the cost with a chance of 41%, and 45% is asked for.
"""

from payoff.judge._ahead import along, step_of
from payoff.judge._last_gain import LastGain, last_gain
from payoff.judge._stop import FARTHEST, LEVEL, Ahead, Verdict, decide, horizons
from payoff.judge._worth import chance_worth, expected_net, net_value

__all__ = [
    "FARTHEST",
    "LEVEL",
    "Ahead",
    "LastGain",
    "Verdict",
    "along",
    "chance_worth",
    "decide",
    "expected_net",
    "horizons",
    "last_gain",
    "net_value",
    "step_of",
]
