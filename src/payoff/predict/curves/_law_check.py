"""Does a law predict larger runs from smaller ones? Fits to the smaller, asked for the larger."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from payoff.predict.curves._law_fit import fitted, robust_noise, sandwich
from payoff.predict.curves._law_forms import Coordinates, LawForm
from payoff.predict.curves._law_points import Points
from payoff.predict.curves._solve import Array
from payoff.units import show, significant

Chosen = npt.NDArray[np.bool_]

FACTORS = (2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
"""How much more compute the largest run has than the runs fitted to, at least."""
LEAST_ASKED = 2
MOST_ERROR = 10.0
"""What a nonsensical prediction counts as, in log loss."""
STRAYS_AT_ONCE, STRAYS_PER_FOLD = 1.62, 0.42
"""How many times wider than noise and resampling alone an interval must be at the largest run, and how much more for
each e-fold of compute beyond it. Fitted to the 80 and 90 % quantiles of what laws missed of the larger runs of nine
data sets (eight of IsoFLOP studies, and Epoch's Chinchilla points), each counting once a factor; refitted without the
source that is asked, 80 % intervals held 81 %, 90 % intervals 90 %; with `LawCheck.wider`, 83 % and 91 %."""
STRAY_LEVEL, Z_OF_STRAY_LEVEL = 0.8, 1.2816
LEAST_VARIANCE = 1e-8
"""Exact runs have no noise: a miss of 0.01 % of the loss is none."""
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
    predicted well, every smaller one being predicted well too. `wider` (1 or more) is how many times as wide as is
    usual the intervals of these laws should have been in the back-test.
    """

    tests: tuple[LawTest, ...]
    largest: float
    reach: float
    wider: float = 1.0

    @property
    def sound(self) -> bool:
        """Whether the law predicted at least the nearest larger runs."""
        return bool(self.tests) and self.tests[0].trusted

    def strays(self, compute: Array) -> Array:
        """How many times wider than by noise and resampling alone an interval at this compute has to be."""
        beyond = np.log(compute / self.largest)
        usual = np.maximum(1.0, STRAYS_AT_ONCE + STRAYS_PER_FOLD * beyond)
        return np.where(beyond > 0, usual * self.wider, usual)

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


def back_test(form: LawForm, at: Coordinates, points: Points) -> LawCheck:
    """Test a form at every factor that leaves enough runs on both sides."""
    compute = points.compute
    used = points.weights > 0
    largest = float(compute[used].max())
    tests: list[LawTest] = []
    scores = []
    for wanted in FACTORS:
        below = used & (compute <= largest / wanted * 1.0001)
        above = used & ~below
        if above.sum() < LEAST_ASKED or not _fits(form, at, below):
            continue
        most = float(compute[below].max())
        if tests and largest / most == tests[-1].factor:
            continue
        test, score = _one_test(form, at, points, below, above)
        tests.append(test)
        usual = LawCheck((), most, most).strays(compute[above])
        scores.append(score / usual)
    reach = largest
    for test in tests:
        if not test.trusted:
            break
        reach = largest * test.factor
    wider = float(np.quantile(np.concatenate(scores), STRAY_LEVEL)) / Z_OF_STRAY_LEVEL if scores else 1.0
    return LawCheck(tuple(tests), largest, reach, max(1.0, wider))


def _one_test(form: LawForm, at: Coordinates, points: Points, below: Chosen, above: Chosen) -> tuple[LawTest, Array]:
    """The test, and the misses in standard deviations of noise and fit, (asked,)."""
    log_loss, weights = np.log(points.loss), points.weights * below
    parameters, _ = fitted(form, at, log_loss, weights)
    value, jacobian = (part[0] for part in form(parameters[None], at))
    misses = np.nan_to_num(value - log_loss, nan=MOST_ERROR, posinf=MOST_ERROR, neginf=-MOST_ERROR)
    misses = np.clip(misses, -MOST_ERROR, MOST_ERROR)
    noise = robust_noise(misses, weights, len(parameters))
    covariance = sandwich(jacobian[below], misses[below], weights[below], noise)
    slopes = np.nan_to_num(jacobian[above], posinf=0.0, neginf=0.0)
    variance = np.einsum("ij,jk,ik->i", slopes, covariance, slopes) + noise**2
    asked = misses[above]
    error = float(np.abs(asked).mean())
    trusted = error <= max(TRUSTED_ERROR, TRUSTED_TIMES_NOISE * noise)
    factor = float(points.compute[points.weights > 0].max() / points.compute[below].max())
    test = LawTest(factor, int(below.sum()), int(above.sum()), error, float(asked.mean()), bool(trusted))
    return test, np.abs(asked) / np.sqrt(np.maximum(variance, LEAST_VARIANCE))


def _fits(form: LawForm, at: Coordinates, some: Chosen) -> bool:
    """Whether these runs alone would be taken for a law, with two to spare."""
    x, y = at.x[some], at.y[some]
    if len(np.unique(np.stack([x, y]), axis=1).T) < form.least + 2:
        return False
    return min(len(np.unique(x)), len(np.unique(y))) >= 3 and abs(np.corrcoef(x, y)[0, 1]) < 0.999
