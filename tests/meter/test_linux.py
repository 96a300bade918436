"""What Linux tells of processes is read whole."""

from __future__ import annotations

import sys

import pytest

from tests.processes import python

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads procfs")

MANY = """
import os, signal
from payoff.meter._linux import children_of
made = set()
for _ in range(800):
    if (child := os.fork()) == 0:
        signal.pause()
    made.add(child)
print(set(children_of(os.getpid())) == made)
for child in made:
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
"""


def test_children_are_all_known_where_one_read_tells_of_some() -> None:
    assert python(MANY).stdout == "True\n"
