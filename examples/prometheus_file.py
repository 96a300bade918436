"""Prometheus: the running and recent runs, written for the node exporter. `payoff prometheus` does the same."""

import payoff
from payoff.integrations.prometheus import Exporter

with payoff.measure("with-prometheus", quality="accuracy") as run:
    run.read(step=1, accuracy=0.9, examples=1000)
with payoff.open_ledger() as ledger:
    Exporter().write(ledger, "payoff.prom")
