"""Keras 3, the real one, on PyTorch: what `fit` does arrives in the ledger, and payoff never gets in its way."""

from __future__ import annotations

import pickle
import time
from typing import Any

import numpy as np
import pytest

from tests.integrations.frameworks import kept, library, told, warnings_of_payoff

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

X = np.linspace(0, 1, 64, dtype=np.float32).reshape(-1, 1)


@pytest.fixture(autouse=True)
def _on_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    library("torch"), library("keras")


def fit(callback: Any, *others: Any, epochs: int = 2) -> Any:
    keras = library("keras")
    model = keras.Sequential([keras.layers.Dense(1)], name="line")
    model.compile("sgd", loss="mse", metrics=["mae"])
    model.fit(X, 2 * X, epochs=epochs, batch_size=16, validation_split=0.25, verbose=0, callbacks=[callback, *others])
    return model


def callback(**options: Any) -> Any:
    from payoff.integrations.keras import PayoffCallback

    return PayoffCallback(**options)


def each_batch(act: Any) -> Any:
    """A callback of the user's that acts after each batch."""
    keras = library("keras")

    class Acting(keras.callbacks.Callback):  # type: ignore[misc, name-defined]
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            act(batch)

    return Acting()


def test_a_fit_is_a_run_with_the_metrics_of_every_epoch() -> None:
    fit(callback(quality="val_loss", examples_per_epoch=48))
    (run,) = kept()
    assert (run.name, run.state, run.footprint.examples and run.footprint.examples.value) == ("line", "completed", 96)
    assert [(step, sorted(values)) for step, values in told(run)] == [
        (1.0, ["loss", "mae", "val_loss", "val_mae"]),
        (2.0, ["loss", "mae", "val_loss", "val_mae"]),
    ]
    assert run.best and (run.best.metric, run.best.step) == ("val_loss", 2.0)


def test_two_fits_are_two_runs_and_what_comes_after_is_harmless() -> None:
    follower = callback()
    fit(follower, epochs=1)
    fit(follower, epochs=1).evaluate(X, X, verbose=0, callbacks=[follower])
    assert [(run.state, run.readings) for run in kept()] == [("completed", 1), ("completed", 1)]


def test_an_exception_goes_through_and_the_run_is_failed() -> None:
    def fail(batch: int) -> None:
        raise ValueError("the data is bad")

    follower = callback()
    with pytest.raises(ValueError, match="the data is bad"), follower.fit:
        fit(follower, each_batch(fail))
    assert [(run.state, run.reason) for run in kept()] == [("failed", "ValueError: the data is bad")]


def test_a_spent_budget_stops_the_training() -> None:
    follower = callback(budget="0.1 s", examples_per_epoch=48)
    fit(follower, each_batch(lambda _: time.sleep(0.03)), epochs=100)
    (run,) = kept()
    assert (run.state, run.reason) == ("stopped", "the budget is spent")
    assert run.footprint.examples and run.footprint.examples.value < 1000


def test_what_fails_in_payoff_does_not_reach_the_training(monkeypatch: pytest.MonkeyPatch) -> None:
    from payoff.integrations import _fit

    def broken(*_: object, **__: object) -> None:
        raise OSError("the disk is gone")

    follower = callback()
    monkeypatch.setattr(_fit.Fit, "read", broken)
    with warnings_of_payoff() as sentences:
        fit(follower)
    assert (follower.fit.failures, [run.state for run in kept()]) == (3, ["completed"])
    assert [sentence for sentence in sentences if "failed" in sentence] == [
        "payoff: on_epoch_end failed and is passed over, the training goes on (OSError: the disk is gone)"
    ]


def test_a_copy_holds_nothing_of_the_run() -> None:
    follower = callback()
    fit(follower, epochs=1)
    twin = pickle.loads(pickle.dumps(follower))
    assert (follower.window is None, twin.window, twin.fit.failures) == (False, None, 0)
