"""What does a result look like? In go results; out come Plotly figures of one theme, made of plain values.

A file a subject; `_theme` holds what they share. Plotly is loaded when a figure is made, not before.

>>> from payoff.show.figures import Axis
>>> Axis.over("examples", "count", (1e3, 256e3), log=True).layout["ticktext"]
['1k', '2k', '5k', '10k', '20k', '50k', '100k', '200k']
"""

from payoff.show.figures._axis import Axis
from payoff.show.figures._curve import curve_figure
from payoff.show.figures._curves import curves_figure
from payoff.show.figures._estimate import bill_figure, waterfall_figure
from payoff.show.figures._law import law_figure
from payoff.show.figures._theme import PALETTE, figure
from payoff.show.figures._trend import back_test_figure, rates_figure, trend_figure

__all__ = [
    "PALETTE",
    "Axis",
    "back_test_figure",
    "bill_figure",
    "curve_figure",
    "curves_figure",
    "figure",
    "law_figure",
    "rates_figure",
    "trend_figure",
    "waterfall_figure",
]
