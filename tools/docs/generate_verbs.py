"""Write docs/verbs/: a page per verb, from the command line itself.

    python tools/docs/generate_verbs.py

A test compares the pages with what this would write, so that no option goes without its line.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from payoff.cli._app import payoff

PAGES = Path(__file__).parents[2] / "docs" / "verbs"
NOTE = "<!-- Written by tools/docs/generate_verbs.py: change the command line, not this page. -->"


def pages() -> dict[str, str]:
    """Every page by its file name."""
    context = click.Context(payoff, info_name="payoff", **payoff.context_settings)
    verbs = dict(_children(payoff, context))
    rows = [f"| [`payoff {name}`]({name}.md) | {_summary(verb)} |" for name, verb in verbs.items()]
    index = ["# Verbs", "", NOTE, "", "| verb | what it does |", "|---|---|", *rows, ""]
    return {
        "index.md": "\n".join([*index, *_options(payoff, context)]),
        **{f"{name}.md": "\n".join(_page(verb, context, name, depth=1)) for name, verb in verbs.items()},
    }


def write(folder: Path = PAGES) -> None:
    """Write every page, and remove those of verbs that are gone."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = pages()
    for old in folder.glob("*.md"):
        if old.name not in wanted:
            old.unlink()
    for name, text in wanted.items():
        (folder / name).write_text(text)


def _children(group: click.Group, context: click.Context) -> Iterator[tuple[str, click.Command]]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is not None and not command.hidden:
            yield name, command


def _page(command: click.Command, parent: click.Context, name: str, depth: int) -> Iterator[str]:
    context = click.Context(command, info_name=name, parent=parent)
    yield from (f"{'#' * depth} {context.command_path}", "")
    if depth == 1:
        yield from (NOTE, "")
    yield from ((command.help or "").strip(), "")
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    yield from ("```", usage, "```", "")
    yield from _options(command, context)
    if command.epilog:
        yield from (command.epilog.strip(), "")
    if isinstance(command, click.Group):
        for child_name, child in _children(command, context):
            yield from _page(child, context, child_name, depth + 1)


def _options(command: click.Command, context: click.Context) -> Iterator[str]:
    told = (one.get_help_record(context) for one in command.get_params(context))
    records = [(names, text) for names, text in filter(None, told) if text]
    if records:
        yield from ("| option | what it does |", "|---|---|")
        yield from (f"| `{_cell(names)}` | {_sentence(_cell(text))} |" for names, text in records)
        yield ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _summary(command: click.Command) -> str:
    return _cell((command.help or "").strip().partition("\n\n")[0])


if __name__ == "__main__":
    write()
