"""Energy counters: what two values of a register, and the time between them, say of the joules in between.

A counter that cannot be read for a while is no loss: its next value speaks for the whole time (`Drawn.covers_s`).
Only what a counter itself lost (reset, several wraps that cannot be told apart) is a gap.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from payoff.errors import SensorError
from payoff.frozen import Frozen
from payoff.meter._seam import Drawn, Evidence, Interval

SLACK_S = 0.1
"""Counters are published late by up to this long, so a short interval may hold the energy of a longer one."""
STILL_S = 0.1
"""A register that has not moved for longer than this stands still: hardware that is on draws power."""
PLAUSIBLE = 0.8, 1.25
"""Of several readings of a register that went round, the one this near to the usual power is believed."""
LONG_S = 0.5
"""Mean power over less than this says more of the counter's rhythm than of the machine."""
LOWEST_IDLE, HIGHEST_IDLE = 0.5, 2.0
"""True idle power over what it is taken for; assumed."""
MEMORY = 0.2
"""How much the latest interval weighs in the usual power."""


class Register(Frozen):
    """What is known of one counter: joules per count, the most watts it could show, where it begins anew."""

    name: str
    joules: float
    highest_w: float
    wraps_at: int | None = None
    may_rest: bool = False
    """Whether it may stand still without being broken: a memory counter on a machine that does not fill it in."""


class Reset(SensorError):
    """The counter began anew, or went round more often than can be told: what was drawn is not known."""


class StandsStill(SensorError):
    """The counter has not moved for `seconds`, longer than hardware that is on can go without."""

    def __init__(self, name: str, seconds: float) -> None:
        super().__init__(f"{name} stands still")
        self.seconds = seconds


def grown(register: Register, before: int, now: int, seconds: float, usual_w: float | None = None) -> int:
    """Counts between two values of a register, with wrap told from reset by plausible power; raises `Reset`.

    >>> grown(Register("package-0", 1e-6, 500.0, 1000_000_000), 999_000_000, 50_000_000, 1.0)
    51000000
    """
    most = register.highest_w * (seconds + SLACK_S) / register.joules
    turn = register.wraps_at
    least = now - before
    if least < 0 and turn is not None:
        least += turn
    if not 0 <= least <= most:
        raise Reset(f"{register.name} was reset: it went from {before} to {now} in {seconds:.3g} s")
    if turn is None or least + turn > most:
        return least
    if usual_w is not None:
        usual = usual_w * seconds / register.joules
        near = [c for c in range(least, int(most) + 1, turn) if PLAUSIBLE[0] * usual <= c <= PLAUSIBLE[1] * usual]
        if len(near) == 1:
            return near[0]
    raise Reset(f"{register.name} may have gone round more than once in {seconds:.3g} s")


class Idle:
    """Splits joules into what is drawn anyway and what work added.

    Idle watts are the lowest mean power seen in half a second or more, and not more than what is known beforehand.
    They may be half of that, or, where lower power has been seen than is known, anything up to the lowest seen.
    """

    def __init__(self, prior_w: float | None = None) -> None:
        self._prior_w, self._lowest_w = prior_w, math.inf
        self._idle_j = self._dynamic_j = 0.0

    @property
    def watts(self) -> float | None:
        """Idle watts, as far as is known by now."""
        known_w = min(self._lowest_w, math.inf if self._prior_w is None else self._prior_w)
        return known_w if math.isfinite(known_w) else None

    def split(self, joules: float, seconds: float) -> tuple[float, float]:
        """Idle and dynamic joules of an interval."""
        if seconds >= LONG_S:
            self._lowest_w = min(self._lowest_w, joules / seconds)
        idle_j = joules if self.watts is None else min(joules, self.watts * seconds)
        self._idle_j += idle_j
        self._dynamic_j += joules - idle_j
        return idle_j, joules - idle_j

    def told(self, known: Evidence, name: str) -> Evidence:
        """What is known of the sum, with the error of the split: the one part's gain is the other's loss.

        For a job that holds the whole machine the two cancel; one that shares it keeps the difference.
        """
        low, high = LOWEST_IDLE, HIGHEST_IDLE
        if self.watts and math.isfinite(self._lowest_w):
            high = max(1.0, min(high, self._lowest_w / self.watts))
        ratio = self._idle_j / self._dynamic_j if self._dynamic_j else 0.0
        error = f"idle power of {name}"
        opposite = 1 + (1 - low) * ratio, max(0.0, 1 - (high - 1) * ratio)
        idle, dynamic = {**known.idle, error: (low, high)}, {**known.dynamic, error: opposite}
        return Evidence(known.basis, idle, dynamic, known.sources)


class CounterSensor:
    """The sum of some registers that are read at one go; `psys`, a register that holds all others, is kept apart.

    `latest` is what `drawn` told last, `beyond_j` what `psys` showed beyond the sum of the others in that time, or
    `None` where that is not plausible. Raises `SensorError` when made where the registers cannot be read.
    """

    def __init__(
        self,
        name: str,
        registers: Sequence[Register],
        read: Callable[[], Sequence[int]],
        evidence: Evidence,
        *,
        idle: Idle | None = None,
        psys: Register | None = None,
    ) -> None:
        self.name, self._evidence = name, evidence
        self._registers, self._psys = tuple(registers), psys
        self._read, self._idle = read, idle or Idle()
        self._usual_w: list[float | None] = [None] * len(registers)
        self._last = tuple(read())
        self._since_s = 0.0
        self.latest: Drawn | None = None
        self.beyond_j: float | None = None

    @property
    def evidence(self) -> Evidence:
        """See `Sensor`."""
        return self._idle.told(self._evidence, self.name)

    @property
    def has_platform(self) -> bool:
        """Whether there is a register that holds all others."""
        return self._psys is not None

    def drawn(self, interval: Interval) -> Drawn:
        """See `Sensor`."""
        self.latest = self.beyond_j = None
        self._since_s += interval.elapsed_s
        now, seconds = tuple(self._read()), self._since_s
        if not self._moved(now):
            if seconds > STILL_S:
                raise StandsStill(self.name, seconds)
            self.latest = Drawn(0.0, 0.0, covers_s=0.0)
            return self.latest
        last, self._last, self._since_s = self._last, now, 0.0
        joules = self._joules(last, now, seconds)
        self.beyond_j = self._beyond(last[-1], now[-1], seconds, joules)
        idle_j, dynamic_j = self._idle.split(joules, seconds)
        self.latest = Drawn(idle_j, dynamic_j, covers_s=seconds)
        return self.latest

    def _moved(self, now: Sequence[int]) -> bool:
        parts = zip(self._registers, self._last, now, strict=False)
        return all(register.may_rest or value != last for register, last, value in parts)

    def _joules(self, last: Sequence[int], now: Sequence[int], seconds: float) -> float:
        parts = zip(self._registers, last, now, self._usual_w, strict=False)
        grew = [register.joules * grown(register, a, b, seconds, usual) for register, a, b, usual in parts]
        if seconds >= LONG_S:
            for place, joules in enumerate(grew):
                before, watts = self._usual_w[place], joules / seconds
                self._usual_w[place] = watts if before is None else before + MEMORY * (watts - before)
        return sum(grew)

    def _beyond(self, last: int, now: int, seconds: float, own_j: float) -> float | None:
        if self._psys is None:
            return None
        try:
            whole_j = self._psys.joules * grown(self._psys, last, now, seconds)
        except Reset:
            return None
        return whole_j - own_j if whole_j >= own_j else None
