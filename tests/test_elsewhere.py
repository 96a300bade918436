"""On macOS and Windows everything imports and `measure` works with what they tell: simulated on Linux, `unverified`."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from payoff.ledger import open_ledger
from payoff.model import Run
from tests.processes import python

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "payoff"
SYSTEMS = ("darwin", "win32")
OTHERS = {"darwin": {"_linux", "_windows"}, "win32": {"_linux", "_unix", "_mac"}}
"""The modules that are for other systems."""

pytestmark = pytest.mark.parametrize("system", SYSTEMS)

PRETEND = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from tests.other_systems import pretend
pretend(sys.argv.pop(1))
"""
COMMAND_LINE = PRETEND + "from payoff.cli import main\nmain()"
UNKNOWN = "the CPU time of processes that a program starts is known on Windows only under payoff measure"
SPIN = """
import sys, time
end = time.process_time() + 0.5
while time.process_time() < end: sum(range(1000))
"""


def on(system: str, program: str, *words: object) -> subprocess.CompletedProcess[str]:
    return python(PRETEND + program, system, *words)


def payoff_on(system: str, *words: object) -> subprocess.CompletedProcess[str]:
    return python(COMMAND_LINE, system, *words)


@pytest.fixture
def where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "ledger.db"
    monkeypatch.setenv("PAYOFF_LEDGER", str(path))
    return path


def only(where: Path) -> Run:
    with open_ledger(where) as ledger:
        (run,) = ledger.runs()
        return run


def cpu_s(where: Path) -> float:
    with open_ledger(where) as ledger:
        (end,) = (event for event in ledger.events_of(only(where).id) if event.kind == "finished")
    return float(end.data["usage"]["cpu_s"])


def test_every_module_imports(system: str, tmp_path: Path) -> None:
    paths = [path.relative_to(PACKAGE.parent).with_suffix("") for path in PACKAGE.rglob("*.py")]
    names = [
        ".".join(path.parts).removesuffix(".__init__")
        for path in paths
        if path.name not in OTHERS[system] | {"__main__"} and "integrations" not in path.parts
    ]
    program = "from importlib import import_module\nfor name in sys.argv[1:]: import_module(name)\nprint('all')"
    # SciPy asks the interpreter how it was built, and this one was built for Linux
    done = python("import scipy.stats\n" + PRETEND + program, system, *sorted(names))
    assert (done.stdout, done.stderr) == ("all\n", "")


def test_a_window_measures_cpu_time_and_models_energy(system: str, where: Path) -> None:
    done = on(system, f"import payoff\nwith payoff.measure('here') as run:\n    exec({SPIN!r})")
    assert done.returncode == 0
    assert done.stderr == ("" if system == "darwin" else f"payoff: {UNKNOWN}\n")
    run = only(where)
    energy = run.footprint.energy_j
    assert energy is not None and (run.state, energy.basis) == ("completed", {"modelled": 1.0}) and energy.value > 0
    assert 0.45 < cpu_s(where) < 1.0


@pytest.mark.parametrize("code", [0, 7])
def test_a_command_is_measured_and_its_exit_code_passed_on(system: str, where: Path, code: int) -> None:
    done = payoff_on(system, "measure", "--", "python3", "-c", f"{SPIN}\nprint('hello')\nsys.exit({code})")
    assert (done.returncode, done.stdout) == (code, "hello\n")
    run = only(where)
    energy = run.footprint.energy_j
    assert (run.exit_code, run.state) == (code, "failed" if code else "completed")
    assert energy is not None and energy.basis == {"modelled": 1.0} and energy.value > 0
    assert 0.45 < cpu_s(where) < 1.0


def test_a_command_that_does_not_exist_is_told_as_elsewhere(system: str, where: Path) -> None:
    assert payoff_on(system, "measure", "--", "trian.py").returncode == 127
    with open_ledger(where) as ledger:
        assert ledger.runs() == []


def test_a_command_is_stopped_when_its_budget_is_spent(system: str, where: Path) -> None:
    sleep = ("python3", "-c", "import time; time.sleep(30)")
    assert payoff_on(system, "measure", "--budget", "1 s", "--", *sleep).returncode == 3
    assert only(where).state == "stopped"


def test_the_cpu_time_of_a_command_is_known_while_it_runs(system: str, where: Path) -> None:
    program = f"""
import os, subprocess, time
from payoff.meter._processor import offspring_cpu_s
from payoff.meter._system import system
child = subprocess.Popen(["python3", "-c", {SPIN.replace("0.5", "30")!r}])
with system.own_group("here") as group:
    if group:
        group.admit(child.pid)
    time.sleep(1.5)
    print(0.3 < (group.cpu_s() if group else offspring_cpu_s()) < 1.7)
os.kill(child.pid, 15)
child.wait()
"""
    done = on(system, program)
    assert (done.stdout, done.stderr) == ("True\n", "")


def test_a_command_whose_cpu_time_cannot_be_known_is_run_and_told_of(system: str, where: Path) -> None:
    refuse = "import ctypes; kernel = ctypes.WinDLL('kernel32'); kernel.CreateJobObjectW = lambda *_: None\n"
    refuse += "ctypes.WinDLL = lambda name: kernel\n"
    lack = "import ctypes; ctypes.CDLL = lambda name: object()\n"
    program = PRETEND + (refuse if system == "win32" else lack) + "from payoff.cli import main\nmain()"
    done = python(program, system, "measure", "--", "python3", "-c", "print('hello')")
    missing = "libproc is missing: the CPU time of processes that a program starts is not known until they have ended"
    told = UNKNOWN if system == "win32" else missing
    assert (done.returncode, done.stdout) == (0, "hello\n") and done.stderr.count(f"payoff: {told}\n") == 1
    assert only(where).state == "completed"


def test_reports_of_a_command_are_heard(system: str, where: Path) -> None:
    report = """import os; open(os.environ["PAYOFF_REPORT"], "a").write('{"step": 1, "accuracy": 0.9}\\n')"""
    assert payoff_on(system, "measure", "--quality", "accuracy", "--", "python3", "-c", report).returncode == 0
    best = only(where).best
    assert best is not None and best.value == 0.9


@pytest.mark.parametrize("ledger", ["ledger.db", "ledger.jsonl.d"])
def test_what_was_measured_there_is_listed_and_shown_there(system: str, where: Path, ledger: str) -> None:
    place = where.with_name(ledger)
    assert payoff_on(system, "measure", "--ledger", place, "--name", "first", "--", "python3", "-c", "").returncode == 0
    for verb in (("runs",), ("show", "last")):
        done = payoff_on(system, *verb, "--ledger", place)
        assert (done.returncode, done.stderr) == (0, "") and "first" in done.stdout
    assert payoff_on(system, "ledger", "forget", "last", "--yes", "--ledger", place).returncode == 0
    assert json.loads(payoff_on(system, "runs", "--ledger", place, "--json").stdout)["runs"] == []


def test_the_doctor_says_what_the_system_does_not_tell(system: str, where: Path) -> None:
    done = payoff_on(system, "doctor", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads(done.stdout)
    sentences = " ".join(finding["state"] for finding in report["what this system does not tell"])
    assert {"darwin": "processes that outlive their parent", "win32": "other measured jobs"}[system] in sentences
    assert [found["subject"] for found in report["energy"] if found["works"]] == ["model"]


def test_the_processor_is_known_by_name(system: str, where: Path) -> None:
    program = "from payoff.meter._processor import this_processor as p; print(p().name, p().vendor, p().model)"
    expected = {"darwin": "Apple M2 arm64 None\n", "win32": "Intel(R) Xeon(R) Gold 6230 CPU @ 2.10GHz intel 85\n"}
    assert on(system, program).stdout == expected[system]


def test_a_killed_run_is_lost_and_a_living_one_is_not(system: str, where: Path) -> None:
    program = """
import os, payoff, time
from payoff.ledger import open_ledger
payoff.measure("here").start()
time.sleep(1.5)
with open_ledger() as ledger:
    print(ledger.find("last").state, flush=True)
os._exit(1)
"""
    assert on(system, program).stdout == "running\n"
    found = json.loads(payoff_on(system, "runs", "--json").stdout)["runs"]
    assert [run["state"] for run in found] == ["lost"]


def test_an_exit_code_of_32_bits_fits_what_python_may_exit_with(system: str) -> None:
    program = """
from types import SimpleNamespace
from payoff.cli._measure import _end_like
print([_end_like(SimpleNamespace(state="failed", exit_code=code)) for code in (0, 255, 2**31 - 1, 0xC000013A)])
"""
    assert on(system, program).stdout == f"[0, 255, {2**31 - 1}, {0xC000013A - 2**32}]\n"
