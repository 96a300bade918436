"""Watts come from trainings whose power was measured, never from those whose energy is hours times TDP."""

from __future__ import annotations

import pytest

from payoff.facts import accelerator
from payoff.predict.estimate import published_claims
from payoff.predict.estimate._evidence import measured_power, power_evidence
from payoff.predict.estimate._power import PowerEvidence, power_share, rating_w


def test_only_measured_trainings_are_evidence() -> None:
    kinds = {claim.power_kind for claim in published_claims() if power_evidence([claim])}
    assert kinds == {"measured"}
    assert {one.family for one in measured_power()} >= {"Meena", "Switch", "GPT-3"}


def test_a_family_counts_once() -> None:
    many = [PowerEvidence("a", "TPU", "system", 0.5)] * 9 + [PowerEvidence("b", "TPU", "system", 0.8)]
    assert power_share("TPU", "system", many).value == pytest.approx((0.5 * 0.8) ** 0.5)


def test_chips_and_systems_are_not_pooled() -> None:
    alone = PowerEvidence("a", "TPU", "chip", 0.1)
    assert power_share("TPU", "system", [alone]) == power_share("TPU", "system", [])


def test_a_gpu_without_its_own_evidence_draws_what_a_measured_node_did() -> None:
    assert power_share("GPU", "system", []).value == pytest.approx(0.76, abs=0.01)


def test_more_families_make_a_narrower_interval() -> None:
    def reach(count: int) -> float:
        share = power_share("TPU", "system", [PowerEvidence(str(i), "TPU", "system", 0.6) for i in range(count)])
        return share.high / share.low

    assert reach(1) > reach(4) > reach(16)


@pytest.mark.parametrize(("name", "watts"), [("V100", 438.0), ("A100", 812.0), ("H100", 1274.0), ("TPUv3", 450.0)])
def test_with_its_host_a_gpu_is_rated_for_its_part_of_a_node(name: str, watts: float) -> None:
    chip = accelerator(name)
    assert rating_w(chip, "system") == pytest.approx(watts)
    assert rating_w(chip, "chip") == chip.tdp_w
