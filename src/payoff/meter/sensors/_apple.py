"""Apple silicon, through the system's own `powermetrics`, where it may be run without a password."""

from __future__ import annotations

import os
import re
import sys

from payoff.errors import SensorError
from payoff.meter._seam import Evidence, Probe
from payoff.meter.sensors._counter import Idle
from payoff.meter.sensors._guarded import Guarded
from payoff.meter.sensors._sampled import Sampled

KIND = "Apple silicon (powermetrics)"
PROGRAM = "usr/bin/powermetrics"
SAMPLE = ("--samplers", "cpu_power", "-i", "500", "-n", "1")
TIMEOUT_S = 10.0
UNLOCK = 'echo "$USER ALL=(root) NOPASSWD: /usr/bin/powermetrics" | sudo tee /etc/sudoers.d/powermetrics'
EVIDENCE = Evidence(
    "measured",
    idle={"accuracy of powermetrics": (0.8, 1.25)},
    dynamic={"accuracy of powermetrics": (0.8, 1.25)},
    sources=("powermetrics of this machine, which calls its figures estimates; their accuracy assumed",),
)
_COMBINED = re.compile(r"^\s*Combined Power \(CPU \+ GPU \+ ANE\):\s*([0-9.]+)\s*mW", re.MULTILINE)
_SINGLE = re.compile(r"^\s*(?:CPU|GPU|ANE) Power:\s*([0-9.]+)\s*mW", re.MULTILINE)


def watts_of(text: str) -> float:
    r"""The mean power of processor, graphics and neural engine over the samples; raises `SensorError`.

    >>> watts_of("CPU Power: 823 mW\nGPU Power: 26 mW\nCombined Power (CPU + GPU + ANE): 1172 mW")
    1.172
    """
    combined = [float(value) for value in _COMBINED.findall(text)]
    if combined:
        return sum(combined) / len(combined) / 1e3
    single = [float(value) for value in _SINGLE.findall(text)]
    if not single:
        raise SensorError("powermetrics does not tell the power of this processor")
    return sum(single) / 1e3


def sample(command: tuple[str, ...]) -> float:
    """Watts over half a second; raises `SensorError`."""
    import subprocess

    try:
        done = subprocess.run(command, capture_output=True, timeout=TIMEOUT_S, stdin=subprocess.DEVNULL, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise SensorError(f"powermetrics failed ({error})") from error
    return watts_of(done.stdout.decode(errors="replace"))


def probe(root: str = "/", idle_w: float | None = None, system: str = sys.platform) -> Probe:
    """Look for powermetrics and whether it may be run without a password."""
    program = os.path.join(root, PROGRAM)
    if sys.platform == "win32" or system != "darwin" or not os.path.exists(program):
        return Probe(KIND, state="not a Mac")
    command: tuple[str, ...] = (program, *SAMPLE)
    if os.geteuid() != 0:
        command = ("sudo", "-n", *command)
        if not _without_password(program):
            return Probe(KIND, state="powermetrics is here, but asks for a password", unlock=UNLOCK)
    sensor = Guarded(Sampled(KIND, lambda: sample(command), EVIDENCE, idle=Idle(idle_w)), at_least_s=1.0)
    return Probe(
        KIND, (sensor,), frozenset({"processor", "accelerators"}), "power of processor, graphics and neural engine"
    )


def _without_password(program: str) -> bool:
    import subprocess

    try:
        done = subprocess.run(
            ("sudo", "-n", "-l", program), capture_output=True, timeout=1.0, stdin=subprocess.DEVNULL, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0
