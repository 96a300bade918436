"""The forms of a learning curve: each is a decay; the level and the floor are shared by all.

With t = log(x / largest x seen), every form is

    log y(t) = level + log(floor + (1 - floor) exp(G(t) - G(0))),   G falling in t,

so `level` is the log of y at the largest x seen and `floor` the share of it that never goes away. A form says what
G is, and how its parameters are spread over the curves of the world (mean and standard deviation of each,
unconstrained): that spread is the prior that keeps a fit of few points sane.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from payoff.predict.curves._solve import Array

Decay = Callable[[Array, Array], tuple[Array, Array]]
"""Shape parameters (b, k) and t (b, n) to G (b, n) and dG/dshape (b, n, k)."""


@dataclass(frozen=True, slots=True)
class Form:
    """A decay with the prior of its shape parameters, and whether it has a floor."""

    name: str
    decay: Decay
    centre: tuple[float, ...]
    spread: tuple[float, ...]
    starts: tuple[tuple[float, ...], ...]
    floor: bool = True
    source: str = ""

    @property
    def size(self) -> int:
        """How many parameters: level, floor where there is one, shape."""
        return 1 + self.floor + len(self.centre)

    def log_y(self, parameters: Array, t: Array) -> tuple[Array, Array]:
        """Log y (b, n) and its Jacobian (b, n, size)."""
        shape = parameters[:, 1 + self.floor :]
        g, slope = self.decay(shape, t)
        g0, slope0 = self.decay(shape, np.zeros((len(parameters), 1)))
        fallen = g - g0
        jacobian = np.empty((*t.shape, self.size))
        jacobian[..., 0] = 1.0
        if not self.floor:
            jacobian[..., 1:] = slope - slope0
            return parameters[:, :1] + fallen, jacobian
        phi = parameters[:, 1:2]
        kept, left = -np.logaddexp(0, -phi), -np.logaddexp(0, phi)
        log_sum = np.logaddexp(kept, left + fallen)
        decaying = np.exp(left + fallen - log_sum)
        jacobian[..., 1] = np.exp(left) - decaying
        jacobian[..., 2:] = decaying[..., None] * (slope - slope0)
        return parameters[:, :1] + log_sum, jacobian


def _constant(shape: Array, t: Array) -> tuple[Array, Array]:
    return np.zeros_like(t), np.empty((*t.shape, 0))


def _positive(raw: Array) -> Array:
    """An exponential that cannot run away; no curve of the world comes near its ends."""
    return np.exp(np.clip(raw, -9.0, 9.0))


def _power(shape: Array, t: Array) -> tuple[Array, Array]:
    g = -_positive(shape[:, :1]) * t
    return g, g[..., None]


def _shifted_power(shape: Array, t: Array) -> tuple[Array, Array]:
    exponent, shift = _positive(shape[:, :1]), shape[:, 1:2]
    far = np.logaddexp(t, shift)
    g = -exponent * far
    return g, np.stack([g, -exponent * np.exp(shift - far)], axis=-1)


def _stretched_exponential(shape: Array, t: Array) -> tuple[Array, Array]:
    power = _positive(shape[:, 1:2])
    g = -np.exp(np.clip(shape[:, :1] + power * t, -700, 50))
    return g, np.stack([g, g * power * t], axis=-1)


def _exponential(shape: Array, t: Array) -> tuple[Array, Array]:
    g = -np.exp(np.clip(shape[:, :1] + t, -700, 50))
    return g, g[..., None]


def _logistic(shape: Array, t: Array) -> tuple[Array, Array]:
    power = _positive(shape[:, 1:2])
    v = shape[:, :1] - power * t
    fallen = 1 / (1 + np.exp(np.clip(v, -500, 500)))
    return -np.logaddexp(0, -v), np.stack([fallen, -fallen * power * t], axis=-1)


def _m4(shape: Array, t: Array) -> tuple[Array, Array]:
    """(y - floor) / (top - y)^a = b x^-c, with log(y - floor) - log(top - floor) = log sigmoid(v) = G."""
    power, alpha = _positive(shape[:, 1:2]), _positive(shape[:, 2:3])
    w = shape[:, :1] - power * t
    v = np.where(w > 0, w / alpha, w)
    for _ in range(6):
        low, high = -np.logaddexp(0, -v), -np.logaddexp(0, v)
        steep = np.exp(high) + alpha * np.exp(low)
        v = v - (low - alpha * high - w) / steep
    low, high = -np.logaddexp(0, -v), -np.logaddexp(0, v)
    per_w = np.exp(high) / (np.exp(high) + alpha * np.exp(low))
    return low, np.stack([per_w, -per_w * power * t, per_w * alpha * high], axis=-1)


def _broken(breaks: int) -> Decay:
    """Exponent, then for each break: where (in t), how much the exponent changes, how sharp."""

    def decay(shape: Array, t: Array) -> tuple[Array, Array]:
        exponent = _positive(shape[:, :1])
        g = -exponent * t
        slopes = [g]
        for at in range(1, 1 + 3 * breaks, 3):
            where, change, width = (
                shape[:, at : at + 1],
                shape[:, at + 1 : at + 2],
                _positive(shape[:, at + 2 : at + 3]),
            )
            z = (t - where) / width
            soft = np.logaddexp(0, z)
            on = np.exp(-np.logaddexp(0, -z))
            g = g - change * width * soft
            slopes += [change * on, -width * soft, -change * width * (soft - z * on)]
        return g, np.stack(slopes, axis=-1)

    return decay


FORMS: Mapping[str, Form] = {
    form.name: form
    for form in (
        Form("last", _constant, (), (), ((),), floor=False),
        Form("m1", _power, (-1.2,), (1.0,), ((-1.5,),), floor=False, source="Alabdulmohsin 2022"),
        Form("m2", _power, (-0.9,), (0.8,), ((-1.5,), (-0.3,)), source="Alabdulmohsin 2022; pow3 of LCDB"),
        Form("m3", _shifted_power, (-0.7, -3.0), (0.8, 2.0), ((-1.0, -4.0), (0.0, -1.0)), source="pow4 of LCDB"),
        Form("m4", _m4, (0.0, -0.7, 0.0), (3.0, 0.8, 1.0), ((-3.0, -1.3, 0.0), (1.0, -0.3, 0.0)), source="M4"),
        Form("mmf4", _logistic, (-1.0, -0.5), (2.5, 0.8), ((-2.0, -1.0), (1.0, -0.3)), source="mmf4 of LCDB"),
        Form("wbl4", _stretched_exponential, (0.3, -0.9), (1.0, 0.8), ((0.3, -1.0), (1.0, -0.3)), source="wbl4"),
        Form("exp3", _exponential, (1.0,), (1.0,), ((0.5,), (1.5,)), source="exp3 of LCDB"),
        Form(
            "broken1", _broken(1), (-1.2, -2.0, 0.0, -0.7), (1.0, 1.5, 0.3, 0.7),
            ((-1.2, -1.5, 0.1, -0.7), (-1.2, -3.0, 0.1, -0.7)), source="Caballero 2022",
        ),
        Form(
            "broken2", _broken(2), (-1.2, -1.5, 0.0, -0.7, -3.5, 0.0, -0.7), (1.0, 1.0, 0.3, 0.7, 1.5, 0.3, 0.7),
            ((-1.2, -1.0, 0.1, -0.7, -3.0, 0.1, -0.7),), source="Caballero 2022",
        ),
    )
}  # fmt: skip
