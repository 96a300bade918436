"""The runs that a law in two variables is fitted to: checked, and never changed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from payoff.errors import InvalidValue
from payoff.predict.curves._solve import Array

FLOP_PER_PARAMETER_TOKEN = 6.0
"""Training FLOP are 6 N D (Kaplan 2020; Hoffmann 2022)."""
DISTINCT = 3
"""A power law with a floor has three numbers, so it takes three sizes and three amounts of data."""
SAME_LINE = 0.9999
"""From this correlation of log size and log tokens on, what size does and what data do cannot be told apart."""


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Parameters `n`, tokens `d`, loss, unique tokens (or None) and weights of each run; shapes (m,)."""

    n: Array
    d: Array
    loss: Array
    unique: Array | None
    weights: Array

    def __len__(self) -> int:
        return len(self.n)

    @property
    def compute(self) -> Array:
        """Training FLOP of each run."""
        return FLOP_PER_PARAMETER_TOKEN * self.n * self.d


def checked_points(
    n: npt.ArrayLike,
    d: npt.ArrayLike,
    loss: npt.ArrayLike,
    *,
    unique: npt.ArrayLike | None = None,
    weights: npt.ArrayLike | None = None,
) -> Points:
    """The runs as arrays. Raises `InvalidValue` with what is wrong with them, the law, and the way out."""
    columns = {"n": positive("n", n), "d": positive("d", d), "loss": positive("loss", loss)}
    if unique is not None:
        columns["unique"] = positive("unique", np.broadcast_to(unique, np.shape(d)))
    if weights is not None:
        columns["weights"] = positive("weights", weights, least=0.0)
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise InvalidValue(f"every run needs one value of each column, got lengths {told}; give columns of one table")
    used = columns.get("weights", np.ones(lengths["n"]))
    points = Points(columns["n"], columns["d"], columns["loss"], columns.get("unique"), used)
    _tell_size_from_data(points, used > 0)
    return points


def _tell_size_from_data(points: Points, used: npt.NDArray[np.bool_]) -> None:
    for name, words in (("n", "sizes (n)"), ("d", "amounts of data (d)"), ("loss", "losses")):
        kinds = len(np.unique(getattr(points, name)[used]))
        if kinds < DISTINCT:
            raise InvalidValue(
                f"a law of size and data needs at least {DISTINCT} different {words}, got {kinds}; "
                "add runs that differ in it"
                + ("" if name == "loss" else ", or fit a curve in the other variable alone (fit_curve)")
            )
    if abs(np.corrcoef(np.log(points.n[used]), np.log(points.d[used]))[0, 1]) > SAME_LINE:
        raise InvalidValue(
            "size and data must vary independently, but in these runs one follows from the other (as with a fixed "
            "number of tokens per parameter); add a run with another ratio, or fit a curve in one variable (fit_curve)"
        )


def positive(name: str, values: npt.ArrayLike, *, least: float | None = None) -> Array:
    """Finite numbers above 0 (or from `least` on) as a flat array."""
    try:
        column = np.atleast_1d(np.asarray(values, dtype=float)).ravel()
    except (TypeError, ValueError):
        raise InvalidValue(f"{name} must hold numbers, got {values!r}; convert the column first") from None
    fine = np.isfinite(column) & ((column > 0) if least is None else (column >= least))
    if not fine.all():
        bad = np.flatnonzero(~fine)
        law = "above 0" if least is None else f"not below {least:g}"
        more = f" and {bad.size - 1} more" if bad.size > 1 else ""
        raise InvalidValue(
            f"{name} must be finite and {law}, got {column[bad[0]]:g} in run {bad[0]} (counted from 0){more}; "
            "leave such runs out"
        )
    return column
