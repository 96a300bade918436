"""The public surface of payoff cannot grow by accident."""

from __future__ import annotations

from pathlib import Path

import payoff

NAMES = [
    *(
        "Bill",
        "Budget",
        "Curve",
        "Estimate",
        "Footprint",
        "Law",
        "Ledger",
        "Objective",
        "PayoffError",
        "Reading",
        "Run",
        "Trend",
        "Window",
        "Worth",
    ),
    *("__version__", "count_flop", "estimate_run", "fit_curve", "fit_curves", "fit_law", "fit_trend"),
    *("measure", "open_ledger"),
]


def test_the_public_names_are_these() -> None:
    assert sorted(payoff.__all__) == NAMES


def test_every_public_name_leads_somewhere() -> None:
    assert [name for name in NAMES if not hasattr(payoff, name)] == []


def test_no_public_name_is_a_rooms() -> None:
    rooms = {path.stem for path in Path(payoff.__file__).parent.iterdir()}
    assert rooms & set(NAMES) == set()
