"""The meter beside other trackers: what measuring weighs, and whether what it says is true.

What is asked, by its name in `--json`; a rival's figure is NAME@RIVAL:

- `import_cpu_ms`, `start_stop_cpu_ms`: CPU time over bare Python to import, and to open and close the first window of a
  process. `import payoff` loads its rooms when they are first named, so `load_cpu_ms` and the sum, `total_cpu_ms`,
  stand beside.
- `idle_core_percent`, `peak_rss_mb`: while a process sleeps in a window with a tick a second.
- `sigkill_lost_s_max`: the most seconds that a run killed at a random moment has lost; a tick is 1 s.
- `fork_heavy_error`: of the CPU time of 40 children of 0.1 s, each born and gone between two ticks.
- `idle_process_watts`: charged to a sleeping process for the load of its neighbours.
- `eight_ranks_ratio`: what eight ranks on a node are charged together, over what the node draws.
- `load_curve_mae`, `load_curve_gain_low`, `interval_coverage`, `interval_width_ratio`: the model of machines without a
  counter, asked about servers it has not seen; see [server power](../server-power.md).
- `day_trace_points`, `day_ledger_mb`: a day of ticks by a made clock.

The rivals run in environments of their own, through their documented interfaces, offline, looking every second.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version

import meter_rivals
import meter_truth
import server_power
from contest import Figure, Options, Report, Row, Samples, median, options
from meter_weight import PAYOFF, code_of, idle, windows

WINDOWS = {
    "import": ("import_cpu_ms", "import over bare Python, CPU ms"),
    "load": ("load_cpu_ms", "loading the meter when it is first named, CPU ms"),
    "window": ("start_stop_cpu_ms", "start and stop of an empty window, the first of a process, CPU ms"),
    "later window": ("later_start_stop_cpu_ms", "the same, a later window, CPU ms"),
    "total": ("total_cpu_ms", "import, load and first window together, CPU ms"),
}
SINGLE = {
    "idle_core_percent": "watching an idle process, ticks of 1 s, % of a core",
    "peak_rss_mb": "peak memory, MB",
    "sigkill_lost_s_max": "lost after SIGKILL at a random moment, the most of all kills, s",
    "fork_heavy_error": "error on 40 children of 0.1 CPU-s",
    "idle_process_watts": "charged to an idle process for its neighbours' load, W",
    "eight_ranks_ratio": "eight ranks on one node, times the node",
    "load_curve_mae": "load-to-power curve, mean error on unseen servers, share of dynamic range",
    "load_curve_gain_low": "lower end of the 95 % interval of the gain on the median curve",
    "interval_coverage": "coverage of the 90 % interval for watts per thread, unseen servers",
    "interval_width_ratio": "median width of that interval, high over low",
    "day_trace_points": "a day replayed: points in the trace",
    "day_ledger_mb": "a day replayed: growth of the ledger, MB",
    "day_energy_error": "a day replayed: error of the energy against the counter",
}


def main(arguments: list[str] | None = None) -> None:
    """Run the contest and write what came of it."""
    asked = options(__doc__, arguments)
    rivals = [tracker for tracker in meter_rivals.TRACKERS if not asked.quick]
    contestants = {"payoff": PAYOFF} | {tracker.rival.name: code_of(tracker) for tracker in rivals}
    count = 3 if asked.quick else 12
    samples = windows(contestants, count)
    named = _windows_by_name(samples) | _singles(asked)
    for who, figures in idle(contestants, 5 if asked.quick else 60).items():
        named |= {_name(name, who): value for name, value in figures.items()}
    Report(
        subject="meter",
        question="What does measuring itself weigh, and is it true?",
        how=(__doc__ or "").partition("\n\n")[2].strip(),
        rows=_rows(samples, named, list(contestants)),
        versions={"payoff": version("payoff")} | {t.rival.name: t.rival.version for t in rivals},
        rounds=count,
        named=named,
    ).write(asked)


def _singles(asked: Options) -> dict[str, float]:
    """The figures that are one number of one run each."""
    model = server_power.figures(asked.data, 1 if asked.quick else 5) if (asked.data / "measure").is_dir() else {}
    return meter_truth.figures(quick=asked.quick) | meter_rivals.figures(quick=asked.quick) | model


def _windows_by_name(samples: Mapping[str, Samples]) -> dict[str, float]:
    return {
        _name(WINDOWS[key][0], who): median(values).value
        for who, figures in samples.items()
        for key, values in figures.items()
    }


def _rows(samples: Mapping[str, Samples], named: Mapping[str, float], contestants: list[str]) -> list[Row]:
    rows = [Row(label, {who: median(samples[who][key]) for who in contestants}) for key, (_, label) in WINDOWS.items()]
    for name, label in SINGLE.items():
        values = {who: named.get(_name(name, who)) for who in contestants}
        rows.append(Row(label, {who: None if v is None else Figure(v, v, v) for who, v in values.items()}))
    return rows


def _name(name: str, who: str) -> str:
    return name if who == "payoff" else f"{name}@{who}"


if __name__ == "__main__":
    main()
