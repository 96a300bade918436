"""Figures and pages of estimates show the numbers of their results."""

from __future__ import annotations

from math import log10
from typing import Any

import pytest

from payoff.predict.estimate import RUN_ALONE, Bill, Waterfall, estimate_run, published_claims, waterfall
from payoff.show import EstimateReport
from payoff.show.looks import look_of, page_of


@pytest.fixture(scope="module")
def fall() -> Waterfall:
    by_kind = {claim.power_kind: claim for claim in published_claims("gpt-3")}
    return waterfall(by_kind["TDP"], by_kind["measured"])


@pytest.fixture(scope="module")
def bill() -> Bill:
    return estimate_run(7e9, 2e12, region="FR")


def test_each_step_of_a_waterfall_begins_where_the_one_before_ended(fall: Waterfall) -> None:
    pytest.importorskip("plotly")
    (bars,) = fall.plot().data
    low, high = list(bars.base), [base + height for base, height in zip(bars.base, bars.y, strict=True)]
    first, last = fall.energies_j
    assert (high[0], high[-1]) == pytest.approx((first, last))
    level = first
    for at, factor in enumerate(fall.energy_factors, 1):
        assert [low[at], high[at]] == pytest.approx(sorted([level, level * factor.factor]))
        level *= factor.factor
    assert level == pytest.approx(last)


def test_words_stand_above_their_bars(fall: Waterfall) -> None:
    pytest.importorskip("plotly")
    figure = fall.plot()
    words = {note.text: note.y for note in figure.layout.annotations}
    assert {"189 MWh", "x 5.29", "x 1.32", "x 0.978", "1.29 GWh"} == set(words)
    assert words["189 MWh"] == pytest.approx(log10(fall.energies_j[0]))


def test_a_bill_shows_every_source_of_error_and_all_together(bill: Bill) -> None:
    pytest.importorskip("plotly")
    figure: Any = bill.plot()
    carbon = bill.footprint.emissions_kg
    assert carbon is not None
    (bars,) = figure.data
    labels = figure.layout.yaxis.ticktext
    assert set(labels) == {name.replace("_", " ") for name in carbon.errors} | {"all together"}
    assert (bars.base[-1], bars.base[-1] + bars.x[-1]) == pytest.approx((carbon.low, carbon.high))


def test_a_page_tells_both_answers_and_the_bill(fall: Waterfall, bill: Bill) -> None:
    pytest.importorskip("plotly")
    html = page_of(EstimateReport(bill, RUN_ALONE, (), published_claims("gpt-3"), fall))
    for word in ("Why two published answers differ", "703,808 km by car", "energy at the machines", "How this was"):
        assert word in html


def test_a_notebook_shows_tables_without_scripts(fall: Waterfall, bill: Bill) -> None:
    for shown in (fall._repr_html_(), bill._repr_html_()):
        assert "<table" in shown and "<script" not in shown


def test_a_bill_alone_has_its_own_look(bill: Bill) -> None:
    assert look_of(bill) is not look_of(EstimateReport(bill, RUN_ALONE))
