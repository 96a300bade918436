"""Who else is being measured on this machine, so that the idle energy of all jobs adds up to the machine's.

Each running segment holds a file in a folder that all users of the machine share, locked for as long as its process
lives: a lease that dies with its holder. The file says which job it belongs to (the ids of its run and of those it
runs inside) and what share of the machine that job reserved.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from payoff.model import new_id

_mine: dict[str, Claim] = {}
"""The claims of this process by file name: a POSIX lock would be lost by looking at one's own file."""


class Claim(NamedTuple):
    """A segment's claim to the machine: run and segment ids from the outermost to its own, and the share reserved."""

    path: tuple[str, ...]
    reserved: float
    pid: int


class Neighbours:
    """Holds this segment's claim and tells its share of the machine's idle energy."""

    def __init__(self, path: Sequence[str], reserved: float, folder: str | None = None) -> None:
        self._claim = Claim(tuple(path), reserved, os.getpid())
        self._folder = folder or _shared_folder()
        self._name = f"{new_id()}.claim"
        _mine[self._name] = self._claim
        self._file: int | None = None
        self.jobs_beside = 0
        """How many other jobs were measured on this machine when `share` was asked last."""
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
        os.write(file, f"{self._claim.reserved:.6f} {'/'.join(self._claim.path)}".encode())
        os.rename(path + ".new", path)
        return file

    def share(self) -> float:
        """This segment's share of the machine, 0 to 1.

        Jobs that reserve more than there is share in proportion; runs inside one job share what the job has.
        """
        living = [*_living(), *self._others()]
        self.jobs_beside = len({claim.path[0] for claim in living} - {self._claim.path[0]})
        return share_of(self._claim, living)

    def share_of_process(self) -> float:
        """This window's share of what its process uses: those open side by side, at each level, get as much each."""
        own, share = self._claim.path, 1.0
        paths = [own, *(claim.path for claim in _living())]
        for depth in range(0, len(own), 2):
            share /= len({path[: depth + 2] for path in paths if path[:depth] == own[:depth] and len(path) > depth})
        return share

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
        """Give the claim up."""
        _mine.pop(self._name, None)
        if self._file is not None:
            with suppress(OSError):
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


def _weight(prefix: tuple[str, ...], reserved: Mapping[tuple[str, ...], float]) -> float:
    """What a node reserved: as it said, else all that its segments said, a whole machine at most."""
    if prefix in reserved:
        return reserved[prefix]
    below = {path: amount for path, amount in reserved.items() if path[: len(prefix)] == prefix}
    nearest = min(map(len, below))
    return min(1.0, sum(amount for path, amount in below.items() if len(path) == nearest))


def _living() -> list[Claim]:
    """The claims made by this very process, not those inherited by a fork."""
    return [claim for claim in list(_mine.values()) if claim.pid == os.getpid()]


def _read(path: str) -> Claim | None:
    """The claim in a file whose holder lives; the file of a dead holder is removed."""
    if sys.platform == "win32":
        return None
    import fcntl

    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            return None
        fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        reserved, _, ids = os.read(file, 4096).decode(errors="replace").partition(" ")
        with suppress(ValueError):
            return Claim(tuple(ids.split("/")), min(1.0, max(0.0, float(reserved))), 0)
        return None
    except OSError:
        return None
    else:
        with suppress(OSError):
            os.unlink(path)
        return None
    finally:
        os.close(file)


def _shared_folder() -> str:
    base = "/dev/shm" if os.path.isdir("/dev/shm") else os.environ.get("TMPDIR", "/tmp")
    return os.path.join(base, "payoff-claims")
