"""What would more training, data or size bring? In go points of a curve; out come predictions with intervals.

>>> curve = fit_curve([1e3, 2e3, 4e3, 8e3, 16e3], [0.40, 0.30, 0.24, 0.20, 0.175])
>>> mid, low, high = curve.predict([32e3])
>>> bool(low[0] < mid[0] < 0.175)
True
"""

from payoff.predict.curves._curve import BackTest, Curve, Prediction, fit_curve, fit_curves
from payoff.predict.curves._points import Points, gather

__all__ = ["BackTest", "Curve", "Points", "Prediction", "fit_curve", "fit_curves", "gather"]
