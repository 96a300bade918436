"""FLOP of transformers on a CPU: payoff's count, torch's own and five common counters, against the closed form.

Forward only, which all of them can. A multiplication and an addition are 2 FLOP; counters that report
multiply-accumulates are doubled. The rivals are installed beside this environment's torch, each in a folder of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from payoff.predict.estimate import Shape, count_flop, training_flop

LAYERS, WIDTH, HEADS, VOCABULARY, CONTEXT, BATCH = 4, 256, 4, 1000, 384, 2
TRANSFORMER = """
import torch
from torch import nn
from torch.nn import functional as F

class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.before, self.after = nn.LayerNorm(width), nn.LayerNorm(width)

    def forward(self, x):
        batch, length, width = x.shape
        parts = self.qkv(self.before(x)).chunk(3, -1)
        q, k, v = (p.view(batch, length, self.heads, -1).transpose(1, 2) for p in parts)
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(mixed.transpose(1, 2).reshape(batch, length, width))
        return x + self.down(F.gelu(self.up(self.after(x))))

class Transformer(nn.Module):
    def __init__(self, layers, width, heads, vocabulary):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        self.blocks = nn.Sequential(*(Block(width, heads) for _ in range(layers)))
        self.head = nn.Linear(width, vocabulary, bias=False)

    def forward(self, tokens):
        return self.head(self.blocks(self.embedding(tokens)))
"""
MODEL = f"""
model = Transformer({LAYERS}, {WIDTH}, {HEADS}, {VOCABULARY})
tokens = torch.zeros({BATCH}, {CONTEXT}, dtype=torch.long)
"""


@dataclass(frozen=True, slots=True)
class Counter:
    """A rival counter: what to install, and Python that leaves the FLOP of `model(tokens)` in `flop`."""

    name: str
    requirements: tuple[str, ...]
    code: str

    @property
    def folder(self) -> Path:
        """Where it is or will be installed."""
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "payoff" / "rivals"
        return cache / "-".join((self.name, *self.requirements)).replace("==", "-")

    def _installed(self) -> bool:
        """Install it; False, and a word on standard error, where no package index has it."""
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        done = subprocess.run([*pip, "--target", str(self.folder), *self.requirements], check=False)
        if done.returncode:
            print(f"{self.name} cannot be installed here and is left out", file=sys.stderr)
            return False
        (self.folder / "made").touch()
        return True

    def flop(self, *, install: bool) -> float | None:
        """What it counts; None where it is not installed and must not be. Raises `RuntimeError` where it fails."""
        if self.requirements and not (self.folder / "made").exists() and not (install and self._installed()):
            return None
        code = f"{TRANSFORMER}\n{MODEL}\n{self.code}\nimport json; print(json.dumps(float(flop)))"
        path = os.pathsep.join([str(self.folder), *filter(None, [os.environ.get("PYTHONPATH")])])
        environment = {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code],
            env=environment, capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{self.name} failed:\n{done.stderr}")
        return float(json.loads(done.stdout.splitlines()[-1]))


COUNTERS = (
    Counter(
        "torch",
        (),
        "from torch.utils.flop_counter import FlopCounterMode\n"
        "with torch.no_grad(), FlopCounterMode(display=False) as counter: model(tokens)\n"
        "flop = counter.get_total_flops()",
    ),
    Counter(
        "calflops",
        ("calflops==0.3.2",),
        "from calflops import calculate_flops\n"
        "flop, *_ = calculate_flops(model, args=[tokens], print_results=False, output_as_string=False)",
    ),
    Counter(
        "fvcore",
        ("fvcore==0.1.5.post20221221", "iopath==0.1.10", "yacs==0.1.8", "portalocker==4.4.2", "termcolor==3.3.0",
         "tabulate==0.10.0"),
        "from fvcore.nn import FlopCountAnalysis\n"
        "flop = 2 * FlopCountAnalysis(model, tokens).unsupported_ops_warnings(False).total()",
    ),
    Counter(
        "thop",
        ("thop==0.1.1.post2209072238",),
        "import thop\nflop = 2 * thop.profile(model, (tokens,), verbose=False)[0]",
    ),
    Counter(
        "ptflops",
        ("ptflops==0.7.5",),
        "from ptflops import get_model_complexity_info\n"
        "made = lambda size: {'tokens': tokens}\n"
        "macs, _ = get_model_complexity_info(model, (1,), input_constructor=made, as_strings=False,\n"
        "    print_per_layer_stat=False, verbose=False)\n"
        "flop = 2 * macs",
    ),
    Counter("torchinfo", ("torchinfo==1.8.0",), "from torchinfo import summary\n"
            "flop = 2 * summary(model, input_data=[tokens], verbose=0).total_mult_adds"),
)  # fmt: skip


def closed_form(*, backward: bool) -> float:
    """FLOP of the transformer: 2 N D forward and twice that backward, attention as in PaLM's appendix B."""
    matrices = LAYERS * 12 * WIDTH**2 + WIDTH * VOCABULARY
    shape = Shape(LAYERS, WIDTH, CONTEXT)
    whole = training_flop(matrices, BATCH * CONTEXT, shape=shape).total
    return whole if backward else whole / 3


def figures(*, quick: bool) -> Mapping[str, float]:
    """The error of each count, by name: flop_error is the worse of payoff's two ways, NAME@RIVAL a rival's, signed."""
    scope: dict[str, Any] = {}
    try:
        exec(TRANSFORMER + MODEL, scope)
    except ImportError:
        print("torch is not installed: FLOP are not counted; pip install --group frameworks", file=sys.stderr)
        return {}
    errors = {
        way: count_flop(scope["model"], scope["tokens"], backward=backward).total / closed_form(backward=backward) - 1
        for way, backward in (("forward", False), ("backward", True))
    }
    found = {"flop_error": max(abs(error) for error in errors.values())}
    found |= {f"flop_error_{way}": error for way, error in errors.items()}
    for counter in COUNTERS:
        counted = counter.flop(install=not quick)
        if counted is not None:
            found[f"flop_error@{counter.name}"] = counted / closed_form(backward=False) - 1
    return found


if __name__ == "__main__":
    print(json.dumps(figures(quick="--quick" in sys.argv), indent=1))
