"""payoff calibrate: this machine's idle and full watts, so that the model of it becomes narrow."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import click
from rich.console import RenderableType
from rich.text import Text

from payoff.cli._options import answer, json_option
from payoff.errors import InvalidValue, SensorError
from payoff.meter._processor import machine_busy_s, this_processor
from payoff.meter.sensors._calibrated import Calibration, Loaded, fitted, mean_interval, save
from payoff.meter.sensors._command import MeterReading, run_meter
from payoff.meter.sensors._looks import config_path
from payoff.meter.sensors._modelled import ServerModel, socket_threads
from payoff.model import utc_now
from payoff.units import parse, show

ACCURACY = "3 %"
SETTLE = 0.2
"""The share of each phase that is passed over while clocks, fans and the meter settle."""
BUSY_WHEN_IDLE = 0.1
TOO_BUSY = 0.5
"""A machine that is busier than the first when it should be idle is told of, than the second is not calibrated."""
LOAD = """
import numpy
a = numpy.random.default_rng(0).random((384, 384))
while True:
    numpy.dot(a, a)
"""


@dataclass(frozen=True, slots=True)
class CalibrationReport:
    """What was found, and where it is kept."""

    found: Calibration
    kept_in: str

    def to_json(self) -> dict[str, Any]:
        """See `Report`."""
        return {"schema": "payoff.calibration/1", **asdict(self.found), "kept_in": self.kept_in}

    def __rich__(self) -> RenderableType:
        found = self.found
        return Text(
            f"idle  {show(found.idle_w, 'power', found.idle_interval)}\n"
            f"full  {show(found.full_w, 'power', found.full_interval)}, all {found.threads} threads busy\n"
            f"Kept in {self.kept_in}: runs without a counter of their own use it from now on."
        )


@click.command()
@click.option(
    "--watts", "command", metavar="COMMAND", help="A command that prints what the wall meter shows: '61.5 W'."
)
@click.option(
    "--seconds", default=30.0, show_default=True, type=click.FloatRange(min=0.5), help="How long each phase is."
)
@click.option("--keep-meter", is_flag=True, help="Read the meter in every run, instead of using the model.")
@click.option("--idle", "idle", metavar="WATTS", help="What the machine draws when idle, typed by hand: 60W.")
@click.option("--full", "full", metavar="WATTS", help="What it draws with all threads busy, typed by hand: 140W.")
@click.option("--accuracy", default=ACCURACY, show_default=True, metavar="SHARE", help="How far the meter may be off.")
@json_option
def calibrate(
    *,
    command: str | None,
    seconds: float,
    keep_meter: bool,
    idle: str | None,
    full: str | None,
    accuracy: str,
    as_json: bool,
) -> None:
    """Measure this machine's idle and full watts against a wall meter, or type them in.

    First nothing is done for some seconds, then all threads are kept busy. Close what else runs. The figures are kept
    for this machine in the user's configuration and replace the model of published servers.
    """
    spread = parse(accuracy, "share")
    if not 0 <= spread < 1:
        raise InvalidValue(f"the accuracy of a meter is between 0 and 100 %, got {accuracy!r}; give for example '3 %'")
    if command and not (idle or full):
        light, heavy = _measured(command, seconds, spread)
        against = f"the meter read by {command!r}"
    elif idle and full and not command:
        light, heavy = (mean_interval([parse(text, "power")], spread) for text in (idle, full))
        against = "figures typed by hand"
    else:
        raise InvalidValue("give either --watts 'COMMAND' or both --idle 60W and --full 140W")
    if keep_meter and not command:
        raise InvalidValue("--keep-meter needs a meter; give --watts 'COMMAND'")
    processor = this_processor()
    found = Calibration(
        *light, *heavy, processor.threads, processor.name, utc_now()[:10], against, command if keep_meter else None
    )
    path = config_path()
    save(found, path)
    answer(CalibrationReport(found, path), as_json=as_json)


def _measured(command: str, seconds: float, accuracy: float) -> tuple[Loaded, Loaded]:
    processor = this_processor()
    curve = ServerModel(processor, socket_threads()).power
    light, idle_use = _phase("idle", command, seconds, accuracy)
    if idle_use > BUSY_WHEN_IDLE:
        told = f"the machine was {100 * idle_use:.0f} % busy while it should have been idle; close what else runs"
        if idle_use > TOO_BUSY:
            raise SensorError(f"{told} and calibrate again")
        click.echo(f"payoff: {told} for a narrower interval", err=True)
    with _all_threads_busy(processor.threads):
        heavy, full_use = _phase("full load", command, seconds, accuracy)
    return fitted(light, heavy, (curve.share(idle_use), curve.share(full_use)))


def _phase(label: str, command: str, seconds: float, accuracy: float) -> tuple[Loaded, float]:
    """Mean watts of a phase, and how busy the machine was in it."""
    began, settled = time.monotonic(), math.inf
    readings: list[tuple[float, MeterReading]] = []
    busy = _busy_s()
    with click.progressbar(length=100, label=f"{label:10}", file=sys.stderr) as bar:
        while (passed := time.monotonic() - began) < seconds or len(readings) < 2:
            bar.update(max(0, min(100, int(100 * passed / seconds)) - bar.pos))
            if passed < SETTLE * seconds:
                time.sleep(min(0.1, SETTLE * seconds - passed))
                continue
            if math.isinf(settled):
                settled, busy = time.monotonic(), _busy_s()
            readings.append((time.monotonic(), run_meter(command)))
            time.sleep(min(1.0, seconds / 20))
    use = (_busy_s() - busy) / (time.monotonic() - settled) / this_processor().threads
    return mean_interval(_watts(readings), accuracy), min(1.0, max(0.0, use))


def _watts(readings: list[tuple[float, MeterReading]]) -> list[float]:
    """The samples of a meter of watts; the mean over the phase of one of joules."""
    kinds = {reading.kind for _, reading in readings}
    if kinds == {"power"}:
        return [reading.value for _, reading in readings]
    (first, begin), (last, end) = readings[0], readings[-1]
    if kinds != {"energy"} or end.value <= begin.value:
        raise SensorError("the meter's total did not grow, or it told watts one time and joules another")
    return [(end.value - begin.value) / (last - first)]


def _busy_s() -> float:
    busy = machine_busy_s()
    if busy is None:
        raise SensorError("this system does not tell how busy it is; type the figures in: --idle 60W --full 140W")
    return busy


@contextmanager
def _all_threads_busy(threads: int, start: Callable[..., subprocess.Popen[bytes]] = subprocess.Popen) -> Iterator[None]:
    one = {**os.environ, **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")}
    workers = [start([sys.executable, "-c", LOAD, "payoff-calibrate"], env=one) for _ in range(threads)]
    try:
        yield
    finally:
        for worker in workers:
            worker.kill()
        for worker in workers:
            worker.wait()
