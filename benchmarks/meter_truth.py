"""Is what the meter says true? SIGKILL, short-lived children, a busy neighbour, ranks on one node, a day's run.

Each figure is taken from real processes and from the ledger they left behind. The rivals do the same job through
their own documented interface, offline, in an environment of their own; a rival that cannot do a job has no figure.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import payoff
from payoff.ledger import Query, Tick, Trace, open_ledger
from payoff.meter._account import Account, Clocks, Usage
from payoff.meter._seam import Drawn, Evidence, Interval
from payoff.model import Event, Footprint, Run, new_id, utc_now
from payoff.quantities import Estimate

BURN = """
import time
def burn(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
"""

# A run that is killed at a random moment

KILLED = (
    BURN
    + """
import payoff, sys
with payoff.measure("killed", region="FR") as run:
    print("began", flush=True)
    while True:
        time.sleep(0.01)
"""
)


def sigkill_lost_s(kills: int, seed: int = 0) -> list[float]:
    """Seconds of each killed run that its ledger does not know of."""
    moments = [random.Random(seed + kill).uniform(0.2, 5.0) for kill in range(kills)]
    with ThreadPoolExecutor(10) as pool:
        return list(pool.map(_lost_to_one_kill, moments))


def _lost_to_one_kill(after_s: float) -> float:
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "PAYOFF_LEDGER": f"{folder}/ledger.db"}
        child = subprocess.Popen([sys.executable, "-c", KILLED], env=environment, stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        child.stdout.readline()
        began = time.monotonic()
        time.sleep(after_s)
        child.kill()
        lived_s = time.monotonic() - began
        child.communicate()
        with open_ledger(f"{folder}/ledger.db") as ledger:
            durations = [run.footprint.duration_s for run in ledger.runs()]
        known = sum(duration.value for duration in durations if duration)
        return max(0.0, lived_s - known)


# Forty children that live and die between two ticks

FORKS = (
    BURN
    + """
import os
for _ in range(40):
    child = os.fork()
    if child == 0:
        burn(0.1)
        os._exit(0)
    os.waitpid(child, 0)
times = os.times()
print(times.children_user + times.children_system + times.user + times.system)
"""
)


def fork_heavy_error() -> float:
    """The share by which the CPU time of forty short children of a measured command is wrong."""
    with tempfile.TemporaryDirectory() as folder:
        run, printed = _measured([sys.executable, "-c", FORKS], folder)
        truth = float(printed)
        return abs(float(run.details["usage"]["cpu_s"]) - truth) / truth


def _measured(command: list[str], folder: str, *options: str) -> tuple[Run, str]:
    ledger = f"{folder}/ledger.db"
    verb = [sys.executable, "-m", "payoff", "measure", "--quiet", "--region", "FR", "--ledger", ledger, *options, "--"]
    done = subprocess.run([*verb, *command], stdout=subprocess.PIPE, text=True, check=True)
    with open_ledger(ledger) as opened:
        return opened.find("last"), done.stdout


# An idle process on a busy machine


def idle_process_watts(seconds: float) -> float:
    """Watts of dynamic power that are charged to a sleeping command while all threads of the machine are busy."""
    burners = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(os.cpu_count() or 1)]
    try:
        with tempfile.TemporaryDirectory() as folder:
            run, _ = _measured(["sleep", str(seconds)], folder)
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()
    usage = run.details["usage"]
    return float(sum(part["dynamic_j"] for part in usage["parts"].values()) / usage["duration_s"])


# Ranks on one node

RANK = (
    BURN
    + """
import payoff, sys
with payoff.measure("rank", region="FR"):
    end = time.monotonic() + float(sys.argv[1])
    while time.monotonic() < end:
        burn(0.02)
        time.sleep(0.1)
"""
)


def ranks_ratio(ranks: int, seconds: float) -> float:
    """What all ranks were charged over what the node drew for them.

    The node draws its idle power for as long as any rank is measured, and what work adds by the CPU time of the ranks.
    """
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "PAYOFF_LEDGER": f"{folder}/ledger.db"}
        command = [sys.executable, "-c", RANK, str(seconds)]
        with payoff.measure("node", region="FR", scope="machine", ledger=f"{folder}/node.db") as node:
            children = [subprocess.Popen(command, env=_alone(environment)) for _ in range(ranks)]
            for child in children:
                child.wait()
        with open_ledger(f"{folder}/ledger.db") as ledger:
            runs = ledger.runs(Query(limit=None))
        with open_ledger(f"{folder}/node.db") as ledger:
            whole = ledger.find(node.run_id).details["usage"]
    charged = sum(run.footprint.energy_j.value for run in runs if run.footprint.energy_j)
    began = min(_seconds(run.started_at) for run in runs)
    ended = max(_seconds(str(run.ended_at)) for run in runs)
    idle_w = _sum(whole, "idle_j") / whole["duration_s"]
    dynamic_j_per_cpu_s = _sum(whole, "dynamic_j") / whole["cpu_s"]
    cpu_s = sum(float(run.details["usage"]["cpu_s"]) for run in runs)
    return float(charged / (idle_w * (ended - began) + dynamic_j_per_cpu_s * cpu_s))


def _alone(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name != "PAYOFF_RUN"}


def _sum(usage: Mapping[str, Any], name: str) -> float:
    return float(sum(part[name] for part in usage["parts"].values()))


def _seconds(stamp: str) -> float:
    from datetime import datetime

    return datetime.fromisoformat(stamp).timestamp()


# A day, replayed


class MadeCounter:
    """A counter of a machine that draws 40 W when idle and 100 W more by turns."""

    name = "made counter"
    evidence = Evidence("measured")

    def __init__(self) -> None:
        self.total_j = 0.0

    def drawn(self, interval: Interval) -> Drawn:
        """See `Sensor`."""
        idle_j, dynamic_j = 40.0 * interval.elapsed_s, 100.0 * interval.busy_s
        self.total_j += idle_j + dynamic_j
        return Drawn(idle_j, dynamic_j)


def day(seconds: int = 86_400) -> tuple[int, float, float]:
    """A day of ticks with a made clock: points of its trace, MB that the ledger grew, relative error of the energy."""
    counter, now, cpu = MadeCounter(), [0.0], [0.0]
    account = Account([counter], Clocks(lambda: cpu[0], lambda: cpu[0], lambda: now[0]))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.db"
        with open_ledger(path) as ledger:
            run_id, segment, trace = new_id(), new_id(), Trace()
            ledger.append(Event(run_id, "started", {"segment": segment, "name": "a day", "project": "bench"}))
            before = _size(path)
            for second in range(1, seconds + 1):
                now[0], cpu[0] = float(second), cpu[0] + (second // 600 % 2)
                _tick(ledger, account.advance(), (run_id, segment), trace, second)
            used = _footprint(account.advance())
            ended = {"segment": segment, "state": "completed", "footprint": used.to_json()}
            ledger.append(Event(run_id, "finished", ended))
            points = len(ledger.trace(run_id))
            run = ledger.find(run_id)
        grown_mb = (_size(path) - before) / 1e6
    assert run.footprint.energy_j is not None
    return points, grown_mb, abs(run.footprint.energy_j.value - counter.total_j) / counter.total_j


def _tick(ledger: Any, usage: Usage, ids: tuple[str, str], trace: Trace, number: int) -> None:
    used = _footprint(usage)
    point = (usage.duration_s, usage.energy_j or 0.0) if trace.keeps(number) else None
    ledger.beat(Tick(*ids, utc_now(), used, {}, number, point, trace.step))


def _footprint(usage: Usage) -> Footprint:
    return Footprint(duration_s=Estimate(usage.duration_s, {}, {"measured": 1.0}), energy_j=usage.energy())


def _size(path: Path) -> int:
    return sum(file.stat().st_size for file in path.parent.iterdir())


def figures(*, quick: bool) -> dict[str, float]:
    """Payoff's figures by name."""
    lost = sigkill_lost_s(10 if quick else 100)
    points, grown_mb, energy_error = day(20_000 if quick else 86_400)
    return {
        "sigkill_lost_s_max": max(lost),
        "sigkill_runs_over_one_tick": float(sum(seconds > 1.05 for seconds in lost)),
        "fork_heavy_error": fork_heavy_error(),
        "idle_process_watts": idle_process_watts(4 if quick else 20),
        "eight_ranks_ratio": ranks_ratio(8, 4 if quick else 20),
        "day_trace_points": float(points),
        "day_ledger_mb": grown_mb,
        "day_energy_error": energy_error,
    }


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    print(json.dumps(figures(quick="--quick" in sys.argv), indent=1))
