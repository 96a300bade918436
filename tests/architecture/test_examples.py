"""Every example in a docstring does what it shows."""

from __future__ import annotations

import doctest
import types
from importlib import import_module
from pathlib import Path

import pytest

from tests.architecture.laws import dotted

PACKAGE = Path(__file__).parents[2] / "src" / "payoff"
WITH_EXAMPLES = [
    f"payoff.{dotted(path.relative_to(PACKAGE))}".removesuffix(".__init__")
    for path in sorted(PACKAGE.rglob("*.py"))
    if ">>> " in path.read_text()
]


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples_of(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = doctest.testmod(import_module(name))
    assert (result.failed, result.attempted > 0) == (0, True)


def test_a_wrong_example_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    module = types.ModuleType("wrong", "An example.\n\n>>> 1 + 1\n3\n")
    assert doctest.testmod(module).failed == 1
    assert "Expected:\n    3" in capsys.readouterr().out
