"""Command lines are kept without their secrets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payoff.meter import redact

SECRET = "hunter2-very-secret"


@pytest.mark.parametrize(
    "command",
    [
        ["--password", SECRET],
        ["--password=" + SECRET],
        ["-password", SECRET],
        ["--db-password", SECRET],
        ["--api-key", SECRET],
        ["--api_key=" + SECRET],
        ["--apikey", SECRET],
        ["--hf-token", SECRET],
        ["--secret-access-key", SECRET],
        ["--access-key", SECRET],
        ["--credentials", SECRET],
        ["--auth", SECRET],
        ["--passphrase", SECRET],
        ["WANDB_API_KEY=" + SECRET],
        ["AWS_SECRET_ACCESS_KEY=" + SECRET],
        ["DB.PASSWORD=" + SECRET],
        ["postgresql://me:" + SECRET + "@host/db"],
        ["--url=postgresql://me:" + SECRET + "@host/db"],
        ["-H", "Authorization: Bearer " + SECRET],
        ["-H", "X-Api-Key: " + SECRET],
        ["sh", "-c", "export TOKEN=" + SECRET + "; python train.py"],
        ["--PASSWORD", SECRET],
    ],
)
def test_a_secret_is_hidden_wherever_it_stands(command: list[str]) -> None:
    hidden = " ".join(redact(["python", "train.py", *command, "--epochs", "3"]))
    assert SECRET not in hidden
    assert "[redacted]" in hidden
    assert hidden.startswith("python train.py") and hidden.endswith("--epochs 3")


@pytest.mark.parametrize(
    "token",
    [
        "hf_abcdefghijklmnop",
        "sk-abcdefghijklmnop",
        "ghp_abcdefghijklmnop",
        "github_pat_abcdefghijk",
        "glpat-abcdefghijk",
        "xoxb-1234567890",
        "AKIAABCDEFGHIJKLMNOP",
    ],
)
def test_a_token_is_known_by_its_looks(token: str) -> None:
    assert redact(["push", token, f"x={token}"]) == ["push", "[redacted]", "x=[redacted]"]


@pytest.mark.parametrize(
    "command",
    [
        ["python", "train.py", "--epochs", "20", "--lr=1e-3", "data/*.csv"],
        ["python", "-m", "tokenizers.train", "--vocab", "32000"],
        ["git", "clone", "https://host/repo.git"],
        ["ssh", "me@host"],
        [],
    ],
)
def test_what_is_no_secret_stays(command: list[str]) -> None:
    assert redact(command) == command


@given(st.text(alphabet=st.characters(categories=("L", "N")), min_size=6), st.sampled_from(["--token", "--password"]))
def test_no_word_after_a_secret_flag_is_kept(word: str, flag: str) -> None:
    assert redact([flag, word, f"{flag}={word}"]) == [flag, "[redacted]", f"{flag}=[redacted]"]


@given(st.lists(st.text()))
def test_any_command_can_be_looked_at(command: list[str]) -> None:
    assert len(redact(command)) == len(command)
