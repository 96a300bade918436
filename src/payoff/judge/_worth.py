"""A gain against its cost: what is left of its value, and the chance that anything is.

The interval of what is left is read as a normal distribution in two halves: the middle is the median, and each half
is as wide as its side of the 90 % interval says.
"""

from __future__ import annotations

import math
from statistics import NormalDist

from payoff.model import Worth
from payoff.quantities import Estimate

_STANDARD = NormalDist()
_REACH = _STANDARD.inv_cdf(0.95)


def net_value(gain: Estimate, cost: Estimate | float, worth: Worth) -> Estimate:
    """The value of a gain less its cost, both in the figure of the worth (SI); an error they share cancels."""
    return gain * worth.price - cost


def chance_worth(gain: Estimate, cost: Estimate | float, worth: Worth) -> float:
    """The chance that a gain of quality is worth more than its cost, 0 to 1."""
    net = net_value(gain, cost, worth)
    spread = net.value - net.low if net.value > 0 else net.high - net.value
    if spread == 0:
        return float(net.value > 0)
    return _STANDARD.cdf(_REACH * (net.value / spread))


def expected_net(gain: Estimate, cost: Estimate | float, worth: Worth) -> float:
    """The mean of the value less the cost: above the middle where the interval leans upwards."""
    net = net_value(gain, cost, worth)
    lean = (net.high - net.value) - (net.value - net.low)
    return net.value + lean / (_REACH * math.sqrt(2 * math.pi))
