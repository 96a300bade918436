"""The wrapper of a command: nothing of the command changes, and all it uses is counted."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from payoff.ledger import open_ledger
from payoff.model import Run
from tests.processes import lines_of, payoff, payoff_words, python_words, start, wait_for

SPIN = """
import sys, time
end = time.process_time() + float(sys.argv[1])
while time.process_time() < end: sum(range(1000))
"""


def runs(where: Path) -> list[Run]:
    with open_ledger(where) as ledger:
        return sorted(ledger.runs(), key=lambda run: run.id)


def only(where: Path) -> Run:
    (run,) = runs(where)
    return run


def measure(*words: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return payoff("measure", *words, environment=environment)


# the exit code


@pytest.mark.parametrize(
    ("code", "state"), [(0, "completed"), (1, "failed"), (7, "failed"), (126, "failed"), (255, "failed")]
)
def test_the_exit_code_is_the_commands_own(where: Path, code: int, state: str) -> None:
    assert measure("--", "sh", "-c", f"exit {code}").returncode == code
    run = only(where)
    assert (run.exit_code, run.state, run.reason) == (code, state, f"exit code {code}" if code else "")


def test_a_command_that_does_not_exist_is_127_as_in_a_shell(where: Path) -> None:
    done = measure("--", "trian.py")
    assert (done.returncode, done.stdout) == (127, "")
    assert done.stderr == "payoff: cannot run 'trian.py' (No such file or directory); check its spelling and $PATH\n"
    assert runs(where) == []


def test_a_file_that_may_not_be_run_is_126_as_in_a_shell(where: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no program")
    done = measure("--", tmp_path / "notes.txt")
    assert (done.returncode, "check its permissions" in done.stderr) == (126, True)
    assert runs(where) == []


def test_a_command_that_could_not_be_started_is_not_the_last_run(where: Path) -> None:
    measure("--name", "good", "--", "true")
    assert measure("--resume", "last", "--", "trian.py").returncode == 127
    assert measure("--", "trian.py").returncode == 127
    assert [(run.name, run.state, len(run.segments)) for run in runs(where)] == [("good", "completed", 1)]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGSEGV, signal.SIGINT, signal.SIGPIPE, 40])
def test_a_command_that_a_signal_killed_ends_the_wrapper_by_the_same(where: Path, number: int) -> None:
    assert measure("--", "sh", "-c", f"kill -{int(number)} $$").returncode == -number
    run = only(where)
    name = number.name if isinstance(number, signal.Signals) else f"signal {number}"
    assert (run.state, run.reason, run.exit_code) == ("failed", f"killed by {name}", -number)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "it needs a command; for example: payoff measure -- python train.py"),
        (("--nmae", "x", "--", "true"), "unrecognized arguments|unknown|--nmae"),
        (("--budget", "-3 kWh", "--", "true"), 'budget must be above 0, got -3 kWh; give for example --budget "2 kWh"'),
        (("--grace", "soon", "--", "true"), "soon"),
        (("--region", "Atlantis", "--", "true"), "unknown .*'Atlantis'"),
        (("--resume", "nothing", "--", "true"), "unknown run 'nothing'"),
        (("--scope", "planet", "--", "true"), "planet"),
    ],
)
def test_a_usage_error_is_a_sentence_and_exit_code_2_and_runs_nothing(
    where: Path, tmp_path: Path, words: Sequence[str], sentence: str
) -> None:
    done = measure(*words[:-1], *(["touch", str(tmp_path / "ran")] if words else []))
    assert done.returncode == 2
    assert re.search(sentence, done.stderr), done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "ran").exists()


def test_options_after_the_command_are_the_commands(where: Path) -> None:
    done = measure("--name", "n", sys.executable, "-c", "import sys; print(sys.argv)", "--name", "--budget", "--")
    assert (done.stdout, only(where).name) == ("['-c', '--name', '--budget', '--']\n", "n")


# signals

TRAP = """
import pathlib, signal, sys, time
log = pathlib.Path(sys.argv[1])
def note(number, _):
    with log.open("a") as file: file.write(signal.Signals(number).name + "\\n")
    if number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP): sys.exit(5)
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
    signal.signal(number, note)
with log.open("a") as file: file.write("ready\\n")
while True: time.sleep(0.05)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_to_the_wrapper_reaches_the_command(where: Path, tmp_path: Path, number: signal.Signals) -> None:
    log = tmp_path / "log"
    wrapper = start(payoff_words("measure", "--", *python_words(TRAP, log)))
    wait_for(lambda: lines_of(log) == ["ready"])
    wrapper.send_signal(number)
    wrapper.communicate(timeout=20)
    assert (lines_of(log), wrapper.returncode, only(where).exit_code) == (["ready", number.name], 5, 5)


def test_a_signal_that_does_not_end_a_command_reaches_it_too(where: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    wrapper = start(payoff_words("measure", "--", *python_words(TRAP, log)))
    wait_for(lambda: lines_of(log) == ["ready"])
    for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGTERM):
        wrapper.send_signal(number)
        wait_for(lambda name=number.name: name in lines_of(log))  # type: ignore[misc]
    wrapper.communicate(timeout=20)
    assert lines_of(log) == ["ready", "SIGUSR1", "SIGUSR2", "SIGTERM"]


def test_a_signal_that_comes_while_the_run_is_written_does_not_lose_it(where: Path, tmp_path: Path) -> None:
    """As when Ctrl-C is pressed three times."""
    wrapper = start(payoff_words("measure", "--", *python_words(TRAP, tmp_path / "log")))
    wait_for(lambda: lines_of(tmp_path / "log"))
    while wrapper.poll() is None:
        wrapper.send_signal(signal.SIGINT)
        time.sleep(0.001)
    wrapper.communicate()
    assert only(where).state == "failed"


def test_what_nohup_lets_ignore_stays_ignored(where: Path) -> None:
    command = "import signal; print(signal.getsignal(signal.SIGHUP).name, signal.getsignal(signal.SIGTERM).name)"
    words = payoff_words("measure", "--quiet", "--", *python_words(command))
    done = subprocess.run(["nohup", *words], text=True, capture_output=True, check=False, stdin=subprocess.DEVNULL)
    assert done.stdout == "SIG_IGN SIG_DFL\n"


class Terminal:
    """A pseudo-terminal with a process in its foreground."""

    def __init__(self, words: Sequence[str]) -> None:
        self.pid, self.screen = pty.fork()
        if self.pid == 0:  # pragma: no cover
            os.execvp(words[0], list(words))
        self.text = ""

    def read_until(self, mark: str, patience_s: float = 30) -> str:
        end = time.monotonic() + patience_s
        while mark not in self.text and time.monotonic() < end:
            if select.select([self.screen], [], [], 0.1)[0]:
                try:
                    self.text += os.read(self.screen, 65536).decode()
                except OSError:
                    break
        assert mark in self.text, self.text
        return self.text

    def type(self, text: str) -> None:
        os.write(self.screen, text.encode())

    def close(self) -> int:
        while True:
            try:
                if not os.read(self.screen, 65536):
                    break
            except OSError:
                break
        os.close(self.screen)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def test_ctrl_c_reaches_the_command_once(where: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    terminal = Terminal(payoff_words("measure", "--", *python_words(TRAP, log)))
    wait_for(lambda: lines_of(log) == ["ready"])
    terminal.type("\x03")
    assert terminal.close() == 5
    assert (lines_of(log), only(where).exit_code) == (["ready", "SIGINT"], 5)


def test_the_terminal_and_the_streams_are_the_commands_own(where: Path) -> None:
    program = (
        "import os, sys\n"
        "print([os.isatty(n) for n in range(3)], os.tcgetpgrp(0) == os.getpgrp(), os.get_terminal_size().lines)\n"
        "print('said', input('ask> '))"
    )
    terminal = Terminal(payoff_words("measure", "--", *python_words(program)))
    terminal.read_until("ask> ")
    terminal.type("hello\n")
    text = terminal.read_until("said hello")
    assert "[True, True, True] True" in text
    assert terminal.close() == 0


def test_pipes_pass_through_untouched(where: Path) -> None:
    blob = bytes(range(256)) * 1000
    program = "import sys; data = sys.stdin.buffer.read(); sys.stdout.buffer.write(data); sys.stderr.write('oh')"
    words = payoff_words("measure", "--quiet", "--region", "FR", "--", *python_words(program))
    done = subprocess.run(words, input=blob, capture_output=True, check=False)
    assert (done.stdout, done.stderr, done.returncode) == (blob, b"oh", 0)


def test_a_wrapper_without_streams_still_measures(where: Path) -> None:
    words = " ".join(f"'{word}'" for word in payoff_words("measure", "--", "true"))
    assert subprocess.run(f"{words} <&- >&- 2>&-", shell=True, check=False).returncode == 0
    assert only(where).state == "completed"


# budgets

STUBBORN = (
    "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('ready', flush=True)\ntime.sleep(60)"
)


def test_a_spent_budget_stops_the_command_with_exit_code_3(where: Path) -> None:
    began = time.monotonic()
    done = measure("--budget", "0.5 s", "--", "sleep", "60")
    assert (done.returncode, time.monotonic() - began < 20) == (3, True)
    run = only(where)
    assert (run.state, run.reason, run.exit_code) == ("stopped", "budget spent: duration_s", -signal.SIGTERM)
    assert "payoff: the budget of 500 ms is spent: the run is asked to stop\n" in done.stderr


def test_a_command_that_saves_its_work_and_ends_well_was_stopped_all_the_same(where: Path) -> None:
    program = (
        "import signal, sys, time\nsignal.signal(signal.SIGTERM, lambda *_: (print('saved'), sys.exit(0)))\n"
        "time.sleep(60)"
    )
    done = measure("--budget", "1 s", "--", *python_words(program))
    assert (done.returncode, done.stdout, only(where).state, only(where).exit_code) == (3, "saved\n", "stopped", 0)


def test_a_command_that_ignores_the_request_is_killed_after_the_grace(where: Path) -> None:
    began = time.monotonic()
    done = measure("--budget", "0.5 s", "--grace", "0.5 s", "--", *python_words(STUBBORN))
    assert (done.returncode, only(where).exit_code, time.monotonic() - began < 20) == (3, -signal.SIGKILL, True)


def test_what_a_stopped_command_leaves_behind_is_stopped_with_it(where: Path, tmp_path: Path) -> None:
    """A shell dies of SIGTERM and tells its child nothing."""
    done = measure("--budget", "1 s", "--", "sh", "-c", f"{sys.executable} -c '{TRAP}' {tmp_path / 'log'}; true")
    assert (done.returncode, lines_of(tmp_path / "log")) == (3, ["ready", "SIGTERM"])


def test_a_budget_that_is_spent_before_the_first_tick_stops_the_command(where: Path) -> None:
    done = measure("--budget", "1 ms", "--", "sleep", "60")
    assert (done.returncode, only(where).state) == (3, "stopped")
    duration = only(where).footprint.duration_s
    assert duration is not None and duration.value < 20


def test_a_command_that_ends_within_its_budget_is_not_stopped(where: Path) -> None:
    done = measure("--budget", "1 h and 5 kWh", "--budget", "$100", "--", "true")
    assert (done.returncode, only(where).state) == (0, "completed")
    assert only(where).details["budget"] == {"duration_s": 3600.0, "energy_j": 1.8e7, "cost_usd": 100.0}


def test_the_warning_comes_while_there_is_time(where: Path) -> None:
    wrapper = start(payoff_words("measure", "--budget", "3 s", "--", "sleep", "60"))
    assert wrapper.stderr is not None
    warned = wrapper.stderr.readline()
    assert re.fullmatch(r"payoff: (8\d|9\d) % of the budget of 3 s is spent\n", warned)
    assert wrapper.poll() is None
    wrapper.communicate(timeout=20)
    assert wrapper.returncode == 3


def test_with_the_number_of_steps_the_end_is_predicted(where: Path) -> None:
    line = '{\\"step\\": $n, \\"loss\\": 1}'
    program = f'for n in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 0.25; echo "{line}" >> $PAYOFF_REPORT; done'
    done = measure("--budget", "20 s", "--steps", "100", "--", "sh", "-c", program)
    told = [line for line in done.stderr.splitlines() if "at this rate" in line]
    assert len(told) == 1
    found = re.fullmatch(
        r"payoff: at this rate the run needs ([\d.]+) s and the budget is 20 s: it will stop at (\d+) % of its steps",
        told[0],
    )
    assert found is not None and 25 < float(found[1]) < 120 and 15 < int(found[2]) < 90


# what is counted


def cpu_s(run: Run) -> float:
    used: float = run.details["usage"]["cpu_s"]
    return used


def test_children_that_live_and_die_between_ticks_are_counted(where: Path) -> None:
    program = f"""
import os, sys
spin = {SPIN!r}
sys.argv = ["", "0.1"]
for _ in range(40):
    if os.fork() == 0:
        exec(spin); os._exit(0)
    os.wait()
r = os.times(); print(r.user + r.system + r.children_user + r.children_system)
"""
    done = measure("--", *python_words(program))
    assert cpu_s(only(where)) == pytest.approx(float(done.stdout), rel=0.03)
    assert float(done.stdout) > 4


def test_a_child_that_forks_twice_is_counted(where: Path) -> None:
    program = f"""
import os, sys, time
if os.fork() == 0:
    if os.fork() == 0:
        os.setsid(); sys.argv = ["", "0.6"]; exec({SPIN!r}); open("done", "w").close(); os._exit(0)
    os._exit(0)
os.wait()
while not os.path.exists("done"): time.sleep(0.02)
time.sleep(0.1)
"""
    measure("--", *python_words(program))
    assert 0.6 < cpu_s(only(where)) < 0.9


def test_a_daemon_left_behind_keeps_nobody_waiting(where: Path, tmp_path: Path) -> None:
    began = time.monotonic()
    done = measure("--", "sh", "-c", "sleep 60 >/dev/null 2>&1 & echo $! > daemon; exit 4")
    assert (done.returncode, time.monotonic() - began < 20) == (4, True)
    os.kill(int((tmp_path / "daemon").read_text()), signal.SIGKILL)


def test_a_sleeping_command_on_a_busy_machine_is_charged_no_work(where: Path) -> None:
    busy = start(python_words(SPIN, 30))
    measure("--", "sleep", "1.5")
    busy.kill()
    busy.communicate()
    parts = only(where).details["usage"]["parts"].values()
    assert sum(part["dynamic_j"] for part in parts) / 1.5 < 0.1


def test_a_run_inside_another_counts_once(where: Path) -> None:
    inner = payoff_words("measure", "--name", "inner", "--", *python_words(SPIN, 1))
    measure("--name", "outer", "--", *inner)
    first, second = runs(where)
    assert (first.name, second.name, second.parent) == ("outer", "inner", first.id)
    assert cpu_s(first) > 1 and second.footprint.energy_j and first.footprint.energy_j
    assert second.footprint.energy_j.value > 2 * first.footprint.energy_j.value
    assert first.footprint.duration_s and first.footprint.duration_s.value < 1


def test_the_window_of_a_measured_program_is_inside_its_run(where: Path) -> None:
    program = "import payoff\nwith payoff.measure('window', quality='accuracy') as run: run.read(1, accuracy=0.5)"
    assert measure("--name", "outer", "--", *python_words(program)).returncode == 0
    outer, window = runs(where)
    assert (outer.name, window.name, window.parent, window.readings) == ("outer", "window", outer.id, 1)


# reports


def report(where: Path, shell: str) -> tuple[list[tuple[float, str, float]], list[str], int]:
    done = measure("--region", "FR", "--quiet", "--", "sh", "-c", shell)
    with open_ledger(where) as ledger:
        readings = ledger.readings(ledger.find("last").id)
    return [(r.step, r.metric, r.value) for r in readings], done.stderr.splitlines(), done.returncode


def test_a_command_reports_its_quality_by_lines(where: Path) -> None:
    lines = ['{"step": 1, "accuracy": 0.5, "loss": 2}', "", '{"step": 2, "accuracy": 0.75, "examples": 10}']
    shell = "".join(f"echo '{line}' >> $PAYOFF_REPORT; " for line in lines)
    assert report(where, shell) == ([(1, "accuracy", 0.5), (1, "loss", 2), (2, "accuracy", 0.75)], [], 0)
    run = only(where)
    assert run.footprint.examples is not None and run.footprint.examples.value == 10


def test_the_last_line_needs_no_newline(where: Path) -> None:
    assert report(where, """printf '{"step": 1, "accuracy": 0.5}' >> $PAYOFF_REPORT""") == (
        [(1, "accuracy", 0.5)],
        [],
        0,
    )


@pytest.mark.parametrize(
    "line",
    [
        "epoch 3 done",
        '{"step": 1, "accuracy": "high"}',
        "[1, 2]",
        '{"step": NaN, "accuracy": 0.5}',
        '{"step": 1, "accuracy": 1' + "0" * 400 + "}",
        "[" * 5000,
        '{"step": 1, "accuracy": null}',
    ],
)
def test_a_line_that_is_no_report_is_told_and_harms_nothing(where: Path, line: str) -> None:
    shell = f"""echo '{line}' >> $PAYOFF_REPORT; echo '{{"step": 2, "accuracy": 0.75}}' >> $PAYOFF_REPORT; exit 7"""
    readings, told, code = report(where, shell)
    assert (readings, code) == ([(2, "accuracy", 0.75)], 7)
    assert told == [f'payoff: line 1 of the report is not like {{"step": 3, "accuracy": 0.91}}: {line[:80]}']


def test_many_bad_lines_are_told_in_a_few(where: Path) -> None:
    readings, told, _ = report(where, "yes nonsense | head -2000 >> $PAYOFF_REPORT")
    assert (readings, len(told), told[-1]) == ([], 4, "payoff: 1997 more lines of the report are like that")


def test_a_line_of_64_kilobytes_is_read(where: Path) -> None:
    name = "m" * 65000
    shell = f"""{sys.executable} -c 'print("{{\\"step\\": 1, \\"" + "m" * 65000 + "\\": 2}}")' >> $PAYOFF_REPORT"""
    assert report(where, shell) == ([(1, name, 2.0)], [], 0)


def test_a_metric_may_be_called_what_no_file_can_hold(where: Path) -> None:
    readings, told, code = report(where, r"""printf '{"step": 1, "\\ud800": 2}\n' >> $PAYOFF_REPORT""")
    assert (readings, told, code) == ([(1, "\\ud800", 2.0)], [], 0)


def test_not_a_number_is_a_reading_and_never_the_best(where: Path) -> None:
    shell = """for v in NaN 0.5 Infinity; do echo "{\\"step\\": 1, \\"accuracy\\": $v}" >> $PAYOFF_REPORT; done"""
    readings, told, _ = report(where, shell)
    assert ([str(value) for _, _, value in readings], told) == (["nan", "0.5", "inf"], [])


def test_a_quality_that_is_never_reported_is_told_with_what_was_meant(where: Path) -> None:
    script = 'echo "{\\"step\\": 1, \\"acuracy\\": 0.9}" >> $PAYOFF_REPORT'
    done = measure("--region", "FR", "--quality", "accuracy", "--", "sh", "-c", script)
    assert done.stderr.splitlines()[0] == (
        "payoff: the quality 'accuracy' was never reported, so the run has none; "
        "reported were: acuracy; did you mean 'acuracy'?"
    )


def test_the_report_is_removed_when_the_run_ends(where: Path, tmp_path: Path) -> None:
    done = measure("--quiet", "--", "sh", "-c", "echo $PAYOFF_REPORT", TMPDIR=str(tmp_path))
    assert done.stdout.startswith(str(tmp_path)) and not Path(done.stdout.strip()).exists()


# words


def test_secrets_in_the_command_are_not_kept(where: Path) -> None:
    measure("--", "true", "--api-key", "sk-abcdefghijkl", "--password=hunter2", "https://me:pw12@host/x")
    assert only(where).command == (
        "true",
        "--api-key",
        "[redacted]",
        "--password=[redacted]",
        "https://me:[redacted]@host/x",
    )
    assert b"hunter2" not in where.read_bytes()


def test_a_command_that_is_no_text_is_kept_as_far_as_it_can_be(where: Path) -> None:
    assert measure("--", "true", os.fsdecode(b"\xff")).returncode == 0
    assert only(where).command == ("true", "\\udcff")


def test_quiet_says_nothing(where: Path) -> None:
    done = measure("--quiet", "--", "true")
    assert (done.stdout, done.stderr) == ("", "")


def test_the_summary_is_one_line_on_standard_error(where: Path) -> None:
    done = measure("--name", "n", "--region", "FR", "--", "true")
    assert done.stdout == ""
    figures = r"[\d.]+ m?s  \S+ \S+ \(\S+\) (modelled|measured.*)  \S+ \S*gCO2e \(\S+\)"
    assert re.fullmatch(f"payoff: n  {figures}  kept in {re.escape(str(where))}\n", done.stderr), done.stderr


def test_without_a_region_the_world_is_taken_and_the_way_out_is_told(where: Path) -> None:
    told = measure("--", "true").stderr.splitlines()
    assert len(told) == 2 and "--region" in told[1]


def test_a_run_is_gone_on_with(where: Path) -> None:
    measure("--name", "n", "--budget", "1 h", "--", *python_words(SPIN, 0.2))
    again = measure("--resume", "last", "--region", "FR", "--", *python_words(SPIN, 0.4))
    said, summary = again.stderr.splitlines()
    assert re.fullmatch(
        r"payoff: goes on with run 1 \(n\), completed after [\d.]+ J in [\d.]+ m?s: "
        r"what follows is added to it; without resume it would be a run of its own",
        said,
    )
    assert summary.startswith("payoff: n  ")
    run = only(where)
    assert (run.name, len(run.segments), run.state, run.details["budget"]) == (
        "n",
        2,
        "completed",
        {"duration_s": 3600.0},
    )
    parts = [s.footprint.energy_j.value for s in run.segments if s.footprint.energy_j]
    assert run.footprint.energy_j is not None and run.footprint.energy_j.value == pytest.approx(sum(parts))
    assert parts[1] > parts[0]


def test_the_budget_of_a_run_holds_for_all_of_its_segments(where: Path) -> None:
    measure("--name", "n", "--budget", "1.5 s", "--", "sleep", "1.2")
    began = time.monotonic()
    assert measure("--resume", "n", "--", "sleep", "60").returncode == 3
    assert time.monotonic() - began < 20
    assert json.loads(payoff("show", "n", "--json").stdout)["state"] == "stopped"


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (("python", "src/train.py", "--x"), "train"),
        (("./run.sh",), "run"),
        (("Rscript", "fit.R"), "fit"),
        (("/usr/bin/make", "all"), "make"),
    ],
)
def test_a_run_is_called_after_its_script(command: tuple[str, ...], name: str) -> None:
    from payoff.meter import default_name

    assert default_name(command) == name


def test_a_broken_setting_keeps_no_command_from_running(where: Path, tmp_path: Path) -> None:
    (tmp_path / "payoff.toml").write_text("region = ")
    done = measure("--quiet", "--", "sh", "-c", "exit 7")
    assert done.returncode == 7
    assert "payoff.toml is not valid TOML" in done.stderr and "the settings are passed over" in done.stderr
