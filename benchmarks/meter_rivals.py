"""How the other trackers are asked to do the meter's jobs: by their documented interfaces, offline, every second."""

from __future__ import annotations

import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from contest import Rival, child_figures
from meter_truth import BURN


@dataclass(frozen=True, slots=True)
class Tracker:
    """A rival, and the Python that imports it, opens a window, closes it and tells its joules.

    `known_s` reads from the folder of a killed run how many of its seconds the tracker has kept.
    """

    rival: Rival
    importing: str
    start: str
    stop: str
    joules: str
    known_s: Callable[[Path], float] = lambda folder: 0.0


def _last(folder: Path, name: str, column: str) -> float:
    try:
        with (folder / name).open(newline="") as file:
            return float([row[column] for row in csv.DictReader(file)][-1])
    except (OSError, IndexError, ValueError, KeyError):
        return 0.0


TRACKERS = (
    Tracker(
        Rival("codecarbon", "3.3.2"),
        "from codecarbon import OfflineEmissionsTracker",
        "t = OfflineEmissionsTracker(country_iso_code='FRA', measure_power_secs=1, log_level='critical'); t.start()",
        "t.stop()",
        "t.final_emissions_data.energy_consumed * 3.6e6",
        lambda folder: _last(folder, "emissions.csv", "duration"),
    ),
    Tracker(
        Rival("carbontracker", "2.4.7"),
        "import carbontracker.parser; from carbontracker.tracker import CarbonTracker",
        "t = CarbonTracker(epochs=1, update_interval=1, verbose=0, log_dir='.', epochs_before_pred=0); t.epoch_start()",
        "t.epoch_end(); t.stop()",
        "sum(log['actual']['energy (kWh)'] for log in carbontracker.parser.parse_all_logs('.')) * 3.6e6",
    ),
    Tracker(
        Rival("eco2ai", "0.3.12", ("pandas<3",)),
        "import warnings; warnings.simplefilter('ignore'); import eco2ai",
        "t = eco2ai.Tracker(project_name='x', experiment_description='x', file_name='e.csv', alpha_2_code='FR',"
        " measure_period=1); t.start()",
        "t.stop()",
        "float(__import__('csv').DictReader(open('e.csv')).__next__()['power_consumption(kWh)']) * 3.6e6",
        lambda folder: _last(folder, "e.csv", "duration(s)"),
    ),
    Tracker(
        Rival("zeus", "0.16.0"),
        "from zeus.monitor import ZeusMonitor",
        "t = ZeusMonitor(); t.begin_window('w')",
        "m = t.end_window('w')",
        "sum((m.cpu_energy or {}).values()) + sum(m.gpu_energy.values()) or float('nan')",
    ),
)


def lost_s(tracker: Tracker, kills: int) -> float:
    """The most seconds of a run that are gone after SIGKILL, over kills at random moments of its first 20 seconds."""
    moments = [random.Random(kill).uniform(2, 20) for kill in range(kills)]
    with ThreadPoolExecutor(5) as pool:
        return max(pool.map(lambda after_s: _lost_to_one_kill(tracker, after_s), moments))


def _lost_to_one_kill(tracker: Tracker, after_s: float) -> float:
    code = f"{tracker.importing}\n{tracker.start}\nprint('began', flush=True)\nimport time\ntime.sleep(60)"
    with tempfile.TemporaryDirectory() as folder:
        child = subprocess.Popen(
            [tracker.rival.python(), "-c", code],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert child.stdout is not None
        while child.stdout.readline().strip() != "began":
            if child.poll() is not None:
                return float("nan")
        began = time.monotonic()
        time.sleep(after_s)
        child.kill()
        lived_s = time.monotonic() - began
        child.communicate()
        return max(0.0, lived_s - tracker.known_s(Path(folder)))


FORKS = """
import os
for _ in range(40):
    child = os.fork()
    if child == 0:
        burn(0.1)
        os._exit(0)
    os.waitpid(child, 0)
"""


def joules(tracker: Tracker, work: str) -> float:
    """What a tracker says that some work took."""
    code = "\n".join(
        [
            BURN,
            tracker.importing,
            tracker.start,
            work,
            tracker.stop,
            f"print(__import__('json').dumps({{'j': {tracker.joules}}}))",
        ]
    )
    with tempfile.TemporaryDirectory() as folder:
        return child_figures(tracker.rival.python(), code, Path(folder))["j"]


def fork_heavy_error() -> float:
    """Codecarbon in its mode for one process: the share of forty short children's energy that it misses.

    Against the same CPU time spent by the process itself; its figure of an idle wait as long is taken off both.
    """
    codecarbon = TRACKERS[0]
    mode = codecarbon.start.replace("log_level", "tracking_mode='process', log_level")
    alone = Tracker(
        codecarbon.rival, codecarbon.importing, mode, codecarbon.stop, "t.final_emissions_data.cpu_energy * 3.6e6"
    )
    return abs(1 - joules(alone, FORKS) / joules(alone, "burn(4.0)"))


def idle_process_watts(tracker: Tracker, seconds: float) -> float:
    """Watts charged to a process that sleeps while all threads are busy, less those charged on a quiet machine."""
    quiet = joules(tracker, f"time.sleep({seconds})") / seconds
    burners = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(os.cpu_count() or 1)]
    try:
        return joules(tracker, f"time.sleep({seconds})") / seconds - quiet
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()


def ranks_ratio(tracker: Tracker, ranks: int, seconds: float) -> float:
    """What eight ranks on one node are charged together, over what one window says of the node meanwhile."""
    with ThreadPoolExecutor(ranks + 1) as pool:
        figures = list(pool.map(lambda _: joules(tracker, f"time.sleep({seconds})"), range(ranks + 1)))
    return sum(figures[1:]) / figures[0]


def figures(*, quick: bool) -> dict[str, float]:
    """The rivals' figures as NAME@RIVAL; a job that a rival cannot do has none."""
    if quick:
        return {}
    found: dict[str, float] = {}
    for tracker in TRACKERS:
        name = tracker.rival.name
        found[f"sigkill_lost_s_max@{name}"] = lost_s(tracker, 10)
        if name != "zeus":
            found[f"idle_process_watts@{name}"] = idle_process_watts(tracker, 10)
            found[f"eight_ranks_ratio@{name}"] = ranks_ratio(tracker, 8, 10)
    found["fork_heavy_error@codecarbon"] = fork_heavy_error()
    return found


if __name__ == "__main__":
    print(json.dumps(figures(quick="--quick" in sys.argv), indent=1))
