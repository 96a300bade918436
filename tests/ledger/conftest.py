"""A real PostgreSQL for the tests of this folder."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest

from tests.needed import missing

_WAY_OUT = "apt-get install -y postgresql, and pip install 'payoff[postgres]'"


class Server:
    """A PostgreSQL that listens on a socket in a folder of its own."""

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self.folder = Path(tempfile.mkdtemp(prefix="payoff-postgres-"))
        self._user = "postgres" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
        if os.getuid() == 0:
            shutil.chown(self.folder, self._user)
        self._do(
            "initdb",
            "--pgdata",
            f"{self.folder}/data",
            "--username",
            "payoff",
            "--auth",
            "trust",
            "--no-sync",
            "--encoding",
            "UTF8",
        )
        self.start()

    def _do(self, program: str, *words: str) -> None:
        command = [str(self._programs / program), *words]
        if os.getuid() == 0:
            command = ["runuser", "-u", self._user, "--", *command]
        with (self.folder / "output").open("wb") as output:
            done = subprocess.run(
                command, cwd=self.folder, stdout=output, stderr=subprocess.STDOUT, timeout=60, check=False
            )
        if done.returncode:
            raise RuntimeError(f"{program}: {(self.folder / 'output').read_text()}")

    def start(self) -> None:
        """Start it."""
        options = f"-c listen_addresses= -c unix_socket_directories={self.folder} -c fsync=off -c full_page_writes=off"
        self._do(
            "pg_ctl",
            "--pgdata",
            f"{self.folder}/data",
            "--options",
            options,
            "--log",
            f"{self.folder}/log",
            "--wait",
            "start",
        )

    def stop(self) -> None:
        """Stop it, as a crash of the machine would."""
        self._do("pg_ctl", "--pgdata", f"{self.folder}/data", "--mode", "immediate", "--wait", "stop")

    def url(self, database: str = "postgres", login: str = "payoff:w0rd@") -> str:
        """The address of a database."""
        return f"postgresql://{login}/{database}?host={self.folder}"

    def make_database(self, name: str) -> str:
        """An empty database."""
        import psycopg

        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return self.url(name)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A running server, or one line that says how to get one; on CI that is a failure."""
    found = sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))) or [
        path for path in (shutil.which("pg_ctl"),) if path
    ]
    try:
        import psycopg
    except ImportError:
        psycopg = None
    if not found or psycopg is None:
        missing("PostgreSQL", _WAY_OUT)
    server = Server(Path(found[-1]).parent)
    yield server
    server.stop()
    shutil.rmtree(server.folder)


@pytest.fixture
def new_database(postgres: Server) -> Callable[[str], str]:
    """Gives the address of the database for a place, made when it is first asked for."""
    made: dict[str, str] = {}

    def database(place: str) -> str:
        if place not in made:
            made[place] = postgres.make_database(f"ledger_{next(_numbers)}")
        return made[place]

    return database


_numbers = count()


class Disk:
    """A small file system of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def make_read_only(self) -> None:
        """From now on nothing can be written, not even by root."""
        subprocess.run(["mount", "-o", "remount,ro", str(self.folder)], check=True)

    def fill(self) -> None:
        """Leave not a byte of space."""
        with (self.folder / "filler").open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(b"\0" * 4096)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A disk of two megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "none", str(folder)], capture_output=True, check=False
    )
    if done.returncode:
        missing("the right to mount a file system", "run the tests as root")
    yield Disk(folder)
    subprocess.run(["umount", "--lazy", str(folder)], check=True)
