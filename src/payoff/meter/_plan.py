"""What is known of a run before it begins, and the factors that are in force where it runs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Literal, cast

from payoff.errors import InvalidValue, PayoffError
from payoff.facts import Factors, Machine, embodied_of_guest, grid
from payoff.facts._server_power import is_servers
from payoff.frozen import Frozen, field, replace
from payoff.ledger import open_ledger
from payoff.meter._machine import machine_kind
from payoff.meter._processor import this_processor
from payoff.model import Budget, Objective, Run
from payoff.settings import settings
from payoff.units import parse, parse_rate, show

RUN_VARIABLE = "PAYOFF_RUN"
"""The environment variable that tells a measured command's children the runs and segments they are inside of."""

Scope = Literal["job", "machine"]


class Plan(Frozen):
    """What is known of a run before it begins; `steps` is how many it will report, `resume` the run it goes on with."""

    name: str
    project: str = ""
    objective: Objective | None = None
    parameters: Mapping[str, Any] = field(factory=dict)
    tags: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    study: str | None = None
    region: str | None = None
    budget: Budget | None = None
    steps: float | None = None
    scope: Scope = "job"
    resume: Run | None = None
    inside: tuple[str, ...] = ()
    ledger: str | os.PathLike[str] | None = None


def surroundings(environ: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """The ids of the runs and segments that this process was started in, the outermost first."""
    ids = tuple(filter(None, environ.get(RUN_VARIABLE, "").split("/")))
    return ids if len(ids) % 2 == 0 else ()


def resumable(reference: str, ledger: str | os.PathLike[str] | None, budget: Budget | None = None) -> Run:
    """The run that is to go on, with this budget or its own.

    Raises `UnknownName` where there is none, `InvalidValue` where it is still running or its budget is spent.
    """
    with open_ledger(ledger or settings().get("ledger")) as opened:
        run = opened.find(reference)
    if run.state == "running":
        raise InvalidValue(
            f"run {run.number} ({run.name}) is still running; wait for it, or stop it before you resume it"
        )
    caps = budget or (Budget(run.details["budget"]) if run.details.get("budget") else None)
    if caps and caps.spent(run.footprint):
        raise InvalidValue(f"the budget of {caps} of run {run.number} ({run.name}) is spent; give a larger --budget")
    return run


def goes_on(run: Run) -> str:
    """What resuming a run means, in a sentence."""
    used = ((run.footprint.energy_j, "energy"), (run.footprint.duration_s, "duration"))
    so_far = " in ".join(show(figure.value, dimension) for figure, dimension in used if figure is not None)
    sentence = f"goes on with run {run.number} ({run.name}), {run.state}" + (f" after {so_far}" if so_far else "")
    if run.state != "completed":
        return sentence
    return f"{sentence}: what follows is added to it; without resume it would be a run of its own"


def configured(region: str | None) -> tuple[dict[str, str], Factors, list[str]]:
    """Settings and factors in force, and what is wrong with the settings.

    A region given in the call must be known (`UnknownName`); a bad setting is passed over and told, because a
    forgotten file must not keep a training from starting.
    """
    found: dict[str, str] = {}
    if region is not None:
        grid(region)
    try:
        found = settings()
        return found, _factors(region, found), []
    except PayoffError as error:
        which = "those of carbon, cost and place" if found else "the settings"
        return found, _factors(region, {}), [f"{error}; {which} are passed over"]


def _factors(region: str | None, found: Mapping[str, str]) -> Factors:
    factors, processor = _whole_machine(region, found), this_processor()
    if not processor.guest or factors.machine in ("laptop", "desktop"):
        return factors
    embodied = embodied_of_guest(factors.machine, processor.threads, on_server=is_servers(processor.name))
    return replace(factors, embodied_kg_per_s=embodied)


def _whole_machine(region: str | None, found: Mapping[str, str]) -> Factors:
    price, rent, intensity = (found.get(name) for name in ("electricity_price", "rent", "intensity"))
    return Factors.of(
        region or found.get("region"),
        machine=cast(Machine, found.get("machine") or machine_kind()),
        pue=parse(found["pue"], "number") if "pue" in found else None,
        electricity_usd_per_kwh=parse_rate(price, "cost", "energy") * 3.6e6 if price else None,
        rent_usd_per_h=parse_rate(rent, "cost", "duration") * 3600 if rent else None,
        intensity_g_per_kwh=parse_rate(intensity, "emissions", "energy") * 3.6e9 if intensity else None,
    )
