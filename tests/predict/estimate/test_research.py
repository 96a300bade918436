"""The research around a run, and a run of the ledger scaled."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payoff.errors import InvalidValue, UnknownName
from payoff.model import Footprint, Objective, Reading, Run
from payoff.predict.estimate import parse_research, parse_scale, published_research, research_of, scale_run
from payoff.quantities import Estimate


def run(
    number: int, joules: float | None, *, kept: bool | None = None, parent: str | None = None, loss: float | None = None
) -> Run:
    best = None if loss is None else Reading(1, "loss", loss)
    used = Footprint(
        duration_s=Estimate(10.0), energy_j=None if joules is None else Estimate(joules), examples=Estimate(100.0)
    )
    return Run(
        f"id{number}", number, "p", f"run {number}", "completed", "2026-01-01", parent=parent, kept=kept,
        objective=Objective("loss", "min") if loss is not None else None, best=best, footprint=used,
    )  # fmt: skip


def test_what_was_published_of_projects_is_told_with_its_source() -> None:
    known = {one.words: one for one in published_research()}
    assert known["as OLMo"].factor.value == 1.5
    assert known["as LLaMA"].tell() == "3.4x"
    assert known["a scenario"].tell() == "10–100x"
    assert all(one.factor.sources for one in known.values())
    assert published_research()[-1].kind == "scenario"


def test_a_stated_multiplier_is_one_at_least() -> None:
    assert parse_research("3x").factor.value == parse_research("3").factor.value == 3.0
    for wrong in ("0.5x", "much", "-2x"):
        with pytest.raises(InvalidValue, match="research must be 1x or more"):
            parse_research(wrong)


def test_all_runs_over_the_kept_one() -> None:
    runs = [run(1, 30.0), run(2, 20.0), run(3, 10.0, kept=True)]
    found = research_of(runs)
    assert (found.factor.value, found.kind, found.words) == (6.0, "ledger", "3 runs for 1 kept")


def test_what_ran_inside_the_kept_run_belongs_to_it() -> None:
    runs = [run(1, 10.0, kept=True), run(2, 10.0, parent="id1"), run(3, 20.0)]
    assert research_of(runs).factor.value == 2.0


def test_where_none_is_marked_the_best_counts_as_kept() -> None:
    runs = [run(1, 10.0, loss=0.3), run(2, 10.0, loss=0.1), run(3, 20.0, loss=0.2)]
    assert research_of(runs).words == "3 runs for the best, run 2"
    assert research_of(runs).factor.value == 4.0


def test_runs_of_which_none_can_be_kept_are_refused() -> None:
    with pytest.raises(InvalidValue, match="no kept run of these has an energy"):
        research_of([run(1, None, kept=True), run(2, 5.0)])


# A run scaled


def test_axes_are_read_with_their_factors() -> None:
    assert parse_scale("params=10x, examples=4") == {"params": 10.0, "examples": 4.0}
    with pytest.raises(UnknownName, match="unknown axis 'parms'; did you mean 'params'"):
        parse_scale("parms=10x")
    for wrong in ("params=0x", "params=big", "params"):
        with pytest.raises(InvalidValue, match="must be scaled by a factor above 0"):
            parse_scale(wrong)
    with pytest.raises(InvalidValue, match="nothing is scaled"):
        parse_scale(" , ")


def test_a_run_scaled_uses_as_much_more_and_is_less_sure() -> None:
    scaled = scale_run(run(1, 5.0), {"params": 10.0, "examples": 4.0})
    used = scaled.footprint
    assert used.energy_j is not None and used.examples is not None and used.duration_s is not None
    assert (used.energy_j.value, used.duration_s.value, used.examples.value) == (200.0, 400.0, 400.0)
    assert used.energy_j.low < 200 < used.energy_j.high
    assert set(used.energy_j.errors) == {
        "what does not grow with the work",
        "one run like the next",
        "utilisation at another size",
    }
    assert used.examples.basis == {"stated": 1.0}


@given(st.dictionaries(st.sampled_from(["examples", "epochs", "steps", "runs"]), st.floats(0.1, 100), min_size=1))
def test_more_of_the_same_is_proportional_and_its_time_has_an_interval(factors: Mapping[str, float]) -> None:
    used = scale_run(run(1, 5.0), factors).footprint
    assert used.energy_j is not None and used.examples is not None and used.duration_s is not None
    assert used.energy_j.value / 5.0 == pytest.approx(used.examples.value / 100.0)
    for figure in (used.energy_j, used.duration_s):
        assert figure.low <= 0.9 * figure.value * (1 + 1e-9) and figure.high >= 1.1 * figure.value * (1 - 1e-9)


def test_what_a_run_does_not_repeat_makes_more_of_the_same_cheaper_and_more_runs_not() -> None:
    longer, more = (scale_run(run(1, 5.0), {axis: 10.0}).work for axis in ("examples", "runs"))
    assert longer.errors["what does not grow with the work"] == pytest.approx((8.2, 10.0))
    assert more.errors["what does not grow with the work"] == (10.0, 10.0)


def test_a_run_without_figures_cannot_be_scaled() -> None:
    empty = Run("id", 1, "p", "n", "completed", "2026-01-01")
    with pytest.raises(InvalidValue, match="has no figures to scale"):
        scale_run(empty, {"params": 2.0})
