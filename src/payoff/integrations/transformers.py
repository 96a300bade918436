"""Hugging Face Trainer: `Trainer(callbacks=[PayoffCallback(quality="eval_accuracy")], ...)`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

from transformers import TrainerCallback

from payoff.integrations._fit import Fit, Options, harmless
from payoff.meter import Window
from payoff.meter._group import this_group

AGREE_EVERY = 10
"""Ranks agree on whether to stop at every so many steps: asking at each would slow the training down."""
SPEEDS = ("_runtime", "_per_second", "_time", "total_flos", "num_input_tokens_seen")
"""How the names of those logs end that say nothing of quality."""


class PayoffCallback(TrainerCallback):  # type: ignore[misc]  # the framework has no types that are checked here
    """Makes each `train` a run: readings at every log and evaluation, and a stop by budget.

    Takes what `payoff.measure` takes; a run is called after the model's class by default. Readings have the names of
    the Trainer's logs ('loss', 'eval_loss', 'eval_accuracy'), at the step of the optimizer. The Trainer does not tell
    its callbacks of an exception: where it is caught and the program goes on, `with callback.fit:` around `train` ends
    the run as failed.
    """

    def __init__(self, name: str | None = None, **options: Unpack[Options]) -> None:
        self.fit = Fit(name, **options)
        self._seen = 0.0
        self._may_stop = False

    @property
    def window(self) -> Window | None:
        """The window of the training that is under way, or of the last one."""
        return self.fit.window

    @harmless
    def on_train_begin(self, args: Any, state: Any, control: Any, model: Any = None, **kwargs: Any) -> None:
        """Open the window."""
        self._may_stop = agreed(args, self.fit.has_budget)
        self._seen = state.epoch or 0.0
        steps = state.max_steps if state.max_steps > 0 else None
        self.fit.begin(type(model).__name__, leads=state.is_world_process_zero, steps=steps)

    @harmless
    def on_step_end(self, args: Any, state: Any, control: Any, train_dataloader: Any = None, **kwargs: Any) -> None:
        """Count examples, and stop when the budget is spent."""
        ranks = args.world_size if this_group() else 1
        self.fit.saw((state.epoch - self._seen) * examples_per_epoch(train_dataloader) / ranks)
        self._seen = state.epoch
        if self._may_stop and (args.world_size == 1 or state.global_step % AGREE_EVERY == 0):
            self._stop_when_spent(args, control)

    @harmless
    def on_log(self, args: Any, state: Any, control: Any, logs: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        """Report losses and the metrics of an evaluation."""
        metrics = {name: value for name, value in (logs or {}).items() if not name.endswith(SPEEDS)}
        self.fit.read(state.global_step, metrics, state.epoch)

    @harmless
    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Close the window."""
        self.fit.end()

    def _stop_when_spent(self, args: Any, control: Any) -> None:
        if agreed(args, self.fit.budget_is_spent):
            self.fit.stops_early()
            control.should_training_stop = True


def agreed(args: Any, decision: bool) -> bool:
    """Whether any rank decides so; every rank must ask, because one that stops alone leaves the others waiting."""
    if args.world_size == 1:
        return decision
    from transformers.trainer_pt_utils import distributed_broadcast_scalars

    return bool(distributed_broadcast_scalars([int(decision)], device=args.device).any())


def examples_per_epoch(loader: Any) -> float:
    """How many examples all ranks see in an epoch; 0 for a stream of unknown length."""
    dataset = getattr(loader, "dataset", None)
    try:
        return float(len(dataset)) if dataset is not None else 0.0
    except TypeError:
        return 0.0
