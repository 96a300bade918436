"""From the place and kind of a machine to everything that turns its energy and time into carbon, money and water."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args

from payoff.errors import InvalidValue, UnknownName
from payoff.facts._grids import GridFact, grid
from payoff.facts._tables import Fact, RegionRow, defaults, prices
from payoff.frozen import Frozen, by_name
from payoff.model import Footprint
from payoff.quantities import Estimate

Machine = Literal["laptop", "desktop", "server", "cloud", "unknown"]

J_PER_KWH = 3.6e6
S_PER_H = 3600.0
HOUSEHOLD = ("laptop", "desktop")
OVERHEAD_SPREAD, WATER_SPREAD = 1.3, 2.0
"""Factors by which PUE - 1 and WUE of a region may be off at 90 %: its hall, its weather, another year."""


class Factors(Frozen):
    """What turns energy and time at a machine into carbon, money and water; absent is None.

    Intensities and the price of electricity are per joule drawn from the grid (energy at the machine x PUE),
    `water_l_per_j` per joule at the machine. `hardware_usd_per_s` is a rent that the user states: it has the
    electricity in it, whose price is then left unused. `hint` is a sentence for the user, or empty.
    """

    pue: Estimate
    intensity_kg_per_j: Estimate | None = None
    intensity_market_kg_per_j: Estimate | None = None
    electricity_usd_per_j: Estimate | None = None
    hardware_usd_per_s: Estimate | None = None
    water_l_per_j: Estimate | None = None
    embodied_kg_per_s: Estimate | None = None
    place: str = "world"
    machine: str = "unknown"
    hint: str = ""

    @classmethod
    def of(
        cls,
        place: str | None = None,
        *,
        machine: Machine | None = None,
        pue: float | None = None,
        intensity_g_per_kwh: float | None = None,
        electricity_usd_per_kwh: float | None = None,
        rent_usd_per_h: float | None = None,
        year: int | None = None,
    ) -> Factors:
        """The factors of a machine at `place`; what the user states replaces the table's figure.

        `machine` is 'cloud' at a cloud region and 'unknown' elsewhere unless given. At a cloud region the price of
        electricity is not the user's and stays None. `year` is when the machine runs (None: this year).
        """
        where = grid(place)
        kind = _kind(machine, where.region)
        _check_at_least(pue, 1.0, "PUE", "1.2")
        for stated, name in (
            (intensity_g_per_kwh, "intensity"),
            (electricity_usd_per_kwh, "price of electricity"),
            (rent_usd_per_h, "rent"),
        ):
            _check_at_least(stated, 0.0, name, "0.3")
        pue_there = _stated(pue, 1.0) or _pue(kind, where.region)
        return cls(
            pue=pue_there,
            intensity_kg_per_j=_stated(intensity_g_per_kwh, 1e-3 / J_PER_KWH) or where.intensity(year),
            intensity_market_kg_per_j=where.intensity_market(),
            electricity_usd_per_j=_stated(electricity_usd_per_kwh, 1 / J_PER_KWH) or _electricity(kind, where),
            hardware_usd_per_s=_stated(rent_usd_per_h, 1 / S_PER_H),
            water_l_per_j=_water(kind, where.region, pue_there),
            embodied_kg_per_s=_embodied(kind),
            place=where.region.name if where.region else where.code,
            machine=kind,
            hint="" if intensity_g_per_kwh is not None and place is None else where.hint,
        )

    @property
    def sources(self) -> tuple[str, ...]:
        """Where the figures come from, each once."""
        return tuple(
            dict.fromkeys(
                source for figure in by_name(self).values() if isinstance(figure, Estimate) for source in figure.sources
            )
        )

    def to_json(self) -> dict[str, Any]:
        """A plain dictionary of the factors that are there."""
        there = {name: value for name, value in by_name(self).items() if value is not None}
        return {name: v.to_json() if isinstance(v, Estimate) else v for name, v in there.items()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Factors:
        """The factors that `to_json` wrote; those of a later version are passed over."""
        known = {name: data[name] for name in cls.__match_args__ if name in data}
        values: dict[str, Any] = {
            name: Estimate.from_json(v) if isinstance(v, Mapping) else v for name, v in known.items()
        }
        return cls(**values)


def footprint(
    duration_s: Estimate | None, energy_j: Estimate | None, factors: Factors, *, share: float = 1.0, rented: float = 1.0
) -> Footprint:
    """What a run used, from its time and energy at the machine; `share` is its part of the machine, `rented`
    its part of what the rent is paid for, 0 to 1.

    emissions = energy x PUE x intensity; water = energy x (WUE + PUE x water of the grid); embodied = time x share x
    rate; cost = time x rent, or energy x PUE x price of electricity when no rent is stated: the rent has the
    electricity in it. A figure whose factor is missing is None.
    """
    for part in (share, rented):
        if not 0 <= part <= 1:
            raise InvalidValue(f"a share must be from 0 to 1, got {part}; give for example 4 of 16 threads as 0.25")
    drawn_j = None if energy_j is None else energy_j * factors.pue
    rent = _product(None if duration_s is None else duration_s * rented, factors.hardware_usd_per_s)
    return Footprint(
        duration_s=duration_s,
        energy_j=energy_j,
        emissions_kg=_product(drawn_j, factors.intensity_kg_per_j),
        emissions_market_kg=_product(drawn_j, factors.intensity_market_kg_per_j),
        embodied_kg=_product(None if duration_s is None else duration_s * share, factors.embodied_kg_per_s),
        cost_usd=rent if factors.hardware_usd_per_s is not None else _product(drawn_j, factors.electricity_usd_per_j),
        water_l=_product(energy_j, factors.water_l_per_j),
    )


def _product(amount: Estimate | None, rate: Estimate | None) -> Estimate | None:
    return None if amount is None or rate is None else amount * rate


def _kind(machine: str | None, region: RegionRow | None) -> str:
    if machine is not None and machine not in get_args(Machine):
        raise UnknownName(
            "kind of machine", machine, get_args(Machine), way_out=f"give one of {', '.join(get_args(Machine))}"
        )
    return machine or ("cloud" if region else "unknown")


def _check_at_least(value: float | None, least: float, name: str, example: str) -> None:
    if value is not None and not least <= value < float("inf"):
        raise InvalidValue(f"the {name} must be at least {least:g}, got {value}; give for example {example}")


def _stated(value: float | None, scale: float) -> Estimate | None:
    return None if value is None else Estimate(value * scale, {}, {"stated": 1.0}, sources=("stated by the user",))


def _estimate(fact: Fact, name: str, scale: float) -> Estimate:
    errors = {name: (fact.low * scale, fact.high * scale)} if fact.low < fact.high else {}
    return Estimate(fact.value * scale, errors, {"stated": 1.0}, sources=(fact.source,))


def _embodied(kind: str) -> Estimate:
    return _estimate(defaults()["embodied_kg_per_h", kind], f"embodied carbon of a machine: {kind}", 1 / S_PER_H)


def embodied_of_guest(kind: str, threads: int, *, on_server: bool) -> Estimate:
    """Embodied carbon in kg/s of a virtual machine of a kind: what its threads are of a host's.

    A guest of which nothing is known but that its processor is a server's (`on_server`) has a share of a server.
    """
    on_server = on_server or kind in ("server", "cloud")
    host = defaults()["host_threads", "server" if on_server else "unknown"]
    low, value, high = (min(1.0, threads / host_threads) for host_threads in (host.high, host.value, host.low))
    part = Estimate(value, {"threads of the host": (low, high)}, sources=(host.source,))
    return _embodied("server" if on_server and kind == "unknown" else kind) * part


def _pue(kind: str, region: RegionRow | None) -> Estimate:
    if kind == "cloud" and region and region.pue is not None:
        bounds = 1 + (region.pue - 1) / OVERHEAD_SPREAD, 1 + (region.pue - 1) * OVERHEAD_SPREAD
        source = f"PUE of {region.name} {region.pue_year}: {region.source}"
        return Estimate(region.pue, {f"PUE {region.name}": bounds}, {"stated": 1.0}, sources=(source,))
    return _estimate(defaults()["pue", kind], f"PUE: {kind}", 1.0)


def _water(kind: str, region: RegionRow | None, pue: Estimate) -> Estimate:
    """Litres per joule at the machine: on site, and at the power stations for every joule drawn (Li et al. 2023)."""
    off_site = _estimate(defaults()["ewif_l_per_kwh", "world"], "water of electricity", 1 / J_PER_KWH)
    if kind == "cloud" and region and region.wue_l_per_kwh is not None:
        value = region.wue_l_per_kwh / J_PER_KWH
        source = f"WUE of {region.name} {region.wue_year}: {region.source}"
        bounds = value / WATER_SPREAD, value * WATER_SPREAD
        on_site = Estimate(value, {f"WUE {region.name}": bounds}, {"stated": 1.0}, sources=(source,))
    else:
        on_site = _estimate(defaults()["wue_l_per_kwh", kind], f"WUE: {kind}", 1 / J_PER_KWH)
    return on_site + pue * off_site


def _electricity(kind: str, where: GridFact) -> Estimate | None:
    """USD per joule drawn: what industry pays there, times the ratio of household to industry at home.

    A machine of which nothing is known is most often somebody's own: a household's price, or less, down to industry's.
    """
    if kind == "cloud":
        return None
    code = next(code for code in (where.code, where.code.partition("-")[0], "world") if code in prices())
    price = _estimate(prices()[code], f"electricity price {code} {prices()[code].year}", 1 / J_PER_KWH)
    ratio = defaults()["household_price_ratio", "world"]
    if kind in HOUSEHOLD:
        return price * _estimate(ratio, "household price over industry's", 1.0)
    if kind == "unknown":
        tariff = {"tariff: household or industry": (1.0, ratio.high)}
        return price * Estimate(ratio.value, tariff, sources=(ratio.source,))
    return price
