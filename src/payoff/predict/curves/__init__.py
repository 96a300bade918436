"""What would more training, data or size bring? In go points of a curve; out come predictions with intervals.

>>> import numpy as np
>>> points = gather([[1e3, 2e3, 4e3, 8e3]], [[0.40, 0.30, 0.24, 0.20]])
>>> points.t.shape
(1, 4)
"""

from payoff.predict.curves._points import Points, gather

__all__ = ["Points", "gather"]
