"""Which runs does a query mean? Said once in SQL for the ended runs, once in Python for those still open."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from payoff.errors import InvalidValue, UnknownName
from payoff.ledger._schema import COLUMNS, NUMERIC, Database, column
from payoff.ledger._seam import Query
from payoff.model import Run

_SEARCHED = ("name", "project", "command")


def check(query: Query) -> None:
    """Raise `UnknownName` for a column that runs do not have."""
    for name in (*query.equals, query.sort):
        if name not in COLUMNS and not (name == "tag" and name in query.equals):
            raise UnknownName(
                "column",
                name,
                (*COLUMNS, "tag"),
                way_out=f"runs have {', '.join(COLUMNS)}, and 'tag' to filter by one tag",
            )
    if query.limit is not None and query.limit < 0:
        raise InvalidValue(f"a limit must not be below 0, got {query.limit}; leave it out (None) for all runs")


def numbers(db: Database, query: Query) -> list[int]:
    """The numbers of the ended runs that are meant, in order; those without a value last, the newest first."""
    conditions, bound = ["live = 0", "state IS NOT NULL", "number > ?"], list[Any]([query.above])
    for name, value in query.equals.items():
        if name == "tag":
            conditions.append("tags LIKE ? ESCAPE '\\'")
            bound.append(_containing(f"\n{value}\n"))
        else:
            conditions.append(f"{name} = ?")
            bound.append(_typed(name, value))
    if query.text:
        conditions.append("(" + " OR ".join(f"LOWER({name}) LIKE LOWER(?) ESCAPE '\\'" for name in _SEARCHED) + ")")
        bound += [_containing(query.text)] * len(_SEARCHED)
    meant = f"SELECT number FROM runs WHERE {' AND '.join(conditions)}"
    way = "DESC" if query.descending else "ASC"
    if query.sort == "number":
        return _taken(db, f"{meant} ORDER BY number {way}", bound, query.limit)
    known = _taken(
        db, f"{meant} AND {query.sort} IS NOT NULL ORDER BY {query.sort} {way}, number DESC", bound, query.limit
    )
    room = None if query.limit is None else query.limit - len(known)
    if room == 0:
        return known
    return known + _taken(db, f"{meant} AND {query.sort} IS NULL ORDER BY number DESC", bound, room)


def _taken(db: Database, sql: str, bound: list[Any], limit: int | None) -> list[int]:
    rows = db.run(sql, bound) if limit is None else db.run(f"{sql} LIMIT ?", [*bound, limit])
    return [number for (number,) in rows]


def matches(run: Run, query: Query) -> bool:
    """Whether an open run is meant."""
    if run.number <= query.above:
        return False
    for name, value in query.equals.items():
        if name == "tag":
            if value not in run.tags:
                return False
        elif column(run, name) != _typed(name, value):
            return False
    return not query.text or any(query.text.lower() in (column(run, name) or "").lower() for name in _SEARCHED)


def ordered(runs: Iterable[Run], query: Query) -> list[Run]:
    """Runs in the order of the query, those without a value last, and cut to its limit."""
    newest = sorted(runs, key=lambda run: run.number, reverse=True)
    known = [run for run in newest if column(run, query.sort) is not None]
    known.sort(key=lambda run: column(run, query.sort), reverse=query.descending)
    return (known + [run for run in newest if column(run, query.sort) is None])[: query.limit]


def _typed(name: str, value: str) -> Any:
    kind = int if name == "number" else float if name in NUMERIC else str
    try:
        return kind(value)
    except ValueError:
        raise InvalidValue(f"column {name!r} holds numbers, got {value!r}; for example --where {name}=12") from None


def _containing(text: str) -> str:
    for special in "\\%_":
        text = text.replace(special, "\\" + special)
    return f"%{text}%"


def resolve(db: Database, reference: str) -> list[str]:
    """The ids of the runs that a reference may mean, the surest reading first."""
    visible = "state IS NOT NULL"
    readings: list[tuple[str, list[Any]]] = []
    if reference == "last":
        readings.append(("1 = 1", []))
    if reference.isascii() and reference.isdecimal() and len(reference) < 10:
        readings.append(("number = ?", [int(reference)]))
    readings.append(("name = ?", [reference]))
    for condition, values in readings:
        rows = list(db.run(f"SELECT id FROM runs WHERE {condition} AND {visible} ORDER BY number DESC LIMIT 1", values))
        if rows:
            return [rows[0][0]]
    if len(reference) < 4:
        return []
    rows = list(
        db.run(
            f"SELECT id FROM runs WHERE id >= ? AND id < ? AND {visible} ORDER BY id LIMIT 3",
            (reference, reference + "\x7f"),
        )
    )
    return [reference] if (reference,) in [tuple(row) for row in rows] else [run_id for (run_id,) in rows]
