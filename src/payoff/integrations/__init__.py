"""How do people reach payoff from the tools they train with?

In go a framework's own events, or the runs of a ledger; out come runs and readings, or figures in the form another
tool reads. One file a framework, each loaded by those who use it: `payoff.integrations.lightning`, `.transformers`,
`.keras`, `.mlflow` and `.prometheus`. A plain loop needs none of them: `payoff.measure` is made for it.

>>> import payoff
>>> from payoff.integrations.prometheus import Exporter
>>> with payoff.measure("doctest", project="docs", ledger="runs.db") as run:
...     run.read(step=1, accuracy=0.9, examples=1000)
>>> with payoff.open_ledger("runs.db") as ledger:
...     page = Exporter().page(ledger)
>>> [line.split("{")[0] for line in page.splitlines() if line.endswith(" 1000")]
['payoff_run_examples_total']
"""
