"""What the operating system tells of processors and processes, and lets be done with them: chosen here and once."""

from __future__ import annotations

import sys

if sys.platform == "linux":
    from payoff.meter import _linux as system
elif sys.platform == "win32":
    from payoff.meter import _windows as system
else:
    from payoff.meter import _mac as system

__all__ = ["die_by", "system", "unknown_here"]

die_by, unknown_here = system.die_by, system.unknown_here
