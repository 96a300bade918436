"""Settings come from the nearest place that names them, and a wrong one is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from payoff.errors import InvalidValue, UnknownName
from payoff.settings import KNOWN, settings


def test_nothing_configured_is_nothing(tmp_path: Path) -> None:
    assert settings(str(tmp_path), {}) == {}


def test_each_place_goes_over_the_one_before(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text(
        '[tool.payoff]\nregion = "1"\nproject = "1"\npue = "1"\nrent = "1"\nledger = "1"'
    )
    (tmp_path / "payoff.toml").write_text('region = "2"\nproject = "2"\npue = "2"\nrent = "2"')
    (inner.parent / "pyproject.toml").write_text('[tool.payoff]\nregion = "3"\nproject = "3"\npue = "3"')
    (inner / "payoff.toml").write_text('region = "4"\nproject = "4"')
    assert settings(str(inner), {"PAYOFF_REGION": "5", "PAYOFF_NOTHING": "6", "REGION": "7"}) == {
        "region": "5",
        "project": "4",
        "pue": "3",
        "rent": "2",
        "ledger": "1",
    }


def test_every_setting_can_be_given_in_the_environment(tmp_path: Path) -> None:
    assert settings(str(tmp_path), {f"PAYOFF_{name.upper()}": name for name in KNOWN}) == {name: name for name in KNOWN}


def test_a_number_is_as_good_as_a_text(tmp_path: Path) -> None:
    (tmp_path / "payoff.toml").write_text("pue = 1.2")
    assert settings(str(tmp_path), {}) == {"pue": "1.2"}


def test_another_tools_project_file_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.ruff]\nline-length = 120\n[project]\nname = "x"')
    assert settings(str(tmp_path), {}) == {}


def test_another_tools_broken_project_file_is_not_ours_to_mend(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[broken")
    assert settings(str(tmp_path), {}) == {}


@pytest.mark.parametrize(
    ("name", "content", "error", "sentence"),
    [
        ("payoff.toml", b"region = ", InvalidValue, "payoff.toml is not valid TOML"),
        ("payoff.toml", b"\xff\xfe", InvalidValue, "payoff.toml is not valid TOML"),
        ("pyproject.toml", b"[tool.payoff", InvalidValue, "pyproject.toml is not valid TOML"),
        ("payoff.toml", b'regoin = "FR"', UnknownName, "did you mean 'region'"),
        ("pyproject.toml", b'[tool.payoff]\nleger = "x"', UnknownName, "did you mean 'ledger'"),
        ("pyproject.toml", b"# tool.payoff\n[tool]\npayoff = 3", InvalidValue, "must be a table, got 3"),
        ("pyproject.toml", b"tool = 3 # tool.payoff", InvalidValue, "must be a table, got 3"),
    ],
)
def test_a_wrong_file_is_told(tmp_path: Path, name: str, content: bytes, error: type[Exception], sentence: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(error, match=sentence):
        settings(str(tmp_path), {})
