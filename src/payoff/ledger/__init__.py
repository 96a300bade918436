"""What happened?

In go events (`Event`) and the ticks of running segments (`Tick`); out come the runs folded from them (`Run`).

>>> from payoff.ledger import Ledger, open_ledger
>>> ledger = open_ledger(":memory:")
>>> ledger.runs()
[]
"""

from payoff.ledger._lease import own_lease
from payoff.ledger._ledger import Ledger
from payoff.ledger._open import default_place, load_back_end, open_ledger
from payoff.ledger._schema import COLUMNS
from payoff.ledger._seam import Query, SegmentTrace, Store, Tick, TracePoint
from payoff.ledger._trace import Trace

__all__ = [
    "COLUMNS",
    "Ledger",
    "Query",
    "SegmentTrace",
    "Store",
    "Tick",
    "Trace",
    "TracePoint",
    "default_place",
    "load_back_end",
    "open_ledger",
    "own_lease",
]
