"""One segment of a run while it is being measured: the account, the ticks, and what is told to the ledger."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, cast

from payoff import __version__
from payoff.errors import PayoffError
from payoff.facts import Factors, Machine, footprint
from payoff.ledger import Tick, Trace, own_lease
from payoff.meter._account import Account, Usage
from payoff.meter._machine import machine_kind
from payoff.meter._processor import machine_busy_s, this_processor
from payoff.meter._recorder import Recorder
from payoff.meter.sensors import find_sensors
from payoff.model import Budget, Event, Footprint, Objective, State, new_id, utc_now
from payoff.quantities import Estimate, parse, parse_rate
from payoff.settings import settings

TICK_S = 1.0
FRESH_S = 0.02
"""A reading of the sensors not older than this is good enough for `read`, in seconds."""
_COUNTED = ("examples", "labels", "flop")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is known of a run before it begins."""

    name: str
    project: str = ""
    objective: Objective | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    parent: str | None = None
    study: str | None = None
    region: str | None = None
    budget: Budget | None = None
    ledger: str | os.PathLike[str] | None = None


class Recording:
    """Measures from `start` to `finish`; in between a thread writes a tick every second.

    Nothing here raises once it has started: what goes wrong is in `troubles`.
    """

    def __init__(self, plan: Plan, job_cpu_s: Callable[[], float], *, on_spent: Callable[[], None] = lambda: None) -> None:
        self.run_id, self.segment = new_id(), new_id()
        self._plan = plan
        self._job_cpu_s, self._on_spent = job_cpu_s, on_spent
        self._settings, self._factors, complaints = _configured(plan.region)
        self._recorder = Recorder(plan.ledger or self._settings.get("ledger"))
        self._recorder.troubles += complaints
        self._counts: dict[str, float] = {}
        self._children = Footprint()
        self._trace, self._tick = Trace(), 0
        self._done = threading.Event()
        self._finishing = threading.Lock()
        self.spent: tuple[str, ...] = ()
        """The caps of the budget that are reached."""

    # life

    def start(self) -> None:
        """Begin to measure. The ledger is opened by the thread, so that a slow disk holds nobody up."""
        self._account = Account(find_sensors(), self._job_cpu_s, machine_busy_s, reserved=this_processor().reserved)
        self._recorder.put(Event(self.run_id, "started", self._beginning()))
        self._thread = threading.Thread(target=self._keep_ticking, name="payoff", daemon=True)
        self._thread.start()

    def _beginning(self) -> dict[str, Any]:
        plan = self._plan
        processor = this_processor()
        return {
            "segment": self.segment,
            "lease": asdict(own_lease()),
            "name": plan.name,
            "project": plan.project or self._settings.get("project") or os.path.basename(os.getcwd()),
            "objective": plan.objective.to_json() if plan.objective else None,
            "parameters": dict(plan.parameters),
            "tags": list(plan.tags),
            "command": list(plan.command),
            "parent": plan.parent,
            "study": plan.study,
            "host": own_lease().host,
            "place": self._factors.place,
            "budget": dict(plan.budget.caps) if plan.budget else None,
            "machine": {"processor": processor.name, "threads": processor.threads, "reserved": processor.reserved},
            "version": __version__,
        }

    def _keep_ticking(self) -> None:
        self._recorder.flush()
        while not self._done.wait(TICK_S):
            self._beat()

    def _beat(self) -> None:
        used = self.footprint(self._account.advance())
        self._tick += 1
        keep = self._trace.keeps(self._tick)
        energy_j = used.energy_j.value if used.energy_j else 0.0
        trace = (used.duration_s.value, energy_j) if keep and used.duration_s else None
        self._recorder.flush(Tick(self.run_id, self.segment, utc_now(), used, {}, self._tick, trace, self._trace.step))
        if self._plan.budget:
            self.spent = self._plan.budget.spent(used)
            if self.spent:
                self._on_spent()

    def finish(self, state: State, *, exit_code: int | None = None, reason: str = "") -> Footprint:
        """End the segment and write it; later calls change nothing and return the same figures."""
        with self._finishing:
            if not self._done.is_set():
                self._done.set()
                self._usage = self._account.advance()
                self._recorder.put(Event(self.run_id, "finished", self._end(state, exit_code, reason)))
                self._thread.join()
                self._recorder.close()
        return self.footprint(self._usage)

    def _end(self, state: State, exit_code: int | None, reason: str) -> dict[str, Any]:
        return {
            "segment": self.segment,
            "state": state,
            "exit_code": exit_code,
            "reason": reason,
            "footprint": self.footprint(self._usage).to_json(),
            "usage": self._usage.to_json(),
            "factors": self._factors.to_json(),
        }

    # what it used

    def footprint(self, usage: Usage | None = None) -> Footprint:
        """What the run has used by now, its own children taken out."""
        usage = usage or self._account.advance(patience_s=0.001)
        duration = Estimate(usage.duration_s, {}, {"measured": 1.0})
        used = footprint(duration, usage.energy, self._factors, share=this_processor().reserved)
        counts = {name: Estimate(count, {}, {"measured": 1.0}) for name, count in self._counts.items()}
        return Footprint(**{**used.present(), **counts}, incomplete=used.incomplete).without(self._children)

    def absorb(self, child: Footprint) -> None:
        """Take out what a run inside this one has used, so that a total counts it once."""
        self._children = self._children + child if self._children.present() else child

    # what it says

    def read(self, step: float, values: Mapping[str, float]) -> None:
        """Report quality at a step, and what was used since the reading before: examples, labels, flop."""
        usage = self._account.advance(patience_s=0.001, at_least_s=FRESH_S)
        for name in _COUNTED:
            if name in values:
                self._counts[name] = self._counts.get(name, 0.0) + float(values[name])
        data = {
            "step": step,
            "values": {name: float(value) for name, value in values.items() if name not in _COUNTED},
            "elapsed_s": round(usage.duration_s, 6),
            "energy_j": usage.energy.value if usage.energy else None,
            "examples": self._counts.get("examples"),
        }
        self._recorder.put(Event(self.run_id, "read", data))

    @property
    def troubles(self) -> list[str]:
        """What went wrong in measuring or writing, a sentence each."""
        return self._recorder.troubles

    @property
    def hint(self) -> str:
        """What the user could tell payoff so that the figures become surer."""
        return self._factors.hint

    @property
    def place(self) -> str:
        """The ledger in which the run is kept."""
        return self._recorder.place


def _configured(region: str | None) -> tuple[dict[str, str], Factors, list[str]]:
    """Settings and factors in force, and what is wrong with the settings.

    A region given in the call must be known (`UnknownName`); a bad setting is passed over and told, because a
    forgotten file must not keep a training from starting.
    """
    found: dict[str, str] = {}
    if region is not None:
        Factors.of(region)
    try:
        found = settings()
        return found, _factors(region, found), []
    except PayoffError as error:
        return found, _factors(region, {}), [f"{error}; the settings are passed over"]


def _factors(region: str | None, configured: Mapping[str, str]) -> Factors:
    price, rent, intensity = (configured.get(name) for name in ("electricity_price", "rent", "intensity"))
    return Factors.of(
        region or configured.get("region"),
        machine=cast(Machine, configured.get("machine") or machine_kind()),
        pue=parse(configured["pue"], "number") if "pue" in configured else None,
        electricity_usd_per_kwh=parse_rate(price, "cost", "energy") * 3.6e6 if price else None,
        rent_usd_per_h=parse_rate(rent, "cost", "duration") * 3600 if rent else None,
        intensity_g_per_kwh=parse_rate(intensity, "emissions", "energy") * 3.6e9 if intensity else None,
    )
