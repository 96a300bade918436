"""How do people reach it? One file a verb; `measure` runs on the standard library alone."""

from __future__ import annotations

import sys


def main(arguments: list[str] | None = None) -> None:
    """The command line; ends the process with the exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    if words[:1] == ["measure"]:
        from payoff.cli._measure import measure

        sys.exit(measure(words[1:]))
    from payoff.cli._app import app

    app(words)
