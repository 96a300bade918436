"""Single forms, each alone, as people use them otherwise: least squares of log y, no prior to speak of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from curves_data import Task, answers_of, points_of
from payoff.predict.curves._fit import fit_form
from payoff.predict.curves._forms import FORMS
from payoff.predict.curves._solve import Array

RIVALS = ("last", "m2", "m3", "m4", "mmf4", "wbl4", "broken1")
NO_PRIOR = 30.0
"""The spread of each shape parameter: wide enough to say nothing, finite so that a fit of too few points ends."""


def predict_alone(name: str, tasks: Sequence[Task]) -> Array:
    """Log y after the cut of each task; (b, m)."""
    points, answers = points_of(list(tasks)), answers_of(list(tasks))
    form = replace(FORMS[name], spread=(NO_PRIOR,) * len(FORMS[name].spread))
    noise = np.full(len(tasks), 1e-3)
    fit = fit_form(form, points.t, points.log_y, points.weights, noise, delta=1e9)
    return fit.log_y(answers.t)
