"""PyTorch Lightning: `Trainer(callbacks=[PayoffCallback(quality="val_accuracy")])`."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Mapping
from typing import Any, Unpack

from payoff.integrations._fit import Fit, Options, harmless
from payoff.meter import Window
from payoff.meter._group import Group, this_group
from payoff.model import new_id

if "pytorch_lightning" in sys.modules and "lightning.pytorch" not in sys.modules:
    from pytorch_lightning import Callback
else:
    try:
        from lightning.pytorch import Callback
    except ModuleNotFoundError:
        from pytorch_lightning import Callback

AGREE_EVERY = 10
"""Ranks agree on whether to stop at every so many batches: asking at each would slow the training down."""


class PayoffCallback(Callback):  # type: ignore[misc]  # the framework has no types that are checked here
    """Makes each `fit` a run: readings at every validation and at the end of every epoch, and a stop by budget.

    Takes what `payoff.measure` takes; a run is called after the model's class by default. Readings are what the model
    logs (`trainer.callback_metrics`), at the step of the optimizer.
    """

    def __init__(self, name: str | None = None, **options: Unpack[Options]) -> None:
        self.fit = Fit(name, **options)
        self._told: dict[str, Any] = {}

    @property
    def window(self) -> Window | None:
        """The window of the training that is under way, or of the last one."""
        return self.fit.window

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_told": {}}

    @harmless
    def on_fit_start(self, trainer: Any, pl_module: Any) -> None:
        """Open the window."""
        group = group_of(trainer)
        self._told = {}
        steps = trainer.max_steps if trainer.max_steps > 0 else None
        self.fit.begin(type(pl_module).__name__, leads=trainer.is_global_zero, steps=steps, group=group)

    @harmless
    def on_train_batch_end(self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Count examples, and stop when the budget is spent."""
        self.fit.saw(batch_size(batch) * trainer.world_size)
        if self.fit.has_budget and (trainer.world_size == 1 or batch_idx % AGREE_EVERY == 0):
            self._stop_when_spent(trainer)

    @harmless
    def on_validation_end(self, trainer: Any, pl_module: Any) -> None:
        """Report what the validation has found."""
        if not trainer.sanity_checking:
            self._read(trainer, self._computed(trainer), trainer.current_epoch + 1)

    @harmless
    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """Report what the epoch has found, and stop when the budget is spent."""
        self._read(trainer, self._computed(trainer), trainer.current_epoch + 1)
        if self.fit.has_budget:
            self._stop_when_spent(trainer)

    @harmless
    def on_train_epoch_start(self, trainer: Any, pl_module: Any) -> None:
        """Report what the model logged at the end of the epoch before, after this callback had its turn."""
        self._read(trainer, self._changed(trainer), trainer.current_epoch)

    @harmless
    def on_train_end(self, trainer: Any, pl_module: Any) -> None:
        """Report what the model logged at the end of the last epoch."""
        self._read(trainer, self._changed(trainer), trainer.current_epoch)

    @harmless
    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        """Close the window of a training that failed."""
        self.fit.failed(exception)

    @harmless
    def on_fit_end(self, trainer: Any, pl_module: Any) -> None:
        """Close the window."""
        self.fit.end()

    @harmless
    def teardown(self, trainer: Any, pl_module: Any, stage: str) -> None:
        """Close the window of a training that was ended without `on_fit_end`."""
        self.fit.end()

    def _computed(self, trainer: Any) -> dict[str, Any]:
        """Metrics that were computed since the last reading: Lightning keeps the objects of all others."""
        return {name: new for name, new in trainer.callback_metrics.items() if new is not self._told.get(name)}

    def _changed(self, trainer: Any) -> dict[str, Any]:
        """Metrics whose values are not those of the last reading; between epochs all objects are new."""
        return {name: new for name, new in trainer.callback_metrics.items() if bool(new != self._told.get(name))}

    def _read(self, trainer: Any, metrics: dict[str, Any], epoch: int) -> None:
        self._told = dict(trainer.callback_metrics)
        if metrics:
            self.fit.read(trainer.global_step, metrics, epoch)

    def _stop_when_spent(self, trainer: Any) -> None:
        """A rank that stops alone would leave the others waiting for it, so all stop when one of them should."""
        spent = self.fit.budget_is_spent
        if trainer.world_size > 1:
            spent = trainer.strategy.reduce_boolean_decision(spent, all=False)
        if spent:
            self.fit.stops_early()
            trainer.should_stop = True


def group_of(trainer: Any) -> Group | None:
    """The ranks of this training, where the environment does not tell of them; every rank must ask.

    A rank that Lightning has started as a child of the first one of its node is measured with that one.
    """
    if trainer.world_size == 1 or this_group() is not None:
        return None
    key = trainer.strategy.broadcast(new_id())
    measured_as_child = trainer.local_rank > 0 and multiprocessing.parent_process() is None
    return None if measured_as_child else Group(key, trainer.global_rank, trainer.world_size)


def batch_size(batch: Any) -> int:
    """The length of the first array of at least one dimension in a batch, however it is nested; 0 if there is none."""
    shape = getattr(batch, "shape", None)
    if shape is not None:
        return int(shape[0]) if len(shape) else 0
    parts = batch.values() if isinstance(batch, Mapping) else batch if isinstance(batch, list | tuple) else ()
    return next((size for part in parts if (size := batch_size(part))), 0)
