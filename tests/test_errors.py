"""Errors say what was wrong, and travel between processes."""

from __future__ import annotations

import copy
import pickle

import pytest

from payoff import errors
from payoff.errors import InvalidValue, LedgerTooNew, MissingExtra, PayoffError, UnknownName

EXAMPLES = [
    InvalidValue("budget must be above 0"),
    UnknownName("region", "FRA", ["FR", "DE"], way_out="payoff facts regions lists them"),
    MissingExtra("postgres", "a ledger on PostgreSQL"),
    LedgerTooNew("written by payoff 9"),
]


def test_an_unknown_name_offers_what_comes_nearest() -> None:
    assert str(EXAMPLES[1]) == "unknown region 'FRA'; did you mean 'FR'?; payoff facts regions lists them"
    assert str(UnknownName("region", "Atlantis", ["FR"])) == "unknown region 'Atlantis'"


def test_a_missing_extra_says_how_to_get_it() -> None:
    assert str(EXAMPLES[2]) == "a ledger on PostgreSQL needs the extra 'postgres': pip install 'payoff[postgres]'"


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)
def test_an_error_survives_the_way_between_processes(error: PayoffError) -> None:
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert (type(twin), str(twin), twin.args, vars(twin)) == (type(error), str(error), error.args, vars(error))


def test_the_drawing_of_the_tree_is_true() -> None:
    kinds = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, PayoffError)}
    drawing = errors.__doc__ or ""
    drawn = {line.split("── ")[1].split()[0] for line in drawing.splitlines() if "── " in line}
    assert drawn | {"PayoffError"} == {kind.__name__ for kind in kinds}


@pytest.mark.parametrize(
    ("kind", "builtin"), [(InvalidValue, ValueError), (UnknownName, LookupError), (MissingExtra, ImportError)]
)
def test_who_knows_only_python_can_catch_them(kind: type[PayoffError], builtin: type[Exception]) -> None:
    assert issubclass(kind, builtin)
