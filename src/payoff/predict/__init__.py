"""What would more cost and bring? In go runs and curves; out come distributions. Whether it is worth it, `judge` says.

>>> from payoff.predict.curves import fit_curve
>>> curve = fit_curve([1, 2, 4, 8, 16], [0.40, 0.30, 0.24, 0.20, 0.175])
>>> curve.gain(16, 32).value > 0
True
"""
