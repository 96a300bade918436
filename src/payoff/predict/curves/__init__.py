"""What would more training, data or size bring? Learning curves and scaling laws, fitted and extrapolated.

In go the points or runs that there are; out come distributions, what a budget is best spent on, and how far to trust
that.

>>> from payoff.predict.curves import fit_curve, fit_law
>>> curve = fit_curve([1e3, 2e3, 4e3, 8e3, 16e3], [0.40, 0.30, 0.24, 0.20, 0.175])
>>> mid, low, high = curve.predict([32e3])
>>> bool(low[0] < mid[0] < 0.175)
True
>>> n, d = [1e7, 1e7, 1e8, 1e8, 1e9, 1e9, 3e9], [1e9, 1e10, 1e9, 1e11, 3e9, 1e11, 3e10]
>>> law = fit_law(n, d, [1.7 + 400 / size**0.34 + 400 / tokens**0.28 for size, tokens in zip(n, d)], resamples=0)
>>> round(law.optimal(compute=5.76e23).d.value / 1e9)  # billions of tokens
2932
"""

from payoff.predict.curves._allocation import Allocation, Frontier, Region, Terms
from payoff.predict.curves._curve import BackTest, Curve, Prediction, fit_curve, fit_curves
from payoff.predict.curves._law import Law, fit_law
from payoff.predict.curves._law_check import LawCheck, LawTest
from payoff.predict.curves._next_run import NextRun, NextRuns
from payoff.predict.curves._points import Points, gather

__all__ = [
    "Allocation",
    "BackTest",
    "Curve",
    "Frontier",
    "Law",
    "LawCheck",
    "LawTest",
    "NextRun",
    "NextRuns",
    "Points",
    "Prediction",
    "Region",
    "Terms",
    "fit_curve",
    "fit_curves",
    "fit_law",
    "gather",
]
