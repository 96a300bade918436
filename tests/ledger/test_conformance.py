"""Every back end keeps the laws of a ledger."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from payoff.ledger import Store
from payoff.ledger._jsonl import JsonlStore
from payoff.ledger._postgres import PostgresStore
from payoff.ledger._sqlite import SqliteStore
from payoff.testing.ledger import StoreConformance


class TestSqlite(StoreConformance):
    def make_store(self, place: Path) -> Store:
        return SqliteStore(place)


class TestJsonl(StoreConformance):
    def make_store(self, place: Path) -> Store:
        return JsonlStore(place)


class TestPostgres(StoreConformance):
    @pytest.fixture(autouse=True)
    def _server(self, new_database: Callable[[str], str]) -> None:
        self._new_database = new_database

    def make_store(self, place: Path) -> Store:
        return PostgresStore(self._new_database(str(place)))
