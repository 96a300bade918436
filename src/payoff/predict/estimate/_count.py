"""Floating-point operations of a torch module, counted while it runs: attention, recurrence and backward included.

`torch.utils.flop_counter` has no formula for some kernels that torch takes on a CPU, and counts 0 for them: fused
attention (about a fifth of a transformer), products of a matrix and a vector, recurrent layers. They have theirs here.
A fused kernel that works out its scores anew on the way back is charged for them once: what is counted is the work of
the model, not of the kernel, so that the figure is the same on every device.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from math import prod
from typing import TYPE_CHECKING, Any

from payoff.errors import InvalidValue, MissingExtra
from payoff.predict.estimate._flop import Flop, Term

if TYPE_CHECKING:
    from collections.abc import Iterator


Size = Sequence[int]
Formula = Callable[..., int]
FORWARD, BACKWARD = 1, 2
"""A product of matrices costs once its own in the forward pass, twice in the backward pass."""


def count_flop(module: Any, *inputs: Any, backward: bool = True) -> Flop:
    """Count the FLOP of `module(*inputs)`, and of the gradient of the sum of its outputs.

    A multiplication and an addition are 2 FLOP; what is neither a product, a convolution, attention nor a recurrent
    layer is not counted, as is the custom. Raises `MissingExtra` without torch, `InvalidValue` where there is nothing
    to send back.
    """
    try:
        import torch
        from torch.utils.flop_counter import FlopCounterMode
    except ImportError as error:
        raise MissingExtra("torch", "counting the FLOP of a module") from error
    counter = FlopCounterMode(display=False, custom_mapping=_formulas(torch))
    with _no_fast_path(torch), counter, torch.set_grad_enabled(backward):
        outputs = module(*inputs)
        if backward:
            _loss(torch, outputs).backward()
    counts: dict[str, float] = {}
    for operator, flop in counter.get_flop_counts().get("Global", {}).items():
        kind = _kind(str(operator))
        counts[kind] = counts.get(kind, 0.0) + float(flop)
    way = "forward and backward" if backward else "forward"
    terms = tuple(Term(kind, flop, f"counted, {way}") for kind, flop in sorted(counts.items()))
    return Flop(terms, counted=True, source=f"counted by torch {torch.__version__} with payoff's formulas")


def _loss(torch: Any, outputs: Any) -> Any:
    from torch.utils._pytree import tree_leaves

    differentiable = [leaf for leaf in tree_leaves(outputs) if isinstance(leaf, torch.Tensor) and leaf.requires_grad]
    if not differentiable:
        raise InvalidValue("no output of the module has a gradient; count it with backward=False (--forward)")
    return sum(leaf.float().sum() for leaf in differentiable)


@contextmanager
def _no_fast_path(torch: Any) -> Iterator[None]:
    """Keep `nn.TransformerEncoder` from taking one kernel for a whole layer, in which nothing can be seen."""
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(before)


def _kind(operator: str) -> str:
    """What an operator does; a product of pairs of activations is attention where no kernel has it in one."""
    if "attention" in operator or "bmm" in operator:
        return "attention"
    if "convolution" in operator or "conv2d" in operator:
        return "convolutions"
    return "recurrence" if "rnn" in operator else "matrix products"


def _attention(query: Size, key: Size, value: Size) -> int:
    """Scores and their product with the values; query (..., s, e), key (..., t, e), value (..., t, f)."""
    return 2 * prod(query[:-2]) * query[-2] * key[-2] * (query[-1] + value[-1])


def _formulas(torch: Any) -> Mapping[Any, Formula]:
    """Formulas for kernels by their operators; one that this torch does not have is left out."""
    aten = torch.ops.aten

    def forward(query: Size, key: Size, value: Size, *_: Any, **__: Any) -> int:
        return FORWARD * _attention(query, key, value)

    def backward(_: Size, query: Size, key: Size, value: Size, *__: Any, **___: Any) -> int:
        return BACKWARD * _attention(query, key, value)

    def matrix_vector(matrix: Size, *_: Any, **__: Any) -> int:
        return 2 * prod(matrix)

    def vector_added(_: Size, matrix: Size, *__: Any, **___: Any) -> int:
        return 2 * prod(matrix)

    def recurrent(x: Size, w_input: Size, w_hidden: Size, *_: Any, **__: Any) -> int:
        return 2 * prod(x[:-1]) * (prod(w_input) + prod(w_hidden))

    def recurrent_backward(x: Size, w_input: Size, w_hidden: Size, *_: Any, **__: Any) -> int:
        return BACKWARD * recurrent(x, w_input, w_hidden)

    fused = ("flash_attention_for_cpu", "flash_attention", "efficient_attention", "cudnn_attention")
    wanted: dict[str, Formula] = {
        **{f"_scaled_dot_product_{kernel}": forward for kernel in (*fused, "fused_attention_overrideable")},
        **{f"_scaled_dot_product_{kernel}_backward": backward for kernel in (*fused, "fused_attention_overrideable")},
        "mv": matrix_vector,
        "addmv": vector_added,
        "mkldnn_rnn_layer": recurrent,
        "mkldnn_rnn_layer_backward": recurrent_backward,
    }
    return {getattr(aten, name): formula for name, formula in wanted.items() if hasattr(aten, name)}
