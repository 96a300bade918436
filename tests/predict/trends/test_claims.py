"""Claims are judged by their figures, and data centres' share by its inputs."""

from __future__ import annotations

import pytest

from payoff.errors import InvalidValue
from payoff.facts import Fact, published_trends
from payoff.predict.trends import data_centres, history, input_facts, judge_claims
from payoff.predict.trends._claims import (
    algorithms_beat_moore,
    hundred_trillion_parameters,
    six_fold_for_six_percent,
    step_change,
    ten_times_a_year,
)
from payoff.predict.trends._data_centres import INPUTS
from tests.predict.trends.histories import dates, model, models

FACTS = published_trends()


def facts(**values: tuple[float, float, float]) -> dict[tuple[str, str], Fact]:
    """The shipped facts with other figures in some rows: quantity__kind=(value, low, high)."""
    changed = {tuple(name.replace("_to_", "-").split("__", 1)): figures for name, figures in values.items()}
    out = dict(FACTS)
    for key, figures in changed.items():
        out[key] = Fact(*figures, *FACTS[key][3:])  # type: ignore[index]
    return out


def test_the_verdicts_on_the_shipped_data() -> None:
    assert {one.name: one.verdict for one in judge_claims(resamples=99)} == {
        "ten times a year": "does not hold",
        "step change": "holds in part",
        "six-fold for 6 %": "holds in part",
        "1 % to 20 %": "does not hold",
        "algorithms and Moore": "holds",
        "100 trillion parameters": "holds in part",
    }
    assert all(one.sources and one.finding.endswith(".") for one in judge_claims(resamples=99))


def test_growth_of_ten_times_a_year_is_believed_when_it_is_there() -> None:
    fast = [model(f"m{n}", f"{2008 + n // 3}-0{1 + 4 * (n % 3)}-01", 10 ** (6 + n / 3)) for n in range(54)]
    assert ten_times_a_year(history(fast), FACTS).verdict == "holds"
    assert ten_times_a_year(history(models(70, 1990)), FACTS).verdict == "does not hold"


def test_a_step_is_told_from_a_change_of_pace() -> None:
    def made(step: float, bend: float) -> list[object]:
        wobble = (0.3, -0.3, 0.1, -0.1, 0.2)
        logs = [
            (year, 0.1 * (year - 1980) + step * (year >= 2011) + bend * max(0.0, year - 2011) + wobble[n % 5])
            for n, year in enumerate(dates(184))
        ]
        return [model(f"m{y:.3f}", f"{int(y)}-{1 + int(y % 1 * 12):02}-01", 10 ** (5 + log)) for y, log in logs]

    verdicts = [
        step_change(history(made(*how)), 99, 0).verdict  # type: ignore[arg-type]
        for how in ((4.0, 0.0), (0.0, 0.5), (0.0, 0.0))
    ]
    assert verdicts == ["holds", "holds in part", "does not hold"]


def test_the_rules_of_the_other_verdicts() -> None:
    as_in_2018 = facts(data_centre_electricity__2024=(205, 205, 205))
    assert six_fold_for_six_percent(as_in_2018).verdict == "holds"
    assert six_fold_for_six_percent(facts(data_centre_electricity__2018=(300, 300, 300))).verdict == "does not hold"
    told = history(models(70, 1990))
    slow = facts(algorithm_doubling__language=(30, 20, 40))
    assert algorithms_beat_moore(told, slow).verdict == "holds in part"
    large = [model(f"m{n}", f"{2010 + n // 3}-0{1 + 4 * (n % 3)}-01", 10 ** (8 + n / 9)) for n in range(48)]
    rows = [one._replace(parameters=(one.flop or 0) * 1e-4) for one in large]
    assert hundred_trillion_parameters(history(rows, "params"), 2030).verdict == "does not hold"
    rows = [one._replace(parameters=(one.flop or 0) * 1e3) for one in large]
    assert hundred_trillion_parameters(history(rows, "params"), 2028).verdict == "holds"


# data centres


def test_in_2024_the_share_is_the_ratio_of_the_cited_figures() -> None:
    for one in data_centres(2024):
        assert one.share.value == pytest.approx(415 / 30856)
        assert one.energy_j.value == pytest.approx(415 * 3.6e15)


def test_the_share_follows_the_formula() -> None:
    _, slow, _ = data_centres(2030)
    used = 415 * (1.4 * 0.894) ** 6
    assert slow.share.value == pytest.approx(used / (used + (30856 - 415) * 1.033**6))


def test_the_sensitivity_is_the_share_with_one_input_moved() -> None:
    _, slow, _ = data_centres(2030)
    for words, key in INPUTS.items():
        fact = FACTS[key]
        low, high = (
            data_centres(2030, dict(FACTS) | {key: fact._replace(value=end, low=end, high=end)})[1].share.value
            for end in (fact.low, fact.high)
        )
        assert slow.share.errors[words] == pytest.approx((low, high))


def test_fewer_gains_mean_a_larger_share_and_never_more_than_all() -> None:
    for year in (2025, 2030, 2035):
        shares = [one.share for one in data_centres(year)]
        assert [one.value for one in shares] == sorted(one.value for one in shares)
        assert all(0 < one.low < one.value < one.high < 1 for one in shares)


def test_every_input_is_cited() -> None:
    assert set(input_facts()) == {*INPUTS, *(f"efficiency gains, {name}" for name in ("continue", "slow", "stop"))}
    assert all(fact.source and fact.licence and 2009 < fact.year < 2031 for fact in input_facts().values())


@pytest.mark.parametrize("year", [2023, 2036])
def test_a_year_out_of_reach_is_refused(year: int) -> None:
    with pytest.raises(InvalidValue, match=f"the year must be 2024 to 2035, got {year}"):
        data_centres(year)
