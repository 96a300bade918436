"""What can be read of a damaged SQLite file: the rows of every page that is still sound.

Nothing is asked of SQLite, so a lost header, broken pages above the rows or a missing end costs only what stood
there. The format is described at https://sqlite.org/fileformat2.html; the names of the constants are its own.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

Value = None | int | float | str | bytes
Record = tuple[int | None, tuple[Value, ...]]
"""The key of a row (`None` in an index or a table without row ids) and its columns."""

_MAGIC = b"SQLite format 3\0"
_INNER_INDEX, _LEAF_INDEX, _LEAF_TABLE = 0x02, 0x0A, 0x0D
_USUAL_SIZE = 4096
_WIDTHS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}


class Pages:
    """The pages of a database, those in its write-ahead log before those in the file."""

    def __init__(self, path: Path) -> None:
        head = path.read_bytes()[:100] if path.stat().st_size < 100 else _read(path, 0, 100)
        log = path.with_name(path.name + "-wal")
        self._newer, log_size = _logged(log.read_bytes()) if log.exists() else ({}, None)
        intact = head.startswith(_MAGIC) and len(head) >= 21
        said = int.from_bytes(head[16:18], "big") if intact else 0
        self._size = log_size or (
            65536 if said == 1 else said if said >= 512 and said & (said - 1) == 0 else _USUAL_SIZE
        )
        self._usable = self._size - (head[20] if intact and head[20] < 32 else 0)
        self._path = path
        self._count = max(-(-path.stat().st_size // self._size), *self._newer, 0)

    @property
    def first(self) -> bytes:
        """The first page, which names the tables."""
        return self._page(1)

    def records(self) -> Iterator[Record]:
        """Every record of every page that holds rows, as far as each can be read."""
        for number in range(1, self._count + 1):
            page = self._page(number)
            start = 100 if number == 1 else 0
            if len(page) < self._size or page[start] not in (_INNER_INDEX, _LEAF_INDEX, _LEAF_TABLE):
                continue
            inner = page[start] == _INNER_INDEX
            cells = int.from_bytes(page[start + 3 : start + 5], "big")
            first = start + (12 if inner else 8)
            for place in range(first, min(first + 2 * cells, self._size - 1), 2):
                at = int.from_bytes(page[place : place + 2], "big") + (4 if inner else 0)
                with suppress(ValueError, IndexError, struct.error):
                    yield self._cell(page, at, page[start] == _LEAF_TABLE)

    def _page(self, number: int) -> bytes:
        return self._newer.get(number) or _read(self._path, (number - 1) * self._size, self._size)

    def _cell(self, page: bytes, at: int, in_table: bool) -> Record:
        length, at = _varint(page, at)
        key = None
        if in_table:
            key, at = _varint(page, at)
        most = self._usable - 35 if in_table else (self._usable - 12) * 64 // 255 - 23
        if length <= most:
            return key, _columns(page[at : at + length], length)
        least = (self._usable - 12) * 32 // 255 - 23
        local = least + (length - least) % (self._usable - 4)
        local = local if local <= most else least
        overflow = int.from_bytes(page[at + local : at + local + 4], "big")
        return key, _columns(page[at : at + local] + self._overflow(overflow, length - local), length)

    def _overflow(self, number: int, length: int) -> bytes:
        parts, seen = [], set[int]()
        while length > 0:
            if number in seen or not 0 < number <= self._count:
                raise ValueError("a chain of pages is broken")
            seen.add(number)
            page = self._page(number)
            parts.append(page[4 : min(4 + length, self._usable)])
            length -= len(parts[-1]) or length
            number = int.from_bytes(page[:4], "big")
        return b"".join(parts)


def _read(path: Path, at: int, length: int) -> bytes:
    with path.open("rb") as file:
        file.seek(at)
        return file.read(length)


def _logged(log: bytes) -> tuple[dict[int, bytes], int | None]:
    """The pages that committed transactions wrote to a write-ahead log, and their size."""
    if len(log) < 32 or log[:4] not in (b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83"):
        return {}, None
    size = int.from_bytes(log[8:12], "big")
    committed: dict[int, bytes] = {}
    pending: dict[int, bytes] = {}
    for at in range(32, len(log) - 24 - size + 1, 24 + size):
        if log[at + 8 : at + 16] != log[16:24]:
            break
        pending[int.from_bytes(log[at : at + 4], "big")] = log[at + 24 : at + 24 + size]
        if any(log[at + 4 : at + 8]):
            committed.update(pending)
            pending.clear()
    return committed, size


def _varint(page: bytes, at: int) -> tuple[int, int]:
    value = 0
    for place in range(at, at + 8):
        value = value << 7 | page[place] & 0x7F
        if page[place] < 0x80:
            return value, place + 1
    return value << 8 | page[at + 8], at + 9


def _columns(record: bytes, length: int) -> tuple[Value, ...]:
    if len(record) != length:
        raise ValueError("a record is cut off")
    body, at = _varint(record, 0)
    kinds = []
    while at < body:
        kind, at = _varint(record, at)
        kinds.append(kind)
    values: list[Value] = []
    for kind in kinds:
        width = _WIDTHS.get(kind, 8 if kind == 7 else (kind - 12) // 2 if kind >= 12 else 0)
        raw = record[body : body + width]
        if len(raw) != width:
            raise ValueError("a column is cut off")
        values.append(_value(kind, raw))
        body += width
    return tuple(values)


def _value(kind: int, raw: bytes) -> Value:
    if kind == 0:
        return None
    if kind in (8, 9):
        return kind - 8
    if kind == 7:
        number: float = struct.unpack(">d", raw)[0]
        return number
    if kind >= 12:
        return raw.decode() if kind % 2 else raw
    return int.from_bytes(raw, "big", signed=True)
