"""Which small run to do next, so that the prediction at a target becomes surest per unit of cost."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from payoff.errors import InvalidValue
from payoff.predict.curves._law_forms import Coordinates
from payoff.predict.curves._law_points import FLOP_PER_PARAMETER_TOKEN, positive
from payoff.predict.curves._solve import Array

if TYPE_CHECKING:
    from payoff.predict.curves._law import Law


@dataclass(frozen=True, slots=True)
class NextRun:
    """A candidate: what it costs, and what the prediction at the target would be worth after it.

    `sure` is the standard deviation of the predicted log loss after the run, `gain` by how much it falls, and `merit`
    the fall of the variance per unit of cost, as a share of the best candidate's.
    """

    candidate: int
    n: float
    d: float
    cost: float
    sure: float
    gain: float
    merit: float


@dataclass(frozen=True, slots=True)
class NextRuns:
    """Candidates from the best to the worst; `sure_now` is the standard deviation of log loss at the target today.

    `in_flop` says whether costs are training FLOP, since none were given.
    """

    target: tuple[float, float]
    sure_now: float
    in_flop: bool
    runs: tuple[NextRun, ...]

    @property
    def best(self) -> NextRun:
        """The run to do next."""
        return self.runs[0]

    def __iter__(self) -> Iterator[NextRun]:
        return iter(self.runs)

    def __len__(self) -> int:
        return len(self.runs)


def rank_runs(
    law: Law,
    candidates: Sequence[tuple[float, float]] | Array,
    target: tuple[float, float],
    cost: npt.ArrayLike | Callable[[Array, Array], Array] | None,
) -> NextRuns:
    """Rank by the expected fall of the variance at the target per unit of cost.

    One run adds J J' / s² to the information; the variance g' C g then falls by (g' C J)² / (s² + J' C J), the
    c-optimal step of Fedorov 1972 and, for prediction, of MacKay 1992 and Cohn 1996. J and g are derivatives of log
    loss at the candidate and at the target, C the covariance of the resampled laws, s the noise of one run
    (times pi/2: the fit is nearly one to medians).
    """
    pairs = np.asarray(candidates, dtype=float)
    if pairs.ndim != 2 or pairs.shape[1] != 2 or not len(pairs):
        raise InvalidValue(
            f"candidates must be pairs of parameters and tokens, got shape {pairs.shape}; for example [(1e8, 2e9)]"
        )
    n, d = positive("candidates' n", pairs[:, 0]), positive("candidates' d", pairs[:, 1])
    aim = positive("target", target)
    if aim.shape != (2,):
        raise InvalidValue(
            f"the target is one pair of parameters and tokens, got {target!r}; for example (7e10, 1.4e12)"
        )
    costs = _costs(n, d, cost)
    toward, across = _slopes(law, aim[:1], aim[1:])[0], _slopes(law, n, d)
    variance = np.cov(law.draws.T)
    noise = math.sqrt(math.pi / 2) * law.noise
    now = float(toward @ variance @ toward)
    falls = (across @ variance @ toward) ** 2 / (noise**2 + np.einsum("ij,jk,ik->i", across, variance, across) + 1e-300)
    falls = np.minimum(falls, now)
    merit = falls / costs
    best = max(float(merit.max()), 1e-300)
    order = np.argsort(-merit, kind="stable")
    sure = np.sqrt(np.maximum(now - falls, 0.0))
    runs = tuple(
        NextRun(
            int(i),
            *(float(v) for v in (n[i], d[i], costs[i], sure[i], np.sqrt(now) - sure[i], merit[i] / best)),
        )
        for i in order
    )
    return NextRuns((float(aim[0]), float(aim[1])), float(np.sqrt(now)), cost is None, runs)


def _slopes(law: Law, n: Array, d: Array) -> Array:
    logs = np.log(d) - law.centre[1]
    at = Coordinates(np.log(n) - law.centre[0], logs, logs if law.points.unique is not None else None, law.centre)
    return np.asarray(np.nan_to_num(law.form(law.best[None], at)[1][0], posinf=0.0, neginf=0.0))


def _costs(n: Array, d: Array, cost: npt.ArrayLike | Callable[[Array, Array], Array] | None) -> Array:
    if cost is None:
        return FLOP_PER_PARAMETER_TOKEN * n * d
    told = positive("cost", cost(n, d) if callable(cost) else cost)
    if told.shape not in (n.shape, (1,)):
        raise InvalidValue(
            f"every candidate needs one cost, got {told.size} for {n.size}; give one each, or a function"
        )
    return np.broadcast_to(told, n.shape)
