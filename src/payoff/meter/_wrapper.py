"""The wrapper of a command: any program, in any language, measured without knowing of it."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from payoff.errors import PayoffError
from payoff.meter._cgroup import ROOT as CGROUP_ROOT
from payoff.meter._cgroup import ControlGroup, own_group
from payoff.meter._plan import RUN_VARIABLE, Plan
from payoff.meter._processor import descendants, offspring_cpu_s, own_pids
from payoff.meter._recording import Recording
from payoff.meter._reports import Reports
from payoff.model import Footprint, State, new_id

GRACE_S = 30.0
"""How long a command may take to end after SIGTERM when its budget is spent, in seconds."""
_PR_SET_CHILD_SUBREAPER = 36
_PASSED_ON = [
    getattr(signal, name)
    for name in ("SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGCONT", "SIGWINCH")
    if hasattr(signal, name)
]
_FROM_TERMINAL = [getattr(signal, name) for name in ("SIGINT", "SIGQUIT") if hasattr(signal, name)]


class CommandNotStarted(PayoffError):
    """The command does not exist or may not be run; `exit_code` is what a shell would answer (127 or 126)."""

    def __init__(self, command: Sequence[str], error: OSError) -> None:
        self.exit_code = 127 if isinstance(error, FileNotFoundError) else 126
        way_out = "check its spelling and $PATH" if self.exit_code == 127 else "check its permissions"
        super().__init__(f"cannot run {command[0]!r} ({error.strerror}); {way_out}")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a measured command ended."""

    exit_code: int
    """As the command gave it; -N where signal N killed it."""
    state: State
    footprint: Footprint
    """What it used with the runs inside it; in the ledger each run stands for itself."""
    recording: Recording


def run_command(
    command: Sequence[str],
    plan: Plan,
    *,
    grace_s: float = GRACE_S,
    tell: Callable[[str], None] = lambda sentence: None,
    cgroup_root: str = CGROUP_ROOT,
) -> Outcome:
    """Run a command and measure it with all that it starts.

    It keeps the terminal, the standard streams and its process group; signals that reach this process are passed
    on. Raises `CommandNotStarted`. When a cap of the budget is reached the command gets SIGTERM, then what it leaves
    behind, and after the grace period all of them SIGKILL. `tell` is given a sentence for each thing that goes wrong.
    """
    _adopt_orphans()
    stopper = _Stopper(grace_s)
    with _signals_passed_on() as relay, own_group(new_id(), cgroup_root) as group:
        recording = Recording(plan, _job_clock(group), pids=own_pids, on_spent=stopper, tell=tell)
        with Reports(recording) as reports:
            recording.start()
            environment = {**os.environ, **_surroundings(recording, plan), **reports.environment}
            exit_code = _run(command, environment, group, (relay, stopper))
            reports.drain()
        if isinstance(exit_code, OSError):
            error = CommandNotStarted(command, exit_code)
            recording.finish("failed", exit_code=error.exit_code, reason=f"not started: {exit_code.strerror}")
            raise error from exit_code
        state: State = "stopped" if stopper.fired else "completed" if exit_code == 0 else "failed"
        reason = f"budget spent: {', '.join(recording.spent)}" if stopper.fired else _how_it_ended(exit_code)
        recording.finish(state, exit_code=exit_code, reason=reason)
    return Outcome(exit_code, state, recording.whole(), recording)


def _run(
    command: Sequence[str], environment: dict[str, str], group: ControlGroup | None, watched_by: tuple[_Relay, _Stopper]
) -> int | OSError:
    import subprocess

    relay, stopper = watched_by

    try:
        child = subprocess.Popen(list(command), env=environment)
    except OSError as error:
        return error
    if group is not None:
        with contextlib.suppress(OSError):
            group.admit(child.pid)
    with relay.passing_to(child.pid), stopper.watching(child.pid):
        child.returncode = _wait(child.pid, stopper)
    return child.returncode


def _job_clock(group: ControlGroup | None) -> Callable[[], float]:
    """The CPU time of all offspring; a control group also knows of those that got away before they could be adopted."""
    return offspring_cpu_s if group is None else lambda: max(offspring_cpu_s(), group.cpu_s())


def _surroundings(recording: Recording, plan: Plan) -> dict[str, str]:
    """What the command's own windows should know: the run they are inside of, and its ledger."""
    found = {RUN_VARIABLE: "/".join(recording.path)}
    if plan.ledger is not None:
        where = os.fspath(plan.ledger)
        found["PAYOFF_LEDGER"] = where if ":" in where else os.path.abspath(where)
    return found


def _how_it_ended(exit_code: int) -> str:
    if exit_code >= 0:
        return f"exit code {exit_code}" if exit_code else ""
    try:
        return f"killed by {signal.Signals(-exit_code).name}"
    except ValueError:
        return f"killed by signal {-exit_code}"


def _adopt_orphans() -> None:
    """Become the parent of processes whose own parent dies, so that their CPU time is not lost (Linux)."""
    if sys.platform == "linux":
        import ctypes

        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


class _Relay:
    """Passes on what came to this process alone; the terminal's own signals reach the whole group without help."""

    def __init__(self) -> None:
        self._pid: int | None = None
        self._early: list[int] = []

    def __call__(self, number: int, _: object) -> None:
        if self._pid is None:
            self._early.append(number)
        elif self._pid and (number not in _FROM_TERMINAL or not _in_foreground()):
            _send(self._pid, number)

    @contextlib.contextmanager
    def passing_to(self, pid: int) -> Iterator[None]:
        """Between these lines; what came before is passed on now, what comes later has come too late."""
        self._pid = pid
        for number in self._early:
            _send(pid, number)
        try:
            yield
        finally:
            self._pid = 0


@contextlib.contextmanager
def _signals_passed_on() -> Iterator[_Relay]:
    """From before the command starts until its run is written, no signal but SIGKILL ends this process.

    Signals that this process was told to ignore, as by `nohup`, are left alone: the command ignores them too.
    """
    relay, before = _Relay(), dict[int, Any]()
    if threading.current_thread() is threading.main_thread():
        heard = [number for number in (*_PASSED_ON, *_FROM_TERMINAL) if signal.getsignal(number) != signal.SIG_IGN]
        before = {number: signal.signal(number, relay) for number in heard}
    try:
        yield relay
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _in_foreground() -> bool:
    try:
        with open("/dev/tty", "rb") as terminal:
            return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    except OSError:
        return False


def _send(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def _wait(pid: int, stopper: _Stopper) -> int:
    """Reap children until the command has ended, or all of them when it was stopped; its exit code, -N for signal N."""
    exit_code = 0
    while True:
        try:
            ended, status = os.waitpid(-1, 0)
        except ChildProcessError:
            return exit_code
        if ended == pid:
            exit_code = os.waitstatus_to_exitcode(status)
            if not stopper.fired:
                return exit_code
            stopper.ask_the_rest()


class _Stopper:
    """Ends a command whose budget is spent: SIGTERM, and SIGKILL after the grace period."""

    def __init__(self, grace_s: float) -> None:
        self._grace_s = grace_s
        self._pid = 0
        self._timer: threading.Timer | None = None
        self.fired = False

    def __call__(self) -> None:
        if self._pid and self._timer is None:
            self.fired = True
            self._timer = threading.Timer(self._grace_s, self._kill)
            self._timer.daemon = True
            self._timer.start()
            _send(self._pid, signal.SIGTERM)

    def ask_the_rest(self) -> None:
        """What the command leaves behind is to end as well."""
        for pid in descendants(os.getpid()):
            _send(pid, signal.SIGTERM)

    def _kill(self) -> None:
        if self._pid:
            for pid in {self._pid, *descendants(os.getpid())}:
                _send(pid, signal.SIGKILL)

    @contextlib.contextmanager
    def watching(self, pid: int) -> Iterator[None]:
        """Between these lines the process may be stopped; after them its id may belong to another."""
        self._pid = pid
        try:
            yield
        finally:
            self._pid = 0
            if self._timer is not None:
                self._timer.cancel()


def default_name(command: Sequence[str]) -> str:
    """What a run is called when nobody names it: the script of an interpreter, else the program."""
    script = next(
        (word for word in command[1:] if os.path.splitext(word)[1] in (".py", ".sh", ".R", ".jl", ".pl", ".rb", ".js")),
        command[0],
    )
    return os.path.splitext(os.path.basename(script))[0] or "run"
