"""What rich prints on a terminal, as HTML: the same words and tables, every text of them escaped."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


TOGETHER = r"(?<=\d) (?=%|x\b)"
"""A number and its sign stay on one line: '4 %', '2 x'."""


class Html(str):
    """Text that is HTML already; any other `str` is escaped where it becomes a part of HTML."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading within a story."""

    text: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """A figure, made when it is shown, and what it shows: read by who cannot see it."""

    make: Callable[[], Figure]
    caption: str


@dataclass(frozen=True, slots=True)
class Folded:
    """Parts of a story that are out of sight until asked for."""

    title: str
    parts: tuple[Part, ...]


Part = Heading | Drawn | Folded | RenderableType


@dataclass(frozen=True, slots=True)
class Story:
    """What is told of a result, in the order in which it is read; the first part is the answer."""

    title: str
    parts: tuple[Part, ...]


def tag(name: str, *inside: str, **attributes: str) -> Html:
    """An element; what is inside is escaped unless it is `Html`. A trailing underscore of an attribute is left out."""
    told = "".join(f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"' for key, value in attributes.items())
    text = "".join(part if isinstance(part, Html) else escape(re.sub(TOGETHER, "\u00a0", part)) for part in inside)
    return Html(f"<{name}{told}>{text}</{name}>")


def html_of(part: Part, draw: Callable[[Drawn], Html] | None = None) -> Iterator[Html]:
    """The elements of a part of a story; figures are left out where nothing draws them."""
    if isinstance(part, Heading):
        yield tag("h2", part.text)
    elif isinstance(part, Drawn):
        yield from () if draw is None else (draw(part),)
    elif isinstance(part, Folded):
        yield tag("details", tag("summary", part.title), *_all(part.parts, draw))
    elif isinstance(part, Group):
        yield from _all(part.renderables, draw)
    elif isinstance(part, Table):
        yield _table(part)
    elif isinstance(part, str | Text):
        style = part.style if isinstance(part, Text) else ""
        text = str(part).strip()
        if text:
            yield tag("h3", text) if style == "bold" else tag("p", text, **({"class_": "dim"} if style else {}))
    else:
        raise TypeError(f"a story has headings, figures, texts and tables, got {type(part).__name__}")


def _all(parts: Iterable[Part], draw: Callable[[Drawn], Html] | None) -> Iterator[Html]:
    for part in parts:
        yield from html_of(part, draw)


def _table(table: Table) -> Html:
    """Numbers flush right where rich has them so; the first column of a row is its heading."""
    sides = [{"class_": "right"} if column.justify == "right" else {} for column in table.columns]
    titles = [
        tag("th", str(column.header), scope="col", **side) for column, side in zip(table.columns, sides, strict=True)
    ]
    rows = [
        tag(
            "tr",
            tag("th", str(first), scope="row"),
            *(tag("td", str(c), **s) for c, s in zip(cells, sides[1:], strict=True)),
        )
        for first, *cells in zip(*(column.cells for column in table.columns), strict=True)
    ]
    head, body = tag("thead", tag("tr", *titles)), tag("tbody", *rows)
    return tag("div", tag("table", head, body), class_="wide")
