"""The energy counters of a processor (RAPL) as told by zeusd, a daemon that may read what the user may not.

zeusd serves HTTP on a Unix socket: `GET /discover` names the packages, `GET /cpu/get_cumulative_energy` gives their
microjoules since it started, wraps already put right. Its counters begin anew when it is started again.
"""

from __future__ import annotations

import json
import os
import socket
import stat
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from payoff.errors import SensorError
from payoff.meter._seam import Evidence, Probe
from payoff.meter.sensors._counter import CounterSensor, Idle, Register
from payoff.meter.sensors._guarded import Guarded
from payoff.meter.sensors._powercap import HIGHEST_W

KIND = "RAPL (zeusd)"
VARIABLE = "ZEUSD_SOCK_PATH"
SOCKETS = "run/zeusd/zeusd.sock", "var/run/zeusd.sock"
TIMEOUT_S = 0.5
LONGEST = 1 << 20
EVIDENCE = Evidence(
    "measured",
    idle={"accuracy of RAPL": (0.93, 1.07)},
    dynamic={"accuracy of RAPL": (0.93, 1.07)},
    sources=("RAPL counters of this machine as told by zeusd, their accuracy assumed",),
)


def ask(path: str, target: str, timeout_s: float = TIMEOUT_S) -> Any:
    """The JSON that the daemon answers to a GET; raises `SensorError`."""
    if sys.platform == "win32":
        raise SensorError("zeusd is reached by a Unix socket, which Python has not on Windows")
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(timeout_s)
            connection.connect(path)
            connection.sendall(f"GET {target} HTTP/1.0\r\nHost: zeusd\r\nAccept: application/json\r\n\r\n".encode())
            answer = bytearray()
            while len(answer) < LONGEST and (piece := connection.recv(65536)):
                answer += piece
    except OSError as error:
        raise SensorError(f"zeusd at {path} does not answer ({error})") from error
    head, _, body = bytes(answer).partition(b"\r\n\r\n")
    status = head.split(b" ", 2)[1:2]
    if status != [b"200"]:
        raise SensorError(f"zeusd at {path} refuses {target.partition('?')[0]}: {head[:60].decode(errors='replace')!r}")
    try:
        return json.loads(body)
    except ValueError as error:
        raise SensorError(f"zeusd at {path} answers no JSON: {body[:60]!r}") from error


class Zeusd(CounterSensor):
    """Energy of the processor packages and, where the daemon tells it, of their memory."""

    def __init__(self, path: str, idle_w: float | None = None) -> None:
        self._path = path
        self.packages = _packages(ask(path, "/discover"))
        ids = ",".join(str(package) for package in self.packages)
        self._target = f"/cpu/get_cumulative_energy?cpu_ids={ids}&cpu=true&dram=true"
        self._fields = [
            (str(package), field)
            for package, memory in self.packages.items()
            for field in (("cpu_energy_uj", "dram_energy_uj") if memory else ("cpu_energy_uj",))
        ]
        registers = [
            Register(f"{field.partition('_')[0]} {package}", 1e-6, HIGHEST_W["package"], None, field.startswith("dram"))
            for package, field in self._fields
        ]
        super().__init__(KIND, registers, self._counts, EVIDENCE, idle=Idle(idle_w))

    def _counts(self) -> Sequence[int]:
        told: Mapping[str, Mapping[str, Any]] = ask(self._path, self._target)
        try:
            return [int(told[package][field]) for package, field in self._fields]
        except (KeyError, TypeError, ValueError) as error:
            raise SensorError(f"zeusd leaves out a counter ({error!r})") from error


def _packages(told: Any) -> dict[int, bool]:
    """The packages that the daemon reads, and whether it tells their memory."""
    try:
        packages = dict(zip(map(int, told["cpu_ids"]), map(bool, told["dram_available"]), strict=True))
    except (KeyError, TypeError, ValueError) as error:
        raise SensorError(f"zeusd does not say which processors it reads ({error!r})") from error
    if not packages:
        raise SensorError("zeusd reads no processor; start it with: sudo zeusd serve --enable cpu-read")
    return packages


def probe(root: str = "/", idle_w: float | None = None) -> Probe:
    """Look for the daemon's socket and ask it what it reads."""
    named = os.environ.get(VARIABLE)
    places = [named] if named else [os.path.join(root, place) for place in SOCKETS]
    path = next((place for place in places if _is_socket(place)), None)
    if path is None:
        state = f"{VARIABLE} names {named}, which is no socket" if named else "no daemon"
        return Probe(KIND, state=state)
    try:
        sensor = Zeusd(path, idle_w)
    except SensorError as error:
        return Probe(KIND, state=str(error))
    covers = {"processor", "memory"} if all(sensor.packages.values()) else {"processor"}
    return Probe(KIND, (Guarded(sensor),), frozenset(covers), f"{len(sensor.packages)} packages at {path}")


def _is_socket(path: str) -> bool:
    try:
        return stat.S_ISSOCK(os.stat(path).st_mode)
    except OSError:
        return False
