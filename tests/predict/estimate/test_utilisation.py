"""Utilisation is learned from published trainings, for a family that was not seen."""

from __future__ import annotations

from dataclasses import replace

import pytest

from payoff.errors import InvalidValue
from payoff.facts import accelerator
from payoff.predict.estimate import published_claims
from payoff.predict.estimate._evidence import evidence_of, learned_utilisation, shipped_evidence
from payoff.predict.estimate._utilisation import Evidence, fit_utilisation

A100 = accelerator("A100")


def family(name: str, *shares: float) -> list[Evidence]:
    return [Evidence(name, f"{name} {at}", 70e9, A100, share) for at, share in enumerate(shares)]


def test_the_default_is_near_thirty_per_cent_and_its_interval_holds_most_of_what_was_published() -> None:
    share = learned_utilisation().predict(None, A100)
    assert 0.27 < share.value < 0.35
    assert share.low < 0.2 and share.high > 0.45
    inside = [share.low <= one.utilisation <= share.high for one in shipped_evidence() if one.chip.row == A100.row]
    assert sum(inside) / len(inside) >= 0.8


def test_a_fast_chip_is_not_filled_by_a_small_model() -> None:
    line, h100 = learned_utilisation(), accelerator("H100")
    assert line.predict(3e9, h100).value < line.predict(70e9, h100).value / 2
    assert line.predict(3e9, A100).value == line.predict(70e9, A100).value


def test_a_family_of_many_trainings_does_not_outvote_the_others() -> None:
    few = [*family("a", 0.2), *family("b", 0.2), *family("c", 0.2), *family("d", 0.4)]
    many = [*few, *family("d", *[0.4] * 8)]
    alone, together = (fit_utilisation(rows).predict(70e9, A100).value for rows in (few, many))
    assert alone < together < 0.3


def test_families_that_agree_make_a_narrow_interval_and_one_that_does_not_a_wide_one() -> None:
    agreeing = [row for name in "abcdef" for row in family(name, 0.3)]
    narrow = fit_utilisation(agreeing).predict(70e9, A100)
    wide = fit_utilisation([*agreeing, *family("g", 0.6)]).predict(70e9, A100)
    assert narrow.high / narrow.low < 1.01
    assert wide.high / wide.low > 3


def test_fewer_than_four_families_teach_nothing() -> None:
    with pytest.raises(InvalidValue, match="4 families of models at least, got 2; state it with --utilisation"):
        fit_utilisation([*family("a", 0.3, 0.3), *family("b", 0.3)])


def test_hours_times_peak_is_the_evidence_of_a_claim() -> None:
    (llama,) = published_claims("LLaMA-13B")
    found = evidence_of(llama)
    assert found is not None
    assert (found.family, round(found.utilisation, 3)) == ("LLaMA", 0.514)


def test_a_stated_utilisation_is_no_evidence() -> None:
    assert not {"LaMDA", "AFM"} & {one.family for one in shipped_evidence()}


def test_frozen_evidence_can_be_changed_into_another() -> None:
    (row,) = family("a", 0.3)
    assert replace(row, utilisation=0.4) != row
