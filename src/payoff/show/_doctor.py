"""What can be measured here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: whether it works, what was found, and the exact line that unlocks more."""

    subject: str
    works: bool
    state: str
    unlock: str = ""
    verified: bool = True


@dataclass(frozen=True, slots=True)
class DoctorReport:
    """All that was looked at, by heading."""

    findings: dict[str, tuple[Finding, ...]]

    def to_json(self) -> dict[str, Any]:
        """See `Report`."""
        rows = {
            heading: [
                {"subject": f.subject, "works": f.works, "state": f.state, "unlock": f.unlock, "verified": f.verified}
                for f in group
            ]
            for heading, group in self.findings.items()
        }
        return {"schema": "payoff.doctor/1", **rows}

    def __rich__(self) -> RenderableType:
        parts: list[RenderableType] = []
        for heading, group in self.findings.items():
            grid = Table.grid(padding=(0, 2))
            grid.add_column(no_wrap=True)
            grid.add_column(no_wrap=True)
            grid.add_column(overflow="fold")
            for finding in group:
                mark = Text("✓", style="green") if finding.works else Text("–", style="dim")
                unverified = "" if finding.verified or not finding.works else " (unverified: never met the real thing)"
                grid.add_row(mark, finding.subject, finding.state + unverified)
                if finding.unlock:
                    grid.add_row("", "", Text(finding.unlock, style="bold"))
            parts += [Text(heading, style="bold"), grid, Text("")]
        return Group(*parts[:-1])
