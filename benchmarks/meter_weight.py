"""What does measuring itself weigh? CPU time to load, to open and close a window, and while nothing happens; memory.

CPU time is user and system time of the process and of the children it has waited for, as the operating system counts
it. Every round is a fresh interpreter that has loaded nothing else, with an empty home; all tools write their result
to disk, look every second and look nothing up on the network.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from contest import Samples, child_figures, rounds
from meter_rivals import Tracker

_CLOCK = """
import json, resource, time

def cpu_ms():
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return 1000 * sum([one.ru_utime + one.ru_stime for one in used])
"""
_WINDOWS = (
    _CLOCK
    + """
at = [cpu_ms()]
{importing}
at.append(cpu_ms())
{loading}
at.append(cpu_ms())
{start}
{stop}
at.append(cpu_ms())
for _ in range(5):
    {start}
    {stop}
at.append(cpu_ms())
print(json.dumps({{
    "import": at[1] - at[0],
    "load": at[2] - at[1],
    "window": at[3] - at[2],
    "later window": (at[4] - at[3]) / 5,
    "total": at[3] - at[0],
}}))
"""
)
_IDLE = (
    _CLOCK
    + """
{importing}
{loading}
{start}
time.sleep(2.5)
before = cpu_ms()
time.sleep({seconds})
used = cpu_ms() - before
{stop}
peak_mb = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) / 1024
print(json.dumps({{"idle_core_percent": used / {seconds} / 10, "peak_rss_mb": peak_mb}}))
"""
)

Code = tuple[str, Mapping[str, str]]
"""An interpreter, and the lines that import, load, start and stop a tracker there."""

PAYOFF: Code = (
    sys.executable,
    {
        "importing": "import payoff",
        "loading": "payoff.measure",
        "start": "w = payoff.measure('x', region='FR').start()",
        "stop": "w.stop()",
    },
)


def code_of(tracker: Tracker) -> Code:
    """A rival, asked the same."""
    lines = {"importing": tracker.importing, "loading": "pass", "start": tracker.start, "stop": tracker.stop}
    return tracker.rival.python(), lines


def windows(contestants: Mapping[str, Code], count: int) -> dict[str, Samples]:
    """CPU milliseconds to import, load, and open and close windows, by contestant, round by round."""
    with tempfile.TemporaryDirectory() as home:
        asked: dict[str, Callable[[], Mapping[str, float]]] = {
            name: partial(child_figures, python, _WINDOWS.format(**lines), Path(home))
            for name, (python, lines) in contestants.items()
        }
        return rounds(asked, count)


def idle(contestants: Mapping[str, Code], seconds: float) -> dict[str, dict[str, float]]:
    """Share of a core used while a process sleeps in a window, and the most memory it held, all at the same time."""

    def one(code: Code) -> dict[str, float]:
        python, lines = code
        with tempfile.TemporaryDirectory() as home:
            return child_figures(python, _IDLE.format(seconds=seconds, **lines), Path(home))

    codes: Sequence[Code] = list(contestants.values())
    with ThreadPoolExecutor(len(codes)) as pool:
        return dict(zip(contestants, pool.map(one, codes), strict=True))
