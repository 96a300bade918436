"""MLflow: `log_footprint(run)` writes what a run used into the active MLflow run."""

from __future__ import annotations

import mlflow

from payoff.meter import Window
from payoff.model import Run
from payoff.show import how_sure

LONGEST_TAG = 5000
"""Characters that the tag of an MLflow run may have, on every version of its stores."""


def log_footprint(run: Run | Window) -> None:
    """Log each figure as metrics `payoff/energy_j`, `payoff/energy_j_low` and `payoff/energy_j_high`, in SI.

    What a figure rests on and where it comes from become tags (`payoff.basis.energy_j`, `payoff.sources.energy_j`),
    and so do the run's id and the figures of which some part is not known (`payoff.run_id`, `payoff.incomplete`). As
    with all of MLflow's functions a run is started where none is active. Raises what MLflow raises.
    """
    footprint = run.footprint
    figures = footprint.present()
    bounds = {"": "value", "_low": "low", "_high": "high"}
    mlflow.log_metrics(
        {f"payoff/{name}{tail}": getattr(figures[name], bound) for name in figures for tail, bound in bounds.items()}
    )
    tags = {
        "payoff.run_id": run.run_id if isinstance(run, Window) else run.id,
        "payoff.incomplete": ", ".join(sorted(footprint.incomplete)),
        **{f"payoff.basis.{name}": how_sure(figure) for name, figure in figures.items()},
        **{f"payoff.sources.{name}": "; ".join(figure.sources) for name, figure in figures.items()},
    }
    mlflow.set_tags({name: text[:LONGEST_TAG] for name, text in tags.items() if text})
