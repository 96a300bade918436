"""What a newer table of facts changed, as people read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from payoff.facts import Refresh
from payoff.show._facts import source_line

SHOWN_AT_MOST = 8
"""Names and changes that a person is shown of a refresh; JSON has them all."""


@dataclass(frozen=True, slots=True)
class RefreshReport:
    """What a newer table changed."""

    refresh: Refresh

    def to_json(self) -> dict[str, Any]:
        """See `Report`."""
        told = self.refresh
        return {
            "schema": "payoff.facts.refresh/1",
            "table": told.table,
            "source": told.source,
            "licence": told.licence,
            "read_on": told.read_on,
            "rows": told.rows,
            "rows_before": told.rows_before,
            "compared_with": told.before,
            "added": list(told.added),
            "removed": list(told.removed),
            "changed": [one._asdict() for one in told.changed],
            "left_out": list(told.left_out),
            "absent_columns": list(told.absent),
            "stored": told.stored,
        }

    def __rich__(self) -> RenderableType:
        told = self.refresh
        lines = [Text(f"{told.table}: {told.rows} records", style="bold"), Text(f"compared with {told.before}")]
        changed = [f"{one.name}: {one.column} {one.before or 'none'} → {one.after or 'none'}" for one in told.changed]
        for word, names in (("added", told.added), ("removed", told.removed), ("changed", changed)):
            lines.append(Text(f"{word} {len(names)}"))
            lines += _first(names)
        if told.left_out:
            lines += [Text(f"left out {len(told.left_out)}, with a figure that cannot be"), *_first(told.left_out)]
        if told.absent:
            lines.append(Text(f"columns that it lacks: {', '.join(told.absent)}", style="dim"))
        kept = "nothing was stored: a dry run" if told.stored is None else f"kept in {told.stored}"
        way = "" if told.stored is None else "; `payoff facts refresh --undo` brings back what was there"
        return Group(*lines, Text(kept + way), source_line(told.source, told.licence))


@dataclass(frozen=True, slots=True)
class UndoReport:
    """Which table is again as it was: the snapshot before, or payoff's own."""

    table: str
    path: str
    shipped: bool

    def to_json(self) -> dict[str, Any]:
        """See `Report`."""
        return {"schema": "payoff.facts.undo/1", "table": self.table, "path": self.path, "shipped": self.shipped}

    def __rich__(self) -> RenderableType:
        if self.shipped:
            return Text(f"{self.table}: payoff's own table is used again")
        return Text(f"{self.table}: the snapshot before is back in {self.path}")


def _first(names: Sequence[str]) -> list[Text]:
    more = [Text(f"  and {len(names) - SHOWN_AT_MOST} more (--json)")] if len(names) > SHOWN_AT_MOST else []
    return [*(Text(f"  {name}") for name in names[:SHOWN_AT_MOST]), *more]
