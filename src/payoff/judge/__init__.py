"""Is it worth it? In go readings with what they cost; out come shares, and later verdicts.

>>> from payoff.model import Objective, Reading
>>> curve = [Reading(1, "accuracy", 0.97, energy_j=10), Reading(9, "accuracy", 0.971, energy_j=100)]
>>> last_gain(curve, Objective("accuracy"), 0.001).share
0.9
"""

from payoff.judge._last_gain import LastGain, last_gain

__all__ = ["LastGain", "last_gain"]
