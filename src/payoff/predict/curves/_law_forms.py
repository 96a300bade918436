"""Forms of the loss as a function of parameters N and tokens D, in log coordinates, with their derivatives.

Each is the log of a sum of exponentials. Coordinates are centred on the runs, where the numbers of a form are of order
one and its exponents nearly independent of its factors; `tell` turns them into the numbers of the publication.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from payoff.errors import UnknownName
from payoff.predict.curves._solve import Array

REPETITIONS_OF_DATA, REPETITIONS_OF_SIZE = 15.387756, 5.309743
"""R_D* and R_N* of Muennighoff 2023, for C4: the scales on which repeated tokens and excess parameters lose worth."""

MOST_TOLD = 1e150


@dataclass(frozen=True, slots=True, eq=False)
class Coordinates:
    """Logs of size, tokens and unique tokens, less their `centre`; shapes (m,) or (b, m)."""

    x: Array
    y: Array
    u: Array | None
    centre: tuple[float, float]


@dataclass(frozen=True, slots=True, eq=False)
class LawForm:
    """A form: its names in print, what it is, how it is evaluated, where fits of it start, and how it is told.

    `evaluate` takes parameters (b, p) to the log loss (b, m) and its Jacobian (b, m, p); `starts` takes fits of the
    plain sum (b, 5) to starts (b', p); `tell` takes parameters to published ones.
    """

    name: str
    formula: str
    source: str
    names: tuple[str, ...]
    evaluate: Callable[[Array, Coordinates], tuple[Array, Array]]
    starts: Callable[[Array, Coordinates], Array]
    tell: Callable[[Array, tuple[float, float]], Mapping[str, Array]]

    def __call__(self, parameters: Array, at: Coordinates) -> tuple[Array, Array]:
        """`evaluate`, where numbers that overflow come out as inf or nan without a warning."""
        with np.errstate(all="ignore"):
            return self.evaluate(parameters, at)

    def told(self, parameters: Array, centre: tuple[float, float]) -> dict[str, Array]:
        """`tell`, cut off where a number is nonsense but still a number."""
        with np.errstate(all="ignore"):
            numbers = self.tell(parameters, centre)
        return {name: np.clip(np.nan_to_num(column), -MOST_TOLD, MOST_TOLD) for name, column in numbers.items()}

    @property
    def least(self) -> int:
        """How many different runs it takes."""
        return len(self.names) + 1


def law_form(name: str) -> LawForm:
    """The form of that name."""
    if name not in LAW_FORMS:
        raise UnknownName("form of a law", name, LAW_FORMS, way_out=f"the forms are {', '.join(LAW_FORMS)}")
    return LAW_FORMS[name]


# L = E + A/N^alpha + B/D^beta (Hoffmann 2022)


def _sum(parameters: Array, at: Coordinates) -> tuple[Array, Array]:
    return _sum_at(parameters, at.x, at.y)


def _sum_at(parameters: Array, x: Array, y: Array) -> tuple[Array, Array]:
    a, b, e, alpha, beta = (column[:, None] for column in parameters.T[:5])
    size, data, floor = np.exp(a - alpha * x), np.exp(b - beta * y), np.exp(e)
    loss = size + data + floor
    jacobian = np.empty((loss.shape[0], 5, loss.shape[1]))
    np.divide(size, loss, out=jacobian[:, 0])
    np.divide(data, loss, out=jacobian[:, 1])
    np.divide(floor, loss, out=jacobian[:, 2])
    np.multiply(jacobian[:, 0], -x, out=jacobian[:, 3])
    np.multiply(jacobian[:, 1], -y, out=jacobian[:, 4])
    return np.log(loss), np.swapaxes(jacobian, 1, 2)


def _tell_sum(parameters: Array, centre: tuple[float, float]) -> dict[str, Array]:
    a, b, e, alpha, beta = parameters.T[:5]
    size, data = np.exp(a + alpha * centre[0]), np.exp(b + beta * centre[1])
    return {"E": np.exp(e), "A": size, "B": data, "alpha": alpha, "beta": beta}


# L = E + (A/N^alpha + B/D^beta)^gamma (Busbridge 2025)


def _coupled(parameters: Array, at: Coordinates) -> tuple[Array, Array]:
    a, b, e, alpha, beta, g = (column[:, None] for column in parameters.T)
    gamma = np.exp(g)
    size, data, floor = np.exp(a - alpha * at.x), np.exp(b - beta * at.y), np.exp(e)
    both = np.log(size + data)
    gap = np.exp(gamma * both)
    share = gap / (gap + floor)
    of_size, of_data = (share * gamma * part / (size + data) for part in (size, data))
    parts = (of_size, of_data, 1 - share, -at.x * of_size, -at.y * of_data, share * gamma * both)
    return np.log(gap + floor), _stacked(parts)


def _coupled_starts(plain: Array, at: Coordinates) -> Array:
    out = []
    for gamma in (0.5, 1.0, 1.7):
        a, b, e, alpha, beta = plain.T
        out.append(np.stack([a / gamma, b / gamma, e, alpha / gamma, beta / gamma, np.full_like(a, np.log(gamma))], 1))
    return np.concatenate(out)


def _tell_coupled(parameters: Array, centre: tuple[float, float]) -> dict[str, Array]:
    return {**_tell_sum(parameters, centre), "gamma": np.exp(parameters[:, 5])}


# L = exp(a3 N^gamma + b3) + exp(a2 N^beta + b2) D^-exp(a1 N^alpha + b1) (Li 2025, "Farseer")


def _farseer(parameters: Array, at: Coordinates) -> tuple[Array, Array]:
    a1, b1, alpha, a2, b2, beta, a3, b3, gamma = (column[:, None] for column in parameters.T)
    of_exponent, of_factor, of_size = (np.exp(power * at.x) for power in (alpha, beta, gamma))
    exponent = np.exp(a1 * of_exponent + b1)
    tokens = at.y + at.centre[1]
    data, size = np.exp(a2 * of_factor + b2 - exponent * tokens), np.exp(a3 * of_size + b3)
    share = data / (data + size)
    falls = -share * exponent * tokens
    parts = (
        *(falls * of_exponent, falls, falls * a1 * of_exponent * at.x),
        *(share * of_factor, share, share * a2 * of_factor * at.x),
        *((1 - share) * of_size, 1 - share, (1 - share) * a3 * of_size * at.x),
    )
    return np.log(data + size), _stacked(parts)


def _farseer_starts(plain: Array, at: Coordinates) -> Array:
    a, b, e, alpha, beta = plain.T
    tall = np.log1p(np.exp(np.minimum(a - e, 3.0)))
    raw = b + beta * at.centre[1]
    out = []
    for slope in (-0.1, -0.02, 0.02, 0.1):
        for power in (-0.3, 0.2):
            exponent = np.log(np.maximum(beta, 0.02)) - slope
            even = np.full_like(a, slope), exponent, np.full_like(a, power)
            out.append(np.stack([*even, 0 * a, raw, np.full_like(a, power), tall, e, -np.maximum(alpha, 0.02)], 1))
    return np.concatenate(out)


def _tell_farseer(parameters: Array, centre: tuple[float, float]) -> dict[str, Array]:
    a1, b1, alpha, a2, b2, beta, a3, b3, gamma = parameters.T
    a1, a2, a3 = (f * np.exp(-p * centre[0]) for f, p in ((a1, alpha), (a2, beta), (a3, gamma)))
    return dict(zip(LAW_FORMS["farseer"].names, (a1, b1, alpha, a2, b2, beta, a3, b3, gamma), strict=True))


# The sum with effective parameters and tokens where tokens are repeated (Muennighoff 2023)


def _repeated(parameters: Array, at: Coordinates) -> tuple[Array, Array]:
    """Tokens seen again lose worth with their repetition, parameters with their excess over what the data can use.

    D' = U (1 + R_D* (1 - exp(-R_D / R_D*))) with R_D = D / U - 1 repetitions of U unique tokens; N' alike with the
    size that is compute-optimal for the unique tokens, where size and data fall equally fast.
    """
    a, b, _, alpha, beta, log_rd, log_rn = (column[:, None] for column in parameters.T)
    fresh = at.y if at.u is None else np.minimum(at.y, at.u)
    tokens, _, d_tokens = _worth(at.y, fresh, np.exp(log_rd))
    best = (a + np.log(alpha) - b - np.log(beta) + beta * fresh) / alpha
    bound = best < at.x
    base = np.where(bound, best, at.x)
    size, by_base, d_size = _worth(at.x, base, np.exp(log_rn))
    value, plain = _sum_at(parameters, size, tokens)
    pull = -alpha * plain[:, :, 0] * by_base * bound
    parts = (
        plain[:, :, 0] + pull / alpha,
        plain[:, :, 1] - pull / alpha,
        plain[:, :, 2],
        plain[:, :, 3] + pull * (1 / alpha - base) / alpha,
        plain[:, :, 4] + pull * (fresh - 1 / beta) / alpha,
        -beta * plain[:, :, 1] * d_tokens,
        -alpha * plain[:, :, 0] * d_size,
    )
    return value, _stacked(parts)


def _worth(whole: Array, base: Array, scale: Array) -> tuple[Array, Array, Array]:
    """Log of the effective amount, and its derivatives by log base and by log scale."""
    again = np.expm1(np.maximum(whole - base, 0.0))
    kept = np.exp(-again / scale)
    worth = scale * -np.expm1(-again / scale)
    return base + np.log1p(worth), 1 - kept * (1 + again) / (1 + worth), (worth - again * kept) / (1 + worth)


def _repeated_starts(plain: Array, at: Coordinates) -> Array:
    out = []
    for times in (0.2, 1.0, 5.0):
        scales = np.log([REPETITIONS_OF_DATA * times, REPETITIONS_OF_SIZE * times])
        out.append(np.concatenate([plain, np.tile(scales, (len(plain), 1))], axis=1))
    return np.concatenate(out)


def _tell_repeated(parameters: Array, centre: tuple[float, float]) -> dict[str, Array]:
    again = np.exp(parameters[:, 5:])
    return {**_tell_sum(parameters, centre), "R_D": again[:, 0], "R_N": again[:, 1]}


def _stacked(parts: tuple[Array, ...]) -> Array:
    return np.swapaxes(np.stack(np.broadcast_arrays(*parts), axis=1), 1, 2)


LAW_FORMS: dict[str, LawForm] = {
    form.name: form
    for form in (
        LawForm(
            "chinchilla",
            "E + A/N^alpha + B/D^beta",
            "Hoffmann et al. 2022 (arXiv 2203.15556), approach 3",
            ("E", "A", "B", "alpha", "beta"),
            _sum,
            lambda plain, at: plain,
            _tell_sum,
        ),
        LawForm(
            "coupled",
            "E + (A/N^alpha + B/D^beta)^gamma",
            "Busbridge et al. 2025 (arXiv 2502.08606)",
            ("E", "A", "B", "alpha", "beta", "gamma"),
            _coupled,
            _coupled_starts,
            _tell_coupled,
        ),
        LawForm(
            "farseer",
            "exp(a3 N^gamma + b3) + exp(a2 N^beta + b2) / D^exp(a1 N^alpha + b1)",
            "Li et al. 2025 (arXiv 2506.10972): the data exponent depends on size",
            ("a1", "b1", "alpha", "a2", "b2", "beta", "a3", "b3", "gamma"),
            _farseer,
            _farseer_starts,
            _tell_farseer,
        ),
        LawForm(
            "repeated",
            "E + A/N'^alpha + B/D'^beta, N' and D' discounted for repetition",
            "Muennighoff et al. 2023 (arXiv 2305.16264)",
            ("E", "A", "B", "alpha", "beta", "R_D", "R_N"),
            _repeated,
            _repeated_starts,
            _tell_repeated,
        ),
    )
}
