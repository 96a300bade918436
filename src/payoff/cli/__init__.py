"""How do people reach it? One file a verb; `measure` runs on the standard library alone.

In go the words of a command line; out come its answer on standard output, its log on standard error, and an exit code.

>>> from payoff.cli import main
>>> try:
...     main(["--version"])
... except SystemExit as end:
...     print("exit code", end.code)
payoff, version 0.1.0
exit code 0
"""

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
