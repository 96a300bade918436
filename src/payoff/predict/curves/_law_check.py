"""Does a law foretell larger runs from smaller ones? Fits to the smaller, asked for the larger."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from payoff.predict.curves._law_fit import fitted
from payoff.predict.curves._law_forms import Coordinates, LawForm
from payoff.predict.curves._law_points import Points
from payoff.units import show, significant

FACTORS = (2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
"""How much more compute the largest run has than the runs fitted to, at least."""
LEAST_ASKED = 2
MOST_ERROR = 10.0
"""What a nonsensical prediction counts as, in log loss."""
TRUSTED_ERROR, TRUSTED_TIMES_NOISE = 0.03, 3.0
"""A back-test fails where the mean error of the loss is above both: 3 %, and three times the noise."""


@dataclass(frozen=True, slots=True)
class LawTest:
    """One question of the back-test: the law of the runs up to 1/`factor` of the largest compute, asked for the rest.

    `error` is the mean of |log(predicted / observed)|, `bias` the mean of the log itself (above 0: too pessimistic);
    `trusted` says whether the error is small beside the noise.
    """

    factor: float
    fitted_on: int
    asked: int
    error: float
    bias: float
    trusted: bool


@dataclass(frozen=True, slots=True)
class LawCheck:
    """The back-test of a law and how far it reaches, in training FLOP.

    `reach` is the largest compute the law is vouched for: that of the largest run times the largest factor that was
    foretold well, every smaller one being foretold well too.
    """

    tests: tuple[LawTest, ...]
    largest: float
    reach: float

    @property
    def sound(self) -> bool:
        """Whether the law foretold at least the nearest larger runs."""
        return bool(self.tests) and self.tests[0].trusted

    def beyond(self, compute: float) -> str:
        """Why a prediction at this compute is not vouched for; empty where it is."""
        if compute <= self.reach * 1.0001:
            return ""
        if not self.tests:
            return "there are too few runs for a back-test, so no prediction beyond them is vouched for"
        times = f"{significant(compute / self.largest, 2)} times the largest run"
        if not self.sound:
            return f"{times}: the back-test failed, so these runs cannot say"
        return (
            f"{times}: the back-test vouches for {significant(self.reach / self.largest, 2)} times "
            f"({show(self.reach, 'flop')}); beyond it this is a guess"
        )

    def tell(self) -> str:
        """The back-test in words."""
        if not self.tests:
            return "Too few runs for a back-test: nothing vouches for a prediction beyond them."
        told = ", ".join(f"{100 * test.error:.2g} % at {significant(test.factor, 2)} x" for test in self.tests)
        last = f"Beyond {show(self.reach, 'flop')} these runs cannot say."
        return f"Back-test, mean error of the loss predicted from the smaller runs: {told}. {last}"


def back_test(form: LawForm, at: Coordinates, points: Points, noise: float) -> LawCheck:
    """Test a form at every factor that leaves enough runs on both sides."""
    compute, log_loss = points.compute, np.log(points.loss)
    used = points.weights > 0
    largest = float(compute[used].max())
    tests: list[LawTest] = []
    for wanted in FACTORS:
        below = used & (compute <= largest / wanted * 1.0001)
        above = used & ~below
        if above.sum() < LEAST_ASKED or not _fits(form, at, below):
            continue
        factor = largest / float(compute[below].max())
        if tests and factor == tests[-1].factor:
            continue
        wide = points.weights * below
        parameters, _ = fitted(form, at, log_loss, wide)
        misses = form(parameters[None], at)[0][0][above] - log_loss[above]
        misses = np.nan_to_num(misses, nan=MOST_ERROR, posinf=MOST_ERROR, neginf=-MOST_ERROR)
        error = float(np.abs(misses).mean())
        trusted = error <= max(TRUSTED_ERROR, TRUSTED_TIMES_NOISE * noise)
        tests.append(LawTest(factor, int(below.sum()), int(above.sum()), error, float(misses.mean()), trusted))
    reach = largest
    for test in tests:
        if not test.trusted:
            break
        reach = largest * test.factor
    return LawCheck(tuple(tests), largest, reach)


def _fits(form: LawForm, at: Coordinates, some: npt.NDArray[np.bool_]) -> bool:
    """Whether these runs alone would be taken for a law, with two to spare."""
    x, y = at.x[some], at.y[some]
    if len(np.unique(np.stack([x, y]), axis=1).T) < form.least + 2:
        return False
    return min(len(np.unique(x)), len(np.unique(y))) >= 3 and abs(np.corrcoef(x, y)[0, 1]) < 0.999
