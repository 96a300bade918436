"""Who else is being measured on this machine, so that the idle energy of all jobs adds up to the machine's.

Each running segment holds a file in a folder that all users of the machine share, locked for as long as its process
lives: a lease that dies with its holder. The file says which job it belongs to (the ids of its run and of those it
runs inside), what share of the machine that job reserved, and since when. Who leaves while others stay writes down
when, and the file stays until all have booked: the shares are means over time, and add up to the machine although
jobs come and go between the ticks.
"""

from __future__ import annotations

import errno
import math
import os
import stat
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import pairwise
from typing import NamedTuple

from payoff.model import new_id

LINGER_S = 3.0
"""How long a claim that was given up is remembered: three ticks, so that each neighbour has booked meanwhile."""

_mine: dict[str, Claim] = {}
"""The claims of this process by file name: a POSIX lock would be lost by looking at one's own file."""


class Claim(NamedTuple):
    """A segment's claim to the machine: run and segment ids from the outermost to its own, and the share reserved.

    It was held from `began_s` to `ended_s` by the clock of `time.monotonic`, which all processes of a machine share.
    """

    path: tuple[str, ...]
    reserved: float
    pid: int = 0
    began_s: float = -math.inf
    ended_s: float = math.inf


class Shares(NamedTuple):
    """A segment's mean share of the machine's idle energy, and of what its process uses."""

    machine: float
    process: float


class Neighbours:
    """Holds this segment's claim and tells its share of the machine's idle energy."""

    def __init__(self, path: Sequence[str], reserved: float, folder: str | None = None) -> None:
        self._told_s = time.monotonic()
        self._claim = Claim(tuple(path), reserved, os.getpid(), self._told_s)
        self._folder = folder or _shared_folder()
        self._name = f"{new_id()}.claim"
        self._others_beside = False
        _mine[self._name] = self._claim
        self._file: int | None = None
        self.jobs_beside = 0
        """How many other jobs are measured on this machine, as of the last call of `shares`."""
        with suppress(OSError):
            self._file = self._hold()

    def _hold(self) -> int:
        if sys.platform == "win32":  # there each job is charged as if it were alone
            raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
        import fcntl

        _prepare(self._folder)
        path = os.path.join(self._folder, self._name)
        file = os.open(path + ".new", os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o644)
        fcntl.lockf(file, fcntl.LOCK_EX)
        os.write(file, f"{self._claim.reserved:.6f} {self._claim.began_s:.6f} {'/'.join(self._claim.path)}".encode())
        os.rename(path + ".new", path)
        return file

    def shares(self) -> Shares:
        """This segment's shares, each 0 to 1, as means over the time since the last call, or since it began.

        Jobs that reserve more than there is share in proportion; runs inside one job share what the job has.
        """
        since_s, self._told_s = self._told_s, time.monotonic()
        own, others = _own_claims(), self._others()
        self._others_beside = bool(others)
        living = [claim for claim in (*own, *others) if claim.ended_s > self._told_s]
        self.jobs_beside = len({claim.path[0] for claim in living} - {self._claim.path[0]})
        return Shares(
            mean_over(since_s, self._told_s, share_of, self._claim, [*own, *others]),
            mean_over(since_s, self._told_s, share_of_process, self._claim, own),
        )

    def _others(self) -> list[Claim]:
        found: list[Claim] = []
        try:
            entries = list(os.scandir(self._folder))
        except OSError:
            return found
        for entry in entries:
            own = _mine.get(entry.name)
            if not entry.name.endswith(".claim") or (own and own.pid == os.getpid()):
                continue
            if claim := _read(entry.path):
                found.append(claim)
        return found

    def release(self) -> None:
        """Give the claim up. Others who are there still learn until when it was held."""
        ended_s = time.monotonic()
        if self._name in _mine:
            _mine[self._name] = self._claim._replace(ended_s=ended_s)
        if not any(claim.ended_s > ended_s for claim in _own_claims()):
            _mine.clear()
        if self._file is not None:
            with suppress(OSError):
                if self._others_beside:
                    os.write(self._file, f" {ended_s:.6f}".encode())
                else:
                    os.unlink(os.path.join(self._folder, self._name))
            os.close(self._file)
            self._file = None


def _prepare(folder: str) -> None:
    """Make the shared folder; one that is a link is refused, for it may lead into what belongs to the user."""
    try:
        os.mkdir(folder)
    except FileExistsError:
        if os.path.islink(folder) or not os.path.isdir(folder):
            raise
    else:
        os.chmod(folder, 0o1777)


Share = Callable[[Claim, Sequence[Claim]], float]


def mean_over(since_s: float, until_s: float, share: Share, claim: Claim, others: Iterable[Claim]) -> float:
    """The mean share of a claim over a time in which others came and went."""
    seen = [other for other in others if other.ended_s > since_s]
    inside = {time_s for other in seen for time_s in (other.began_s, other.ended_s) if since_s < time_s < until_s}
    if not inside:
        return share(claim, [other for other in seen if other.began_s <= since_s])
    times = sorted(inside | {since_s, until_s})
    total = 0.0
    for start_s, end_s in pairwise(times):
        there = [other for other in seen if other.began_s <= start_s and other.ended_s >= end_s]
        total += share(claim, there) * (end_s - start_s)
    return total / (until_s - since_s)


def share_of(claim: Claim, living: Sequence[Claim]) -> float:
    """The share of one claim among all that live: at each level siblings divide in proportion to what they reserved."""
    reserved = {other.path: other.reserved for other in (*living, claim)}
    share = 1.0
    for depth in range(len(claim.path)):
        siblings = {path[: depth + 1] for path in reserved if path[:depth] == claim.path[:depth] and len(path) > depth}
        weights = {prefix: _weight(prefix, reserved) for prefix in siblings}
        wanted = sum(weights.values())
        share *= weights[claim.path[: depth + 1]] / (max(1.0, wanted) if depth == 0 else wanted)
    return share


def share_of_process(claim: Claim, living: Sequence[Claim]) -> float:
    """A window's share of what its process uses: those open side by side, at each level, get as much each."""
    own, share = claim.path, 1.0
    paths = [own, *(other.path for other in living)]
    for depth in range(0, len(own), 2):
        share /= len({path[: depth + 2] for path in paths if path[:depth] == own[:depth] and len(path) > depth})
    return share


def _weight(prefix: tuple[str, ...], reserved: Mapping[tuple[str, ...], float]) -> float:
    """What a node reserved: as it said, else all that its segments said, a whole machine at most."""
    if prefix in reserved:
        return reserved[prefix]
    below = {path: amount for path, amount in reserved.items() if path[: len(prefix)] == prefix}
    nearest = min(map(len, below))
    return min(1.0, sum(amount for path, amount in below.items() if len(path) == nearest))


def _own_claims() -> list[Claim]:
    """The claims made by this very process, not those inherited by a fork; those given up long ago are forgotten."""
    oldest_s = time.monotonic() - LINGER_S
    for name, claim in list(_mine.items()):
        if claim.ended_s < oldest_s:
            _mine.pop(name, None)
    return [claim for claim in list(_mine.values()) if claim.pid == os.getpid()]


def _read(path: str) -> Claim | None:
    """The claim in a file whose holder lives, or left a moment ago; the file of a dead holder is removed."""
    if sys.platform == "win32":
        return None
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            return None
        held = not _locked(file)
        claim = _parsed(os.read(file, 4096).decode(errors="replace"))
        if held or (claim and time.monotonic() - LINGER_S < claim.ended_s < math.inf):
            return claim
        os.unlink(path)
    except OSError:
        pass
    finally:
        os.close(file)
    return None


def _locked(file: int) -> bool:
    """Whether the lock of a claim could be had, for nobody holds it."""
    import fcntl

    try:
        fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _parsed(text: str) -> Claim | None:
    try:
        reserved, began_s, ids, *ended_s = text.split(" ")
        share = min(1.0, max(0.0, float(reserved)))
        return Claim(tuple(ids.split("/")), share, 0, float(began_s), float(ended_s[0]) if ended_s else math.inf)
    except ValueError:
        return None


def _shared_folder() -> str:
    base = "/dev/shm" if os.path.isdir("/dev/shm") else os.environ.get("TMPDIR", "/tmp")
    return os.path.join(base, "payoff-claims")
