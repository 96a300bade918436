"""The window in a program: `payoff.measure` as a context manager, a decorator, or start and stop."""

from __future__ import annotations

import atexit
import functools
import logging
import math
import os
import sys
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, ParamSpec, Self, TypeVar

from payoff.errors import BudgetSpent, InvalidValue
from payoff.meter._processor import own_cpu_s
from payoff.meter._recording import Plan, Recording
from payoff.meter._redact import redact
from payoff.model import Budget, Footprint, Objective, State

P = ParamSpec("P")
R = TypeVar("R")

RUN_VARIABLE = "PAYOFF_RUN"
"""The environment variable that tells a measured command's children the id of its run."""

_open_windows: ContextVar[tuple[Window, ...]] = ContextVar("payoff_open_windows", default=())


class Window:
    """Measures what this process and its children use from `start` to `stop`.

    Made by `measure`. `read` and `should_stop` take microseconds and never raise through a training; what goes
    wrong in measuring is logged once, to the logger 'payoff'. In a process forked from the one that opened the
    window it does nothing.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._recording: Recording | None = None
        self._owner = 0
        self._told = 0
        self._footprint = Footprint()

    # life

    def start(self) -> Self:
        """Begin to measure; raises `InvalidValue` when it has begun already."""
        if self._recording is not None:
            raise InvalidValue("this window is open already; make a new one with payoff.measure() for another run")
        outer = _open_windows.get()
        parent = outer[-1].run_id if outer else os.environ.get(RUN_VARIABLE)
        self._recording = Recording(replace(self._plan, parent=parent), own_cpu_s)
        self._owner = os.getpid()
        self._recording.start()
        _open_windows.set((*outer, self))
        atexit.register(self._close_at_exit)
        return self

    def stop(self, state: State = "completed", reason: str = "") -> Footprint:
        """End the run, write it, and return what it used; more calls change nothing."""
        if not self._mine():
            return self._footprint
        recording = self._recording
        assert recording is not None  # noqa: S101  (_mine has seen it)
        self._owner = 0
        atexit.unregister(self._close_at_exit)
        self._footprint = recording.finish(state, reason=reason)
        windows = _open_windows.get()
        _open_windows.set(tuple(window for window in windows if window is not self))
        for outer in reversed(windows[: windows.index(self)] if self in windows else ()):
            if outer._mine() and outer._recording:
                outer._recording.absorb(self._footprint)
        self._complain()
        return self._footprint

    def _close_at_exit(self) -> None:
        failed = hasattr(sys, "last_type") or hasattr(sys, "last_exc")
        self.stop("failed" if failed else "completed", "the program ended with the window open")

    def _mine(self) -> bool:
        return self._recording is not None and self._owner == os.getpid()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is None:
            self.stop()
        else:
            stopped = issubclass(kind, BudgetSpent)
            self.stop("stopped" if stopped else "failed", f"{kind.__name__}: {error}"[:500])

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """As a decorator: each call of the function is a run of its own."""

        @functools.wraps(function)
        def measured(*args: P.args, **kwargs: P.kwargs) -> R:
            with Window(self._plan):
                return function(*args, **kwargs)

        return measured

    # use

    @property
    def run_id(self) -> str:
        """The global id of the run; empty before `start`."""
        return self._recording.run_id if self._recording else ""

    @property
    def footprint(self) -> Footprint:
        """What the run has used by now, in SI."""
        return self._recording.footprint() if self._mine() and self._recording else self._footprint

    @property
    def should_stop(self) -> bool:
        """Whether a cap of the budget is reached, as of the last tick."""
        return bool(self._recording and self._recording.spent)

    def check_budget(self) -> None:
        """Raise `BudgetSpent` when a cap is reached: ends a loop from deep inside."""
        if self._recording and self._recording.spent:
            raise BudgetSpent(f"the budget of {self._plan.budget} is spent ({', '.join(self._recording.spent)})")

    def read(self, step: float, **values: float) -> None:
        """Report readings at a step: metrics by name, and `examples`, `labels` or `flop` used since the last call.

        Written at the next tick. A value that is no number is dropped and logged; NaN and infinity are kept.
        """
        if not self._mine() or self._recording is None:
            return
        good = {name: number for name, value in values.items() if (number := _number(value)) is not None}
        if bad := values.keys() - good.keys():
            self._recording.troubles.append(f"readings must be numbers, dropped {', '.join(sorted(bad))} at step {step}")
        place = _number(step)
        if good and place is not None and not math.isnan(place):
            self._recording.read(place, good)
        self._complain()

    def _complain(self) -> None:
        """Log each trouble once."""
        troubles = self._recording.troubles if self._recording else []
        for trouble in troubles[self._told :]:
            logging.getLogger("payoff").warning("payoff: %s", trouble)
        self._told = len(troubles)


def _number(value: Any) -> float | None:
    """A float of a number, of a NumPy scalar or of a tensor with one element."""
    try:
        return float(value)
    except (TypeError, ValueError, RuntimeError):
        return None


def measure(
    name: str | None = None,
    *,
    quality: str | Objective | None = None,
    project: str = "",
    region: str | None = None,
    budget: str | Budget | None = None,
    parameters: Mapping[str, Any] | None = None,
    tags: tuple[str, ...] = (),
    study: str | None = None,
    ledger: str | os.PathLike[str] | None = None,
) -> Window:
    """A window that measures what this program uses: `with payoff.measure("resnet", quality="accuracy") as run:`.

    Also a decorator, and `start()`/`stop()`. Raises `InvalidValue` or `UnknownName` for arguments that break a law,
    before anything is measured.
    """
    plan = Plan(
        name=name or Path(sys.argv[0] or "python").stem,
        project=project,
        objective=Objective.parse(quality) if isinstance(quality, str) else quality,
        parameters=dict(parameters or {}),
        tags=tuple(tags),
        command=tuple(redact(sys.argv)),
        study=study,
        region=region,
        budget=Budget.parse(budget) if isinstance(budget, str) else budget,
        ledger=ledger,
    )
    if region is not None:
        from payoff.facts import grid

        grid(region)
    return Window(plan)
