"""Intel's and AMD's energy counters (RAPL) as Linux shows them under /sys/class/powercap."""

from __future__ import annotations

from pathlib import Path

from payoff.errors import SensorError
from payoff.meter._seam import Drawn, Evidence, Interval

ROOT = Path("/sys/class/powercap")
HIGHEST_W = 2000.0
"""No package draws more: a larger difference between two readings is a reset, not a wrap."""


class Counter:
    """One energy counter that wraps around at `wraps_at` microjoules."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.zone = (folder / "name").read_text().strip()
        self._wraps_at = int((folder / "max_energy_range_uj").read_text())
        self._last = self._read()

    def _read(self) -> int:
        try:
            return int((self.folder / "energy_uj").read_text())
        except (OSError, ValueError) as error:
            raise SensorError(f"{self.folder / 'energy_uj'} cannot be read ({error})") from error

    def joules(self, elapsed_s: float) -> float:
        """Joules since the last call; raises `SensorError` where the counter was reset in between."""
        before, self._last = self._last, self._read()
        difference = self._last - before
        if difference < 0:
            difference += self._wraps_at
            if difference > HIGHEST_W * max(elapsed_s, 1e-3) * 1e6:
                raise SensorError(f"{self.zone} was reset: it fell from {before} to {self._last} µJ")
        return difference * 1e-6


def find_counters(root: Path = ROOT) -> list[Counter]:
    """The counters to add up: each package with its DRAM; the whole platform where it has a counter is left out, for it holds them all."""
    if not root.is_dir():
        return []
    found = []
    for folder in sorted(root.glob("intel-rapl:*")):
        try:
            counter = Counter(folder)
        except (OSError, ValueError, SensorError):
            continue
        if counter.zone.startswith("package") or counter.zone == "dram":
            found.append(counter)
    return found


class Powercap:
    """Energy of the processor packages and their memory, from their counters."""

    name = "RAPL (powercap)"
    evidence = Evidence(
        "measured",
        idle={"parts without a counter": (1.0, 1.6)},
        dynamic={"parts without a counter": (1.0, 1.3)},
        sources=("RAPL counters of this machine",),
    )

    def __init__(self, counters: list[Counter], idle_w: float) -> None:
        self._counters = counters
        self._idle_w = idle_w

    def drawn(self, interval: Interval) -> Drawn:
        """See `Sensor`. What the packages draw when idle is a share of the model's figure for this kind of machine."""
        energy_j = sum(counter.joules(interval.elapsed_s) for counter in self._counters)
        idle_j = min(energy_j, self._idle_w * interval.elapsed_s)
        return Drawn(idle_j, energy_j - idle_j)
