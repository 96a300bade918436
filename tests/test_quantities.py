"""Numbers are read and written as people mean them, and the algebra of estimates keeps its laws."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from payoff.errors import InvalidValue, UnknownName
from payoff.quantities import KINDS, Estimate
from payoff.units import SHOWN, parse, parse_any, parse_rate, show, significant

POSITIVE = st.floats(1e-6, 1e12)
SOURCES = ("sensor", "grid", "price")


def spread(size: float) -> Any:
    """A plain number where a pair is declared: the constructor reads it as a spread."""
    return size


def near(expected: float, *, within: float = 1e-9) -> object:
    return pytest.approx(expected, rel=within, abs=1e-12)


@st.composite
def bases(draw: st.DrawFn) -> dict[str, float]:
    weights = {kind: draw(st.integers(0, 5)) for kind in KINDS}
    assume(any(weights.values()))
    return {kind: weight / sum(weights.values()) for kind, weight in weights.items() if weight}


@st.composite
def quantities(draw: st.DrawFn) -> Estimate:
    """Estimates that share some of their sources of error."""
    value = draw(POSITIVE)
    names = draw(st.sets(st.sampled_from(SOURCES)))
    pairs = {name: (value * draw(st.floats(0.2, 1)), value * draw(st.floats(1, 3))) for name in sorted(names)}
    return Estimate(value, pairs, draw(bases()), sources=tuple(draw(st.sets(st.sampled_from("xyz")))))


def same(a: Estimate, b: Estimate) -> bool:
    """Equal up to rounding: value, spread of every source, basis and provenance."""
    names, size = {*a.errors, *b.errors}, max(abs(a.value), abs(b.value), 1e-300)

    def pair(e: Estimate, name: str) -> tuple[float, float]:
        return e.errors.get(name, (e.value, e.value))

    spreads = (
        abs(x - y) <= 1e-9 * max(size, abs(x)) for n in names for x, y in zip(pair(a, n), pair(b, n), strict=True)
    )
    shares = (abs(a.share(kind) - b.share(kind)) < 1e-9 for kind in KINDS)
    return abs(a.value - b.value) <= 1e-9 * size and all(spreads) and all(shares) and set(a.sources) == set(b.sources)


# Reading and writing


@pytest.mark.parametrize(
    ("text", "dimension", "value"),
    [
        ("0.5 kWh", "energy", 1.8e6),
        ("0.5kwh", "energy", 1.8e6),
        ("1,800 kJ", "energy", 1.8e6),
        ("3 mJ", "energy", 0.003),
        ("3 MJ", "energy", 3e6),
        ("-3 kWh", "energy", -1.08e7),
        (".5 Wh", "energy", 1800.0),
        ("5. Wh", "energy", 18000.0),
        ("1e3 J", "energy", 1000.0),
        ("٣ kWh", "energy", 1.08e7),
        ("3.1e23 FLOP", "flop", 3.1e23),
        ("1 PFLOP/s-days", "flop", 8.64e19),
        ("85 t", "emissions", 85000.0),
        ("200 gCO2e", "emissions", 0.2),
        ("200 g CO2", "emissions", 0.2),
        ("1 Mg", "emissions", 1000.0),
        ("1 mg", "emissions", 1e-6),
        ("1 mt", "emissions", 1000.0),
        ("1 Mt", "emissions", 1e9),
        ("$4.6M", "cost", 4.6e6),
        ("-$5", "cost", -5.0),
        ("4.6M USD", "cost", 4.6e6),
        ("$ 5", "cost", 5.0),
        ("20 GPU-days", "device time", 1728000.0),
        ("20 gpu-hours", "device time", 72000.0),
        ("0.1%", "share", 0.001),
        ("0.1 %", "share", 0.001),
        ("0.25", "share", 0.25),
        ("2 h", "duration", 7200.0),
        ("90 Minutes", "duration", 5400.0),
        ("1 ML", "water", 1e6),
        ("3 m³", "water", 3000.0),
        ("100M tokens", "count", 1e8),
        ("1.5 GB", "data", 1.5e9),
    ],
)
def test_people_write_quantities_in_many_ways(text: str, dimension: str, value: float) -> None:
    assert parse(text, dimension) == near(value)


@pytest.mark.parametrize(
    ("text", "dimension", "sentence"),
    [
        (
            "5",
            "energy",
            "cannot read '5' as energy: it has no unit; write a number with one of J, Wh, kWh, MWh, GWh, TWh",
        ),
        ("5 kg", "energy", "cannot read '5 kg' as energy: unit 'kg' is not known; write a number with one of J,"),
        ("5 mwh", "energy", "cannot read '5 mwh' as energy: 'mwh' could be mWh or MWh; write"),
        ("5 mj", "energy", "cannot read '5 mj' as energy: 'mj' could be mJ or MJ; write"),
        ("5 MT", "emissions", "cannot read '5 MT' as emissions: 'MT' could be mt or Mt; write"),
        ("5 mS", "duration", "cannot read '5 mS' as duration: 'mS' could be Ms or ms; write"),
        ("", "energy", "cannot read '' as energy: it does not begin with a number; write for example '0.5 kWh'"),
        ("much", "cost", "cannot read 'much' as cost: it does not begin with a number; write for example '$4.6M'"),
        ("nan kWh", "energy", "it does not begin with a number"),
        ("inf kWh", "energy", "it does not begin with a number"),
        ("e5 kWh", "energy", "it does not begin with a number"),
        (".e5 kWh", "energy", "it does not begin with a number"),
        ("$-5", "cost", "it does not begin with a number"),
        ("€5", "cost", "it does not begin with a number"),
        (
            "1e400 kWh",
            "energy",
            "cannot read '1e400 kWh' as energy: it is too large for a number; write less than 1e300",
        ),
        ("1e308 TWh", "energy", "it is too large for a number"),
        ("1.2.3 kWh", "energy", "unit '.3 kWh' is not known"),
        ("1,5 kWh", "energy", "unit ',5 kWh' is not known"),
        ("1 000 kWh", "energy", "unit '000 kWh' is not known"),
        ("0x10", "number", "unit 'x10' is not known; write a number with one of a plain number"),
        ("5 kWh\nof it", "energy", "is not known"),
    ],
)
def test_what_cannot_be_read_is_told_with_the_way_out(text: str, dimension: str, sentence: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        parse(text, dimension)
    assert sentence in str(caught.value)


@given(
    st.sampled_from(sorted(SHOWN)),
    st.floats(1e-9, 1e18) | st.floats(-1e18, -1e-9) | st.sampled_from([0.0, 999.6, 3598200.0, 59.96, 999999.6, 0.9996]),
)
def test_what_is_shown_can_be_read_again(dimension: str, value: float) -> None:
    assert parse(show(value, dimension), dimension) == pytest.approx(value, rel=5.001e-3, abs=0)


@given(st.sampled_from(sorted(SHOWN)), st.floats(1e-3, 1e12))
def test_what_is_shown_has_one_to_six_digits_before_its_unit(dimension: str, value: float) -> None:
    number = show(value, dimension).lstrip("$").split(" ")[0].rstrip("%kMBT")
    assert len(number.replace(".", "").lstrip("0").partition("e")[0]) <= 7


@pytest.mark.parametrize(
    ("value", "dimension", "text"),
    [
        (999.4 * 3600, "energy", "999 Wh"),
        (999.6 * 3600, "energy", "1 kWh"),
        (0.0, "energy", "0 J"),
        (0.0, "emissions", "0 kgCO2e"),
        (0.0, "duration", "0 s"),
        (0.0, "share", "0%"),
        (-1.08e7, "energy", "-3 kWh"),
        (1e-9, "energy", "1e-9 J"),
        (5.0, "cost", "$5"),
        (-4.6e6, "cost", "-$4.6M"),
        (0.001, "share", "0.1%"),
        (1728000.0, "device time", "20 device-d"),
        (3.1e23, "flop", "3.1e23 FLOP"),
        (1234.0, "count", "1.23k"),
        (1234.0, "number", "1234"),
        (1234567.0, "number", "1.23e6"),
        (1.8e18, "energy", "500 TWh"),
    ],
)
def test_a_quantity_is_shown_in_the_unit_people_read(value: float, dimension: str, text: str) -> None:
    assert show(value, dimension) == text


@pytest.mark.parametrize(
    ("value", "interval", "text"),
    [
        (6.84e6, (5.76e6, 8.64e6), "1.9 kWh (1.6–2.4)"),
        (0.0, (0.0, 7.2e6), "0 kWh (0–2)"),
        (-3.6e6, (-7.2e6, 3.6e6), "-1 kWh (-2 to 1)"),
    ],
)
def test_an_interval_shares_the_unit_of_its_value(value: float, interval: tuple[float, float], text: str) -> None:
    assert show(value, "energy", interval) == text


def test_an_unknown_dimension_is_told_with_what_comes_near() -> None:
    with pytest.raises(UnknownName, match="unknown dimension 'enregy'; did you mean 'energy'"):
        show(1.0, "enregy")


@given(st.floats(1e-300, 1e300), st.integers(2, 6))
def test_significant_digits_are_close_and_not_more_than_needed(value: float, digits: int) -> None:
    text = significant(value, digits)
    assert float(text) == pytest.approx(value, rel=0.5001 * 10 ** (1 - digits))
    assert "." not in text or not text.partition("e")[0].endswith("0")


def test_the_unit_tells_the_dimension() -> None:
    assert parse_any("2 h") == ("duration", 7200.0)
    assert parse_any("5 t") == ("emissions", 5000.0)
    with pytest.raises(InvalidValue, match=r"cannot read '2 apples' as energy, .*'\$5' or '2 h'"):
        parse_any("2 apples")


def test_a_rate_is_one_quantity_over_another() -> None:
    assert parse_rate("$2.5/GPU-hour", "cost", "device time") == near(2.5 / 3600)
    assert parse_rate("$0.30/kWh", "cost", "energy") == near(0.3 / 3.6e6)
    with pytest.raises(InvalidValue, match="it has no '/'; write for example"):
        parse_rate("$2.5", "cost", "energy")


# What an estimate may be


@pytest.mark.parametrize("value", [math.nan, math.inf, -1.0])
def test_a_quantity_is_finite_and_not_below_zero(value: float) -> None:
    with pytest.raises(InvalidValue, match=r"must be finite and not below 0, got .*; leave it out"):
        Estimate(value)


def test_a_signed_figure_may_be_below_zero() -> None:
    assert Estimate(-1.0, {"fit": spread(2.0)}, signed=True).errors == {"fit": (-3.0, 1.0)}


@pytest.mark.parametrize(
    "basis",
    [
        {},
        {"measured": 0.5},
        {"guessed": 1.0},
        {"measured": 2.0, "modelled": -1.0},
        {"measured": math.nan},
        {"measured": 0.5, "modelled": math.nan},
    ],
)
def test_a_basis_is_shares_that_add_up_to_one(basis: Mapping[str, float]) -> None:
    with pytest.raises(InvalidValue, match=r"a basis has shares of measured, stated, modelled that add up to 1, got"):
        Estimate(1.0, {}, basis)


@pytest.mark.parametrize("size", [math.nan, math.inf, (0.0, math.inf)])
def test_a_spread_is_finite(size: float) -> None:
    with pytest.raises(InvalidValue, match="the spread of an estimate must be finite"):
        Estimate(1.0, {"sensor": spread(size)})


@given(quantities())
def test_the_bounds_contain_the_value(a: Estimate) -> None:
    assert 0 <= a.low <= a.value * (1 + 1e-12)
    assert a.high >= a.value * (1 - 1e-12)


def test_the_spread_of_a_quantity_is_logarithmic_and_that_of_a_signed_figure_absolute() -> None:
    quantity, gain = Estimate(100.0, {"s": spread(math.log(2))}), Estimate(100.0, {"s": spread(150.0)}, signed=True)
    assert (quantity.low, quantity.high) == (near(50.0), near(200.0))
    assert (gain.low, gain.high) == (-50.0, 250.0)


def test_at_zero_the_interval_reaches_as_far_as_the_spread() -> None:
    unseen = Estimate(0.0, {"sensor": (0.0, 5.0)})
    assert (unseen.low, unseen.value, unseen.high) == (0.0, 0.0, 5.0)
    assert unseen.tell("energy") == "0 J (0–5)"


# The algebra


@given(quantities(), quantities())
def test_sums_and_products_commute(a: Estimate, b: Estimate) -> None:
    assert same(a + b, b + a)
    assert same(a * b, b * a)


@given(quantities(), quantities(), quantities())
def test_sums_and_products_associate_with_shared_sources_too(a: Estimate, b: Estimate, c: Estimate) -> None:
    assert same((a + b) + c, a + (b + c))
    assert same((a * b) * c, a * (b * c))


@given(quantities(), quantities(), quantities())
def test_a_product_distributes_over_a_sum(a: Estimate, b: Estimate, c: Estimate) -> None:
    left, right = (a + b) * c, a * c + b * c
    assert (left.value, left.low, left.high) == (near(right.value), near(right.low), near(right.high))


@given(quantities())
def test_a_figure_less_itself_is_exactly_nothing_and_over_itself_exactly_one(a: Estimate) -> None:
    assert (a - a).value == 0.0
    assert (a - a).errors == {}
    assert (a / a).value == 1.0
    assert (a / a).errors == {}


@given(quantities(), quantities())
def test_what_is_added_can_be_taken_away(a: Estimate, b: Estimate) -> None:
    back = (a + b) - b
    size = max(a.value, b.value) * 1e-9
    assert [back.value, back.low, back.high] == pytest.approx([a.value, (a - 0).low, (a - 0).high], abs=20 * size)


@given(POSITIVE, POSITIVE, st.floats(0, 1))
def test_errors_of_one_source_add_up(x: float, y: float, size: float) -> None:
    total = Estimate(x, {"sensor": spread(size)}) + Estimate(y, {"sensor": spread(size)})
    assert (total.low, total.high) == (near((x + y) * math.exp(-size)), near((x + y) * math.exp(size)))


def test_independent_errors_meet_in_quadrature() -> None:
    gain = Estimate(1.0, {"a": spread(3.0)}, signed=True) + Estimate(1.0, {"b": spread(4.0)}, signed=True)
    assert (gain.low, gain.high) == (near(-3.0), near(7.0))
    product = Estimate(1.0, {"a": spread(0.3)}) * Estimate(1.0, {"b": spread(0.4)})
    assert (product.low, product.high) == (near(math.exp(-0.5)), near(math.exp(0.5)))


def test_a_sum_is_surer_of_independent_parts_than_of_parts_that_err_together() -> None:
    a, b, c = (Estimate(1.0, {name: spread(0.1)}) for name in ("left", "right", "left"))
    assert (a + c).low < (a + b).low < 2.0 < (a + b).high < (a + c).high


@given(st.lists(quantities(), min_size=1, max_size=6))
def test_measured_joules_stay_measured_in_a_sum(parts: list[Estimate]) -> None:
    total = sum(parts[1:], parts[0])
    for kind in KINDS:
        assert total.share(kind) * total.value == near(math.fsum(p.share(kind) * p.value for p in parts), within=1e-6)


@given(quantities(), quantities())
def test_a_product_is_as_soft_as_its_softest_factor(a: Estimate, b: Estimate) -> None:
    product = a * b
    assert product.share("measured") == near(a.share("measured") * b.share("measured"))
    assert 1 - product.share("modelled") == near((1 - a.share("modelled")) * (1 - b.share("modelled")))


@given(quantities())
def test_plain_numbers_are_exact(a: Estimate) -> None:
    assert same(a * 2, a + a)
    assert same(2 * a, a * 2)
    assert same(a * 1, a)
    assert same(a / 2 * 2, a)


@pytest.mark.parametrize("kind", KINDS)
def test_a_sum_that_starts_at_zero_adds_no_evidence(kind: str) -> None:
    nothing = Estimate(0.0, {}, {kind: 1.0})
    assert sum([nothing]) == nothing
    assert sum([nothing, nothing]) == nothing


def test_a_loss_is_signed_until_it_is_cut_off() -> None:
    loss = Estimate(1.0, {"s": spread(0.1)}) - Estimate(3.0, {"t": (2.0, 5.0)})
    assert (loss.value, loss.signed, loss.low < loss.value) == (-2.0, True, True)
    assert loss.at_least_zero() == Estimate(0.0, {"s": (0.0, 0.0), "t": (0.0, 0.0)})


@pytest.mark.parametrize("divisor", [Estimate(0.0), Estimate(1.0, {"s": (0.0, 2.0)}), 0.0])
def test_nothing_is_divided_by_what_may_be_zero(divisor: Estimate | float) -> None:
    with pytest.raises(InvalidValue, match="cannot divide by an estimate that may be 0"):
        Estimate(1.0) / divisor


@given(quantities(), quantities())
def test_json_brings_an_estimate_back_whole(a: Estimate, b: Estimate) -> None:
    for figure in (a, a - b, a * b):
        assert Estimate.from_json(json.loads(json.dumps(figure.to_json()))) == figure


def test_json_tells_the_bounds_to_readers() -> None:
    assert Estimate(100.0, {"s": spread(math.log(2))}, {"measured": 1.0}, sources=("RAPL",)).to_json() == {
        "value": 100.0,
        "low": near(50.0),
        "high": near(200.0),
        "basis": {"measured": 1.0},
        "errors": {"s": [near(50.0), near(200.0)]},
        "sources": ["RAPL"],
    }
