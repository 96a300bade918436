"""From an older schema to the present one, a version at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from payoff.errors import LedgerDamaged, LedgerTooNew
from payoff.ledger._schema import INDEX_TABLES, SCHEMA_VERSION, Database, tables

Step = Callable[[Database], None]

MIGRATIONS: Mapping[int, Step] = {}
"""What to do with the journal and the pulse of version n to make them version n + 1; the index is always made anew."""


def version_of(db: Database, place: str) -> int:
    """The version of the schema; raises `LedgerTooNew` for one that only a later payoff knows."""
    rows = list(db.run("SELECT value FROM meta WHERE name = 'schema'"))
    if len(rows) != 1 or not str(rows[0][0]).isdecimal():
        raise LedgerDamaged(f"{place} does not say which schema it has")
    version = int(rows[0][0])
    if version > SCHEMA_VERSION:
        raise LedgerTooNew(
            f"{place} has schema {version}, this payoff knows {SCHEMA_VERSION}; "
            "update payoff, or name another ledger with --ledger PATH"
        )
    return version


def migrate(db: Database, place: str) -> bool:
    """Bring the tables up to date within the present transaction; whether the index must be folded anew."""
    version = version_of(db, place)
    if version == SCHEMA_VERSION:
        return False
    while version < SCHEMA_VERSION:
        MIGRATIONS[version](db)
        version += 1
    for table in INDEX_TABLES:
        db.run(f"DROP TABLE IF EXISTS {table}")
    for statement in tables(db):
        db.run(statement)
    db.run("UPDATE meta SET value = ? WHERE name = 'schema'", [str(version)])
    return True
