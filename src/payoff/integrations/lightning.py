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
        self._stands_for = 1
        self._may_stop = False

    @property
    def window(self) -> Window | None:
        """The window of the training that is under way, or of the last one."""
        return self.fit.window

    def __getstate__(self) -> dict[str, Any]:
        """Without what Lightning ties to the callback while a model trains."""
        return {name: value for name, value in self.__dict__.items() if name not in ("log", "log_dict")} | {"_told": {}}

    @harmless
    def on_fit_start(self, trainer: Any, pl_module: Any) -> None:
        """Open the window."""
        group = group_of(trainer)
        self._may_stop = agreed(trainer, self.fit.has_budget)
        self._told = {}
        self._stands_for = ranks_measured_here(trainer)
        steps = trainer.max_steps if trainer.max_steps > 0 else None
        self.fit.begin(type(pl_module).__name__, leads=trainer.is_global_zero, steps=steps, group=group)

    @harmless
    def on_train_batch_end(self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Count examples, and stop when the budget is spent."""
        self.fit.saw(batch_size(batch) * self._stands_for)
        if self._may_stop and (trainer.world_size == 1 or batch_idx % AGREE_EVERY == 0):
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
        if self._may_stop:
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
        if agreed(trainer, self.fit.budget_is_spent):
            self.fit.stops_early()
            trainer.should_stop = True


def agreed(trainer: Any, decision: bool) -> bool:
    """Whether any rank decides so; every rank must ask, because one that stops alone leaves the others waiting."""
    if trainer.world_size == 1:
        return decision
    return bool(trainer.strategy.reduce_boolean_decision(decision, all=False))


def group_of(trainer: Any) -> Group | None:
    """The ranks of this training, where the environment does not tell of them; every rank must ask."""
    if trainer.world_size == 1 or this_group() is not None:
        return None
    key = trainer.strategy.broadcast(new_id())
    measured_by_parent = trainer.local_rank > 0 and ranks_measured_here(trainer) > 1
    return None if measured_by_parent else Group(key, trainer.global_rank, trainer.world_size)


def ranks_measured_here(trainer: Any) -> int:
    """How many ranks the window of this process measures.

    One, where all ranks of a node have one parent (torchrun, SLURM, fork and spawn). Else Lightning has started the
    others as children of the first rank of their node, and a window measures children too.
    """
    siblings = this_group() is not None or multiprocessing.parent_process() is not None
    return 1 if siblings else int(trainer.num_devices)


def batch_size(batch: Any) -> int:
    """The length of the first array of at least one dimension in a batch, however it is nested; 0 if there is none."""
    shape = getattr(batch, "shape", None)
    if shape is not None:
        return int(shape[0]) if len(shape) else 0
    parts = batch.values() if isinstance(batch, Mapping) else batch if isinstance(batch, list | tuple) else ()
    return next((size for part in parts if (size := batch_size(part))), 0)
