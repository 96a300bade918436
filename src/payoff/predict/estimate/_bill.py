"""From the FLOP of a training to its chip-hours, energy, carbon, money and water, each with its sources of error."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from payoff.errors import InvalidValue
from payoff.facts import AcceleratorFact, Factors, Precision, accelerator, footprint
from payoff.frozen import Frozen, replace
from payoff.model import Footprint
from payoff.predict.estimate._costs import Cost, costs_of, crossed, embodied_kg_per_chip_s
from payoff.predict.estimate._equivalents import Equivalent, equivalents
from payoff.predict.estimate._evidence import learned_utilisation, measured_power
from payoff.predict.estimate._flop import Flop, Shape, Term, training_flop
from payoff.predict.estimate._power import chip_kind, power_share, rating_w
from payoff.present import figure_of, html_of
from payoff.quantities import Estimate
from payoff.units import show

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

MOST_UTILISATION = 1.0
FAR = 3.0
"""A model so many times smaller than the smallest of the evidence is not like it."""


class Bill(Frozen):
    """What a training will use. `chip_s` is the time of all chips together, `watts` the draw of one with its host.

    `footprint.energy_j` is at the machines, `drawn_j` what the grid delivers for it. Carbon is
    location-based and, apart, market-based; the costs stand on their own bases and are never added up.
    """

    name: str
    flop: Flop
    chip: AcceleratorFact
    precision: Precision
    utilisation: Estimate
    chip_s: Estimate
    watts: Estimate
    factors: Factors
    footprint: Footprint = Footprint()
    costs: tuple[Cost, ...] = ()
    chips: int | None = None
    params: float | None = None
    tokens: float | None = None
    notes: tuple[str, ...] = ()

    @property
    def drawn_j(self) -> Estimate:
        """What the grid delivers: the energy at the machines x PUE."""
        return self.chip_s * self.watts * self.factors.pue

    @property
    def equivalents(self) -> tuple[Equivalent, ...]:
        """Carbon and drawn energy as people can feel them."""
        carbon = self.footprint.emissions_kg
        return equivalents(None if carbon is None else carbon.value, self.drawn_j.value)

    def to_json(self) -> dict[str, Any]:
        """A plain dictionary."""
        return {
            "name": self.name,
            "params": self.params,
            "tokens": self.tokens,
            "flop": self.flop.to_json(),
            "hardware": self.chip.name,
            "precision": self.precision,
            "peak_flop_per_s": self.chip.peak(self.precision),
            "chips": self.chips,
            "utilisation": self.utilisation.to_json(),
            "chip_s": self.chip_s.to_json(),
            "watts_per_chip": self.watts.to_json(),
            "drawn_j": self.drawn_j.to_json(),
            "footprint": self.footprint.to_json(),
            "costs": [cost.to_json() for cost in self.costs],
            "place": self.factors.place,
            "factors": self.factors.to_json(),
            "notes": list(self.notes),
        }

    def plot(self) -> Figure:
        """A figure: how far each source of error moves the carbon. Raises `MissingExtra` without Plotly."""
        figure: Figure = figure_of(self)
        return figure

    def _repr_html_(self) -> str:
        return html_of(self)


def estimate_run(
    params: float | None = None,
    tokens: float | None = None,
    *,
    flop: Flop | float | None = None,
    active_params: float | None = None,
    shape: Shape | None = None,
    hardware: str = "A100",
    chips: int | None = None,
    precision: Precision | None = None,
    utilisation: float | None = None,
    watts: float | None = None,
    factors: Factors | None = None,
    region: str | None = None,
    name: str = "",
) -> Bill:
    """What a training will use, before it runs: 6 N D FLOP (or `flop`) on `hardware`, in a cloud at `region`.

    What is not given is learned or looked up: utilisation (0 to 1) from published trainings, `watts` of a chip with its
    part of the host from measured ones, `factors` from the region. Raises `UnknownName` for a chip or place that is not
    known, `InvalidValue` for what cannot be.
    """
    work = _work(params, tokens, flop, active_params, shape)
    chip = accelerator(hardware)
    precision = precision or chip.training_precision
    size = active_params or params
    if chips is not None and chips < 1:
        raise InvalidValue(f"chips must be 1 or more, got {chips}; leave --chips out if they are not chosen yet")
    share = learned_utilisation().predict(size, chip) if utilisation is None else _stated_share(utilisation)
    bill = Bill(
        name=name,
        flop=work,
        chip=chip,
        precision=precision,
        utilisation=share,
        chip_s=work.estimate / (share * chip.peak(precision)),
        watts=_watts(chip, watts),
        factors=factors or Factors.of(region, machine="cloud"),
        chips=chips,
        params=size,
        tokens=tokens,
    )
    return placed(bill, bill.factors)


def placed(bill: Bill, factors: Factors, *, busy: Estimate | None = None) -> Bill:
    """The same training at another place; `busy` is the share of its life that the hardware works there, if it is not
    that of a data centre.
    """
    there = replace(bill, factors=factors)
    duration = None if bill.chips is None else bill.chip_s / bill.chips
    costs = costs_of(bill.chip.name, bill.chip_s, there.drawn_j, factors, busy=busy)
    used = replace(
        footprint(duration, bill.chip_s * bill.watts, replace(factors, hardware_usd_per_s=None)),
        flop=bill.flop.estimate,
        examples=None if bill.tokens is None else Estimate(bill.tokens),
        embodied_kg=bill.chip_s * embodied_kg_per_chip_s(busy),
        cost_usd=costs[0].figure if costs else None,
    )
    notes = tuple(filter(None, (bill.chip.hint, factors.hint, crossed(costs), *_doubts(bill))))
    return replace(there, footprint=used, costs=costs, notes=notes)


def _doubts(bill: Bill) -> Iterator[str]:
    """Where what was learned is asked of something else."""
    if bill.utilisation.share("stated") == 1:
        return
    usual, line = bill.chip.training_precision, learned_utilisation()
    if bill.precision != usual:
        yield f"Utilisation was learned in {usual}; the same share of the peak in {bill.precision} is assumed."
    if bill.params is not None and bill.params < line.smallest / FAR:
        learned, asked = show(line.smallest, "count"), show(bill.params, "count")
        yield f"Utilisation was learned on models from {learned} parameters; one of {asked} may reach far less."


def _work(
    params: float | None,
    tokens: float | None,
    flop: Flop | float | None,
    active_params: float | None,
    shape: Shape | None,
) -> Flop:
    if isinstance(flop, Flop):
        return flop
    if flop is not None:
        if not 0 < flop < float("inf"):
            raise InvalidValue(f"flop must be above 0 and finite, got {flop}; give for example --flop 3.14e23")
        return Flop((Term("stated", float(flop), "stated"),), source="stated by the user")
    if params is None and active_params is None:
        given = "tokens without parameters" if tokens is not None else "neither parameters nor tokens"
        raise InvalidValue(f"the work is not known from {given}; give --params 7e9 --tokens 2e12, or --flop 8.4e22")
    if tokens is None:
        raise InvalidValue("the work is not known from parameters without tokens; give --tokens 2e12, or --flop 8.4e22")
    whole = params if params is not None else active_params
    assert whole is not None
    return training_flop(whole, tokens, active_params=active_params, shape=shape)


def _stated_share(utilisation: float) -> Estimate:
    if not 0 < utilisation <= MOST_UTILISATION:
        raise InvalidValue(
            f"utilisation must be above 0 and at most 100 %, got {100 * utilisation:g} %: no chip does more than its "
            "peak; leave --utilisation out to have it learned from published runs"
        )
    return Estimate(utilisation, {}, {"stated": 1.0}, sources=("stated by the user",))


def _watts(chip: AcceleratorFact, watts: float | None) -> Estimate:
    if watts is not None:
        if not 0 < watts < float("inf"):
            raise InvalidValue(
                f"the watts of a chip must be above 0, got {watts}; leave --watts out for its TDP's share"
            )
        return Estimate(watts, {}, {"stated": 1.0}, sources=("stated by the user",))
    rating = rating_w(chip, "system")
    if rating is None:
        raise InvalidValue(f"no TDP of {chip.name} is known; say what a chip with its host draws, such as --watts 400")
    share = power_share(chip_kind(chip), "system", measured_power())
    return share * Estimate(rating, {}, {"stated": 1.0}, sources=(f"rating of {chip.name}: {chip.row.source}",))
