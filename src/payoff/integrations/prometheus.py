"""Prometheus: the runs of a ledger as a page to scrape, or as a file for the node exporter.

Text format 0.0.4, names by Prometheus' conventions: base units, grams for mass. What a run used is a counter, parted by
what it rests on (`basis`), so that the sum over all labels is the figure, and the rate of joules is watts. The 90 %
interval is a pair of gauges. A figure that is restated downwards leaves its counter where it was, because Prometheus
would take a fall for a restart and count all of it again; the interval has the figure as it is now.
"""

from __future__ import annotations

import hmac
import os
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

from payoff.errors import InvalidValue, PayoffError
from payoff.ledger import Ledger, Query
from payoff.model import Budget, Run

PORT = 9108
RECENT_S = 900.0
"""For how long a run that has ended is still shown: long enough for a scraper to have its last figures."""
MOST_RECENT = 200
"""How many runs that have ended are shown at most."""
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
LOOPBACK = ("127.0.0.1", "::1", "localhost")


class Family(NamedTuple):
    """A figure of a footprint as Prometheus knows it: its name, the unit it ends with, and how many of it SI has."""

    name: str
    unit: str
    per_si: float
    about: str

    @property
    def counter(self) -> str:
        """What the counter is called."""
        return "_".join(filter(None, ("payoff_run", self.name, self.unit, "total")))

    @property
    def bound(self) -> str:
        """What the gauge of its bounds is called."""
        return "_".join(filter(None, ("payoff_run", self.name, "bound", self.unit)))


FAMILIES = {
    "duration_s": Family("duration", "seconds", 1.0, "Time measured."),
    "energy_j": Family("energy", "joules", 1.0, "Energy at the machine; its rate is power in watts."),
    "emissions_kg": Family("emissions", "grams", 1e3, "CO2e, location-based."),
    "emissions_market_kg": Family("emissions_market", "grams", 1e3, "CO2e, market-based; never add it to the other."),
    "embodied_kg": Family("embodied", "grams", 1e3, "CO2e of the share of making the hardware."),
    "cost_usd": Family("cost", "dollars", 1.0, "Cost in US dollars."),
    "water_l": Family("water", "liters", 1.0, "Water."),
    "flop": Family("flop", "", 1.0, "Floating-point operations."),
    "examples": Family("examples", "", 1.0, "Examples seen."),
    "labels": Family("labels", "", 1.0, "Labels bought."),
}
"""Every figure of a footprint."""

Labels = tuple[tuple[str, str], ...]


class Sample(NamedTuple):
    """One line of the page."""

    name: str
    kind: str
    about: str
    labels: Labels
    value: float

    @property
    def series(self) -> str:
        """Name and labels, as written."""
        inside = ",".join(f'{name}="{_escaped(value)}"' for name, value in self.labels)
        return f"{self.name}{{{inside}}}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def samples_of(run: Run) -> Iterator[Sample]:
    """Everything that is said of a run."""
    who: Labels = (("run", run.id), ("project", run.project), ("name", run.name))

    def gauge(name: str, about: str, label: tuple[str, str], value: float) -> Sample:
        return Sample(name, "gauge", about, (*who, label), value)

    yield gauge("payoff_run_state", "1 at the state the run is in.", ("state", run.state), 1.0)
    for name, figure in run.footprint.present().items():
        family = FAMILIES[name]
        for basis, share in figure.basis.items():
            amount = figure.value * share * family.per_si
            yield Sample(family.counter, "counter", family.about, (*who, ("basis", basis)), amount)
        for bound in ("low", "high") if figure.errors else ():
            amount = getattr(figure, bound) * family.per_si
            yield gauge(family.bound, f"90 % interval. {family.about}", ("bound", bound), amount)
    for name in sorted(run.footprint.incomplete):
        yield gauge("payoff_run_incomplete", "1 for a figure of which some part is not known.", ("figure", name), 1.0)
    if best := run.best:
        yield gauge("payoff_run_best_quality", "Best reading of the objective.", ("metric", best.metric), best.value)
    for name, share in Budget(run.details.get("budget") or {}).used(run.footprint).items():
        yield gauge("payoff_run_budget_used_ratio", "Share of a cap that is used.", ("figure", name), share)


def running_and_recent(ledger: Ledger, recent_s: float = RECENT_S) -> list[Run]:
    """The runs under way, and those that ended or were last heard of in the last `recent_s` seconds."""
    since = (datetime.now(UTC) - timedelta(seconds=recent_s)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    running = ledger.runs(Query({"state": "running"}, limit=None))
    over = [*ledger.runs(Query({"state": "lost"})), *ledger.runs(Query(sort="ended_at", limit=MOST_RECENT))]
    recent = [run for run in over if max((segment.heartbeat_at for segment in run.segments), default="") >= since]
    return list({run.id: run for run in (*recent, *running)}.values())


class Exporter:
    """Writes pages for Prometheus, in which no counter falls; safe to use from several threads."""

    def __init__(self, recent_s: float = RECENT_S) -> None:
        self._recent_s = recent_s
        self._reached: dict[str, float] = {}
        self._lock = threading.Lock()

    def page(self, ledger: Ledger) -> str:
        """The running and recent runs in the text format."""
        with self._lock:
            runs = running_and_recent(ledger, self._recent_s)
            return self._written(sample for run in runs for sample in samples_of(run))

    def _written(self, samples: Iterable[Sample]) -> str:
        families: dict[str, list[str]] = {}
        reached: dict[str, float] = {}
        for sample in samples:
            head = [f"# HELP {sample.name} {_escaped(sample.about)}", f"# TYPE {sample.name} {sample.kind}"]
            value = sample.value
            if sample.kind == "counter":
                value = reached[sample.series] = max(value, self._reached.get(sample.series, 0.0))
            families.setdefault(sample.name, head).append(f"{sample.series} {_number(value)}")
        self._reached = reached
        return "".join(f"{line}\n" for lines in families.values() for line in lines)

    def write(self, ledger: Ledger, path: str | os.PathLike[str]) -> Path:
        """Write the page to a file (in a folder: to `payoff.prom`), all at once, so that no half of it is ever read."""
        target = Path(path)
        target = target / "payoff.prom" if target.is_dir() else target
        if target.suffix != ".prom":
            raise InvalidValue(
                f"the node exporter reads files that end with .prom, got {target.name!r}; name a folder or payoff.prom"
            )
        with self._lock:
            self._reached = self._reached or _counters(target)
        text = self.page(ledger)
        beside = target.with_name(f".{target.name}.{os.getpid()}")
        beside.write_text(text, encoding="utf-8")
        beside.replace(target)
        return target


def _number(value: float) -> str:
    return repr(int(value)) if value == int(value) and abs(value) < 2**53 else repr(value)


def _counters(path: Path) -> dict[str, float]:
    """Where the counters of an earlier page stand; of a page that is not there, nowhere."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return {}
    found = (re.fullmatch(r"(payoff_run_\w+_total\{.*\}) (\S+)", line) for line in lines)
    return {match[1]: float(match[2]) for match in found if match}


class Server(ThreadingHTTPServer):
    """Serves the page at `/metrics`; `opened` opens the ledger anew for each scrape.

    Only on the loopback, unless there is a `token`, which scrapers then send as `Authorization: Bearer TOKEN`.
    """

    daemon_threads = True

    def __init__(
        self,
        opened: Callable[[], Ledger],
        exporter: Exporter,
        *,
        host: str = LOOPBACK[0],
        port: int = PORT,
        token: str = "",
    ) -> None:
        if host not in LOOPBACK and not token:
            raise InvalidValue(
                f"{host} can be reached from elsewhere and needs a token; set PAYOFF_METRICS_TOKEN or leave --host out"
            )
        self.opened, self.exporter, self.token = opened, exporter, token
        super().__init__((host, port), _Scrape)

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://{self.server_address[0]!s}:{self.server_address[1]}/metrics"


class _Scrape(BaseHTTPRequestHandler):
    server: Server
    server_version, sys_version = "payoff", ""
    timeout = 10.0

    def do_GET(self) -> None:
        """Answer a scrape."""
        expected, sent = f"Bearer {self.server.token}", self.headers.get("Authorization", "")
        if self.server.token and not hmac.compare_digest(sent.encode(), expected.encode()):
            self._answer(401, "send the token as Authorization: Bearer TOKEN\n")
        elif self.path.partition("?")[0] != "/metrics":
            self._answer(404, "the page is at /metrics\n")
        else:
            try:
                with self.server.opened() as ledger:
                    self._answer(200, self.server.exporter.page(ledger))
            except PayoffError as error:
                self._answer(503, f"{error}\n")

    def _answer(self, status: int, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", CONTENT_TYPE)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Scrapes are not worth a line each."""
