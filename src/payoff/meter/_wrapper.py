"""The wrapper of a command: any program, in any language, measured without knowing of it."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from payoff.errors import PayoffError
from payoff.frozen import Frozen
from payoff.meter._cgroup import ROOT as CGROUP_ROOT
from payoff.meter._plan import RUN_VARIABLE, Plan
from payoff.meter._processor import descendants, offspring_cpu_s, own_pids
from payoff.meter._recording import Recording
from payoff.meter._reports import Reports
from payoff.meter._system import system
from payoff.model import Footprint, State, new_id

if TYPE_CHECKING:
    from subprocess import Popen

GRACE_S = 30.0
"""How long a command may take to end after SIGTERM when its budget is spent, in seconds."""
_PASSED_ON = [
    getattr(signal, name)
    for name in ("SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGCONT", "SIGWINCH")
    if hasattr(signal, name)
]
_FROM_TERMINAL = [getattr(signal, name) for name in ("SIGINT", "SIGQUIT", "SIGBREAK") if hasattr(signal, name)]


class CommandNotStarted(PayoffError):
    """The command does not exist or may not be run; `exit_code` is what a shell would answer (127 or 126)."""

    def __init__(self, command: Sequence[str], error: OSError) -> None:
        self.exit_code = 127 if isinstance(error, FileNotFoundError) else 126
        way_out = "check its spelling and $PATH" if self.exit_code == 127 else "check its permissions"
        super().__init__(f"cannot run {command[0]!r} ({error.strerror}); {way_out}")


class Outcome(Frozen):
    """How a measured command ended."""

    exit_code: int
    """As the command gave it; -N where signal N killed it."""
    state: State
    footprint: Footprint
    """What it used with the runs inside it; in the ledger each run stands for itself."""
    recording: Recording


class _Group(Protocol):
    """What the system counts a command's processes in."""

    def admit(self, pid: int) -> None:
        """Let a process in."""

    def cpu_s(self) -> float:
        """CPU seconds of all processes that are or were in it."""


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
    system.adopt_orphans()
    stopper = _Stopper(grace_s)
    with _signals_passed_on() as relay, system.own_group(new_id(), cgroup_root) as group:
        recording = Recording(plan, _job_clock(group), pids=own_pids, on_spent=stopper, tell=tell)
        with Reports(recording) as reports:
            recording.begin()
            environment = {**os.environ, **_surroundings(recording, plan), **reports.environment}
            exit_code = _run(command, environment, group, (relay, stopper), recording)
            reports.drain()
        state: State = "stopped" if stopper.fired else "completed" if exit_code == 0 else "failed"
        reason = f"budget spent: {', '.join(recording.spent)}" if stopper.fired else _how_it_ended(exit_code)
        recording.finish(state, exit_code=exit_code, reason=reason)
    return Outcome(exit_code, state, recording.whole(), recording)


def _run(
    command: Sequence[str],
    environment: dict[str, str],
    group: _Group | None,
    watched_by: tuple[_Relay, _Stopper],
    recording: Recording,
) -> int:
    """Run it to its end; what could not be started is not kept, so that it does not become the last run."""
    import subprocess

    relay, stopper = watched_by
    try:
        child = subprocess.Popen(list(command), env=environment)
    except OSError as error:
        recording.drop()
        raise CommandNotStarted(command, error) from error
    recording.keep()
    if not _admitted(child.pid, group) and (sentence := system.children_unknown()):
        recording.trouble(sentence)
    with relay.passing_to(child.pid), stopper.watching(child.pid):
        child.returncode = _wait(child, stopper)
    return child.returncode


def _admitted(pid: int, group: _Group | None) -> bool:
    if group is not None:
        with contextlib.suppress(OSError):
            group.admit(pid)
            return True
    return False


def _job_clock(group: _Group | None) -> Callable[[], float]:
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


class _Relay:
    """Passes on what came to this process alone; the terminal's own signals reach the whole group without help."""

    def __init__(self) -> None:
        self._pid: int | None = None
        self._early: list[int] = []

    def __call__(self, number: int, _: object) -> None:
        if self._pid is None:
            self._early.append(number)
        elif self._pid and (number not in _FROM_TERMINAL or not system.in_foreground()):
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


def _send(pid: int, number: int) -> None:
    with contextlib.suppress(OSError):
        os.kill(pid, number)


def _wait(child: Popen[bytes], stopper: _Stopper) -> int:
    """Reap children until the command has ended, or all of them when it was stopped; its exit code, -N for signal N."""
    exit_code = 0
    for ended, code in system.endings(child):
        if ended == child.pid:
            exit_code = code
            if not stopper.fired:
                break
            stopper.ask_the_rest()
    return exit_code


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
                _send(pid, system.KILL)

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
