"""What the light doors of payoff may load: listed by name, so that nothing joins by accident."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

FRONT_DOOR = frozenset(
    """
    collections contextlib copyreg enum functools importlib itertools keyword operator payoff re reprlib types typing
    warnings
    """.split()  # noqa: SIM905
)
LEDGER = FRONT_DOOR | frozenset({"datetime", "fcntl", "json", "math", "sqlite3", "threading", "weakref"})
METER = LEDGER | frozenset({"atexit", "contextvars", "csv", "errno", "resource", "signal"})
COMMAND = METER | frozenset(
    """
    argparse binascii bisect bz2 ctypes fnmatch gettext glob locale logging lzma platform random
    select selectors shutil string struct subprocess tempfile textwrap traceback unicodedata zipfile zlib
    """.split()  # noqa: SIM905
)
DOORS = {
    "import payoff": FRONT_DOOR,
    "import payoff.present": FRONT_DOOR,
    "import payoff.ledger": LEDGER,
    "import payoff; payoff.measure": METER,
    "import sys; sys.argv = ['payoff', 'measure', '--', 'true']; from payoff.cli import main; main()": COMMAND,
}
REPORT = """
import sys
_, code, names = sys.argv
before = set(sys.modules)
try:
    exec(code)
except SystemExit as end:
    assert not end.code, end.code
finally:
    loaded = {name.partition('.')[0] for name in set(sys.modules) - before}
    open(names, 'w').write(' '.join(name for name in loaded if not name.startswith('_')))
"""


def loaded_by(code: str, folder: Path) -> set[str]:
    """The top-level modules that some code loads in a fresh interpreter, private ones left out."""
    names = folder / "names"
    subprocess.run([sys.executable, "-c", REPORT, code, names], check=True, cwd=folder, capture_output=True)
    return set(names.read_text().split())


@pytest.mark.parametrize("code", DOORS)
def test_it_loads_nothing_that_is_not_listed(code: str, tmp_path: Path) -> None:
    assert loaded_by(code, tmp_path) - DOORS[code] == set()


@pytest.mark.parametrize("code", ["import payoff; payoff.Curve, payoff.Law", "from payoff.show import ScaleReport"])
def test_nothing_that_draws_is_loaded_before_a_figure_is_asked_for(code: str, tmp_path: Path) -> None:
    assert "plotly" not in loaded_by(code, tmp_path)


def test_only_the_standard_library_is_listed() -> None:
    assert COMMAND - sys.stdlib_module_names == {"payoff"}


def test_a_heavier_import_is_seen(tmp_path: Path) -> None:
    assert "click" in loaded_by("import payoff, click", tmp_path) - COMMAND
