"""From an address to the text found there."""

from __future__ import annotations

import time

from payoff.errors import InvalidValue, Unreachable

SCHEMES = ("https://", "http://")
TIMEOUT_S, LONGEST_S, MOST_BYTES = 20.0, 300.0, 50_000_000
CHUNK_BYTES = 1 << 16
INSTEAD = "download the file yourself and give its path"


def is_address(text: str) -> bool:
    """Whether a text is an address to fetch from, and not the path of a file."""
    return text.lower().startswith(SCHEMES)


def fetch(
    address: str, *, timeout_s: float = TIMEOUT_S, longest_s: float = LONGEST_S, most_bytes: int = MOST_BYTES
) -> str:
    """The text at an http or https address, as UTF-8.

    `timeout_s` is how long a silence may be and `longest_s` the whole of it. Raises `Unreachable` where there is no
    answer, or one that is not whole, and `InvalidValue` for what is no address, no text, or longer than `most_bytes`.
    """
    if not is_address(address):
        raise InvalidValue(f"an address begins with https:// or http://, got {address!r}; or give the path of a file")
    content = _content(address, timeout_s, longest_s, most_bytes)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidValue(f"{address} is no text in UTF-8 ({error.reason}); give the address of a CSV file") from error


def _content(address: str, timeout_s: float, longest_s: float, most_bytes: int) -> bytes:
    from http.client import HTTPException
    from urllib.error import HTTPError, URLError
    from urllib.request import Request, urlopen

    until = time.monotonic() + longest_s
    parts: list[bytes] = []
    size = 0
    try:
        request = Request(address, headers={"User-Agent": "payoff", "Accept": "text/csv, text/plain, */*;q=0.1"})
        with urlopen(request, timeout=timeout_s) as answer:
            announced = answer.headers.get("Content-Length")
            while chunk := answer.read(CHUNK_BYTES):
                parts.append(chunk)
                size += len(chunk)
                if size > most_bytes:
                    raise InvalidValue(
                        f"{address} is longer than {most_bytes / 1e6:g} MB, no table of facts is; {INSTEAD}"
                    )
                if time.monotonic() > until:
                    raise Unreachable(f"{address} took longer than {longest_s:g} s; try again, or {INSTEAD}")
    except HTTPError as error:
        raise Unreachable(f"{address} answers {error.code} {error.reason}; mend the address, or {INSTEAD}") from error
    except TimeoutError as error:
        raise Unreachable(f"{address} is silent for {timeout_s:g} s; try again, or {INSTEAD}") from error
    except (URLError, HTTPException, OSError, ValueError) as error:
        if isinstance(error, InvalidValue):
            raise
        reason = getattr(error, "reason", None) or error
        if isinstance(reason, TimeoutError):
            raise Unreachable(f"{address} is silent for {timeout_s:g} s; try again, or {INSTEAD}") from error
        raise Unreachable(f"{address} does not answer ({reason}); mend the address, or {INSTEAD}") from error
    if announced is not None and size < int(announced):
        raise Unreachable(f"{address} broke off after {size} of {announced} bytes; try again, or {INSTEAD}")
    return b"".join(parts)
