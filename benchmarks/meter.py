"""What does measuring itself cost? payoff's meter beside codecarbon, in CPU time.

CPU time is user and system time of the process and of the children it has waited for, as the operating system counts
it. Every round is a fresh interpreter that has loaded nothing else, with an empty home; both tools write their result
to disk and look nothing up on the network. `import payoff` loads its parts when they are first named, so loading the
meter has a row of its own, and the last row is the sum of what a program pays.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from importlib.metadata import version
from pathlib import Path

from contest import Figure, Report, Rival, Row, child_figures, median, options, ratio, rounds

CODECARBON = Rival("codecarbon", "3.3.2")

CHILD = """
import resource

def cpu_ms():
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return 1000 * sum([one.ru_utime + one.ru_stime for one in used])

at = [cpu_ms()]
{importing}
at.append(cpu_ms())
{loading}
at.append(cpu_ms())
{window}
at.append(cpu_ms())
for _ in range(5):
    {window}
at.append(cpu_ms())
figures = {{
    "import": at[1] - at[0],
    "load": at[2] - at[1],
    "window": at[3] - at[2],
    "later window": (at[4] - at[3]) / 5,
    "total": at[3] - at[0],
}}
print(str(figures).replace("'", '"'))
"""
PAYOFF_CODE = CHILD.format(
    importing="import payoff",
    loading="payoff.measure",
    window="payoff.measure('x', region='FR').start().stop()",
)
CODECARBON_CODE = CHILD.format(
    importing="from codecarbon import OfflineEmissionsTracker as Tracker",
    loading="pass",
    window="tracker = Tracker(country_iso_code='FRA', log_level='critical'); tracker.start(); tracker.stop()",
)
FIGURES = {
    "import": ("import_cpu_ms", "import over bare Python, ms"),
    "load": ("load_cpu_ms", "loading the meter when it is first named, ms"),
    "window": ("start_stop_cpu_ms", "start and stop of an empty window, the first of a process, ms"),
    "later window": ("later_start_stop_cpu_ms", "start and stop of an empty window, a later one, ms"),
    "total": ("total_cpu_ms", "import, load and first window together, ms"),
}


def main(arguments: list[str] | None = None) -> None:
    """Run the contest and write what came of it."""
    asked = options(__doc__, arguments)
    versions = {"payoff": version("payoff")}
    with tempfile.TemporaryDirectory() as home:
        run = partial(child_figures, folder=Path(home))
        contestants: dict[str, Callable[[], Mapping[str, float]]] = {
            "payoff": partial(run, sys.executable, PAYOFF_CODE)
        }
        if CODECARBON.takes_part(asked):
            contestants["codecarbon"] = partial(run, CODECARBON.python(), CODECARBON_CODE)
            versions["codecarbon"] = CODECARBON.version
        samples = rounds(contestants, 3 if asked.quick else 30)

    medians = {who: {key: median(values) for key, values in figures.items()} for who, figures in samples.items()}
    rows = [Row(label, {who: figures[key] for who, figures in medians.items()}) for key, (_, label) in FIGURES.items()]
    times: dict[str, Figure | None] = {
        who: ratio(samples["payoff"]["total"], figures["total"]) for who, figures in samples.items() if who != "payoff"
    }
    Report(
        subject="meter",
        question="What does measuring itself cost? CPU time, in milliseconds.",
        how=(__doc__ or "").partition("\n\n")[2].strip(),
        rows=[*rows, Row("the same, as a multiple of payoff's", times)],
        versions=versions,
        rounds=len(samples["payoff"]["total"]),
        named={
            FIGURES[key][0] + ("" if who == "payoff" else f"@{who}"): figure.value
            for who, figures in medians.items()
            for key, figure in figures.items()
        },
    ).write(asked)


if __name__ == "__main__":
    main()
