"""A page stands alone: its tables read without scripts, its text is text, and nothing is fetched."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from rich.console import Group
from rich.text import Text

from payoff import fit_curve, fit_law
from payoff.show import LawReport, Line, ScaleReport
from payoff.show._html import Drawn, Folded, Heading, Html, html_of, tag
from payoff.show.looks import page_of
from tests.predict.laws import runs

X = np.geomspace(1000, 128_000, 8)
EVIL = "<script>alert('1')</script>\"&"


class Page(HTMLParser):
    """The text of a page as it is read without scripts, its attributes, and its scripts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words, self.attributes, self.scripts, self.within = "", [], [], [""]  # type: ignore[var-annotated]
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self.within.append(tag)
        if tag == "script":
            self.scripts.append((dict(attrs).get("type"), ""))

    def handle_endtag(self, tag: str) -> None:
        while self.within.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self.within[-1] == "script":
            kind, text = self.scripts[-1]
            self.scripts[-1] = kind, text + data
        elif self.within[-1] != "style":
            self.words += " ".join(data.split()) + "\n"


def scale_report(name: str = "runs", x: str = "examples", count: int = 1) -> ScaleReport:
    curve = fit_curve(X, 0.03 + 3.2 * X**-0.45)
    return ScaleReport(x, "error", tuple(Line(name, curve, 1e6) for _ in range(count)), target=0.04)


@pytest.fixture(scope="module")
def html() -> str:
    return page_of(scale_report())


def test_a_page_of_a_curve_tells_everything_without_scripts(html: str) -> None:
    words, report = Page(html).words, scale_report()
    for sentence in report.sentences(report.lines[0]):
        assert sentence.replace("\n", " ") in words.replace("\n", " ").replace("\u00a0", " ")
    for title in ("Error against examples", "What is predicted", "Back-test", "The 8 points", "How this was computed"):
        assert f"{title}\n" in words


def test_a_page_of_a_law_tells_everything_without_scripts() -> None:
    law = fit_law(*runs(60, noise=0.004), resamples=100)
    best = law.optimal(compute=1e22)
    ranked = law.next_run([(1e8, 1e9), (1e9, 1e10)], (best.n.value, best.d.value))
    words = Page(page_of(LawReport(law, "runs.csv", "1e22 FLOP", best, ranked))).words.replace("\u00a0", " ")
    assert best.tell() in words and law.tell() in words
    for title in (
        "A law of size and data from runs.csv",
        "Best use of 1e22 FLOP",
        "The law",
        "as good within",
        "merit",
    ):
        assert title in words


def test_nothing_is_fetched(html: str) -> None:
    page = Page(html)
    assert [a for a in page.attributes if a[1] in ("src", "href", "srcset", "data", "action")] == []
    assert "@import" not in html.split("</style>")[0] and "url(" not in html.split("</style>")[0]


def test_the_header_lets_the_two_scripts_of_the_page_run_and_no_other(html: str) -> None:
    page = Page(html)
    (policy,) = [value for tag, name, value in page.attributes if tag == "meta" and value.startswith("default-src")]
    run = [text for kind, text in page.scripts if kind is None]
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in run]
    assert policy == (
        f"default-src 'none'; script-src 'sha256-{hashes[0]}' 'sha256-{hashes[1]}'; "
        "style-src 'unsafe-inline'; img-src data: blob:"
    )
    assert [kind for kind, _ in page.scripts] == ["application/json", None, None]


def test_text_of_the_user_is_text() -> None:
    html = page_of(scale_report(EVIL, EVIL, 2))
    page = Page(html)
    assert "alert" not in "".join(text for kind, text in page.scripts if kind is None and "plotly" not in text[:99])
    assert page.words.count("<script>alert('1')</script>\"&") > 4
    assert [kind for kind, _ in page.scripts] == ["application/json"] * 3 + [None, None]
    assert re.search(r"<script>alert", html) is None


def test_of_many_curves_the_first_are_told_and_the_rest_counted() -> None:
    page = Page(page_of(scale_report(count=14)))
    assert [kind for kind, _ in page.scripts].count("application/json") == 13
    assert "2 more curves are in the table above." in page.words


def test_a_part_of_a_story_is_escaped_unless_it_is_html() -> None:
    assert tag("p", "a<b", Html("<i>"), class_='"') == '<p class="&quot;">a&lt;b<i></p>'
    drawn = Drawn(lambda: pytest.fail("nothing draws here"), "a figure")
    folded = Folded("more", (Heading("x"), Group(Text("4 % of 2 x", "dim"), Text("y", "bold"), Text()), drawn))
    (element,) = html_of(folded)
    assert element == (
        '<details><summary>more</summary><h2>x</h2><p class="dim">4\u00a0% of 2\u00a0x</p><h3>y</h3></details>'
    )


def test_what_cannot_be_told_is_a_mistake_of_the_story() -> None:
    with pytest.raises(TypeError, match="got int"):
        list(html_of(3))  # type: ignore[arg-type]
