"""payoff estimate answers in words that fit a terminal and as JSON, and says the way out of what cannot be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import payoff
from payoff.cli import main
from tests.integrations.frameworks import library
from tests.processes import payoff as cli

CARD = """
params = "7B"
tokens = 2e12
hardware = "A100"
chip_hours = 184320
watts_per_chip = 400
pue = 1.1
energy = "810 MWh"
"""
MODULE = """
from torch import nn

def build():
    return nn.Sequential(nn.Linear(10, 20), nn.ReLU(), nn.Linear(20, 5))

class Words(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding, self.head = nn.Embedding(50, 8), nn.Linear(8, 50)

    def forward(self, words):
        return self.head(self.embedding(words))
"""


def asked(*words: str) -> Any:
    return json.loads(cli("estimate", *words, "--json").stdout)


def test_gpt_3_has_two_answers_and_the_factors_between_them() -> None:
    said = cli("estimate", "gpt-3", COLUMNS="80").stdout
    assert max(map(len, said.splitlines())) <= 80
    for part in ("x 5.29", "x 1.32", "x 0.978", "188.7 MWh", "1.287 GWh", "703,808 km by car", "84.738 tCO2e"):
        assert part in said
    fall = asked("gpt-3")["waterfall"]
    assert fall["energies_j"][0] / 3.6e6 == pytest.approx(188_701.92, rel=1e-3)
    assert fall["energies_j"][1] / 3.6e9 == pytest.approx(1287, rel=5e-3)


def test_sizes_chips_and_a_place_make_a_bill() -> None:
    words = [
        "--params",
        "7e9",
        "--tokens",
        "2T",
        "--hardware",
        "H100",
        "--chips",
        "512",
        "--region",
        "us-east-1",
        "--research",
        "3x",
    ]
    said = cli("estimate", *words, COLUMNS="80").stdout
    assert max(map(len, said.splitlines())) <= 80
    assert said.startswith("7B parameters on 2T tokens, 512 x NVIDIA H100 SXM5 80GB, aws:us-east-1")
    answer = asked(*words)
    bill = answer["bill"]
    assert answer["schema"] == "payoff.estimate/1"
    assert bill["flop"]["total"] == 8.4e22
    assert bill["footprint"]["duration_s"]["value"] == pytest.approx(bill["chip_s"]["value"] / 512)
    energy = bill["footprint"]["energy_j"]["value"]
    assert answer["with_research"]["energy_j"]["value"] == pytest.approx(3 * energy)
    assert [cost["basis"] for cost in bill["costs"]] == ["on demand", "committed", "amortised"]
    assert {one["what"] for one in answer["equivalents"]} >= {"times to the moon and back"}


def test_flop_can_be_stated_and_the_shape_of_a_transformer_adds_attention() -> None:
    assert asked("--flop", "3640 PFLOP/s-days")["bill"]["flop"]["total"] == pytest.approx(3.145e23, rel=1e-3)
    terms = asked("--params", "175B", "--tokens", "300B", "--shape", "96,12288,2048")["bill"]["flop"]["terms"]
    assert [term["name"] for term in terms] == ["matrix products", "attention"]


def test_what_is_stated_replaces_what_is_learned(where: Path) -> None:
    words = ["--params", "7B", "--tokens", "2T", "--utilisation", "40%", "--watts", "500 W", "--pue", "1.2"]
    bill = asked(*words, "--intensity", "100 g/kWh")["bill"]
    assert (bill["utilisation"]["value"], bill["watts_per_chip"]["value"]) == (0.4, 500.0)
    carbon = bill["footprint"]["emissions_kg"]["value"]
    assert carbon == pytest.approx(bill["footprint"]["energy_j"]["value"] * 1.2 / 3.6e6 * 0.1)
    Path("payoff.toml").write_text('region = "FR"\n')
    assert asked(*words)["bill"]["place"] == "FR"


def test_places_are_compared_side_by_side() -> None:
    words = ["--params", "1B", "--tokens", "20B", "--compare", "local, cloud, aws:eu-north-1", "--region", "DE"]
    said = cli("estimate", *words, COLUMNS="80").stdout
    assert max(map(len, said.splitlines())) <= 80
    assert "embodied, of" in said
    settings = asked(*words)["settings"]
    assert [one["place"] for one in settings] == ["DE", "DE", "aws:eu-north-1"]


def test_a_run_of_the_ledger_is_scaled(where: Path) -> None:
    with payoff.measure("small", project="p") as run:
        run.read(step=1, loss=1.0, examples=10)
    said = cli("estimate", "--like", "last", "--scale", "params=10x, examples=4x", COLUMNS="80").stdout
    assert said.startswith("small (run 1) with params x 10, examples x 4: 40")
    scaled = asked("--like", "last", "--scale", "examples=4x")
    assert scaled["footprint"]["examples"]["value"] == 40
    assert "go together" in cli("estimate", "--like", "last").stderr


def test_the_research_of_a_project_is_all_it_spent_for_what_it_kept(where: Path) -> None:
    for step in range(3):
        with payoff.measure(f"try {step}", project="p", quality="min:loss") as run:
            sum(range(2_000_000))
            run.read(step=1, loss=1.0 - 0.1 * step)
    answer = asked("--params", "7B", "--tokens", "2T", "--research", "project=p")["research"]
    assert answer["words"] == "3 runs for the best, try 2"
    assert answer["factor"]["value"] > 1.5


def test_a_card_is_audited(tmp_path: Path) -> None:
    card = tmp_path / "card.toml"
    card.write_text(CARD)
    said = cli("estimate", "--audit", card, COLUMNS="80").stdout
    assert "energy = chip time x watts x PUE" in said and "cannot be" in said
    answer = asked("--audit", str(card))
    assert (answer["schema"], answer["sound"]) == ("payoff.audit/1", False)
    assert "energy_j" in {one["figure"] for one in answer["suspects"]}


def test_a_module_is_counted_for_one_input_and_for_a_whole_training(where: Path) -> None:
    library("torch")
    Path("my_model.py").write_text(MODULE)
    one = asked("--module", "my_model:build", "--input", "8,10", "--forward")
    assert (one["total"], one["params"]) == (2 * 8 * (10 * 20 + 20 * 5), 325)
    assert "together" in cli("estimate", "--module", "my_model.py:build", "--input", "8,10").stdout
    whole = asked("--module", "my_model:Words", "--input", "2,5:int", "--tokens", "1M")["bill"]
    assert whole["flop"]["counted"] is True
    assert whole["flop"]["total"] == pytest.approx(6 * 8 * 50 * 1e6)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("--hardware H1000 --params 7e9 --tokens 1e12", "unknown accelerator 'H1000'; did you mean 'H100'"),
        ("--tokens 2e12", "tokens without parameters; give --params 7e9 --tokens 2e12"),
        ("--params 7e9 --tokens 1e12 --utilisation 140%", "no chip does more than its peak"),
        ("--params 7e9 --tokens 1e12 --region Atlantis", "unknown place 'Atlantis'"),
        ("--params 7e9 --tokens 1e12 --shape 96", "a shape is LAYERS,WIDTH,CONTEXT"),
        ("--params 7e9 --tokens 1e12 --research 0.3x", "research must be 1x or more"),
        ("--params 7e9 --tokens 1e12 --research cost=p", "research is a factor or project=NAME"),
        ("--params 7e9 --tokens 1e12 --precision fp1", "unknown precision 'fp1'"),
        ("gpt-33", "unknown published run 'gpt-33'; did you mean 'GPT-3'"),
        ("--audit broken.toml", "is not valid TOML"),
    ],
)
def test_what_cannot_be_is_a_sentence_with_the_way_out(
    words: str, sentence: str, where: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("broken.toml").write_text("params = = 3")
    with pytest.raises(SystemExit) as ended:
        main(["estimate", *words.split()])
    said = capsys.readouterr()
    assert (ended.value.code, said.out) == (2, "")
    assert sentence in said.err and "Traceback" not in said.err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("my_model:build", "what goes into the module is not known; give its size: --input 8,3,224,224"),
        ("my_model:build --input 8,x", "an input is a size of whole numbers, got '8,x'"),
        ("my_model:build --input 8,3", "does not take an input of 8,3"),
        ("my_model:Words --input 8,3", "and :int for tokens"),
        ("my_model:nothing --input 8,3", "my_model has no 'nothing'; it has Words, build, nn"),
        ("my_modle:build --input 8,3", "there is no 'my_modle' to import here"),
        ("my_model --input 8,3", "a module is FILE:NAME"),
    ],
)
def test_a_module_that_cannot_be_counted_says_why(words: str, sentence: str, where: Path) -> None:
    library("torch")
    Path("my_model.py").write_text(MODULE)
    ended = cli("estimate", "--module", *words.split())
    assert ended.returncode == 2
    assert sentence in ended.stderr
