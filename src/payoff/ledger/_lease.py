"""Whether the process that holds a segment is still there."""

from __future__ import annotations

import os
import sys
from datetime import datetime
from functools import cache

from payoff.model import Lease, utc_now

STALE_S = 120.0
"""A segment on another host counts as lost when its heartbeat is older than this, in seconds."""


def own_lease() -> Lease:
    """The lease of this process."""
    host, boot = _this_boot()
    return Lease(host, boot, os.getpid(), _started(os.getpid()) or 0)


def is_alive(lease: Lease | None, heartbeat_at: str) -> bool:
    """Whether the holder lives: asked of the kernel on its own host, else judged by its heartbeat."""
    if lease and (lease.host, lease.boot) == _this_boot():
        return _started(lease.pid) == lease.pid_started if lease.pid_started else _exists(lease.pid)
    age = datetime.fromisoformat(utc_now()) - datetime.fromisoformat(heartbeat_at)
    return age.total_seconds() < STALE_S


@cache
def _this_boot() -> tuple[str, str]:
    try:
        with open("/proc/sys/kernel/random/boot_id") as file:
            boot = file.read().strip()
        boot += os.readlink("/proc/self/ns/pid").removeprefix("pid:")
    except OSError:
        boot = ""
    return _host(), boot


if sys.platform == "win32":
    from payoff.ledger._windows import exists as _exists
    from payoff.ledger._windows import started as _started

    def _host() -> str:
        return os.environ.get("COMPUTERNAME", "")

else:

    def _host() -> str:
        return os.uname().nodename

    def _started(pid: int) -> int | None:
        """When a process started, in clock ticks since boot; `None` when it is gone, a zombie, or nobody tells."""
        try:
            with open(f"/proc/{pid}/stat", "rb") as file:
                after_name = file.read().rpartition(b")")[2].split()
        except OSError:
            return None
        return None if after_name[0] in (b"Z", b"X") else int(after_name[19])

    def _exists(pid: int) -> bool:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        except OSError:
            return True
        return True
