"""Everything payoff raises on purpose, in one tree.

    PayoffError
    ├── InvalidValue (ValueError)     a value breaks a law
    ├── UnknownName (LookupError)     nothing goes by that name
    ├── MissingExtra (ImportError)    an optional part is not installed
    ├── SensorError                   a sensor cannot be read
    ├── BudgetSpent                   a cap is reached: the run should stop
    ├── FactsUnusable                 the user's own snapshot of facts cannot be read or written
    ├── Unreachable                   an address does not answer, or not as it should
    └── LedgerError
        ├── LedgerUnusable            no permission, read-only, full, or not reachable
        ├── LedgerDamaged             the file is not, or no longer, a sound ledger
        └── LedgerTooNew              written by a later version of payoff

A message says what was wrong with the value, the law, and the way out.
"""

from __future__ import annotations

import copyreg
from collections.abc import Iterable


class PayoffError(Exception):
    """Root of all errors that payoff raises on purpose."""

    def __reduce__(self) -> tuple[object, ...]:
        """Let an error travel between processes whatever its constructor asks for."""
        return copyreg.__newobj__, (type(self), *self.args), self.__dict__  # type: ignore[attr-defined]


class InvalidValue(PayoffError, ValueError):
    """A value breaks a law; the message states the law, the value and the way out."""


class UnknownName(PayoffError, LookupError):
    """Nothing goes by that name; the message offers what comes nearest."""

    def __init__(self, what: str, name: str, known: Iterable[str] = (), *, way_out: str = "") -> None:
        import difflib

        folded = {each.casefold(): each for each in known}
        self.nearest = [folded[each] for each in difflib.get_close_matches(name.casefold(), folded, n=3)]
        meant = f"; did you mean {' or '.join(map(repr, self.nearest))}?" if self.nearest else ""
        super().__init__(f"unknown {what} {name!r}{meant}{'; ' + way_out if way_out else ''}")


class MissingExtra(PayoffError, ImportError):
    """An optional part of payoff is not installed."""

    def __init__(self, extra: str, purpose: str) -> None:
        super().__init__(f"{purpose} needs the extra {extra!r}: pip install 'payoff[{extra}]'")


class SensorError(PayoffError):
    """A sensor cannot be read now."""


class BudgetSpent(PayoffError):
    """A cap of the budget is reached."""


class FactsUnusable(PayoffError):
    """The user's own snapshot of facts cannot be read or written."""


class Unreachable(PayoffError):
    """An address does not answer, or not as it should."""


class LedgerError(PayoffError):
    """The ledger cannot do what was asked."""


class LedgerUnusable(LedgerError):
    """The ledger cannot be opened or written here."""


class LedgerDamaged(LedgerError):
    """The file is not a sound ledger."""


class LedgerTooNew(LedgerError):
    """The ledger was written by a later version of payoff."""
