"""payoff demo: three small models on handwritten digits, each measured, and what the last tenth of a per cent costs."""

from __future__ import annotations

import sys
import warnings
from typing import Any

import click

from payoff.cli._options import answer, ledger_option, opened
from payoff.errors import MissingExtra
from payoff.judge import last_gain
from payoff.ledger import Query
from payoff.meter import measure
from payoff.model import Objective, Run
from payoff.show import RunsReport, how_sure
from payoff.units import show, significant

SIZES = {"small": (8,), "medium": (32,), "large": (128,)}
EPOCHS = 100
GAIN = 0.001
OBJECTIVE = Objective("accuracy")


@click.command()
@click.option(
    "--epochs", default=EPOCHS, show_default=True, type=click.IntRange(min=1), help="How long to train each model."
)
@ledger_option
def demo(epochs: int, where: str | None) -> None:
    """Train three small models and see what the last tenth of a per cent of accuracy costs."""
    digits = _digits()
    names = [_train(size, layers, digits, epochs, where) for size, layers in SIZES.items()]
    with opened(where) as ledger:
        runs = ledger.runs(Query(equals={"project": "payoff-demo"}, limit=len(names)))
        click.echo()
        answer(RunsReport(tuple(runs), ledger.place), as_json=False)
        best = max(runs, key=lambda run: run.best.value if run.best else 0.0)
        click.echo("\n" + _sentence(best, list(ledger.readings(best.id))) + "\n")
        click.echo(
            f"Kept in {ledger.place}.\nNext: payoff show {best.number}, "
            f"payoff scale --runs number={best.number} --x energy, or payoff measure -- python your_script.py"
        )


def _digits() -> Any:
    try:
        from sklearn.datasets import load_digits
        from sklearn.model_selection import train_test_split
    except ImportError as error:
        raise MissingExtra("demo", "the demo") from error
    images, labels = load_digits(return_X_y=True)
    return train_test_split(images / 16.0, labels, test_size=0.6, random_state=0, stratify=labels)


def _train(size: str, layers: tuple[int, ...], digits: Any, epochs: int, where: str | None) -> str:
    from sklearn.neural_network import MLPClassifier

    train_images, test_images, train_labels, test_labels = digits
    model = MLPClassifier(layers, learning_rate_init=1e-3, batch_size=32, random_state=0)
    name = f"digits-{size}"
    parameters = {"layers": list(layers), "epochs": epochs}
    with (
        measure(name, project="payoff-demo", quality=OBJECTIVE, parameters=parameters, ledger=where) as run,
        click.progressbar(range(1, epochs + 1), label=f"{name:14}", file=sys.stderr) as bar,
        warnings.catch_warnings(),
    ):
        for epoch in bar:
            model.partial_fit(train_images, train_labels, classes=range(10))
            run.read(step=epoch, accuracy=model.score(test_images, test_labels), examples=len(train_images))
    return name


def _sentence(run: Run, readings: list[Any]) -> str:
    """The reason why payoff exists, with the numbers of this very run."""
    last = last_gain(readings, OBJECTIVE, GAIN)
    if last is None or last.best.energy_j is None:
        return f"{run.name} has no readings with energy: nothing can be said of its last tenth of a per cent."
    basis = how_sure(run.footprint.energy_j)
    after_j = (readings[-1].energy_j or 0.0) - last.best.energy_j
    wasted = (
        f" The {readings[-1].step - last.best.step:.0f} epochs after that took {show(after_j, 'energy')} more and"
        " brought nothing."
        if after_j > 0
        else ""
    )
    return (
        f"{run.name} reached {100 * last.best.value:.1f} % after {show(last.best.energy_j, 'energy')} ({basis}); "
        f"it was within {significant(100 * GAIN)} % of that after {show(last.within.energy_j or 0.0, 'energy')}.\n"
        f"The last tenth of a per cent of accuracy took {100 * last.share:.0f} % of the energy.{wasted}"
    )
