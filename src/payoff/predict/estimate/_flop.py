"""Floating-point operations of a training, from sizes: the matrix products and, apart from them, attention."""

from __future__ import annotations

from typing import Any

from payoff.errors import InvalidValue
from payoff.frozen import Frozen
from payoff.quantities import Estimate
from payoff.units import show

PER_PARAMETER = 6
"""FLOP for each parameter and token: 2 forward, 4 backward (Kaplan et al. 2020, arXiv 2001.08361, section 2.1)."""
PER_SCORE = 12
"""FLOP of attention for each layer, unit of width, token and token attended to, forward and backward, without a
discount for causal masks (Chowdhery et al. 2022, arXiv 2204.02311, appendix B)."""


class Shape(Frozen):
    """What attention depends on: layers, width of attention (heads x size of a head), tokens in the context."""

    layers: int
    width: int
    context: int

    def __post_init__(self) -> None:
        for name in self.__match_args__:
            if not getattr(self, name) > 0:
                raise InvalidValue(f"the {name} of a transformer must be above 0, got {getattr(self, name)}")


class Term(Frozen):
    """A part of the FLOP of a training, and how it was found."""

    name: str
    flop: float
    formula: str


class Flop(Frozen):
    """The FLOP of a training as the sum of its terms; `counted` where a program was watched, not a formula used."""

    terms: tuple[Term, ...]
    counted: bool = False
    source: str = ""

    @property
    def total(self) -> float:
        """All terms together."""
        return sum(term.flop for term in self.terms)

    def __getitem__(self, name: str) -> float:
        return sum(term.flop for term in self.terms if term.name == name)

    def scaled(self, factor: float) -> Flop:
        """The same for `factor` times the work."""
        terms = tuple(Term(term.name, factor * term.flop, term.formula) for term in self.terms)
        return Flop(terms, self.counted, self.source)

    @property
    def estimate(self) -> Estimate:
        """The total with its basis: measured where counted, else modelled."""
        return Estimate(self.total, {}, {"measured" if self.counted else "modelled": 1.0}, sources=(self.source,))

    def tell(self) -> str:
        """'3.15e23 FLOP = matrix products 3.15e23'."""
        parts = " + ".join(f"{term.name} {term.flop:.3g}" for term in self.terms)
        return f"{show(self.total, 'flop')} = {parts}"

    def to_json(self) -> dict[str, Any]:
        """A plain dictionary."""
        terms = [{"name": term.name, "flop": term.flop, "formula": term.formula} for term in self.terms]
        return {"total": self.total, "counted": self.counted, "source": self.source, "terms": terms}


def training_flop(
    params: float, tokens: float, *, active_params: float | None = None, shape: Shape | None = None
) -> Flop:
    """FLOP to train a model of `params` parameters on `tokens` tokens (or other examples of which each is read once).

    6 N D, with N the parameters that a token meets (`active_params` of a mixture of experts); with a `shape`, the
    attention of a transformer as a term of its own. Raises `InvalidValue` for sizes that are not above 0.
    """
    for name, value in (("params", params), ("tokens", tokens), ("active_params", active_params)):
        if value is not None and not 0 < value < float("inf"):
            raise InvalidValue(f"{name} must be above 0 and finite, got {value}; give for example --{name} 7e9")
    if active_params is not None and active_params > params:
        raise InvalidValue(
            f"a token cannot meet more parameters than there are: active_params {active_params:g} of {params:g}; "
            "leave --active-params out for a dense model"
        )
    n = active_params or params
    formula = f"{PER_PARAMETER} x {show(n, 'count')} {'active ' if active_params else ''}parameters x tokens"
    terms = [Term("matrix products", PER_PARAMETER * n * tokens, formula)]
    if shape is not None:
        scores = PER_SCORE * shape.layers * shape.width * shape.context * tokens
        formula = f"{PER_SCORE} x {shape.layers} layers x {shape.width} wide x {shape.context} context x tokens"
        terms.append(Term("attention", scores, formula))
    source = "6 N D (Kaplan et al. 2020)" + ("; attention as PaLM appendix B (Chowdhery et al. 2022)" if shape else "")
    return Flop(tuple(terms), source=source)
