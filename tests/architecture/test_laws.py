"""The laws of the house hold, and each of them can be broken.

The import law reads every import with `ast`, those inside functions and under TYPE_CHECKING included (except in
`payoff/__init__`, which hands out all rooms), and holds it against the table in `laws.MAY_IMPORT`: an arrow to a
higher floor, to `cli`, or from one lever to another fails. `present` alone may look up, to `show`, when it is called.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture import laws

PACKAGE = Path(__file__).parents[2] / "src" / "payoff"

BROKEN: dict[laws.Law, dict[str, tuple[str, str, str]]] = {
    laws.arrows_point_down: {
        "upwards": ("ledger/_x.py", "from payoff.meter import measure", "ledger/_x.py:1: ledger may not import meter"),
        "lazily": ("model.py", "def f():\n    import payoff.ledger", "model.py:2: model may not import ledger"),
        "relatively": ("facts/_x.py", "from ..ledger import Tick", "facts/_x.py:1: facts may not import ledger"),
        "relatively, a whole room": (
            "facts/_x.py",
            "from .. import ledger",
            "facts/_x.py:1: facts may not import ledger",
        ),
        "for a type": (
            "meter/_x.py",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from payoff.judge import Front",
            "meter/_x.py:3: meter may not import judge",
        ),
        "by a string": (
            "ledger/_x.py",
            "from importlib import import_module\nimport_module('payoff.show')",
            "ledger/_x.py:2: ledger may not import show",
        ),
        "by a hidden string": (
            "ledger/_x.py",
            "from importlib import import_module\nimport_module(name)",
            "ledger/_x.py:2: the name of an import must be written out",
        ),
        "through the front door": (
            "ledger/_x.py",
            "from payoff import measure",
            "ledger/_x.py:1: ledger may not import __init__",
        ),
        "between levers": (
            "levers/tune/_x.py",
            "from payoff.levers.label import pick",
            "levers/tune/_x.py:1: levers.tune may not import levers.label",
        ),
        "past show": (
            "present.py",
            "def f():\n    from payoff.judge import Front",
            "present.py:2: present may not import judge",
        ),
        "up from elsewhere on the ground": (
            "model.py",
            "def f():\n    from payoff.show.looks import look_of",
            "model.py:2: model may not import show",
        ),
        "up at once": (
            "present.py",
            "from payoff.show.looks import look_of",
            "present.py:1: present imports show only inside a function",
        ),
        "into the cli": (
            "integrations/keras.py",
            "from payoff.cli import main",
            "integrations/keras.py:1: nothing imports cli",
        ),
        "from judge to meter": (
            "judge/_x.py",
            "from payoff.meter import measure",
            "judge/_x.py:1: judge may not import meter",
        ),
        "from a room that is not there": ("attic/_x.py", "", "attic/_x.py: the house has no room 'attic'"),
    },
    laws.light_rooms_stay_light: {
        "numpy in the meter": ("meter/_x.py", "import numpy as np", "meter/_x.py:1: meter may not import numpy"),
        "lazily": ("meter/_x.py", "def f():\n    from numpy import array", "meter/_x.py:2: meter may not import numpy"),
        "click in the ledger": ("ledger/_x.py", "import click.testing", "ledger/_x.py:1: ledger may not import click"),
    },
    laws.files_and_functions_are_small: {
        "a long file": ("ledger/_x.py", "x = 1\n" * 401, "ledger/_x.py: 401 lines"),
        "a long function": ("ledger/_x.py", "def f():\n" + "    x = 1\n" * 50, "ledger/_x.py:1: f has 51 lines"),
        "many parameters": (
            "ledger/_x.py",
            "def f(a, b, c, d, e, g): ...",
            "ledger/_x.py:1: f has 6 positional parameters",
        ),
    },
    laws.names_are_the_fields_words: {
        "a file": ("meter/_utils.py", "", "meter/_utils.py: _utils says nothing"),
        "a folder": ("meter/common/_x.py", "", "meter/common/_x.py: common says nothing"),
    },
    laws.the_library_never_prints: {
        "print": ("meter/_x.py", "print('hello')", "meter/_x.py:1: print"),
    },
    laws.every_module_says_what_it_is: {
        "nothing": ("meter/_x.py", "import os", "meter/_x.py: no docstring"),
        "no question": (
            "meter/__init__.py",
            '"""Meters.\n\n>>> 1\n1\n"""',
            "meter/__init__.py: a room opens with its question",
        ),
        "no example": ("meter/__init__.py", '"""What?"""', "meter/__init__.py: a room shows an example"),
    },
}


@pytest.mark.parametrize("law", laws.LAWS, ids=lambda law: law.__name__)
def test_the_house_keeps(law: laws.Law) -> None:
    assert "\n".join(law(PACKAGE)) == ""


@pytest.mark.parametrize(
    ("law", "path", "text", "sentence"),
    [
        pytest.param(law, *case, id=f"{law.__name__}: {name}")
        for law, cases in BROKEN.items()
        for name, case in cases.items()
    ],
)
def test_a_broken_law_is_found(law: laws.Law, path: str, text: str, sentence: str, tmp_path: Path) -> None:
    for room in ("ledger", "meter", "show", "judge", "levers", "cli"):
        (tmp_path / room).mkdir()
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    assert law(tmp_path) == [sentence]


def test_every_law_has_a_way_to_break_it() -> None:
    assert set(BROKEN) == set(laws.LAWS)


def test_present_may_look_up_when_it_is_called(tmp_path: Path) -> None:
    (tmp_path / "show").mkdir()
    (tmp_path / "present.py").write_text('"""Fine."""\ndef f():\n    from payoff.show.looks import look_of')
    assert [sentence for law in laws.LAWS for sentence in law(tmp_path)] == []


def test_a_sound_tree_is_passed(tmp_path: Path) -> None:
    (tmp_path / "meter").mkdir()
    (tmp_path / "ledger").mkdir()
    (tmp_path / "meter" / "_x.py").write_text(
        '"""Fine."""\nfrom payoff import __version__\nfrom payoff.ledger import Tick\nfrom . import _y\nimport os'
    )
    assert [sentence for law in laws.LAWS for sentence in law(tmp_path)] == []
