"""Real processes for tests: programs as text, and the command line."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


def python(program: str, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program to its end."""
    return _run([sys.executable, "-c", program, *map(str, arguments)], environment)


def payoff(
    *words: object, environment: Mapping[str, str] | None = None, **more: str
) -> subprocess.CompletedProcess[str]:
    """Run the command line to its end."""
    return _run(payoff_words(*words), {**(environment or {}), **more})


def _run(words: list[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words,
        text=True,
        capture_output=True,
        timeout=30,
        check=False,
        start_new_session=True,
        env={**os.environ, **environment},
    )


def start(words: list[str], **environment: str) -> subprocess.Popen[str]:
    """Start a process in a session of its own, so that no terminal has it in its foreground."""
    return subprocess.Popen(
        words,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        env={**os.environ, **environment},
    )


def payoff_words(*words: object) -> list[str]:
    """What starts the command line."""
    return [sys.executable, "-m", "payoff", *map(str, words)]


def python_words(program: str, *arguments: object) -> list[str]:
    """What starts a program given as text."""
    return [sys.executable, "-c", program, *map(str, arguments)]


def wait_for(question: Callable[[], T], patience_s: float = 20.0) -> T:
    """Ask until the answer is true; the machine is shared, so patience is long."""
    end = time.monotonic() + patience_s
    while not (answer := question()) and time.monotonic() < end:
        time.sleep(0.01)
    assert answer, "it did not come to pass"
    return answer


def lines_of(path: Path) -> list[str]:
    """The lines of a file, none where there is no file yet."""
    return path.read_text().splitlines() if path.exists() else []
