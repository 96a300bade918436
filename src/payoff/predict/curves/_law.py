"""A scaling law in two variables: loss as a function of parameters N and training tokens D."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from payoff.errors import InvalidValue
from payoff.predict.curves._allocation import Allocation, Frontier, Terms, allocate, frontier
from payoff.predict.curves._law_check import LawCheck, back_test
from payoff.predict.curves._law_fit import fitted, refitted, robust_noise, sandwich
from payoff.predict.curves._law_forms import Coordinates, LawForm, law_form
from payoff.predict.curves._law_points import FLOP_PER_PARAMETER_TOKEN, Points, checked_points, positive
from payoff.predict.curves._next_run import NextRuns, rank_runs
from payoff.predict.curves._solve import Array
from payoff.present import figure_of, html_of
from payoff.quantities import Estimate
from payoff.units import show, significant

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

RESAMPLES = 1000
MOST_RESAMPLES = 100_000
MOST_LOG = 700.0
"""Beyond this a loss is nonsense, but still a number."""
POWERS = 0.01, 3.0
"""Exponents outside these are no power laws but steps, or nothing."""
SIGNED = frozenset({"a1", "b1", "alpha", "a2", "b2", "beta", "a3", "b3", "gamma"})


def fit_law(
    n: npt.ArrayLike,
    d: npt.ArrayLike,
    loss: npt.ArrayLike,
    *,
    form: str = "chinchilla",
    unique: npt.ArrayLike | None = None,
    weights: npt.ArrayLike | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Law:
    """Fit the loss of runs with `n` parameters and `d` training tokens, in any order; shapes (m,).

    The fit minimises the sum of Huber's loss (delta 1e-3) of the residuals of log loss, as Hoffmann 2022 in approach 3.
    `form` is 'chinchilla' (the default), 'coupled', 'farseer' (the data exponent depends on size) or 'repeated', which
    needs `unique`, the different tokens each run had. `weights` say how many runs a row stands for.

    Intervals come from `resamples` fits to runs drawn with replacement (0: from the curvature at the best fit). They
    are drawn when an interval is first asked for, in about 0.15 ms each; seed 42 with 4,000 draws the very resamples
    of Besiroglu 2024. Raises `InvalidValue` for runs that cannot tell size from data.
    """
    chosen = law_form(form)
    points = checked_points(n, d, loss, unique=unique, weights=weights)
    if not 0 <= resamples <= MOST_RESAMPLES:
        raise InvalidValue(f"resamples must be 0 to {MOST_RESAMPLES}, got {resamples}; 1000 is a good number")
    _check_enough(points, chosen)
    centre = float(np.log(points.n).mean()), float(np.log(points.d).mean())
    at = _coordinates(centre, points.n, points.d, points.unique)
    parameters, objective = fitted(chosen, at, np.log(points.loss), points.weights)
    return Law(chosen, points, centre, parameters, objective, resamples, seed)


def _check_enough(points: Points, form: LawForm) -> None:
    used = points.weights > 0
    different = len(np.unique(np.stack([points.n, points.d])[:, used], axis=1).T)
    if different < form.least:
        raise InvalidValue(
            f"the form {form.name!r} has {len(form.names)} numbers and needs at least {form.least} different runs, "
            f"got {different}; add runs" + ("" if form.name == "chinchilla" else ", or use the form 'chinchilla'")
        )
    if form.name == "repeated" and points.unique is None:
        raise InvalidValue(
            "the form 'repeated' must know how many different tokens each run had; give unique=, or use 'chinchilla'"
        )
    if form.name == "repeated" and not (points.d > 1.01 * np.asarray(points.unique))[used].any():
        raise InvalidValue(
            "no run saw a token twice (d is never above unique), so the worth of repetition cannot be fitted; "
            "add runs of several epochs, or use the form 'chinchilla'"
        )


def _coordinates(
    centre: tuple[float, float], n: npt.ArrayLike, d: npt.ArrayLike, unique: npt.ArrayLike | None
) -> Coordinates:
    u = None if unique is None else np.log(np.asarray(unique, dtype=float)) - centre[1]
    return Coordinates(np.log(np.asarray(n)) - centre[0], np.log(np.asarray(d)) - centre[1], u, centre)


@dataclass(frozen=True, eq=False)
class Law:
    """A fitted law. `best` are its numbers in centred log coordinates; `parameters` are the published ones.

    `objective` is the sum of Huber's loss. Intervals, the back-test and predictions are worked out when asked for.
    """

    form: LawForm
    points: Points
    centre: tuple[float, float]
    best: Array
    objective: float
    resamples: int
    seed: int

    # what was fitted

    @cached_property
    def parameters(self) -> Mapping[str, Estimate]:
        """The numbers of the form with their 90 % intervals, by name: E, A, B, alpha, beta ..."""
        values = self.form.told(self.best[None], self.centre)
        draws = self.form.told(self.draws, self.centre)
        out = {}
        for name, value in values.items():
            low, high = np.quantile(draws[name], [0.05, 0.95])
            signed = name in SIGNED
            errors = {"resampling of the runs": (float(low), float(high))}
            out[name] = Estimate(float(value[0]), errors, {"modelled": 1.0}, signed, (self.form.source,))
        return out

    @cached_property
    def draws(self) -> Array:
        """Fits to resampled runs in centred coordinates, (r, p): the law's distribution."""
        if self.resamples == 0:
            rng = np.random.default_rng(self.seed)
            return np.asarray(rng.multivariate_normal(self.best, self.covariance, RESAMPLES, "ignore", method="eigh"))
        # A RandomState's stream is frozen, so that a seed means the same resamples for ever.
        picks = np.random.RandomState(self.seed).randint(0, len(self.points), (self.resamples, len(self.points)))
        counts = np.stack([np.bincount(some, minlength=len(self.points)) for some in picks])
        weights = counts * self.points.weights
        return refitted(self.form, self._at, self._log_loss, weights, self.best)

    @cached_property
    def standard_errors(self) -> Mapping[str, float]:
        """The standard deviation of each number over the resamples, as Besiroglu 2024 states them."""
        return {name: float(np.std(draws, ddof=1)) for name, draws in self.form.told(self.draws, self.centre).items()}

    @cached_property
    def noise(self) -> float:
        """How far a run lies from the law: the robust standard deviation of log loss (median absolute deviation)."""
        return robust_noise(self.residuals, self.points.weights, len(self.best))

    @cached_property
    def residuals(self) -> Array:
        """Log of the observed loss less that of the fitted, of each run."""
        return np.asarray(self._log_loss - self.form(self.best[None], self._at)[0][0])

    @cached_property
    def covariance(self) -> Array:
        """Of `best` by its curvature, (p, p)."""
        jacobian = self.form(self.best[None], self._at)[1][0]
        return sandwich(jacobian, self.residuals, self.points.weights, self.noise)

    @cached_property
    def check(self) -> LawCheck:
        """The back-test: laws fitted to the smaller runs, asked for the larger ones."""
        return back_test(self.form, self._at, self.points)

    @cached_property
    def _at(self) -> Coordinates:
        return _coordinates(self.centre, self.points.n, self.points.d, self.points.unique)

    @cached_property
    def _log_loss(self) -> Array:
        return np.asarray(np.log(self.points.loss))

    # what it predicts

    def predict(
        self,
        n: npt.ArrayLike,
        d: npt.ArrayLike,
        *,
        level: float = 0.8,
        unique: npt.ArrayLike | None = None,
        noise: bool = False,
    ) -> tuple[Array, Array, Array]:
        """The loss at `n` parameters and `d` tokens, and the interval that holds it with probability `level`; (m,).

        The interval joins what resampling the runs moves with how far laws stray beyond their runs (see `LawCheck`),
        which grows with the distance in compute. With `noise` it is for one run, which strays from the law as these
        did, else for the mean of such runs.
        """
        if not 0 < level < 1:
            raise InvalidValue(f"level must be between 0 and 1, got {level}; 0.8 holds four runs of five")
        size, tokens, only = self._asked(n, d, unique)
        mid = self._log_at(self.best[None], size, tokens, only)[0]
        logs = self._log_at(self.draws, size, tokens, only)
        low, high = np.quantile(logs, [(1 - level) / 2, (1 + level) / 2], axis=0)
        drawn = np.stack([np.minimum(low - mid, 0.0), np.maximum(high - mid, 0.0)])
        reach = NormalDist().inv_cdf((1 + level) / 2)
        one_run = drawn**2 + (reach * self.noise) ** 2
        strays = self.check.strays(FLOP_PER_PARAMETER_TOKEN * size * tokens)
        square = one_run * strays**2 - (0.0 if noise else (reach * self.noise) ** 2)
        down, up = np.sqrt(np.maximum(square, drawn**2))
        mid, low, high = (np.exp(np.clip(part, -MOST_LOG, MOST_LOG)) for part in (mid, mid - down, mid + up))
        return mid, low, high

    def loss(self, n: npt.ArrayLike, d: npt.ArrayLike, *, unique: npt.ArrayLike | None = None) -> Array:
        """The middle of `predict` alone, (m,): quick, for maps of many sizes and tokens."""
        size, tokens, only = self._asked(n, d, unique)
        return np.asarray(np.exp(self._log_at(self.best[None], size, tokens, only)[0]))

    def _asked(
        self, n: npt.ArrayLike, d: npt.ArrayLike, unique: npt.ArrayLike | None
    ) -> tuple[Array, Array, Array | None]:
        if unique is not None and self.form.name != "repeated":
            raise InvalidValue(f"the form {self.form.name!r} knows nothing of unique tokens; fit form='repeated'")
        if unique is None and self.form.name == "repeated":
            unique = d
        size, tokens = np.broadcast_arrays(positive("n", n), positive("d", d))
        return size, tokens, None if unique is None else np.broadcast_to(positive("unique", unique), size.shape)

    def _log_at(self, parameters: Array, n: Array, d: Array, unique: Array | None) -> Array:
        logs = self.form(parameters, _coordinates(self.centre, n, d, unique))[0]
        return np.nan_to_num(np.clip(logs, -MOST_LOG, MOST_LOG), nan=MOST_LOG)

    # what to do with it

    def optimal(
        self,
        compute: float | None = None,
        *,
        loss: float | None = None,
        unique: float | None = None,
        **terms: Any,
    ) -> Allocation:
        """Size and tokens that bring the lowest loss for a budget, with the region that is as good within the noise.

        Give one of `compute` (FLOP), `budget_usd` (with `price` in USD per device-second, `flop_per_device_s` and
        `utilisation`), `energy_j` (with `device_w`, `pue` and the same), or `loss` (the cheapest way to that loss).
        With `inference_tokens` the budget also pays for serving so many tokens (Sardana 2023). See `Terms`.
        """
        budget = Terms(**terms)
        return allocate(self, budget, compute=compute, loss=loss, unique=unique)

    def frontier(self, compute: npt.ArrayLike, *, unique: float | None = None) -> Frontier:
        """The best size and tokens of every budget of training FLOP in `compute` (m,), and the sizes as good as it.

        Quicker than `optimal` for each of them, since it has no intervals.
        """
        return frontier(self, positive("compute", compute), unique)

    def next_run(
        self,
        candidates: Sequence[tuple[float, float]] | Array,
        target: tuple[float, float],
        cost: npt.ArrayLike | Callable[[Array, Array], Array] | None = None,
    ) -> NextRuns:
        """Candidate runs (N, D), ranked by how much surer they make the prediction at `target` per unit of `cost`.

        `cost` is an array, a function of N and D, or None for training FLOP.
        """
        return rank_runs(self, candidates, target, cost)

    def plot(self, compute: float | None = None, **terms: Any) -> Figure:
        """A figure: lines of equal loss over size and tokens, the runs, and the line of the best use of compute.

        With a budget, as for `optimal`, also the region as good as its optimum, and what other sizes would bring for
        the same budget. Raises `MissingExtra` without Plotly.
        """
        figure: Figure = figure_of(self, compute=compute, **terms)
        return figure

    def _repr_html_(self) -> str:
        return html_of(self)

    def tell(self) -> str:
        """What the law says, in plain words."""
        parts = [f"{len(self.points)} runs follow L = {self.form.formula} within {100 * self.noise:.2g} % (noise)."]
        if "E" in self.parameters:
            floor = self.parameters["E"]
            value, low, high = (significant(part, 4) for part in (floor.value, floor.low, floor.high))
            parts.append(f"However large the model and the data, the loss stays above {value} ({low}–{high}).")
        most = int(np.argmax(self.points.compute))
        n, d = self.points.n[most] * np.array([1, 2, 1]), self.points.d[most] * np.array([1, 1, 2])
        now, larger, longer = self.predict(n, d, unique=self._fresh(most))[0]
        parts.append(
            f"From the largest run ({show(self.points.compute[most], 'flop')}), twice the parameters would take "
            f"{100 * (1 - larger / now):.2g} % off the loss, twice the tokens {100 * (1 - longer / now):.2g} %."
        )
        return " ".join([*parts, *self.doubts, self.check.tell()])

    @property
    def doubts(self) -> tuple[str, ...]:
        """Why the runs may not follow this law at all, in sentences."""
        found = []
        for name, words in (("alpha", "size"), ("beta", "data")):
            power = self.parameters[name].value
            if self.form.name != "farseer" and not POWERS[0] <= power <= POWERS[1]:
                told = f"The exponent {name} is {significant(power, 2)}"
                found.append(f"{told}: in these runs the loss follows no power of {words}.")
        return tuple(found)

    def _fresh(self, run: int) -> Array | None:
        return None if self.points.unique is None else np.full(3, self.points.unique[run])

    def __repr__(self) -> str:
        return f"<Law {self.form.name} of {len(self.points)} runs, objective {self.objective:.6g}>"
