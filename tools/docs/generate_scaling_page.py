"""Write docs/can-we-just-keep-scaling.md and its figure: the history of what models take, from the shipped data.

    python tools/docs/generate_scaling_page.py

A test compares both with what this would write, so that the page says what the program says today.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path

import scaling_figure
from payoff.facts._history import shipped_models
from payoff.predict.trends import QUANTITIES, Growth, Projection, Scenario, Trend, data_centres, fit_trend, judge_claims
from payoff.quantities import Estimate
from payoff.show._trends import dates
from payoff.units import show, significant

DOCS = Path(__file__).parents[2] / "docs"
PAGE, FIGURE = "can-we-just-keep-scaling.md", "can-we-just-keep-scaling.svg"
YEAR = 2030
TOP = "ten largest so far"
NOTE = "<!-- Written by tools/docs/generate_scaling_page.py from the shipped data: change those, not this page. -->"


def pages() -> dict[str, str]:
    """The page and its figure by their file names."""
    told = {what: fit_trend(shipped_models(), what) for what in QUANTITIES}
    return {PAGE: "\n".join(_lines(told)) + "\n", FIGURE: scaling_figure.compute_by_date(told["compute"])}


def write(folder: Path = DOCS) -> None:
    """Write both."""
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")


def _lines(told: dict[str, Trend]) -> Iterator[str]:
    compute, scenarios = told["compute"], data_centres(YEAR)
    yield from ("# Can we just keep scaling?", "", NOTE, "", _answer(told, scenarios), "")
    yield from (f"![training compute against date, with the trend, its band and its breaks]({FIGURE})", "")
    yield _paragraph(f"""
        Dots are {len(compute.history)} notable models, dark where a model was among the ten largest so far. The
        line is the trend with the breaks that the evidence asks for, the area its 90 % band; the bars below are the
        90 % sets of the breaks' dates.
    """)
    yield from ("", "## How fast", "", *_rates(told), "", "## When the pace changed", "", *_breaks(told), "")
    yield from (f"## Where it leads by the end of {YEAR}", "", *_ahead(told), "")
    yield from ("## What is said", "", "| claim | verdict | why |", "|---|---|---|")
    yield from (f"| {one.said} | {one.verdict} | {one.finding} |" for one in judge_claims(shipped_models(), year=YEAR))
    yield from ("", f"By `payoff trends claims`, where soon is {YEAR}.", "", *_centres(scenarios), "")
    yield from ("## What this rests on", "", _sources())


def _paragraph(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), 120, break_on_hyphens=False, break_long_words=False)


def _answer(told: dict[str, Trend], scenarios: tuple[Scenario, ...]) -> str:
    compute, cost, power = (told[what].rates[TOP] for what in ("compute", "cost", "power"))
    dearer = min(cost.low, power.low) > 0
    verdict = "**Only by spending more every year.**" if dearer else "**So far it has not become dearer.**"
    frontier = {what: told[what].project(YEAR)[0] for what in ("cost", "power")}
    middle, reach = ({w: f(told[w], one) for w, one in frontier.items()} for f in (_middle, _reach))
    shares = "; ".join(f"{one.share.tell('share')} if {one.words}" for one in scenarios)
    return _paragraph(f"""
        {verdict} Since 2010 the largest models took {_estimate(compute.per_year)} times more compute each year,
        {_estimate(cost.per_year)} times more money and {_estimate(power.per_year)} times more power (in
        parentheses: 90 %). At that pace one of the ten largest models costs {middle["cost"]} ({reach["cost"]}) and
        draws {middle["power"]} ({reach["power"]}) by the end of {YEAR}; growth differs so much from year
        to year that the intervals are as wide as that. Data centres then use of the world's electricity {shares}.
    """)


def _rates(told: dict[str, Trend]) -> Iterator[str]:
    yield "| months to double | before 2010 | since 2010 | the ten largest so far, since 2010 |"
    yield "|---|---|---|---|"
    for trend in told.values():
        before = trend.eras[0] if len(trend.eras) > 1 else None
        rates = (_months(one) for one in (before, trend.eras[-1], trend.rates.get(TOP)))
        yield f"| {trend.history.what.words} | {' | '.join(rates)} |"
    yield ""
    yield _paragraph("""
        Lines of log10 of the amount against the date, by least squares; the intervals leave out one calendar year
        after another. `payoff trends --what params` tells more.
    """)


def _breaks(told: dict[str, Trend]) -> Iterator[str]:
    yield from ("| | breaks (90 % set) | times a year from stretch to stretch |", "|---|---|---|")
    for trend in told.values():
        breaks = [f"{one.year:.1f} ({dates(one, trend)}; {one.kind})" for one in trend.changes.breaks]
        rates = ", ".join(_estimate(one.per_year) for one in trend.changes.stretches)
        yield f"| {trend.history.what.words} | {', '.join(breaks) or 'none'} | {rates} |"
    yield ""
    yield _paragraph("""
        A break is joined where growth changes and the level does not, a jump where both do. One more break is taken
        where it lowers the BIC by more than it does in 97.5 % of histories without it.
    """)


def _ahead(told: dict[str, Trend]) -> Iterator[str]:
    yield "| mean of the ten largest so far | middle | 90 % | largest so far | replayed | held |"
    yield "|---|---|---|---|---|---|"
    for trend in told.values():
        frontier, check = trend.project(YEAR)[0], trend.check.of("frontier")
        name, date, amount = trend.record
        record = f"{_amount(trend, amount)} ({name}, {int(date)})"
        held = "–" if check.coverage is None else f"{100 * check.coverage:.0f} %"
        cells = (trend.history.what.words, _middle(trend, frontier), _reach(trend, frontier), record)
        yield f"| {' | '.join(cells)} | {len(check.replayed)} | {held} |"
    yield ""
    yield _paragraph(f"""
        A random walk with drift that learns from ten years (Farmer and Lafond 2016). It takes the future for like
        the past and knows of no shortage of money, power, chips or data. Replayed are the three-year projections
        that could have been made since; held says how many ended in their 90 % interval. `payoff trends --project
        {YEAR}` adds the median of the year's models.
    """)


def _centres(scenarios: tuple[Scenario, ...]) -> Iterator[str]:
    yield from (f"## Data centres in {YEAR}", "", "| if | share of the world's electricity | energy |", "|---|---|---|")
    yield from (f"| {one.words} | {one.share.tell('share')} | {one.energy_j.tell('energy')} |" for one in scenarios)
    middle = scenarios[len(scenarios) // 2]
    yield from ("", f"What the share hangs on, if {middle.words}:", "")
    yield from ("| input | share at its low end | at its high end |", "|---|---|---|")
    for words, (low, high) in sorted(middle.share.errors.items(), key=lambda row: -abs(row[1][1] - row[1][0])):
        yield f"| {words} | {show(low, 'share', digits=2)} | {show(high, 'share', digits=2)} |"
    yield from ("", "`payoff trends datacentres` lists every input with its source.")


def _sources() -> str:
    return _paragraph("""
        The models are Epoch AI's notable models, snapshot of July 2026 (CC BY 4.0): those that were noted, with
        figures that were published or estimated. What companies keep to themselves is not in it, and what counts as
        notable has changed over the years, which moves the growth of all models more than that of the largest.
        Training data are counted in the units of each domain. The [notices](notices.md) have the sources of the
        other figures, and the [benchmark](benchmarks/trends.md) says how often the intervals hold.
    """)


def _months(one: Growth | None) -> str:
    if one is None:
        return "–"
    return _estimate(one.doubling_months) if one.doubling_months else "no sure growth"


def _estimate(one: Estimate) -> str:
    return f"{significant(one.value)} ({significant(one.low)}–{significant(one.high)})"


def _amount(trend: Trend, value: float) -> str:
    return show(value, trend.history.what.dimension, digits=2)


def _middle(trend: Trend, one: Projection) -> str:
    return _amount(trend, 10**one.middle)


def _reach(trend: Trend, one: Projection) -> str:
    return f"{_amount(trend, 10**one.low)} to {_amount(trend, 10**one.high)}"


if __name__ == "__main__":
    write()
