"""What did this run use?

In goes a block of a program or a command; out comes its footprint, written to the ledger as it runs.

>>> import payoff
>>> with payoff.measure("doctest", quality="accuracy", ledger=":memory:") as run:
...     run.read(step=1, accuracy=0.9, examples=1000)
"""

from payoff.meter._machine import machine_account
from payoff.meter._plan import Plan, Scope, configured, goes_on, resumable, surroundings
from payoff.meter._redact import redact
from payoff.meter._system import die_by, unknown_here
from payoff.meter._window import Window, measure
from payoff.meter._wrapper import CommandNotStarted, Outcome, default_name, run_command

__all__ = [
    "CommandNotStarted",
    "Outcome",
    "Plan",
    "Scope",
    "Window",
    "configured",
    "default_name",
    "die_by",
    "goes_on",
    "machine_account",
    "measure",
    "redact",
    "resumable",
    "run_command",
    "surroundings",
    "unknown_here",
]
