"""Keras 3: `model.fit(..., callbacks=[PayoffCallback(quality="val_accuracy")])`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

import keras

from payoff.integrations._fit import Fit, Options, harmless
from payoff.meter import Window
from payoff.meter._group import this_group


class PayoffCallback(keras.callbacks.Callback):  # type: ignore[misc]  # the framework has no types that are checked here
    """Makes each `fit` a run: a reading at the end of every epoch, and a stop by budget.

    Takes what `payoff.measure` takes, and `examples_per_epoch`, which Keras does not tell; a run is called after the
    model by default. Readings have the names of Keras' logs ('loss', 'val_accuracy'), at the number of the epoch, from
    1 on. Keras does not tell its callbacks of an exception: where it is caught and the program goes on,
    `with callback.fit:` around `fit` ends the run as failed. Where several processes train one model, a budget stops
    nothing: a process that stopped alone would leave the others waiting for it.
    """

    async_safe = True
    """Lets Keras run ahead of the hooks of a batch, as it does without this callback."""

    def __init__(
        self, name: str | None = None, *, examples_per_epoch: int | None = None, **options: Unpack[Options]
    ) -> None:
        super().__init__()
        self.fit = Fit(name, **options)
        self._examples_per_epoch = examples_per_epoch or 0
        self._batches = 1

    @property
    def window(self) -> Window | None:
        """The window of the training that is under way, or of the last one."""
        return self.fit.window

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_model": None}

    @harmless
    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        """Open the window."""
        group = this_group()
        self.fit.begin(self.model.name, leads=group is None or group.rank == 0, steps=(self.params or {}).get("epochs"))

    @harmless
    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Stop when the budget is spent."""
        self._batches = batch + 1
        if self.fit.budget_is_spent and this_group() is None:
            self.fit.stops_early()
            self.model.stop_training = True

    @harmless
    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Report losses and metrics."""
        steps = (self.params or {}).get("steps") or self._batches
        self.fit.saw(self._examples_per_epoch * self._batches / steps)
        self.fit.read(epoch + 1, logs or {})

    @harmless
    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:
        """Close the window."""
        self.fit.end()
