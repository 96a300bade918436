"""The examples run as they stand, each leaves a run, and the page of the integrations shows them."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integrations.frameworks import kept, library, mlflow_in

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
NEEDS = {
    "plain_loop": [],
    "prometheus_file": [],
    "lightning_fit": ["torch", "pytorch_lightning"],
    "transformers_trainer": ["torch", "transformers", "accelerate"],
    "keras_fit": ["torch", "keras"],
    "mlflow_figures": ["mlflow"],
}
"""Every example, and the libraries it needs."""


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] if NEEDS[name] else []) for name in NEEDS]
)
def test_the_example_leaves_a_run_with_its_quality(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    monkeypatch.chdir(tmp_path)
    for needed in NEEDS[name]:
        library(needed)
    if name == "mlflow_figures":
        mlflow_in(tmp_path, monkeypatch)
    runpy.run_path(str(EXAMPLES / f"{name}.py"))
    (run,) = kept()
    assert (run.state, run.best is not None, run.footprint.energy_j is not None) == ("completed", True, True)
    assert run.footprint.examples is not None


def test_no_example_is_forgotten() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.py")} == NEEDS.keys()


@pytest.mark.parametrize("name", NEEDS)
def test_the_docs_show_the_example(name: str) -> None:
    assert f'--8<-- "examples/{name}.py' in (ROOT / "docs" / "integrations.md").read_text()


@pytest.mark.parametrize("name", NEEDS)
def test_the_example_is_short(name: str) -> None:
    lines = (EXAMPLES / f"{name}.py").read_text().splitlines()
    told = [line for line in lines if line.strip() and not line.startswith(('"""', "import ", "from "))]
    assert len(told) <= 16, os.linesep.join(told)


def test_the_integrations_load_no_framework_but_their_own() -> None:
    code = (
        "import sys, payoff.integrations, payoff.integrations.prometheus\n"
        "heavy = {'torch', 'transformers', 'keras', 'mlflow', 'lightning', 'pytorch_lightning', 'numpy', 'rich'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
