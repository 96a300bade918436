"""How a result is seen: `.plot()` and `_repr_html_` of results find `payoff.show` when they are called, not before.

This is the one arrow of the house that points up. A result stands on a low floor and its picture on a high one; here
they meet, so that neither `import payoff` nor a result loads anything that draws.
"""

from __future__ import annotations

from typing import Any


def figure_of(result: object, **asked: Any) -> Any:
    """The Plotly figure of a result; raises `MissingExtra` where Plotly is not installed."""
    from payoff.show.looks import look_of

    return look_of(result).figure(result, **asked)


def html_of(result: object) -> str:
    """A result in words and tables, as a fragment of HTML without any script; needs nothing that payoff does not."""
    from payoff.show.looks import fragment_of

    return fragment_of(result)
