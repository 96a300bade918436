"""This very machine's idle and full watts, as `payoff calibrate` found them, kept in the user's configuration.

One file serves all machines of a user (homes are often shared): each entry is for one host and its processor.
"""

from __future__ import annotations

import json
import math
import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from payoff.errors import InvalidValue
from payoff.meter._processor import Processor
from payoff.meter._seam import Drawn, Evidence, Interval, Pair, Probe

KIND = "calibrated model"
SCHEMA = "payoff.machine/1"
FILE = "payoff/machine.json"
CURVE = 0.7, 1.45
"""Between idle and full load power is no straight line: the mean over loads of 10 to 90 % against it, the middle 90 %
of published load curves since 2017 (SPECpower, green-coding-solutions/cloud-energy)."""
T_95 = (6.31, 2.92, 2.35, 2.13, 2.02, 1.94, 1.89, 1.86, 1.83)
"""Student's t at 95 %, by degrees of freedom from 1."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Watts at the wall of one machine, when idle and when all its threads are busy, each with its 90 % interval."""

    idle_w: float
    idle_interval: Pair
    full_w: float
    full_interval: Pair
    threads: int
    processor: str
    date: str
    against: str
    meter: str | None = None
    """The command of the meter, where it is to be read in every run."""

    def __post_init__(self) -> None:
        if not 0 < self.idle_w < self.full_w:
            raise InvalidValue(
                f"full load must draw more than idle, and both more than 0, got {self.idle_w:.4g} W and {self.full_w:.4g} W;"
                " was the machine busy while it should have been idle?"
            )


def mean_interval(samples: Sequence[float], accuracy: float) -> tuple[float, Pair]:
    """The mean of some samples and its 90 % interval: their scatter (Student's t) and the meter's accuracy.

    >>> mean_interval([60.0, 60.0, 60.0], 0.02)
    (60.0, (58.8, 61.2))
    """
    count = len(samples)
    if not count or not all(map(math.isfinite, samples)):
        raise InvalidValue(f"a calibration needs finite samples, got {list(samples)[:3]}")
    mean = sum(samples) / count
    reach = accuracy * mean
    if count > 1:
        deviation = math.sqrt(sum((sample - mean) ** 2 for sample in samples) / (count - 1))
        t = T_95[count - 2] if count - 2 < len(T_95) else 1.7
        reach = math.hypot(reach, t * deviation / math.sqrt(count))
    return mean, (mean - reach, mean + reach)


def fitted(
    light: tuple[float, Pair], heavy: tuple[float, Pair], busy: Pair
) -> tuple[tuple[float, Pair], tuple[float, Pair]]:
    """Idle and full watts from two loads, by the straight line through them; `busy` is the share of threads at each.

    >>> fitted((70.0, (69.0, 71.0)), (150.0, (149.0, 151.0)), (0.1, 0.9))[0]
    (60.0, (59.0, 61.0))
    """
    low, high = busy
    if not 0 <= low < high <= 1.05:
        raise InvalidValue(f"the load must grow between the two phases, got {low:.0%} and {high:.0%} of the threads")
    slope = (heavy[0] - light[0]) / (high - low)
    return _moved(light, -slope * low), _moved(heavy, slope * (1 - high))


def _moved(measured: tuple[float, Pair], by: float) -> tuple[float, Pair]:
    mean, (low, high) = measured
    return mean + by, (low + by, high + by)


class CalibratedModel:
    """Power at the wall as this machine's idle watts plus watts for each busy hardware thread."""

    name = KIND

    def __init__(self, calibration: Calibration) -> None:
        self._idle_w = calibration.idle_w
        self._dynamic_w = (calibration.full_w - calibration.idle_w) / calibration.threads
        self.evidence = _evidence(calibration)

    def drawn(self, interval: Interval) -> Drawn:
        """See `Sensor`."""
        return Drawn(self._idle_w * interval.elapsed_s, self._dynamic_w * interval.busy_s)


def _evidence(known: Calibration) -> Evidence:
    span_w = known.full_w - known.idle_w
    reach = math.hypot(known.full_interval[1] - known.full_w, known.idle_interval[1] - known.idle_w) / span_w
    return Evidence(
        "modelled",
        idle={
            "calibration: idle watts": (known.idle_interval[0] / known.idle_w, known.idle_interval[1] / known.idle_w)
        },
        dynamic={"calibration: full watts": (max(0.0, 1 - reach), 1 + reach), "load curve": CURVE},
        sources=(f"calibrated on {known.date} against {known.against}",),
    )


def config_path(environ: Mapping[str, str] | None = None) -> str:
    """The file in the user's configuration folder."""
    known = os.environ if environ is None else environ
    folder = known.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")
    return os.path.join(folder, FILE)


def load(processor: Processor, path: str | None = None, host: str | None = None) -> Calibration | None:
    """This host's calibration, if it is for this processor; a damaged file is as good as none."""
    known = _entries(path or config_path()).get(host or socket.gethostname())
    try:
        found = Calibration(
            **{**known, "idle_interval": tuple(known["idle_interval"]), "full_interval": tuple(known["full_interval"])}
        )
    except (TypeError, KeyError, InvalidValue):
        return None
    return found if (found.processor, found.threads) == (processor.name, processor.threads) else None


def save(calibration: Calibration, path: str | None = None, host: str | None = None) -> str:
    """Keep the calibration of this host beside those of others; the path of the file."""
    path = path or config_path()
    entries = {**_entries(path), (host or socket.gethostname()): asdict(calibration)}
    os.makedirs(os.path.dirname(path), exist_ok=True)
    new = f"{path}.{os.getpid()}"
    with open(new, "w", encoding="utf-8") as file:
        json.dump({"schema": SCHEMA, "machines": entries}, file, indent=2)
    os.replace(new, path)
    return path


def _entries(path: str) -> dict[str, Any]:
    try:
        with open(path, encoding="utf-8") as file:
            told = json.load(file)
    except (OSError, ValueError):
        return {}
    machines = told.get("machines") if isinstance(told, dict) and told.get("schema") == SCHEMA else None
    return machines if isinstance(machines, dict) else {}


def probe(calibration: Calibration | None) -> Probe:
    """The calibration of this machine, if there is one."""
    if calibration is None:
        return Probe(KIND, state="never calibrated", unlock="payoff calibrate --watts 'COMMAND THAT PRINTS WATTS'")
    covers = frozenset({"processor", "memory", "rest"})
    return Probe(
        KIND, (CalibratedModel(calibration),), covers, f"calibrated on {calibration.date} against {calibration.against}"
    )
