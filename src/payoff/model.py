"""What payoff is about: footprints, readings, events, runs, budgets and worth.

Everything here is a frozen value; nothing here opens a file or reads a clock, `new_id` and `utc_now` excepted.
"""

from __future__ import annotations

import json
import math
import os
import re
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from payoff.errors import InvalidValue
from payoff.frozen import Frozen, field
from payoff.quantities import Estimate
from payoff.units import DIMENSION_OF, LABELS, parse, parse_any, show, significant

Direction = Literal["max", "min"]
State = Literal["running", "completed", "failed", "stopped", "lost"]


_last_stamp = 0


def new_id() -> str:
    """A global identifier of 32 hexadecimal digits (RFC 9562, version 7).

    Those of one process sort in the order in which they were made, even when the clock is set back.
    """
    global _last_stamp
    _last_stamp = stamp = max(time.time_ns() * 4096 // 1_000_000, _last_stamp + 1)
    tail = int.from_bytes(os.urandom(8), "big")
    return f"{stamp >> 12:012x}7{stamp & 0xFFF:03x}{0x8 | tail >> 62:x}{tail & ((1 << 60) - 1):015x}"


def witness(identifier: str) -> None:
    """Let the identifiers that this process makes from now on sort after this one."""
    global _last_stamp
    stamp = identifier[:12] + identifier[13:16]
    if len(stamp) == 15 and all(digit in "0123456789abcdef" for digit in stamp):
        _last_stamp = max(_last_stamp, int(stamp, 16))


def utc_now() -> str:
    """The present as ISO-8601 in UTC with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Footprint(Frozen):
    """What a run used; SI units, every figure an `Estimate`, absent as `None`.

    `energy_j` is the energy at the machine; `emissions_kg` is location-based, `emissions_market_kg`
    market-based, and `embodied_kg` the share of making the hardware: three columns never added up.
    `incomplete` names the figures of a sum that some part of it did not have: such a sum is a lower bound.
    """

    duration_s: Estimate | None = None
    energy_j: Estimate | None = None
    emissions_kg: Estimate | None = None
    emissions_market_kg: Estimate | None = None
    embodied_kg: Estimate | None = None
    cost_usd: Estimate | None = None
    water_l: Estimate | None = None
    flop: Estimate | None = None
    examples: Estimate | None = None
    labels: Estimate | None = None
    incomplete: frozenset[str] = frozenset()

    def __getitem__(self, name: str) -> Estimate | None:
        if name not in DIMENSION_OF:
            raise KeyError(name)
        value: Estimate | None = getattr(self, name)
        return value

    def present(self) -> dict[str, Estimate]:
        """The figures that are there, by name."""
        return {name: figure for name in DIMENSION_OF if (figure := self[name]) is not None}

    def __str__(self) -> str:
        """'time 3.7 s, energy 7.7 J (5.6–11)': the figures as people read them; '≥' where a part is missing."""
        told = []
        for name, figure in self.present().items():
            at_least = "≥ " if name in self.incomplete else ""
            told.append(f"{LABELS[name]} {at_least}{figure.tell(DIMENSION_OF[name])}")
        return ", ".join(told) or "nothing known"

    def __repr__(self) -> str:
        return f"<Footprint: {self}>"

    def __add__(self, other: Footprint) -> Footprint:
        mine, theirs = self.present(), other.present()
        total = {name: mine[name] + theirs[name] for name in mine.keys() & theirs.keys()}
        alone = {**mine, **theirs}
        incomplete = self.incomplete | other.incomplete | (mine.keys() ^ theirs.keys())
        return Footprint(**{**alone, **total}, incomplete=incomplete)

    def __radd__(self, other: int) -> Footprint:
        """Let `sum` start at 0."""
        return self if other == 0 else NotImplemented

    def grown(self, factors: Mapping[str, float]) -> Footprint:
        """The same evidence for figures that have grown by these factors; those not named stay as they are."""
        figures: dict[str, Any] = {name: figure * factors.get(name, 1.0) for name, figure in self.present().items()}
        return Footprint(**figures, incomplete=self.incomplete)

    def without(self, part: Footprint) -> Footprint:
        """What is left when a part that was measured on its own is taken out; never below 0."""
        rest = {
            name: figure if (taken := part[name]) is None else (figure - taken).at_least_zero()
            for name, figure in self.present().items()
        }
        return Footprint(**rest, incomplete=self.incomplete)

    def to_json(self) -> dict[str, Any]:
        """A plain dictionary of the figures that are there."""
        figures: dict[str, Any] = {name: figure.to_json() for name, figure in self.present().items()}
        return {**figures, "incomplete": sorted(self.incomplete)} if self.incomplete else figures

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Footprint:
        """The footprint that `to_json` wrote; figures of a later version are passed over."""
        figures = {name: Estimate.from_json(data[name]) for name in DIMENSION_OF if name in data}
        return cls(**figures, incomplete=frozenset(data.get("incomplete", ())))


_FALLING = ("loss", "error", "err", "perplexity", "mse", "mae", "nll", "entropy")


class Objective(Frozen):
    """The metric the user cares about, whether more or less of it is better, and the value aimed at."""

    metric: str
    direction: Direction = "max"
    target: float | None = None

    @classmethod
    def parse(cls, text: str) -> Objective:
        """Read 'accuracy', 'min:loss' or 'accuracy=0.98'; without a direction the metric's name tells it."""
        direction, colon, rest = text.partition(":")
        rest = rest if colon else text
        metric, equals, target = (part.strip() for part in rest.partition("="))
        if not metric or (colon and direction not in ("max", "min")):
            raise InvalidValue(
                f"an objective is a metric, if need be with 'max:' or 'min:' before it, got {text!r}; "
                "for example 'min:loss'"
            )
        falls = any(word.endswith(_FALLING) for word in re.split("[^a-z]+", metric.lower()))
        chosen: Direction = "min" if (direction == "min" if colon else falls) else "max"
        try:
            aim = float(target) if equals else 0.0
        except ValueError:
            aim = math.nan
        if not math.isfinite(aim):
            raise InvalidValue(
                f"the target of an objective must be a finite number, got {target!r}; for example 'accuracy=0.98'"
            )
        return cls(metric, chosen, aim if equals else None)

    def better(self, value: float, than: float | None) -> bool:
        """Whether `value` is an improvement; NaN never is."""
        if not math.isfinite(value):
            return False
        return than is None or not math.isfinite(than) or (value > than if self.direction == "max" else value < than)

    def to_json(self) -> dict[str, Any]:
        """A plain dictionary."""
        return {"metric": self.metric, "direction": self.direction, "target": self.target}


class Reading(Frozen):
    """A quality value at a step, and what its run had used by then (seconds, joules, examples)."""

    step: float
    metric: str
    value: float
    elapsed_s: float | None = None
    energy_j: float | None = None
    examples: float | None = None


class Event(Frozen):
    """Something that happened to a run. Events are only ever added; `id` is global."""

    run_id: str
    kind: str
    data: Mapping[str, Any] = field(factory=dict)
    at: str = field(factory=utc_now)
    id: str = field(factory=new_id)

    def to_json(self) -> dict[str, Any]:
        """A plain dictionary."""
        return {"id": self.id, "run_id": self.run_id, "kind": self.kind, "at": self.at, "data": dict(self.data)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Event:
        """The event that `to_json` wrote."""
        return cls(data["run_id"], data["kind"], data["data"], data["at"], data["id"])


class Lease(Frozen):
    """The process that holds a running segment: it names one process of one boot of one host."""

    host: str
    boot: str
    pid: int
    pid_started: int


class Segment(Frozen):
    """One uninterrupted piece of a run; a resumed run has several."""

    id: str
    started_at: str
    heartbeat_at: str
    lease: Lease | None = None
    outcome: State | None = None
    footprint: Footprint = Footprint()


class Run(Frozen):
    """One execution that was measured: a fold over its events."""

    id: str
    number: int
    project: str
    name: str
    state: State
    started_at: str
    ended_at: str | None = None
    study: str | None = None
    parent: str | None = None
    kept: bool | None = None
    tags: tuple[str, ...] = ()
    parameters: Mapping[str, Any] = field(factory=dict)
    command: tuple[str, ...] = ()
    host: str = ""
    place: str | None = None
    exit_code: int | None = None
    reason: str = ""
    objective: Objective | None = None
    best: Reading | None = None
    readings: int = 0
    footprint: Footprint = Footprint()
    segments: tuple[Segment, ...] = ()
    details: Mapping[str, Any] = field(factory=dict)

    def __str__(self) -> str:
        """'run 3 (resnet) completed: best accuracy 0.91, time 3.7 s, energy 7.7 J (5.6–11)'."""
        best = f"best {self.best.metric} {significant(self.best.value, 4)}, " if self.best else ""
        return f"run {self.number} ({self.name}) {self.state}: {best}{self.footprint}"

    def __repr__(self) -> str:
        return f"<{self}>"

    def comparable(self, other: Run) -> bool:
        """Runs compare when project and objective agree."""
        return self.objective is not None and (self.project, self.objective) == (other.project, other.objective)


class Budget(Frozen):
    """Caps on figures of a footprint, in SI: {'energy_j': 1.8e6, 'duration_s': 7200.0}."""

    caps: Mapping[str, float]

    def __post_init__(self) -> None:
        for name, cap in self.caps.items():
            if not cap > 0:
                amount = show(cap, DIMENSION_OF[name])
                raise InvalidValue(f'budget must be above 0, got {amount}; give for example --budget "2 kWh"')

    @classmethod
    def parse(cls, *texts: str) -> Budget:
        """Read caps such as '0.5 kWh', '200 gCO2e', '2 h' or '$5', several in one text parted by ' and '."""
        caps: dict[str, float] = {}
        for text in (part for whole in texts for part in whole.replace(";", " and ").split(" and ")):
            name, amount = parse_figure(text)
            caps[name] = min(amount, caps.get(name, math.inf))
        return cls(caps)

    def used(self, footprint: Footprint) -> dict[str, float]:
        """The share of each cap that is used; a figure that is absent has used nothing that is known."""
        return {name: figure.value / cap for name, cap in self.caps.items() if (figure := footprint[name]) is not None}

    def left(self, footprint: Footprint) -> dict[str, float]:
        """What is left under each cap, in SI, never below 0."""
        return {name: max(0.0, cap * (1 - self.used(footprint).get(name, 0.0))) for name, cap in self.caps.items()}

    def spent(self, footprint: Footprint) -> tuple[str, ...]:
        """The names of the caps that are reached."""
        return tuple(name for name, share in self.used(footprint).items() if share >= 1)

    def __str__(self) -> str:
        return " and ".join(
            show(cap, DIMENSION_OF[name]) + (f" {name}" if name in COUNTED else "") for name, cap in self.caps.items()
        )


FIELD_OF = {
    "energy": "energy_j",
    "emissions": "emissions_kg",
    "cost": "cost_usd",
    "duration": "duration_s",
    "water": "water_l",
    "flop": "flop",
}
"""The field of a footprint that a typed quantity means."""
COUNTED = ("labels", "examples")
"""The fields that are counts, and are typed by their names: '500 labels'."""


def parse_figure(text: str) -> tuple[str, float]:
    """Read '2 kWh' as ('energy_j', 7.2e6): a field of a footprint and an amount in SI."""
    for name in COUNTED:
        if text.rstrip().endswith(name):
            return name, parse(text, "count")
    dimension, amount = parse_any(text, FIELD_OF)
    return FIELD_OF[dimension], amount


class Worth(Frozen):
    """The user's price of quality: `gain` of the metric is worth `amount` of one figure of a footprint."""

    gain: float
    figure: str
    amount: float
    unit: str = ""

    def __post_init__(self) -> None:
        if not (self.gain > 0 and self.amount > 0):
            raise InvalidValue(
                f"both sides of a worth must be above 0, got {self.gain} = {self.amount}; "
                'give for example --worth "0.1% = 2 kWh"'
            )

    @classmethod
    def parse(cls, text: str) -> Worth:
        """Read '0.1% = 2 kWh' (0.001 of a metric in [0, 1]) or '0.01 loss = 3 kWh'."""
        left, equals, right = text.partition("=")
        gain = re.fullmatch(r"\s*([^\s%]+)\s*(%?)\s*(.*?)\s*", left)
        if not equals or gain is None or not (gain[2] or gain[3]):
            raise InvalidValue(
                f"a worth is 'gain = cost', got {text!r}; "
                'give for example --worth "0.1% = 2 kWh" or "0.01 loss = 3 kWh"'
            )
        figure, amount = parse_figure(right.strip())
        return cls(parse(gain[1] + gain[2], "share"), figure, amount, gain[3])

    @property
    def price(self) -> float:
        """What the user pays for a gain of 1, in SI."""
        return self.amount / self.gain


def to_text(value: object) -> str:
    """Compact JSON; numbers that are not finite become 'nan', 'inf' and '-inf', which `float` reads back."""
    try:
        return json.dumps(value, allow_nan=False, separators=(",", ":"), ensure_ascii=False)
    except ValueError:
        return json.dumps(_finite(value), allow_nan=False, separators=(",", ":"), ensure_ascii=False)


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, list | tuple) else value


def total(footprints: Iterable[Footprint]) -> Footprint:
    """The sum; of nothing, the empty footprint."""
    parts = list(footprints)
    return sum(parts[1:], parts[0]) if parts else Footprint()
