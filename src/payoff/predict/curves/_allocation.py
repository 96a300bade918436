"""What size and how many tokens a budget is best spent on: an optimum, its interval, and the region as good as it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from payoff.errors import InvalidValue
from payoff.predict.curves._law_forms import Coordinates
from payoff.predict.curves._law_points import FLOP_PER_PARAMETER_TOKEN
from payoff.predict.curves._solve import Array, Rows
from payoff.quantities import Estimate
from payoff.units import show, significant

if TYPE_CHECKING:
    from payoff.predict.curves._law import Law

FLOP_PER_SERVED_TOKEN = 2.0
"""Times the parameters (Sardana 2023)."""
FIRST_GRID, GRID, ROUNDS = 129, 33, 7
"""Sizes are sought on a grid that each round narrows 16-fold."""
WIDER = 30.0
"""By how much the tokens per parameter of an answer may lie outside those of the runs."""
COST_SLACK = 0.05
"""Two ways to the same loss are called equally good when their costs are within 5 %."""
DRAWS_TO_A_LOSS = 200
SOURCE, LOSS_SOURCE = "resampling of the runs", "resampling of the runs, and how far laws stray beyond theirs"


@dataclass(frozen=True, slots=True)
class Terms:
    """What computing costs, and how much will be served.

    `price` is in USD and `device_w` in watts for one device (its share of the server counted in); `flop_per_device_s`
    is the peak of which `utilisation` is reached in training and `inference_utilisation` (the same if None) in
    serving. The defaults are stated: an H100 SXM's 989 TFLOP/s in BF16 at 40 % (Llama 3's report has 38 to 43 %);
    1.28 kW, an eighth of the most that a DGX H100 draws; PUE 1.2.
    """

    budget_usd: float | None = None
    energy_j: float | None = None
    price: float | None = None
    flop_per_device_s: float = 989e12
    utilisation: float = 0.4
    inference_utilisation: float | None = None
    device_w: float = 1280.0
    pue: float = 1.2
    inference_tokens: float = 0.0

    def __post_init__(self) -> None:
        for name in ("budget_usd", "energy_j", "price", "flop_per_device_s", "device_w"):
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value > 0):
                raise InvalidValue(f"{name} must be finite and above 0, got {value}; leave it out if there is none")
        for name in ("utilisation", "inference_utilisation"):
            value = getattr(self, name)
            if value is not None and not 0 < value <= 1:
                raise InvalidValue(f"{name} must be above 0 and not above 1, got {value}; 0.4 is 40 %")
        if not (math.isfinite(self.pue) and self.pue >= 1):
            raise InvalidValue(f"pue must be at least 1, got {self.pue}; 1.2 means 20 % on top of the machines")
        if not (math.isfinite(self.inference_tokens) and self.inference_tokens >= 0):
            raise InvalidValue(f"inference_tokens must be finite and not below 0, got {self.inference_tokens}")

    @property
    def flop_per_s(self) -> float:
        """What one device does in a second of training."""
        return self.flop_per_device_s * self.utilisation

    @property
    def served(self) -> float:
        """FLOP of training that serving costs as much as, per parameter."""
        dearer = self.utilisation / (self.inference_utilisation or self.utilisation)
        return FLOP_PER_SERVED_TOKEN * self.inference_tokens * dearer

    def compute(self, compute: float | None, loss: float | None) -> float | None:
        """The budget in FLOP of training; None where a loss is asked for instead."""
        asked = {"compute": compute, "budget_usd": self.budget_usd, "energy_j": self.energy_j, "loss": loss}
        given = [name for name, value in asked.items() if value is not None]
        if len(given) != 1:
            raise InvalidValue(f"give exactly one of {', '.join(asked)}, got {' and '.join(given) or 'none'}")
        value = asked[given[0]]
        assert value is not None
        if not (math.isfinite(value) and value > 0):
            raise InvalidValue(f"{given[0]} must be finite and above 0, got {value}; for example compute=5.76e23")
        if given == ["budget_usd"] and self.price is None:
            raise InvalidValue(
                "a budget in USD needs the price of a device-second; give price=2.5 / 3600 for $2.5/GPU-hour"
            )
        if given == ["budget_usd"]:
            return value / float(self.price or 0.0) * self.flop_per_s
        if given == ["energy_j"]:
            return value / (self.device_w * self.pue) * self.flop_per_s
        return value if given == ["compute"] else None


@dataclass(frozen=True, slots=True)
class Region:
    """The sizes and tokens that spend the budget as well as the optimum: within `slack` of its loss (or its cost)."""

    n: tuple[float, float]
    d: tuple[float, float]
    slack: float


@dataclass(frozen=True, slots=True, eq=False)
class Frontier:
    """The best size `n` and tokens `d` of each budget, and the sizes from `low_n` to `high_n` as good as it; (m,)."""

    compute: Array
    n: Array
    d: Array
    low_n: Array
    high_n: Array


@dataclass(frozen=True, slots=True)
class Allocation:
    """The best size `n` and tokens `d`, the `loss` they bring and what they take.

    `compute` is training FLOP, `serving_flop` those of inference; `cost_usd` (where a price is given) and `energy_j`
    are of both. Intervals are of the resampled laws, `region` is what noise cannot tell apart; `caveats` say what the
    figures rest on and how far beyond the runs they are. `unique` are the different tokens there are, if limited.
    """

    n: Estimate
    d: Estimate
    loss: Estimate
    compute: Estimate
    serving_flop: Estimate
    device_s: Estimate
    energy_j: Estimate
    cost_usd: Estimate | None
    region: Region
    terms: Terms
    caveats: tuple[str, ...]
    unique: float | None = None

    def tell(self) -> str:
        """The answer in plain words."""
        size, tokens = self.n.tell("count"), self.d.tell("count")
        floor, top = significant(self.loss.low, 4), significant(self.loss.high, 4)
        low, high = (show(bound, "count", digits=2) for bound in self.region.n)
        said = [
            f"Train {size} parameters on {tokens} tokens: a loss of {significant(self.loss.value, 4)} ({floor}–{top})"
            f" for {show(self.compute.value, 'flop')}{self._paid()}.",
            f"Anything from {low} to {high} parameters is as good within {100 * self.region.slack:.2g} %.",
        ]
        return " ".join([*said, *self.caveats])

    def _paid(self) -> str:
        money = f", {show(self.cost_usd.value, 'cost', digits=2)}" if self.cost_usd else ""
        return f"{money} and {show(self.energy_j.value, 'energy', digits=2)}"


def allocate(
    law: Law, terms: Terms, *, compute: float | None = None, loss: float | None = None, unique: float | None = None
) -> Allocation:
    """The optimum of a budget, or the cheapest way to a loss; see `Law.optimal`."""
    budget = terms.compute(compute, loss)
    seek = _Search(law, terms, budget, loss, unique)
    draws = law.draws if loss is None else law.draws[:DRAWS_TO_A_LOSS]
    best = float(seek.best(law.best[None])[0])
    optima = seek.best(draws)
    optima = optima[np.isfinite(optima)]
    d = float(seek.tokens(law.best[None], np.array([[best]]))[0, 0])
    spread = seek.tokens(draws, np.full((len(draws), 1), best))[:, 0] if loss is not None else None
    tokens = spread if spread is not None else np.exp(seek.log_tokens_of(optima))
    fresh = unique if law.form.name == "repeated" else None
    value, low, high = (float(part[0]) for part in law.predict(math.exp(best), d, level=0.9, unique=fresh))
    brings = Estimate(value, {LOSS_SOURCE: (low, high)}, {"modelled": 1.0})
    return _told(law, seek, (best, d), (np.exp(optima), tokens[np.isfinite(tokens)]), brings)


def frontier(law: Law, compute: Array, unique: float | None) -> Frontier:
    """The optima of many budgets; see `Law.frontier`."""
    found = []
    for budget in compute:
        seek = _Search(law, Terms(), float(budget), None, unique)
        best = float(seek.best(law.best[None])[0])
        region = _region(law, seek, best)
        found.append((math.exp(best), *region.n))
    n, low, high = np.array(found).reshape(-1, 3).T
    return Frontier(compute, n, compute / (FLOP_PER_PARAMETER_TOKEN * n), low, high)


@dataclass(frozen=True, slots=True)
class _Search:
    """The line of sizes that a budget (or a loss) leaves open, for many laws at once."""

    law: Law
    terms: Terms
    budget: float | None
    target: float | None
    unique: float | None

    def best(self, parameters: Array) -> Array:
        """Log of the best size for each law, (b,)."""
        low, high = self.range()
        grid = np.broadcast_to(np.linspace(low, high, FIRST_GRID), (len(parameters), FIRST_GRID))
        rows = np.arange(len(parameters))
        worth = self.worth(parameters, grid)
        if len(parameters) == 1 and not np.isfinite(worth).any():
            raise InvalidValue(self._impossible())
        at = _nearest_dip(worth, grid, self._usual())
        for _ in range(ROUNDS):
            lows, highs = grid[rows, at - 1], grid[rows, at + 1]
            grid = np.linspace(lows, highs, GRID, axis=1)
            at = np.clip(np.argmin(self.worth(parameters, grid), axis=1), 1, GRID - 2)
        lows, highs = grid[rows, at - 1], grid[rows, at + 1]
        found = (lows + highs) / 2
        return np.where(np.isfinite(self.worth(parameters, found[:, None])[:, 0]), found, np.nan)

    def _usual(self) -> float:
        """Log of the size that has the tokens per parameter of most runs."""
        if self.budget is None:
            return self.law.centre[0]
        ratio = float(np.median(np.log(self.law.points.d / self.law.points.n)))
        return (math.log(self.budget / FLOP_PER_PARAMETER_TOKEN) - ratio) / 2

    def worth(self, parameters: Array, sizes: Array) -> Array:
        """What is to be made small at these log sizes (b, m): log loss, or log cost."""
        with np.errstate(all="ignore"):
            tokens = self.tokens(parameters, sizes)
            if self.target is not None:
                return np.asarray(np.log(np.exp(sizes) * (FLOP_PER_PARAMETER_TOKEN * tokens + self.terms.served)))
            logs = self.log_loss(parameters, sizes, np.log(tokens))
            return np.where(np.isfinite(logs), logs, np.inf)

    def tokens(self, parameters: Array, sizes: Array) -> Array:
        """Tokens that the budget leaves for these log sizes, or that the loss takes; inf where none do."""
        if self.target is None:
            return np.broadcast_to(np.exp(self.log_tokens_of(sizes)), (len(parameters), sizes.shape[1]))
        low = np.full((len(parameters), sizes.shape[1]), self.law.centre[1] - 25.0)
        high = low + 60.0
        out_of_reach = self.log_loss(parameters, sizes, high) > math.log(self.target)
        for _ in range(48):
            middle = (low + high) / 2
            above = self.log_loss(parameters, sizes, middle) > math.log(self.target)
            low, high = np.where(above, middle, low), np.where(above, high, middle)
        return np.where(out_of_reach, np.inf, np.exp((low + high) / 2))

    def log_tokens_of(self, sizes: Array) -> Array:
        assert self.budget is not None
        with np.errstate(all="ignore"):
            return np.asarray(np.log((self.budget / np.exp(sizes) - self.terms.served) / FLOP_PER_PARAMETER_TOKEN))

    def log_loss(self, parameters: Array, sizes: Array, tokens: Array) -> Array:
        """Log loss at log sizes and log tokens, (b, m)."""
        x, y = sizes - self.law.centre[0], tokens - self.law.centre[1]
        u = None
        if self.law.form.name == "repeated":
            u = y if self.unique is None else np.full_like(y, math.log(self.unique) - self.law.centre[1])
        return self.law.form(parameters, Coordinates(x, y, u, self.law.centre))[0]

    def range(self) -> tuple[float, float]:
        """Log of the sizes that are looked at: tokens per parameter not far outside what the runs had."""
        ratios = np.log(self.law.points.d / self.law.points.n)
        least, most = float(ratios.min()) - math.log(WIDER), float(ratios.max()) + math.log(WIDER)
        if self.budget is None:
            return math.log(self.law.points.n.min() / 1e3), math.log(self.law.points.n.max() * 1e6)
        whole = math.log(self.budget / FLOP_PER_PARAMETER_TOKEN)
        low, high = (whole - most) / 2, (whole - least) / 2
        if not self.terms.served:
            return low, high
        all_served = math.log(self.budget / self.terms.served)
        return min(low, all_served - math.log(WIDER) - 5), min(high, all_served)

    def _impossible(self) -> str:
        if self.target is not None:
            floor = self.law.parameters["E"].value if "E" in self.law.parameters else None
            more = f": the floor E is {significant(floor, 4)}" if floor is not None else ""
            return f"no size reaches a loss of {self.target:g} by this law{more}; ask for a higher one"
        return "serving alone takes more than the budget; raise the budget, or lower inference_tokens"


def _nearest_dip(worth: Array, grid: Array, near: float) -> Rows:
    """Where a minimum lies, (b,): the nearest inner one, since a form may fall again far from all runs."""
    inner = worth[:, 1:-1]
    dip = np.isfinite(inner) & (inner <= worth[:, :-2]) & (inner <= worth[:, 2:])
    distance = np.where(dip, np.abs(grid[:, 1:-1] - near), np.inf)
    least = np.clip(np.argmin(worth, axis=1), 1, worth.shape[1] - 2)
    return np.asarray(np.where(dip.any(axis=1), np.argmin(distance, axis=1) + 1, least))


def _told(law: Law, seek: _Search, at: tuple[float, float], draws: tuple[Array, Array], loss: Estimate) -> Allocation:
    best, d = at
    n, terms = math.exp(best), seek.terms
    training = FLOP_PER_PARAMETER_TOKEN * n * d
    of_tokens = draws[1] if seek.target is not None else None
    compute = _estimate(training, None if of_tokens is None else FLOP_PER_PARAMETER_TOKEN * n * of_tokens)
    serving = Estimate(FLOP_PER_SERVED_TOKEN * n * terms.inference_tokens, {}, {"modelled": 1.0})
    device_s = (compute + Estimate(terms.served * n, {}, {"modelled": 1.0})) * _stated(1 / terms.flop_per_s)
    energy = device_s * _stated(terms.device_w * terms.pue)
    return Allocation(
        _estimate(n, draws[0]),
        _estimate(d, draws[1]),
        loss,
        compute,
        serving,
        device_s,
        energy,
        None if terms.price is None else device_s * _stated(terms.price),
        _region(law, seek, best),
        terms,
        _caveats(law, seek, n, d),
        seek.unique,
    )


def _stated(value: float) -> Estimate:
    return Estimate(value, {}, {"stated": 1.0})


def _estimate(value: float, draws: Array | None) -> Estimate:
    if draws is None or not len(draws):
        return Estimate(value, {}, {"modelled": 1.0})
    low, high = np.quantile(draws, [0.05, 0.95])
    return Estimate(value, {SOURCE: (float(low), float(high))}, {"modelled": 1.0})


def _region(law: Law, seek: _Search, best: float) -> Region:
    low, high = seek.range()
    sizes = np.union1d(np.linspace(low, high, 2001), [best])
    worth = seek.worth(law.best[None], sizes[None])[0]
    slack = law.noise if seek.target is None else COST_SLACK
    least = seek.worth(law.best[None], np.array([[best]]))[0, 0]
    worse = sizes[~(worth <= least + slack)]
    ends = np.array([worse[worse < best].max(initial=low), worse[worse > best].min(initial=high)])
    tokens = seek.tokens(law.best[None], ends[None])[0]
    return Region((math.exp(ends[0]), math.exp(ends[1])), (float(tokens.min()), float(tokens.max())), slack)


def _caveats(law: Law, seek: _Search, n: float, d: float) -> tuple[str, ...]:
    out = []
    if beyond := law.check.beyond(FLOP_PER_PARAMETER_TOKEN * n * d):
        out.append(beyond[0].upper() + beyond[1:] + ".")
    if min(abs(math.log(n) - end) for end in seek.range()) < 0.05 and not seek.terms.served:
        out.append("The best size lies at the edge of the sizes searched: these runs do not bound it.")
    if seek.unique is not None and seek.law.form.name != "repeated":
        raise InvalidValue(f"the form {law.form.name!r} knows nothing of unique tokens; fit form='repeated'")
    return tuple(out)
