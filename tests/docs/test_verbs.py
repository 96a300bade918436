"""The pages of the verbs say what the command line says today."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

import generate_verbs
from payoff.cli._app import VERBS, payoff


def test_the_pages_are_not_stale() -> None:
    written = {path.name: path.read_text() for path in generate_verbs.PAGES.glob("*.md")}
    assert written == generate_verbs.pages(), "run `make docs`"


@pytest.mark.parametrize("verb", VERBS)
def test_every_option_of_a_verb_is_on_its_page(verb: str) -> None:
    page = generate_verbs.pages()[f"{verb}.md"]
    command = payoff.get_command(click.Context(payoff), verb)
    assert command is not None
    commands = [command, *(command.commands.values() if isinstance(command, click.Group) else ())]
    names = [name for one in commands for option in one.params for name in option.opts if name.startswith("-")]
    assert [name for name in names if name not in page] == []


def test_a_page_of_a_verb_that_is_gone_is_removed(tmp_path: Path) -> None:
    (tmp_path / "gone.md").write_text("# payoff gone")
    generate_verbs.write(tmp_path)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == generate_verbs.pages()
