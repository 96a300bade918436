"""What is said of the field's appetite, held against the data: each claim with a verdict, figures and sources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from payoff.facts import Fact, NotableModel, notable_models, published_trends
from payoff.predict.trends._breaks import RESAMPLES, changes
from payoff.predict.trends._data_centres import data_centres
from payoff.predict.trends._frontier import top_models
from payoff.predict.trends._growth import Growth, growth
from payoff.predict.trends._placings import JUMP
from payoff.predict.trends._projection import FRONTIER, project
from payoff.predict.trends._series import History, history
from payoff.predict.trends._trend import DEEP_LEARNING
from payoff.quantities import Estimate
from payoff.units import show

HOLDS, PARTLY, FAILS = "holds", "holds in part", "does not hold"
TEN_TIMES = 10.0
AI_AND_COMPUTE = (2012.0, 2018.4)
"""The window of Amodei and Hernandez 2018."""
ONSET = (2010.0, 2013.0)
"""When deep learning set in: speech in 2010 to AlexNet in 2012."""
TWENTY_PERCENT = 0.2
HUNDRED_TRILLION = 1e14
EVEN, SMALL = 0.5, 0.1
"""Chances: from here on a projection says yes, and below this no."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim, the verdict, one sentence that says why, and the figures behind it, each with its dimension."""

    name: str
    said: str
    verdict: str
    finding: str
    figures: Mapping[str, tuple[Estimate, str]]
    sources: tuple[str, ...]


def judge_claims(
    models: Iterable[NotableModel] | None = None,
    *,
    year: int = 2030,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> tuple[Claim, ...]:
    """The six claims, judged by `models` (None: the shipped ones) and by what others have published.

    `year` is what is meant by "soon". Every verdict follows from its figures by a rule that its function states.
    """
    rows = tuple(notable_models() if models is None else models)
    compute, params = history(rows, "compute"), history(rows, "params")
    facts = published_trends()
    return (
        ten_times_a_year(compute, facts),
        step_change(compute, resamples, seed),
        six_fold_for_six_percent(facts),
        from_one_to_twenty_percent(year, facts),
        algorithms_beat_moore(compute, facts),
        hundred_trillion_parameters(params, year),
    )


def ten_times_a_year(compute: History, facts: Mapping[tuple[str, str], Fact]) -> Claim:
    """Holds where the interval of the ten largest since 2010 reaches 10; in part where that of 2012-2018 does."""
    top = _top_growth(compute, DEEP_LEARNING, np.inf)
    then = _top_growth(compute, *AI_AND_COMPUTE)
    reached = [one.per_year.high >= TEN_TIMES for one in (top, then)]
    every = compute.between(DEEP_LEARNING)
    rate = growth(every.years, every.logs).per_year
    finding = (
        f"Since 2010 the largest models took {top.per_year.tell('number')} times more each year, all notable models "
        f"{rate.tell('number')}; in 2012-2018, the years of the claim, {then.per_year.tell('number')}."
    )
    figures = {
        "ten largest so far, since 2010": (top.per_year, "number"),
        "ten largest so far, 2012-2018": (then.per_year, "number"),
        "all notable models, since 2010": (rate, "number"),
    }
    verdict = HOLDS if reached[0] else PARTLY if reached[1] else FAILS
    source = facts["largest_runs_doubling", "2012-2018"].source
    return Claim(
        "ten times a year", "Compute for training grows ten times a year.", verdict, finding, figures, (source,)
    )


def step_change(compute: History, resamples: int, seed: int) -> Claim:
    """Holds where one break is found whose set of dates meets 2010-2013 and at which the level jumps; in part where it
    is the pace that changes and the level does not.
    """
    found = changes(compute.years, compute.logs, most=1, resamples=resamples, seed=seed)
    said = "Compute made a step at the onset of deep learning."
    source = ("Sevilla et al. 2022 (arXiv 2202.05924)",)
    if not found.breaks:
        return Claim(
            "step change", said, FAILS, "No break is found: one rate of growth describes all years.", {}, source
        )
    (one,), (before, after) = found.breaks, found.stretches
    at_onset = one.low <= ONSET[1] and one.high >= ONSET[0]
    kinds = "the level jumps" if one.kind == JUMP else "the pace changes, the level does not jump"
    finding = (
        f"One break is at {one.year:.1f} (90 %: {one.low:.0f} to {one.high:.0f}): {kinds}. Growth went from "
        f"{before.per_year.tell('number')} to {after.per_year.tell('number')} times a year."
    )
    figures = {"before": (before.per_year, "number"), "after": (after.per_year, "number")}
    jumped = one.step is not None and one.step[1] > 1
    verdict = HOLDS if at_onset and jumped else PARTLY if at_onset and after.low > before.high else FAILS
    return Claim("step change", said, verdict, finding, figures, source)


def six_fold_for_six_percent(facts: Mapping[tuple[str, str], Fact]) -> Claim:
    """Holds for 2010-2018 by its source; in part, because electricity has grown since."""
    first, then, now = (_stated(facts["data_centre_electricity", year]) for year in ("2010", "2018", "2024"))
    use, since = _stated(facts["compute_instances", "2010-2018"]), now / then
    rise = (then / first).value - 1
    finding = (
        f"2010-2018: {use.value:g} times the instances for {100 * rise:.0f} % more electricity. By 2024 it had "
        f"grown to {since.tell('number')} times that of 2018: gains no longer make up for growth."
    )
    figures = {
        "use, 2018 over 2010": (use, "number"),
        "electricity, 2018 over 2010": (then / first, "number"),
        "electricity, 2024 over 2018": (since, "number"),
    }
    told = use.high >= 6 and 0.05 <= rise < 0.07
    verdict = FAILS if not told else PARTLY if since.low > 1 + rise else HOLDS
    said = "Data centres' use grew six-fold for 6 % more energy."
    return Claim("six-fold for 6 %", said, verdict, finding, figures, (*use.sources, *since.sources))


def from_one_to_twenty_percent(year: int, facts: Mapping[tuple[str, str], Fact]) -> Claim:
    """Holds where data centres reach 20 % in `year` with gains slowing; in part where some scenario's interval does."""
    (today, *_), ahead = data_centres(2024), data_centres(year)
    slow = next(one for one in ahead if one.name == "slow")
    reaching = [one.words for one in ahead if one.share.high >= TWENTY_PERCENT]
    told = "; ".join(f"{one.share.tell('share')} if {one.words}" for one in ahead)
    finding = f"{today.share.tell('share')} of the world's electricity in 2024. In {year}: {told}. " + (
        f"20 % is within reach only if {' or '.join(reaching)}." if reaching else "None reaches 20 %."
    )
    figures = {"2024": (today.share, "share")} | {f"{year}, {one.words}": (one.share, "share") for one in ahead}
    verdict = HOLDS if slow.share.value >= TWENTY_PERCENT else PARTLY if reaching else FAILS
    said = "Data centres go from 1 % to 20 % of the world's electricity."
    keys = (("data_centre_electricity", "2030 IEA"), ("data_centre_share", "US 2028"))
    others = tuple(facts[key].source for key in (*keys, ("communication_share", "2030 worst case")))
    return Claim("1 % to 20 %", said, verdict, finding, figures, (*today.share.sources, *others))


def algorithms_beat_moore(compute: History, facts: Mapping[tuple[str, str], Fact]) -> Claim:
    """Holds where both measured gains double faster than Moore's law, intervals included; in part where one does."""
    vision, language = (_stated(facts["algorithm_doubling", kind]) for kind in ("image classification", "language"))
    moore = _stated(facts["hardware_doubling", "Moore's law"])
    demand = _top_growth(compute, DEEP_LEARNING, np.inf).doubling_months
    faster = [one.high < moore.low for one in (vision, language)]
    both = 1 / (1 / language + 1 / moore)
    finding = (
        f"Algorithms need half the compute every {vision.value:g} months (images) and {language.tell('number')} months "
        f"(language), Moore's law {moore.value:g}. Language and Moore's law together: {both.tell('number')} months"
        + (f"; the largest models double in {demand.tell('number')}." if demand else ".")
    )
    figures = {
        "halving, image classification, months": (vision, "number"),
        "halving, language, months": (language, "number"),
        "Moore's law, months": (moore, "number"),
        "language and Moore's law together, months": (both, "number"),
        **({"ten largest so far, doubling, months": (demand, "number")} if demand else {}),
    }
    verdict = HOLDS if all(faster) else PARTLY if any(faster) else FAILS
    said = "Algorithms improve faster than Moore's law."
    return Claim("algorithms and Moore", said, verdict, finding, figures, (*vision.sources, *both.sources))


def hundred_trillion_parameters(params: History, year: int) -> Claim:
    """Holds where the ten largest reach 100 trillion on average by the end of `year` with an even chance or better; in
    part with one of ten.
    """
    at = int(params.logs.argmax())
    name, size, when = params.names[at], float(10 ** params.logs[at]), int(params.years[at])
    ahead = project(params, FRONTIER, year + 1.0)
    chance = ahead.chance_above(np.log10(HUNDRED_TRILLION))
    bounds = {"projection": (10**ahead.low, 10**ahead.high)}
    told = Estimate(10**ahead.middle, bounds, {"modelled": 1.0})
    finding = (
        f"The largest so far is {name} ({show(size, 'count')} in {when}). The ten "
        f"largest are to have {told.tell('count')} in {year}: the chance of 100 trillion is {100 * chance:.0f} %."
    )
    figures = {f"ten largest so far, {year}": (told, "count")}
    verdict = HOLDS if chance >= EVEN else PARTLY if chance >= SMALL else FAILS
    said = "Models of 100 trillion parameters come soon."
    source = "Farmer and Lafond 2016 (Research Policy 45:647), the method of projection"
    return Claim("100 trillion parameters", said, verdict, finding, figures, (source,))


def _top_growth(told: History, since: float, until: float) -> Growth:
    some = told.kept(top_models(told)).between(since, until)
    return growth(some.years, some.logs)


def _stated(fact: Fact) -> Estimate:
    errors = {fact.source: (fact.low, fact.high)} if fact.low < fact.high else {}
    return Estimate(fact.value, errors, {"stated": 1.0}, sources=(fact.source,))
