"""A story as one HTML file that stands alone: nothing is fetched, nothing is evaluated, and it reads without scripts.

The page brings Plotly's script from the installed package and says by its own content-security header, with the hashes
of its two scripts, that nothing else may run or load.
"""

from __future__ import annotations

import base64
import hashlib
import json
from importlib.resources import files
from itertools import count

from payoff import __version__
from payoff.errors import MissingExtra
from payoff.show._html import Drawn, Html, Story, html_of, tag


def fragment(story: Story) -> str:
    """The words and tables alone, for a notebook."""
    return tag("div", *(element for part in story.parts for element in html_of(part)), class_="payoff")


def page(story: Story) -> str:
    """The whole story with its figures, as the text of one file; raises `MissingExtra` without Plotly."""
    plotly, start = plotly_script(), _ours("start.js")
    number = count(1)
    elements = [
        element for part in story.parts for element in html_of(part, lambda drawn: _figure(drawn, next(number)))
    ]
    head = [
        Html('<meta charset="utf-8">'),
        Html('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        Html(f'<meta http-equiv="Content-Security-Policy" content="{policy(plotly, start)}">'),
        tag("title", story.title),
        tag("style", Html(_ours("page.css"))),
        tag("noscript", tag("style", Html(".figure { display: none }"))),
    ]
    foot = tag("footer", f"payoff {__version__}")
    body = tag("main", tag("h1", story.title), *elements, foot)
    scripts = [tag("script", Html(text)) for text in (plotly, start)]
    return f"<!doctype html>\n{tag('html', tag('head', *head), tag('body', body, *scripts), lang='en')}\n"


def policy(*scripts: str) -> str:
    """The content-security header under which these scripts, written into the page, run and nothing else does.

    Plotly writes style sheets into the page as it starts, and pictures of a figure are data.
    """
    hashes = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in scripts)
    return f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data: blob:"


def plotly_script() -> str:
    """Plotly's own script, from the installed package."""
    try:
        from plotly.offline import get_plotlyjs
    except ImportError:
        raise MissingExtra("report", "a page with figures") from None
    return str(get_plotlyjs())


def _figure(drawn: Drawn, number: int) -> Html:
    """The place of a figure with its data beside it; a '<' in the data cannot end the element that holds them."""
    made = json.loads(drawn.make().to_json())
    data = json.dumps(made, separators=(",", ":")).replace("<", "\\u003c")
    height = f"height: {made['layout']['height']}px"
    place = tag("div", class_="plot", id=f"figure-{number}", style=height, role="img", aria_label=drawn.caption)
    held = tag("script", Html(data), type="application/json")
    return tag("figure", place, held, tag("figcaption", drawn.caption), class_="figure")


def _ours(name: str) -> str:
    return (files("payoff.show") / "page" / name).read_text("utf-8")
