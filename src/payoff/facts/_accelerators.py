"""From the name of a chip to what it can do, what it draws and what it holds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Literal, cast, get_args

from payoff.errors import InvalidValue, UnknownName
from payoff.facts._epoch import Record
from payoff.facts._epoch_rows import accelerator_row
from payoff.facts._refreshed import records, stamp
from payoff.facts._rows import AcceleratorRow
from payoff.facts._tables import Rows, number_or_none
from payoff.frozen import Frozen

Precision = Literal["fp64", "fp32", "tf32", "fp16", "fp8", "int8"]

WAY_OUT = "`payoff facts hardware` lists all; or state its peak, TDP and price yourself"
_MAKERS = re.compile(
    r"\b(?:nvidia|tesla|geforce|quadro|amd|radeon|instinct|google|cloud|amazon|aws|intel|habana|huawei|apple|meta|"
    r"microsoft|gpus?|chips?)\b"
)


class AcceleratorFact(Frozen):
    """An accelerator: its row, the name it was asked by, and the other chips that the name could mean.

    `kind` is 'data-centre GPU', 'workstation GPU', 'consumer GPU', 'TPU', 'accelerator' or 'system on chip'.
    """

    asked: str
    row: AcceleratorRow
    also: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The unique name: 'NVIDIA A100 SXM4 80 GB'."""
        return self.row.name

    @property
    def tdp_w(self) -> float | None:
        """The thermal design power of the chip or its card, or None where none is stated or estimated."""
        return self.row.tdp_w

    @property
    def hint(self) -> str:
        """What the user should know about the match; empty when the name means one chip only."""
        if not self.also:
            return ""
        return f"{self.asked!r} could also mean {' or '.join(self.also)}; {self.name} was taken."

    def peak(self, precision: Precision) -> float:
        """The dense peak in FLOP/s (OP/s for int8). Raises `InvalidValue` where the chip has none stated."""
        if precision not in get_args(Precision):
            raise UnknownName("precision", precision, get_args(Precision), way_out="one of " + ", ".join(self.peaks()))
        if precision not in self.peaks():
            known = ", ".join(self.peaks()) or "none"
            raise InvalidValue(f"no {precision} peak of {self.name} is known, only {known}; give one of those")
        return self.peaks()[precision]

    def peaks(self) -> dict[Precision, float]:
        """The dense peaks that are known, by precision."""
        figures = dict(zip(get_args(Precision), self.row[5:11], strict=True))
        return {cast(Precision, name): cast(float, peak) for name, peak in figures.items() if peak is not None}

    @property
    def training_precision(self) -> Precision:
        """What people train in on this chip: fp16 or bf16 where it has a rate of its own for it, else fp32."""
        peaks = self.peaks()
        return next(name for name in (*_TRAINING, *peaks) if name in peaks)


_TRAINING: tuple[Precision, ...] = ("fp16", "fp32")


def accelerator(name: str) -> AcceleratorFact:
    """The accelerator of this name: its own, an alias, or what its driver calls it; maker, case and spaces aside.

    A name that means more chips ('A100') is that of payoff's default, the one most runs were on, and `also` has the
    others. Raises `UnknownName` with the nearest names.
    """
    key = _key(name)
    if key in _names():
        row = accelerator_rows()[_names()[key]]
        return AcceleratorFact(name, row, _variants(key, row.name))
    raise UnknownName("accelerator", name, _offered(), way_out=WAY_OUT)


def name_of(name: str) -> str | None:
    """The unique name of a chip, or None for one that payoff does not know."""
    return _names().get(_key(name))


def accelerators() -> Iterator[AcceleratorFact]:
    """All that are known, in the order of the table."""
    return (AcceleratorFact(row.name, row) for row in accelerator_rows().values())


def accelerator_rows() -> Mapping[str, AcceleratorRow]:
    """`accelerators.csv` by name, with what the user has refreshed over it."""
    return _rows(stamp("hardware"))


@cache
def _rows(refreshed: object) -> Mapping[str, AcceleratorRow]:
    return rows_with(records("hardware")) if refreshed else _shipped()


@cache
def _shipped() -> Mapping[str, AcceleratorRow]:
    return Rows("accelerators", lambda cells: cells[0], _row)


def rows_with(snapshot: Iterable[Record]) -> Mapping[str, AcceleratorRow]:
    """The shipped rows with a snapshot's figures, except those that payoff has checked, and its new chips.

    A chip that payoff knows by another name is a family of chips in the snapshot and passed over, and so is one that is
    not for sale yet.
    """
    rows = dict(_shipped())
    known = _named(rows)
    for record in snapshot:
        if not record["released"]:
            continue
        new = accelerator_row(record, source=record["source"])
        old = rows.get(new.name)
        if old is None and _key(new.name) not in known and any(new[5:11]):
            rows[new.name] = new
        elif old is not None:
            fields = old._fields[5:14]
            changes = {
                field: value
                for field in fields
                if field not in old.checked
                and (value := getattr(new, field)) is not None
                and value != getattr(old, field)
            }
            rows[new.name] = old._replace(**changes, source=new.source) if changes else old
    return rows


def _row(r: list[str]) -> AcceleratorRow:
    aliases, checked = (tuple(cell.split("|")) if cell else () for cell in (r[1], r[14]))
    return AcceleratorRow._make([r[0], aliases, *r[2:4], int(r[4]), *map(number_or_none, r[5:14]), checked, *r[15:]])


def _key(name: str) -> str:
    """'NVIDIA A100-SXM4-80GB' and 'A100 SXM4 80 GB' are one name."""
    return re.sub(r"[^a-z0-9]", "", _MAKERS.sub(" ", name.strip().casefold()))


def _names() -> dict[str, str]:
    return _names_at(stamp("hardware"))


@cache
def _names_at(refreshed: object) -> dict[str, str]:
    return _named(_rows(refreshed))


def _named(rows: Mapping[str, AcceleratorRow]) -> dict[str, str]:
    """The name of a chip by the key of each of its names: its own, with its vendor or without, goes before an alias."""
    without_vendor = {_key(row.name.removeprefix(row.vendor)): row.name for row in rows.values()}
    aliases = {_key(alias): row.name for row in rows.values() for alias in row.aliases}
    return without_vendor | aliases | {_key(row.name): row.name for row in rows.values()}


_VARIANT = r"(?:s?(?:sxm\d|pcie)|nvl|[aexp])?(?:[1-9]\d*gb)?(?:pcie)?"
"""What may follow a name without making another of it: an A100 has three kinds, but an A10G is no A10."""


def _variants(key: str, taken: str) -> tuple[str, ...]:
    if key == _key(taken):
        return ()
    wider = re.compile(re.escape(key) + _VARIANT)
    return tuple(sorted({name for other, name in _names().items() if name != taken and wider.fullmatch(other)}))


def _offered() -> list[str]:
    """Names to compare a wrong one with, with their maker and without."""
    rows = accelerator_rows().values()
    short = (" ".join(_MAKERS.sub(" ", row.name.casefold()).split()).upper() for row in rows)
    return [*(row.name for row in rows), *short, *(alias for row in rows for alias in row.aliases)]
