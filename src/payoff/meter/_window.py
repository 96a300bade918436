"""The window in a program: `payoff.measure` as a context manager, a decorator, or start and stop."""

from __future__ import annotations

import atexit
import functools
import math
import os
import sys
import threading
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from itertools import count
from types import TracebackType
from typing import Any, ParamSpec, Self, TypeVar, cast, get_args

from payoff.errors import BudgetSpent, InvalidValue
from payoff.facts import grid
from payoff.frozen import replace
from payoff.meter._group import this_group
from payoff.meter._plan import RUN_VARIABLE, Plan, Scope, goes_on, resumable, surroundings
from payoff.meter._processor import own_cpu_s, own_pids
from payoff.meter._recording import Recording
from payoff.meter._redact import redact
from payoff.meter._system import system
from payoff.model import Budget, Footprint, Objective, State

P = ParamSpec("P")
R = TypeVar("R")

_numbers = count()
_logged: set[str] = set()
_open_windows: ContextVar[tuple[Window, ...]] = ContextVar("payoff_open_windows", default=())
"""Those opened by this thread or task."""
_opened: list[Window] = []
"""Those of the whole process, and after a fork those of its parent too."""
_outside: str | None = None
"""Which runs this process was started in, as it stood in the environment before windows were opened."""


def _harmless(default: Callable[[], R]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """The edge of the process: whatever fails in measuring is logged once, and never reaches the training."""

    def guard(method: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(method)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return method(*args, **kwargs)
            except Exception as error:  # noqa: BLE001
                _log_once(f"{method.__name__} failed and is passed over ({type(error).__name__}: {error})")
                return default()

        return guarded

    return guard


def _log_once(sentence: str) -> None:
    if sentence not in _logged:
        _logged.add(sentence)
        import logging

        logging.getLogger("payoff").warning("payoff: %s", sentence)


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
        self._in_main_thread = False
        self._footprint = Footprint()

    # life

    def start(self) -> Self:
        """Begin to measure; raises `InvalidValue` when it has begun already."""
        if self._recording is not None:
            raise InvalidValue("this window is open already; make a new one with payoff.measure() for another run")
        outer = _innermost()
        inside = outer._recording.path if outer and outer._recording else surroundings({RUN_VARIABLE: _started_in()})
        group = this_group()
        member = (group, group.run_id(self._plan.name, next(_numbers))) if group and not self._plan.resume else None
        plan = replace(self._plan, inside=inside)
        try:
            _book_all()
            recording = Recording(plan, own_cpu_s, pids=own_pids, member=member, tell=_log_once)
            recording.start()
            if sentence := system.children_unknown():
                recording.trouble(sentence)
            if outer and outer._recording:
                outer._recording.contain(recording)
        except Exception as error:  # noqa: BLE001  the training goes on unmeasured
            _log_once(f"this run cannot be measured ({type(error).__name__}: {error})")
            return self
        self._recording, self._owner = recording, os.getpid()
        self._in_main_thread = threading.current_thread() is threading.main_thread()
        _opened.append(self)
        _tell_children()
        _open_windows.set((*_open_windows.get(), self))
        atexit.register(self._close_at_exit)
        return self

    @_harmless(Footprint)
    def stop(self, state: State = "completed", reason: str = "") -> Footprint:
        """End the run, write it, and return what it used; more calls change nothing."""
        if not self._mine():
            return self._footprint
        recording = self._recording
        assert recording is not None
        _book_all()
        self._owner = 0
        atexit.unregister(self._close_at_exit)
        _opened[:] = [window for window in _opened if window._mine()]
        _tell_children()
        _open_windows.set(tuple(window for window in _open_windows.get() if window._mine()))
        self._footprint = recording.finish(state, reason=reason)
        return self._footprint

    def _close_at_exit(self) -> None:
        failed = hasattr(sys, "last_type") or hasattr(sys, "last_exc")
        self.stop("failed" if failed else "completed", "the program ended with the window open")

    def _mine(self) -> bool:
        return self._recording is not None and self._owner == os.getpid()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.stop("stopped" if self.should_stop else "completed")
        else:
            stopped = issubclass(kind, BudgetSpent)
            self.stop("stopped" if stopped else "failed", f"{kind.__name__}: {error}"[:500])

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """As a decorator: each call of a function, a generator or a coroutine is a run of its own, to its end."""
        import inspect

        def window() -> Window:
            return Window(self._plan)

        @functools.wraps(function)
        def measured(*args: P.args, **kwargs: P.kwargs) -> Any:
            with window():
                return function(*args, **kwargs)

        @functools.wraps(function)
        def measured_steps(*args: P.args, **kwargs: P.kwargs) -> Any:
            with window():
                return (yield from cast(Any, function(*args, **kwargs)))

        @functools.wraps(function)
        async def measured_coroutine(*args: P.args, **kwargs: P.kwargs) -> Any:
            with window():
                return await cast(Any, function(*args, **kwargs))

        if inspect.isgeneratorfunction(function):
            return cast(Callable[P, R], measured_steps)
        return cast(Callable[P, R], measured_coroutine if inspect.iscoroutinefunction(function) else measured)

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

    def __str__(self) -> str:
        """'run resnet, measuring: time 3.7 s, energy 7.7 J (5.6–11)'."""
        if self._recording is None:
            return f"run {self._plan.name}, not started"
        return f"run {self._plan.name}, {'measuring' if self._mine() else 'ended'}: {self.footprint}"

    def __repr__(self) -> str:
        return f"<{self}>"

    def check_budget(self) -> None:
        """Raise `BudgetSpent` when a cap is reached: ends a loop from deep inside."""
        if self._recording and self._recording.spent:
            raise BudgetSpent(
                f"the budget is spent ({', '.join(self._recording.spent)}); "
                f"go on with resume={self.run_id[:12]!r} and a larger one"
            )

    @_harmless(lambda: None)
    def read(self, step: float, **values: float) -> None:
        """Report readings at a step: metrics by name, and `examples`, `labels` or `flop` used since the last call.

        Written at the next tick. A value that is no number is dropped and logged; NaN and infinity are kept.
        """
        if not self._mine() or self._recording is None:
            return
        good = {name: number for name, value in values.items() if (number := _number(value)) is not None}
        if bad := values.keys() - good.keys():
            self._recording.trouble(f"readings must be numbers, dropped those of {', '.join(sorted(bad))}")
        place = _number(step)
        if good and place is not None and not math.isnan(place):
            self._recording.read(place, good)
        self._recording.complain()


def _book_all() -> None:
    """Windows side by side share what the process uses: let what came before one more or less of them be booked."""
    for window in _opened:
        if window._mine() and window._recording:
            window._recording.book()


def _innermost() -> Window | None:
    """The window that a new one is inside of: the last of this thread or task, else the last of the main thread."""
    mine = [window for window in _open_windows.get() if window._mine()]
    if not mine and threading.current_thread() is not threading.main_thread():
        mine = [window for window in _opened if window._in_main_thread and window._mine()]
    return mine[-1] if mine else None


def _started_in() -> str:
    """What the environment said before this process opened its first window."""
    global _outside
    if not any(window._mine() for window in _opened):
        _outside = os.environ.get(RUN_VARIABLE)
    return _outside or ""


def _tell_children() -> None:
    """Let processes that are started from now on know the run they are inside of: that of the last window."""
    paths = ["/".join(window._recording.path) for window in _opened if window._mine() and window._recording]
    if paths or _outside is not None:
        os.environ[RUN_VARIABLE] = paths[-1] if paths else _outside or ""
    else:
        os.environ.pop(RUN_VARIABLE, None)


def _number(value: Any) -> float | None:
    """A float of a number, of a NumPy scalar or of a tensor with one element."""
    try:
        return float(value)
    except (TypeError, ValueError, RuntimeError, OverflowError):
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
    steps: float | None = None,
    scope: Scope = "job",
    resume: str | None = None,
    ledger: str | os.PathLike[str] | None = None,
) -> Window:
    """A window that measures what this program uses: `with payoff.measure("resnet", quality="accuracy") as run:`.

    Also a decorator, and `start()`/`stop()`. `steps` is how many will be reported, for the forecast of the budget;
    `resume` is a run (its number, name or id) that goes on, with its own budget unless another is given. Raises
    `InvalidValue` or `UnknownName` for arguments that break a law, before anything is measured.
    """
    if callable(name):
        raise InvalidValue("the decorator takes parentheses: @payoff.measure() or @payoff.measure('name')")
    caps = Budget.parse(budget) if isinstance(budget, str) else budget
    plan = Plan(
        name=name or os.path.splitext(os.path.basename(sys.argv[0] or "python"))[0],
        project=project,
        objective=Objective.parse(quality) if isinstance(quality, str) else quality,
        parameters=dict(parameters or {}),
        tags=tuple(tags),
        command=tuple(redact(sys.argv)),
        study=study,
        region=region,
        budget=caps,
        steps=steps,
        scope=scope,
        resume=resumable(resume, ledger, caps) if resume else None,
        ledger=ledger,
    )
    if scope not in get_args(Scope):
        raise InvalidValue(f"a scope is 'job' or 'machine', got {scope!r}")
    if region is not None:
        grid(region)
    if plan.resume and plan.resume.state == "completed":
        _log_once(goes_on(plan.resume))
    return Window(plan)
