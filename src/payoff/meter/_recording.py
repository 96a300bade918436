"""One segment of a run while it is being measured: the account, the ticks, and what is told to the ledger."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from typing import Any

from payoff import __version__
from payoff.errors import PayoffError
from payoff.facts import footprint
from payoff.frozen import by_name, replace
from payoff.ledger import Tick, Trace, own_lease
from payoff.meter._account import Account, Clocks, Split, Usage
from payoff.meter._budget import BudgetWatch
from payoff.meter._group import Group, cluster_tags
from payoff.meter._growth import Growth
from payoff.meter._neighbours import Neighbours
from payoff.meter._plan import Plan, configured
from payoff.meter._processor import had_offspring, machine_busy_s, this_processor
from payoff.meter._recorder import Recorder, plain
from payoff.meter.sensors import find_sensors
from payoff.model import Budget, Event, Footprint, State, new_id, utc_now
from payoff.quantities import Estimate
from payoff.settings import here

TICK_S = 1.0
FRESH_S = 0.02
"""A booking not older than this is good enough for `read`, in seconds."""
_COUNTED = ("examples", "labels", "flop")


class Recording:
    """Measures from `start` to `finish`; in between a thread writes a tick every second.

    `job_cpu_s` reads the CPU time of what is measured, `on_spent` is called by the thread when a cap of the budget is
    reached. Nothing here raises once it has started: what goes wrong is in `troubles`, and each of these sentences is
    handed to `tell` once, soon after it came up.
    """

    def __init__(
        self,
        plan: Plan,
        job_cpu_s: Callable[[], float],
        *,
        pids: Callable[[], frozenset[int]] = frozenset,
        on_spent: Callable[[], None] = lambda: None,
        tell: Callable[[str], None] = lambda sentence: None,
        member: tuple[Group, str] | None = None,
    ) -> None:
        self.run_id = plan.resume.id if plan.resume else member[1] if member else new_id()
        self.segment = new_id()
        self._plan, self._group = plan, member[0] if member else None
        self._clocks, self._pids, self._on_spent = Clocks(job_cpu_s, machine_busy_s), pids, on_spent
        found, self._factors, complaints = configured(plan.region or _earlier_place(plan))
        self._project = plan.project or found.get("project") or os.path.basename(here())
        self._recorder = Recorder(plan.ledger or found.get("ledger"))
        self._counts: dict[str, float] = {}
        self._first_step: float | None = None if plan.resume else 0.0
        self._step: float | None = None
        self._read_at_s = 0.0
        self._inside, self._known, self._absorbed = list[Recording](), set[str](), Footprint()
        self._trace, self._tick = Trace(), 0
        self._neighbours: Neighbours | None = None
        self._jobs_beside, self._metrics = 0, set[str]()
        self._growth = Growth(rented=self._factors.hardware_usd_per_s is not None)
        self._done, self._finishing = threading.Event(), threading.Lock()
        self._tell, self._told = tell, 0
        self._watch = _budget_watch(plan, found.get("budget"), complaints)
        self._recorder.troubles += complaints

    @property
    def path(self) -> tuple[str, ...]:
        """The runs and segments this one is inside of, and its own."""
        return (*self._plan.inside, self.run_id, self.segment)

    # life

    def start(self) -> None:
        """Begin to measure, and keep it."""
        self.begin()
        self.keep()

    def begin(self) -> None:
        """Begin to measure; nothing is written before `keep`."""
        sensors = find_sensors()
        if self._plan.scope == "job":  # who measures the whole machine looks on, and takes no share from anybody
            self._neighbours = Neighbours(self.path, this_processor().reserved)
        self._account = Account(sensors, self._clocks, self._split, self._pids)
        for lost in self._plan.resume.segments if self._plan.resume else ():
            if lost.outcome is None:
                end = {"segment": lost.id, "state": "lost", "footprint": lost.footprint.to_json()}
                self._recorder.put(Event(self.run_id, "finished", end))
        self._recorder.put(Event(self.run_id, "resumed" if self._joins else "started", plain(self._beginning())))

    def keep(self) -> None:
        """Write from now on. The ledger is opened by the thread, so that a slow disk holds nobody up."""
        self._thread = threading.Thread(target=self._keep_ticking, name="payoff", daemon=True)
        self._thread.start()

    def drop(self) -> None:
        """End what was begun and not kept: it leaves no trace."""
        self._done.set()
        self._release()

    def _release(self) -> None:
        if self._neighbours is not None:
            self._neighbours.release()

    @property
    def _joins(self) -> bool:
        """Whether the run has a beginning already: an earlier segment, or rank 0 tells it."""
        return self._plan.resume is not None or (self._group is not None and self._group.rank > 0)

    def _split(self) -> Split:
        """The split since the last booking."""
        if self._neighbours is None:
            return Split(whole_machine=True)
        shares = self._neighbours.shares()
        self._jobs_beside = max(self._jobs_beside, self._neighbours.jobs_beside)
        return Split(shares.machine, shares.process, min(1.0, shares.machine / this_processor().reserved))

    def _beginning(self) -> dict[str, Any]:
        plan, processor, lease = self._plan, this_processor(), own_lease()
        inside = plan.inside[-1] if plan.inside else None
        segment: dict[str, Any] = {"segment": self.segment, "lease": by_name(lease), "inside": inside}
        if plan.resume:
            segment["after"] = [earlier.id for earlier in plan.resume.segments]
        if self._joins:
            return segment
        return segment | {
            "name": plan.name,
            "project": self._project,
            "objective": plan.objective.to_json() if plan.objective else None,
            "parameters": dict(plan.parameters),
            "tags": list(plan.tags),
            "command": list(plan.command),
            "parent": plan.inside[-2] if plan.inside else None,
            "study": plan.study,
            "host": lease.host,
            "place": self._factors.place,
            "budget": dict(self._watch.budget.caps) if self._watch else None,
            "machine": {"processor": processor.name, "threads": processor.threads, "reserved": processor.reserved},
            "cluster": cluster_tags() | ({"ranks": self._group.size} if self._group else {}),
            "scope": plan.scope,
            "version": __version__,
        }

    def _keep_ticking(self) -> None:
        self._recorder.flush()
        wait_s = TICK_S / 20 if self._watch else TICK_S
        self.complain()
        while not self._done.wait(wait_s):
            try:
                wait_s = self._beat()
            except Exception as error:  # noqa: BLE001  the next tick may go well, and the training must not notice
                self.trouble(f"a tick failed and is passed over ({type(error).__name__}: {error})")
                wait_s = TICK_S
            self.complain()

    def _beat(self) -> float:
        """Write a tick; how long to wait for the next one."""
        usage, grown = self._advance(), dict[str, float]()
        if self._watch or self._inside or self._absorbed.present():
            used = self.footprint(usage)
        else:
            used, grown = self._growth.of(usage, self._counts, self.whole)
        self._tick += 1
        point = None
        if self._trace.keeps(self._tick) and used.duration_s and used.energy_j:
            energy_j = used.energy_j.value * grown.get("energy_j", 1.0)
            point = (used.duration_s.value * grown.get("duration_s", 1.0), energy_j)
        if self._watch is not None:
            self._recorder.troubles += self._watch.observe(used, self._progress(usage.duration_s))
            if self._watch.spent:
                self._on_spent()
        tick = Tick(self.run_id, self.segment, utc_now(), used, grown, self._tick, point, self._trace.step)
        self._recorder.flush(tick)
        return TICK_S if self._watch is None else self._watch.next_look_s(used, TICK_S)

    def _progress(self, elapsed_s: float) -> float | None:
        """The share of this segment's steps that is done by now; where a run goes on, they begin at its first reading.

        The last reading told it for its own time: since then it has grown at the same pace.
        """
        steps, first = self._plan.steps, self._first_step
        if self._step is None or first is None or not steps or steps <= max(first, 0.0) or self._read_at_s <= 0:
            return None
        told = (self._step - first) / (steps if first < 0 else steps - first)
        return min(1.0, told * elapsed_s / self._read_at_s)

    @property
    def spent(self) -> tuple[str, ...]:
        """The caps of the budget that are reached."""
        return self._watch.spent if self._watch else ()

    def finish(self, state: State, *, exit_code: int | None = None, reason: str = "") -> Footprint:
        """End the segment and write it; later calls change nothing and return the same figures."""
        with self._finishing:
            if not self._done.is_set():
                self._usage = self._advance()
                self._done.set()
                self._release()
                if had_offspring():
                    self._absorb(self._recorder.inside(self.run_id, self.segment, self._known))
                self._final = self.footprint(self._usage)
                self._recorder.put(Event(self.run_id, "finished", self._end(state, exit_code, reason)))
                self._thread.join()
                self._recorder.close()
                if state != "failed" and (sentence := self._missed_quality()):
                    self.trouble(sentence)
                self.complain()
        return self._final

    def _missed_quality(self) -> str:
        goal = self._plan.objective
        if goal is None or goal.metric in self._metrics or self._joins:
            return ""
        import difflib

        nearest = difflib.get_close_matches(goal.metric, self._metrics, n=1)
        reported = ", ".join(sorted(self._metrics)) or "nothing"
        sentence = f"the quality {goal.metric!r} was never reported, so the run has none; reported were: {reported}"
        return f"{sentence}; did you mean {nearest[0]!r}?" if nearest else sentence

    def _end(self, state: State, exit_code: int | None, reason: str) -> dict[str, Any]:
        return {
            "segment": self.segment,
            "state": state,
            "exit_code": exit_code,
            "reason": plain(reason),
            "footprint": self._final.to_json(),
            "usage": {**self._usage.to_json(), "jobs_beside": self._jobs_beside},
            "factors": self._factors.to_json(),
        }

    # what it used

    def footprint(self, usage: Usage | None = None) -> Footprint:
        """What the segment has used by now, the runs inside it taken out."""
        whole = self.whole(usage)
        inside = [child.whole(patience_s=0.1) for child in list(self._inside)]
        for part in (self._absorbed, *inside):
            whole = whole.without(_but_for_counts(part)) if part.present() else whole
        return whole

    def whole(self, usage: Usage | None = None, *, patience_s: float = 0.001) -> Footprint:
        """What the segment has used by now, with the runs inside it."""
        usage = usage or (self._usage if self._done.is_set() else self._advance(patience_s))
        duration = Estimate(usage.duration_s, {}, {"measured": 1.0})
        rented = min(1.0, usage.share / this_processor().reserved)
        used = footprint(duration, usage.energy(), self._factors, share=usage.share, rented=rented)
        counts = {name: Estimate(count, {}, {"measured": 1.0}) for name, count in self._counts.items()}
        figures: dict[str, Any] = {**used.present(), **counts}
        return Footprint(**figures)

    def contain(self, child: Recording) -> None:
        """Take out what a run inside this one uses from now on, so that a total counts it once."""
        for ended in [other for other in self._inside if other._done.is_set()]:
            self._inside.remove(ended)
            self._absorb(ended.whole())
        self._inside.append(child)
        self._known.add(child.segment)

    def _absorb(self, used: Footprint) -> None:
        if used.present():
            self._absorbed = self._absorbed + used if self._absorbed.present() else used

    def _advance(self, patience_s: float = -1, at_least_s: float = 0.0) -> Usage:
        """What was used by now; what could not be booked is left for the next time."""
        try:
            return self._account.advance(patience_s, at_least_s)
        except Exception as error:  # noqa: BLE001  the training must not notice, and what is booked is still good
            self.trouble(f"what was used could not be read ({type(error).__name__}: {error})")
            return self._account.usage

    def book(self) -> None:
        """Book what was used by now."""
        self._advance(patience_s=0.001)

    # what it says

    def read(self, step: float, values: Mapping[str, float]) -> None:
        """Report quality at a step, and what was used since the reading before: examples, labels, flop."""
        usage = self._advance(patience_s=0.001, at_least_s=FRESH_S)
        for name in _COUNTED:
            if name in values:
                self._counts[name] = self._counts.get(name, 0.0) + float(values[name])
        if self._step is None and self._first_step is not None and step == 0:
            self._first_step = -1.0  # counted from 0: the first step is done when it is told
        self._step, self._read_at_s = step, usage.duration_s
        self._first_step = step if self._first_step is None else self._first_step
        metrics: dict[str, float] = plain(
            {name: float(value) for name, value in values.items() if name not in _COUNTED}
        )
        if not metrics or (self._group is not None and self._group.rank > 0):
            return
        self._metrics |= metrics.keys()
        data = {
            "step": step,
            "values": metrics,
            "elapsed_s": round(self._before("duration_s") + usage.duration_s, 6),
            "energy_j": None if usage.energy_j is None else self._before("energy_j") + usage.energy_j,
            "examples": None if (seen := self._counts.get("examples")) is None else self._before("examples") + seen,
        }
        self._recorder.put(Event(self.run_id, "read", data))

    def _before(self, figure: str) -> float:
        """What earlier segments of the run used, where it goes on."""
        used = self._plan.resume.footprint[figure] if self._plan.resume else None
        return used.value if used else 0.0

    @property
    def troubles(self) -> list[str]:
        """What the user should be told, a sentence each: what went wrong, and what becomes of the budget."""
        return self._recorder.troubles

    def trouble(self, sentence: str) -> None:
        """Say what went wrong, once."""
        if sentence not in self.troubles:
            self.troubles.append(sentence)

    def complain(self) -> None:
        """Hand over the troubles that have not been told."""
        while self._told < len(self.troubles):
            self._told += 1
            self._tell(self.troubles[self._told - 1])

    @property
    def hint(self) -> str:
        """What the user could tell payoff so that the figures become surer."""
        return self._factors.hint

    @property
    def place(self) -> str:
        """The ledger in which the run is kept."""
        return self._recorder.place


def _but_for_counts(used: Footprint) -> Footprint:
    """Without examples, labels and flop: what a run inside another counts, the other never counted."""
    return replace(used, examples=None, labels=None, flop=None)


def _earlier_place(plan: Plan) -> str | None:
    """Where a run that goes on has stood until now."""
    place = plan.resume.place if plan.resume else None
    return None if place == "world" else place


def _budget_watch(plan: Plan, configured: str | None, complaints: list[str]) -> BudgetWatch | None:
    """The budget in force: the one that is given, else that of the run that goes on, else the configured one."""
    before, caps = plan.resume, plan.budget
    if caps is None and before and before.details.get("budget"):
        caps = Budget(before.details["budget"])
    if caps is None and configured:
        try:
            caps = Budget.parse(configured)
        except PayoffError as error:
            complaints.append(f"{error}; the configured budget is passed over")
    return BudgetWatch(caps, before.footprint if before else None) if caps else None
