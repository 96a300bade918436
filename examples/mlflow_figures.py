"""MLflow: the figures of a run beside its parameters and metrics."""

import mlflow

import payoff
from payoff.integrations.mlflow import log_footprint

with mlflow.start_run():
    with payoff.measure("with-mlflow", quality="accuracy") as run:
        for epoch in range(1, 4):
            run.read(step=epoch, accuracy=1 - 0.5**epoch, examples=1000)
    log_footprint(run)
