"""FLOP of a module, counted while it runs, are those of the closed form, on a CPU too."""

from __future__ import annotations

from typing import Any

import pytest

from payoff.errors import InvalidValue
from payoff.predict.estimate import Shape, count_flop, training_flop
from tests.integrations.frameworks import library

LAYERS, WIDTH, HEADS, CONTEXT, BATCH, VOCABULARY = 2, 64, 4, 48, 3, 100


@pytest.fixture
def torch() -> Any:
    torch = library("torch")
    torch.manual_seed(0)
    return torch


def transformer(torch: Any) -> Any:
    """A decoder as people write it today, with torch's fused attention."""
    nn, functional = torch.nn, torch.nn.functional

    class Block(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.qkv, self.out = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
            self.up, self.down = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)

        def forward(self, x: Any) -> Any:
            heads = (part.unflatten(-1, (HEADS, -1)).transpose(1, 2) for part in self.qkv(x).chunk(3, -1))
            mixed = functional.scaled_dot_product_attention(*heads, is_causal=True)
            x = x + self.out(mixed.transpose(1, 2).flatten(2))
            return x + self.down(functional.gelu(self.up(x)))

    blocks = [Block() for _ in range(LAYERS)]
    return nn.Sequential(nn.Embedding(VOCABULARY, WIDTH), *blocks, nn.Linear(WIDTH, VOCABULARY, bias=False))


def closed_form(parts: float = 1.0) -> Any:
    matrices = LAYERS * 12 * WIDTH**2 + WIDTH * VOCABULARY
    return training_flop(matrices, BATCH * CONTEXT, shape=Shape(LAYERS, WIDTH, CONTEXT)).scaled(parts)


@pytest.mark.parametrize(("backward", "parts"), [(True, 1.0), (False, 1 / 3)])
def test_a_transformer_on_a_cpu_takes_what_the_closed_form_says(torch: Any, backward: bool, parts: float) -> None:
    counted = count_flop(transformer(torch), torch.zeros(BATCH, CONTEXT, dtype=torch.long), backward=backward)
    expected = closed_form(parts)
    assert {term.name: term.flop for term in counted.terms} == pytest.approx(
        {"attention": expected["attention"], "matrix products": expected["matrix products"]}, rel=1e-9
    )
    assert counted.counted


def test_without_weights_it_is_the_same(torch: Any) -> None:
    with torch.device("meta"):
        counted = count_flop(transformer(torch), torch.zeros(BATCH, CONTEXT, dtype=torch.long))
    assert counted.total == pytest.approx(closed_form().total, rel=1e-9)


def test_the_fast_path_of_an_encoder_hides_nothing(torch: Any) -> None:
    layer = torch.nn.TransformerEncoderLayer(WIDTH, HEADS, 4 * WIDTH, batch_first=True)
    encoder = torch.nn.TransformerEncoder(layer, LAYERS).eval()
    before = torch.backends.mha.get_fastpath_enabled()
    counted = count_flop(encoder, torch.zeros(BATCH, CONTEXT, WIDTH), backward=False)
    expected = training_flop(LAYERS * 12 * WIDTH**2, BATCH * CONTEXT, shape=Shape(LAYERS, WIDTH, CONTEXT)).total / 3
    assert counted.total == pytest.approx(expected, rel=1e-9)
    assert torch.backends.mha.get_fastpath_enabled() == before


def test_a_recurrent_layer_is_not_free(torch: Any) -> None:
    lstm = torch.nn.LSTM(16, 32, num_layers=2, batch_first=True)
    weights = sum(p.numel() for name, p in lstm.named_parameters() if name.startswith("weight"))
    counted = count_flop(lstm, torch.zeros(4, 10, 16), backward=False)
    assert counted.total == 2 * weights * 4 * 10
    assert [term.name for term in counted.terms] == ["recurrence"]


def test_a_convolution_costs_its_weights_at_every_place(torch: Any) -> None:
    counted = count_flop(torch.nn.Conv2d(3, 8, 3, padding=1), torch.zeros(2, 3, 10, 10), backward=False)
    assert counted.total == 2 * 2 * 8 * 100 * 3 * 9


def test_what_has_no_gradient_is_counted_forward_only(torch: Any) -> None:
    with pytest.raises(InvalidValue, match="count it with backward=False"):
        count_flop(torch.nn.Identity(), torch.zeros(2, 3))
