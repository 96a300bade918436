"""A meter that a command reads: a wall socket, a power strip, a management controller (IPMI).

The command prints watts ('182.4 W', '0.18 kW', a bare number) or a running total ('12.3 kWh', '4431 J'), or what
`ipmitool dcmi power reading` and `ipmi-dcmi` print.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal, NamedTuple

from payoff.errors import InvalidValue, SensorError
from payoff.meter._seam import Drawn, Evidence, Interval, Probe
from payoff.meter.sensors._counter import CounterSensor, Idle, Register
from payoff.meter.sensors._guarded import Guarded
from payoff.meter.sensors._sampled import Sampled

KIND = "wall meter"
TIMEOUT_S = 10.0
EVERY_S = 1.0
HIGHEST_W = 100e3
EVIDENCE = {"accuracy of the meter": (0.97, 1.03)}
"""Assumed; a plug-in meter of class 1 is nearer, a management controller may be further off."""

_UNITS: dict[str, tuple[Literal["power", "energy"], float]] = {
    "mw": ("power", 1e-3), "w": ("power", 1.0), "kw": ("power", 1e3), "watt": ("power", 1.0), "watts": ("power", 1.0),
    "j": ("energy", 1.0), "kj": ("energy", 1e3), "wh": ("energy", 3600.0), "kwh": ("energy", 3.6e6),
    "joule": ("energy", 1.0), "joules": ("energy", 1.0),
}  # fmt: skip
_DCMI = re.compile(r"(?:Instantaneous power reading|Current Power)\s*:\s*([0-9.]+)\s*W", re.IGNORECASE)
_NUMBER = re.compile(r"([0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?)\s*([A-Za-z]*)")


class MeterReading(NamedTuple):
    """What a meter said: watts, or joules since whenever it began."""

    kind: Literal["power", "energy"]
    value: float


def meter_reading(text: str) -> MeterReading:
    """Read what the command printed; raises `SensorError`.

    >>> meter_reading("0.182 kW")
    MeterReading(kind='power', value=182.0)
    >>> meter_reading("    Instantaneous power reading:                   220 Watts")
    MeterReading(kind='power', value=220.0)
    """
    dcmi = _DCMI.search(text)
    if dcmi is not None:
        return MeterReading("power", float(dcmi[1]))
    match = _NUMBER.fullmatch(text.strip())
    unit = _UNITS.get(match[2].lower() or "w") if match else None
    if match is None or unit is None:
        raise SensorError(f"the meter's command must print watts or joules, for example '182.4 W', got {text[:60]!r}")
    return MeterReading(unit[0], float(match[1]) * unit[1])


def run_meter(command: str, timeout_s: float = TIMEOUT_S) -> MeterReading:
    """Run the command, without a shell, and read what it prints; raises `SensorError`, `InvalidValue`."""
    import subprocess

    words = words_of(command)
    try:
        done = subprocess.run(words, capture_output=True, timeout=timeout_s, stdin=subprocess.DEVNULL, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SensorError(f"the meter's command {words[0]!r} failed ({error})") from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise SensorError(
            f"the meter's command {words[0]!r} ended with {done.returncode} ({said[-1] if said else 'silent'})"
        )
    return meter_reading(done.stdout.decode(errors="replace"))


def words_of(command: str) -> list[str]:
    """The words of a command as a shell would split them."""
    import shlex

    try:
        words = shlex.split(command)
    except ValueError as error:
        raise InvalidValue(f"the meter's command {command!r} cannot be split into words ({error})") from error
    if not words:
        raise InvalidValue("the meter's command is empty; give for example 'ipmitool dcmi power reading'")
    return words


class CommandMeter:
    """The whole machine at the wall, as a command tells it; whether in watts or joules is seen at the first call."""

    def __init__(
        self, command: str, run: Callable[[str], MeterReading] = run_meter, idle_w: float | None = None
    ) -> None:
        self.name = f"{KIND} ({words_of(command)[0]})"
        self._command, self._run, self._idle_w = command, run, idle_w
        self._evidence = Evidence("measured", EVIDENCE, EVIDENCE, (f"meter read by {command!r}, its accuracy assumed",))
        self._inner: Sampled | CounterSensor | None = None
        self._kind: str = ""

    @property
    def evidence(self) -> Evidence:
        """See `Sensor`."""
        return self._inner.evidence if self._inner else self._evidence

    def drawn(self, interval: Interval) -> Drawn:
        """See `Sensor`. A meter that tells joules has nothing to say of the time before the first call."""
        if self._inner is None:
            self._kind = self._run(self._command).kind
            idle = Idle(self._idle_w)
            if self._kind == "power":
                self._inner = Sampled(self.name, self._value, self._evidence, idle=idle)
            else:
                register = Register(self.name, 1e-3, HIGHEST_W, may_rest=True)
                self._inner = CounterSensor(self.name, [register], self._millijoules, self._evidence, idle=idle)
                raise SensorError(f"{self.name} has begun to count")
        return self._inner.drawn(interval)

    def _value(self) -> float:
        reading = self._run(self._command)
        if reading.kind != self._kind:
            raise SensorError(f"{self.name} told {self._kind} before and now {reading.kind}")
        return reading.value

    def _millijoules(self) -> list[int]:
        return [round(self._value() * 1e3)]


def probe(command: str, idle_w: float | None = None) -> Probe:
    """The meter that the user has named."""
    try:
        sensor = Guarded(CommandMeter(command, idle_w=idle_w), at_least_s=EVERY_S)
    except InvalidValue as error:
        return Probe(KIND, state=str(error))
    return Probe(KIND, (sensor,), frozenset({"machine"}), f"read by {command!r}")
