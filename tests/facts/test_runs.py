"""Published runs, and the evidence of utilisation: physically possible, measured and TDP told apart."""

from __future__ import annotations

import statistics

import pytest

from payoff.errors import UnknownName
from payoff.facts import accelerator, published_run, published_runs, utilisation_evidence


def test_gpt_3_has_two_published_answers() -> None:
    answers = {run.name: (run.energy_kwh, run.emissions_kg, run.power_kind) for run in published_run("gpt-3")}
    assert answers == {
        "GPT-3 (Patterson)": (1_287_000, 552_100, "measured"),
        "GPT-3 (carbontracker / essay)": (188_701.92, 84_738.48, "TDP"),
    }


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ("llama 3", ["Llama 3 8B", "Llama 3.1 8B", "Llama 3.1 70B", "Llama 3.2 3B"]),
        ("LLaMA-65B", ["LLaMA-65B"]),
        ("meena", ["Meena"]),
        ("bloom", ["BLOOM-175B (as in LLaMA)", "BLOOM-176B (dynamic, France)"]),
    ],
)
def test_a_name_finds_the_runs_that_begin_with_it_or_are_of_its_family(asked: str, names: list[str]) -> None:
    assert [run.name for run in published_run(asked)] == names


def test_an_unknown_run_gets_the_way_out() -> None:
    with pytest.raises(UnknownName, match=r"did you mean 'GPT-3'.*`payoff facts models` lists all"):
        published_run("GPT-5")
    with pytest.raises(UnknownName):
        published_run("")


def test_the_chips_of_every_run_are_known() -> None:
    assert all(accelerator(run.hardware).tdp_w for run in published_runs())


def test_hours_and_chips_multiply_to_chip_hours() -> None:
    for run in published_runs():
        if run.chips and run.hours and run.chip_hours:
            assert run.chips * run.hours == pytest.approx(run.chip_hours, rel=0.01), run.name


def test_energy_is_chip_hours_times_watts_times_pue_where_all_are_published() -> None:
    worst = {
        run.name: run.chip_hours * run.watts_per_chip * run.pue / 1e3 / run.energy_kwh
        for run in published_runs()
        if run.chip_hours and run.watts_per_chip and run.pue and run.energy_kwh
    }
    assert len(worst) == 12
    assert all(ratio == pytest.approx(1, abs=0.01) for ratio in worst.values()), worst


def test_no_share_of_a_peak_is_above_six_tenths_or_below_a_tenth() -> None:
    rows = utilisation_evidence()
    assert all(0.10 <= row.utilisation <= 0.60 for row in rows)
    assert len(rows) >= 50
    assert len({row.family for row in rows}) >= 30


def test_the_middle_of_the_evidence_is_near_three_tenths() -> None:
    independent = [row.utilisation for row in utilisation_evidence() if row.basis == "chip-hours"]
    assert 0.26 <= statistics.median(independent) <= 0.34


def test_the_share_is_flop_over_chip_hours_and_peak() -> None:
    for row in utilisation_evidence():
        if row.basis == "chip-hours":
            assert row.flop
            assert row.chip_hours
            peak = accelerator(row.hardware).peak("fp16")
            assert row.utilisation == pytest.approx(row.flop / (row.chip_hours * 3600 * peak), rel=1e-3)
        else:
            assert row.utilisation == pytest.approx(row.mfu or row.hfu, rel=1e-3)


def test_6nd_is_six_times_active_parameters_times_tokens() -> None:
    for row in utilisation_evidence():
        if row.flop_basis == "6ND" and row.flop:
            active = row.active_params or row.params
            assert active
            assert row.tokens
            assert row.flop == pytest.approx(6 * active * row.tokens, rel=1e-3)
