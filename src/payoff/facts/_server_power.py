"""Watts per hardware thread of servers whose power was published, by what a machine tells of its processor."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Literal

from payoff.frozen import Frozen

Knows = Literal["name", "socket", "kind", "maker", "nothing"]

OUTSIDE = 2.5
"""Factor by which intervals widen, both ways, for laptops and desktops, which nobody entered: an assumption.

Published entry servers on the same silicon idle at 1 to 1.6 W per thread; laptops do so at about 0.4, desktops with a
large power supply or a graphics card at about 3."""
_TABLE = os.path.join(os.path.dirname(__file__), "data", "server_power.json")
_SERVERS = ("xeon", "epyc", "opteron", "ampere", "neoverse", "grace", "graviton")
_CLIENTS = (" core(", " core i", " core ultra", "ryzen", "apple", "athlon", "celeron", "pentium")
_EMPTY_WORDS = ("intel", "amd", "xeon", "processor", "cpu", "platinum", "gold", "silver", "bronze")
_NOISE = rf"\(.*?\)|[®™,]|@.*|\[.*?\]|\b\d[\d.]* ?ghz|\b(?:{'|'.join(_EMPTY_WORDS)}|dell sku|0)\b|\b\d+-(?:core|bit)\b"


class Watts(Frozen):
    """The 5th, 50th and 95th percentile."""

    low: float
    mid: float
    high: float


class ServerPower(Frozen):
    """What a server draws at the wall per hardware thread, memory, fans and losses of the power supply included.

    `dynamic_w` is what full load adds to `idle_w`. `curve` is the share of it drawn at utilisations 0, 0.1 ... 1, and
    `curve_error` the factors by which that share may be off at a utilisation of 10 to 90 %. `knows` says by what
    the figures were found.
    """

    kind: str
    knows: Knows
    servers: int
    idle_w: Watts
    dynamic_w: Watts
    full_w: Watts
    curve: tuple[float, ...]
    curve_error: tuple[float, float]
    source: str
    licence: str

    def share(self, utilisation: float) -> float:
        """The share of the dynamic watts that is drawn at this utilisation, 0 to 1; linear between tenths."""
        at = 10 * min(1.0, max(0.0, utilisation))
        left = min(9, int(at))
        return self.curve[left] + (at - left) * (self.curve[left + 1] - self.curve[left])


def name_key(name: str) -> str:
    """What tells one processor's name from another's: 'Intel(R) Xeon(R) CPU E5-2660 0 @ 2.20GHz' is 'e5-2660'."""
    words = name.lower().replace("(r)", " ").replace("(tm)", " ").split()
    if all(map(str.isalpha, words)):  # masked, as in a cloud: no pattern needs to be made
        return " ".join(word for word in words if word not in _EMPTY_WORDS)
    words = re.sub(_NOISE, " ", name.lower()).split()
    text = re.sub(r"^(?:e |-)(?=[ed]\b)|^-(?=d )", "", " ".join(words))
    return re.sub(r"(\d\w*?) ?(v\d)$", r"\1 \2", re.sub(r"^d ", "d-", text))


def server_power(
    vendor: str,
    family: int | None,
    model: int | None,
    *,
    name: str = "",
    socket_threads: int | None = None,
    table: Mapping[str, Any] | None = None,
) -> ServerPower:
    """The watts that are known best: by the name, else by CPUID and the hardware threads of a socket, else by less.

    `name` may be masked; `socket_threads` is what one processor has, not what a virtual machine shows.
    `table` takes the place of the shipped one.
    """
    known: Mapping[str, Any] = _shipped() if table is None else table
    kind = known["cpuid"].get(f"{vendor}-{family}", {}).get(str(model), "")
    named = known["names"].get(name_key(name))
    named = named if named and kind in (named[0], "") else None
    kind = named[0] if named else kind
    outside = not is_servers(name) and (kind in known["client"] if kind else _is_client(vendor, name))
    if named:
        return _power(known, kind, "name", named[1:], socket_threads=socket_threads, outside=outside)
    if socket_threads is not None and kind in known["sockets"]:
        return _power(known, kind, "socket", known["sockets"][kind], socket_threads=socket_threads, outside=outside)
    if kind in known["kinds"]:
        return _power(known, kind, "kind", known["kinds"][kind], outside=outside)
    maker = "client" if outside else vendor if vendor in known["makers"] else "any"
    level: Knows = "nothing" if maker == "any" else "maker"
    return _power(known, maker, level, known["makers"][maker], outside=outside)


def _is_client(vendor: str, name: str) -> bool:
    """Whether a processor that is in no table is a laptop's or desktop's, by its name; arm64 is what Macs say."""
    return vendor == "arm64" or _says(name, _CLIENTS)


def is_servers(name: str) -> bool:
    """Whether the name of a processor, masked or not, is that of a server's."""
    return _says(name, _SERVERS)


def _says(name: str, words: Sequence[str]) -> bool:
    return any(word in f" {name.lower()}" for word in words)


def _power(
    known: Mapping[str, Any],
    kind: str,
    knows: Knows,
    row: Sequence[float],
    *,
    socket_threads: int | None = None,
    outside: bool = False,
) -> ServerPower:
    servers, usual, idle, full, *factors = row
    if socket_threads and usual:
        idle, full = (
            watts * (socket_threads / usual) ** slope
            for watts, slope in zip((idle, full), known["slopes"], strict=True)
        )
    full = max(full, 1.05 * idle)
    wider = OUTSIDE if outside else 1.0
    watts = [Watts(w / f / wider, w, w * f * wider) for w, f in zip((idle, full, full - idle), factors, strict=True)]
    curve = known["curves"].get(kind) or known["curves"]["any"]
    low, high = known["curve_error"]
    return ServerPower(
        known["labels"].get(kind, kind),
        knows,
        int(servers),
        watts[0],
        watts[2],
        watts[1],
        (0.0, *curve, 1.0),
        (low, high),
        known["source"],
        known["licence"],
    )


@cache
def _shipped() -> dict[str, Any]:
    with open(_TABLE, encoding="utf-8") as file:
        table: dict[str, Any] = json.load(file)
    return table
