"""Trainings that were published: what they used, and what share of their chips' peak they reached."""

from __future__ import annotations

import csv
import re
from functools import cache
from typing import NamedTuple

from payoff.errors import UnknownName
from payoff.facts._epoch import Record, Table
from payoff.facts._refreshed import records
from payoff.facts._tables import number_or_none, table_lines
from payoff.frozen import Frozen

WAY_OUT = "`payoff facts models` lists all"
MODEL_TABLES: tuple[Table, ...] = ("frontier models", "notable models")
"""Where a model is in both, the record of the later one counts."""


class PublishedRun(NamedTuple):
    """One line of `published_runs.csv`; None is what was not published.

    `power_kind` says how `watts_per_chip` is known: 'measured' (of the system), 'measured GPU only', 'stated',
    'assumed', 'TDP', or '' for not at all. Energies that rest on TDP must not be scored together with measured ones.
    Energy is at the meter of the data centre where `pue` is given; `note` has the exceptions.
    """

    name: str
    family: str
    organisation: str
    year: int
    params: float | None
    active_params: float | None
    tokens: float | None
    hardware: str
    chips: float | None
    hours: float | None
    chip_hours: float | None
    watts_per_chip: float | None
    power_kind: str
    pue: float | None
    energy_kwh: float | None
    intensity_kg_per_kwh: float | None
    emissions_kg: float | None
    note: str
    source: str
    licence: str


class Utilisation(NamedTuple):
    """One line of `utilisation.csv`: the share of the dense fp16 peak of its chips that a training reached.

    `basis` 'chip-hours': `utilisation` is flop / (chip-hours x peak), both known independently; 'stated': it is the MFU
    or HFU that the authors state. `flop_basis` is '6ND' (Kaplan et al. 2020, with active parameters) or 'published'.
    `mfu` and `hfu` are as Epoch AI lists them.
    """

    name: str
    family: str
    organisation: str
    year: int
    domain: str
    params: float | None
    active_params: float | None
    tokens: float | None
    flop: float | None
    flop_basis: str
    hardware: str
    chip_hours: float | None
    mfu: float | None
    hfu: float | None
    precision: str
    basis: str
    utilisation: float
    note: str
    source: str
    licence: str


@cache
def published_runs() -> tuple[PublishedRun, ...]:
    """All published runs, in the order of the table."""
    return tuple(
        PublishedRun._make(
            [
                *(*r[:3], int(r[3]), *map(number_or_none, r[4:7]), r[7], *map(number_or_none, r[8:12]), r[12]),
                *(*map(number_or_none, r[13:17]), *r[17:]),
            ]
        )
        for r in csv.reader(table_lines("published_runs"))
    )


@cache
def utilisation_evidence() -> tuple[Utilisation, ...]:
    """All trainings of which the utilisation is known, by year."""
    return tuple(
        Utilisation._make(
            [
                *(*r[:3], int(r[3]), r[4], *map(number_or_none, r[5:9]), *r[9:11], *map(number_or_none, r[11:14])),
                *(*r[14:16], float(r[16]), *r[17:]),
            ]
        )
        for r in csv.reader(table_lines("utilisation"))
    )


def published_run(name: str) -> tuple[PublishedRun, ...]:
    """Every published run whose name begins with this one, or is of this family: 'gpt-3' has two.

    Case, spaces and punctuation do not matter. Raises `UnknownName` with the nearest names.
    """
    key = _key(name)
    runs = published_runs()
    exact = tuple(run for run in runs if key == _key(run.name))
    found = exact or tuple(run for run in runs if key and (_key(run.name).startswith(key) or key == _key(run.family)))
    if not found:
        names = [*dict.fromkeys(run.family for run in runs), *(run.name for run in runs)]
        raise UnknownName("published run", name, names, way_out=WAY_OUT)
    return found


def _key(name: str) -> str:
    return re.sub(r"[^a-z0-9.]", "", name.casefold())


class ModelFacts(Frozen):
    """What is known of a model: its published runs, the utilisation it reached, and Epoch AI's records of it, which are
    there once the user has refreshed them.
    """

    asked: str | None
    runs: tuple[PublishedRun, ...]
    utilisation: tuple[Utilisation, ...]
    listed: tuple[Record, ...]


def models(name: str | None = None) -> ModelFacts:
    """Everything about models whose name begins with this one or that are of this family; about all without a name.

    Raises `UnknownName` with the nearest names.
    """
    listed = tuple({record["name"]: record for table in MODEL_TABLES for record in records(table)}.values())
    if name is None:
        return ModelFacts(None, published_runs(), utilisation_evidence(), listed)
    key = _key(name)

    def is_meant(row: PublishedRun | Utilisation) -> bool:
        return bool(key) and (_key(row.name).startswith(key) or _key(row.family) == key)

    found = ModelFacts(
        name,
        tuple(filter(is_meant, published_runs())),
        tuple(filter(is_meant, utilisation_evidence())),
        tuple(record for record in listed if key and _key(record["name"]).startswith(key)),
    )
    if not (found.runs or found.utilisation or found.listed):
        rows: list[PublishedRun | Utilisation] = [*published_runs(), *utilisation_evidence()]
        names = [row.family for row in rows] + [row.name for row in rows] + [record["name"] for record in listed]
        raise UnknownName("model", name, dict.fromkeys(names), way_out=WAY_OUT)
    return found
