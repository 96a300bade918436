"""One call of a trainer's `fit` as one run: what the callbacks of all frameworks share."""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self, TypedDict, TypeVar, Unpack, cast

from payoff.errors import PayoffError
from payoff.meter import Scope, Window, measure
from payoff.meter._group import Group, this_group
from payoff.model import COUNTED, Budget, Objective, State
from payoff.settings import settings

NOT_METRICS = frozenset({"self", "step", "epoch", "flop", *COUNTED})
"""Names that mean something else to `Window.read` than a metric of the user's."""


class Options(TypedDict, total=False):
    """What a callback takes over from `payoff.measure`."""

    quality: str | Objective | None
    project: str
    region: str | None
    budget: str | Budget | None
    parameters: Mapping[str, Any] | None
    tags: tuple[str, ...]
    study: str | None
    scope: Scope
    resume: str | None
    ledger: str | os.PathLike[str] | None


class Fit:
    """Opens a window when a training begins, hands readings to it and closes it; each training is a run of its own.

    Arguments that break a law raise at once, before any training. A copy of it, by pickle or `deepcopy`, holds no
    window: the training that is under way stays with the original.
    """

    def __init__(self, name: str | None = None, **options: Unpack[Options]) -> None:
        measure(name, **options)
        self._name, self._options = name, options
        self._reset()

    def _reset(self) -> None:
        self.window: Window | None = None
        self._open = self._leads = self._early = False
        self._examples = self._step = 0.0
        self.failures = 0
        """How many times something failed in a hook and was passed over."""

    def __getstate__(self) -> dict[str, Any]:
        return {"_name": self._name, "_options": self._options}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._reset()

    @property
    def has_budget(self) -> bool:
        """Whether the training may have to stop early: by an argument, by a setting, or by the run it goes on with."""
        if self._options.get("budget") is not None or self._options.get("resume") is not None:
            return True
        try:
            return "budget" in settings()
        except PayoffError:
            return False

    def begin(self, name: str, *, leads: bool = True, steps: float | None = None, group: Group | None = None) -> None:
        """A training begins; `leads` says whether this process is rank 0, `steps` how many steps there will be.

        Every rank of a `group` (by default, of that which the environment tells of) measures itself, as part of one
        run, and only rank 0 reports readings. A rank without a group is not measured by itself.
        """
        self.end("failed", "another training began before this one had ended")
        self._leads, self._early = leads, False
        self._examples, self._step = 0.0, 0.0
        if leads or group is not None or this_group() is not None:
            window = measure(self._name or name, steps=steps, **self._options)
            with _member_of(group):
                self.window = window.start()
            self._open = True

    def saw(self, examples: float) -> None:
        """This process has trained on so many more examples; told with the next reading."""
        self._examples += examples

    def read(self, step: float, metrics: Mapping[str, Any], epoch: float | None = None) -> None:
        """Report what is in `metrics` at a step, and the epoch; a name that has another meaning is passed over."""
        if not (self._open and self.window):
            return
        self._step = step
        values = {name: value for name, value in metrics.items() if self._leads and name not in NOT_METRICS}
        if values and epoch is not None:
            values["epoch"] = epoch
        if self._examples:
            values["examples"], self._examples = self._examples, 0.0
        if values:
            self.window.read(step, **values)

    @property
    def budget_is_spent(self) -> bool:
        """Whether the training should stop."""
        return bool(self._open and self.window and self.window.should_stop)

    def stops_early(self) -> None:
        """The trainer has been told to stop because the budget is spent."""
        self._early = True

    def end(self, state: State = "completed", reason: str = "") -> None:
        """The training has ended; more calls change nothing."""
        if not (self._open and self.window):
            return
        try:
            self.read(self._step, {})
        finally:
            self._open = False
            if state == "completed" and self._early:
                state, reason = "stopped", "the budget is spent"
            self.window.stop(state, reason)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """For frameworks that do not tell of exceptions."""
        if error is not None:
            self.failed(error)

    def failed(self, error: BaseException) -> None:
        """The training was ended by an exception."""
        self.end("failed", f"{type(error).__name__}: {error}"[:500])

    def passed_over(self, hook: str, error: Exception) -> None:
        """Count what failed in a hook, and tell of the first."""
        self.failures += 1
        if self.failures == 1:
            _log(f"{hook} failed and is passed over, the training goes on ({type(error).__name__}: {error})")


@contextmanager
def _member_of(group: Group | None) -> Iterator[None]:
    """Let a window that is opened meanwhile belong to a group that the environment does not tell of."""
    said = {"PAYOFF_GROUP": group.key, "RANK": str(group.rank), "WORLD_SIZE": str(group.size)} if group else {}
    before = {name: os.environ.get(name) for name in said}
    os.environ.update(said)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _log(sentence: str) -> None:
    logging.getLogger("payoff").warning("payoff: %s", sentence)


H = TypeVar("H", bound=Callable[..., None])


def harmless(hook: H) -> H:
    """The edge to a trainer: whatever fails in a hook is counted, told once, and never reaches the training.

    For the methods of a callback that keeps its `Fit` as `fit`.
    """

    @functools.wraps(hook)
    def guarded(callback: Any, *args: Any, **kwargs: Any) -> None:
        try:
            hook(callback, *args, **kwargs)
        except Exception as error:  # noqa: BLE001
            callback.fit.passed_over(hook.__name__, error)

    return cast(H, guarded)
