"""Single forms, each alone, by plain least squares of log y from several starts: what people use otherwise."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import least_squares

from curves_data import Task, answers_of
from payoff.predict.curves._forms import FORMS
from payoff.predict.curves._solve import Array

RIVALS = ("last", "m2", "m3", "m4", "mmf4", "wbl4", "broken1")


def predict_alone(name: str, tasks: Sequence[Task]) -> Array:
    """Log y after the cut of each task; (b, m)."""
    answers = answers_of(list(tasks))
    said = np.zeros_like(answers.t)
    for row, task in enumerate(tasks):
        t, log_y = np.log(task.x / task.x.max()), np.log(task.y)
        said[row] = log_y[np.argmax(t)] if name == "last" else _alone(name, t, log_y, answers.t[row])
    return said


def _alone(name: str, t: Array, log_y: Array, ahead: Array) -> Array:
    form = FORMS[name]

    def residuals(parameters: Array) -> Array:
        off: Array = np.nan_to_num(
            form.log_y(parameters[None], t[None])[0][0] - log_y, nan=1e3, posinf=1e3, neginf=-1e3
        )
        return off

    def jacobian(parameters: Array) -> Array:
        slope: Array = np.nan_to_num(form.log_y(parameters[None], t[None])[1][0])
        return slope

    best = None
    with np.errstate(all="ignore"):
        for shape in form.starts:
            start = np.array([log_y[np.argmax(t)], *([0.0] if form.floor else []), *shape])
            found = least_squares(residuals, start, jacobian, method="trf", max_nfev=200, bounds=(-30, 30))
            best = found if best is None or found.cost < best.cost else best
        assert best is not None
        said: Array = form.log_y(best.x[None], ahead[None])[0][0]
    return said
