"""What do live services say? The only room that opens a connection, and only when the user names an address.

In goes an address; out comes the text found there, or an error with the way out. Nothing is cached and nothing is sent
but the request.

>>> from payoff.providers import is_address
>>> (is_address("https://example.org/table.csv"), is_address("table.csv"))
(True, False)
"""

from payoff.providers._fetch import fetch, is_address

__all__ = ["fetch", "is_address"]
