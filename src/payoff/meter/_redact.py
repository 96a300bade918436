"""Command lines without their secrets."""

from __future__ import annotations

import re
from collections.abc import Sequence

HIDDEN = "[redacted]"
_SECRET = (
    r"(?:pass(?:word|wd|phrase)?|secret|token|(?:api|access|private)[-_]?key|credentials?|auth(?:orization)?|bearer)"
)
_FLAG = re.compile(rf"^--?[\w-]*{_SECRET}[\w-]*$", re.IGNORECASE)
_ASSIGNED = re.compile(rf"^((?:--?)?[\w.-]*{_SECRET}[\w-]*[=:]).+$", re.IGNORECASE | re.DOTALL)
_IN_ADDRESS = re.compile(r"(\w+://[^/\s:@]*):[^/\s@]+@")
_TOKEN = re.compile(r"\b(?:hf_|sk-|ghp_|gho_|github_pat_|glpat-|xox[abp]-|AKIA|ya29\.)[\w-]{8,}")
_HEADER = re.compile(rf"({_SECRET}\s*[:=]\s*)(?:bearer\s+)?\S+", re.IGNORECASE)


def redact(command: Sequence[str]) -> list[str]:
    """The words of a command with passwords, tokens and keys replaced by '[redacted]'."""
    words: list[str] = []
    hide_next = False
    for word in command:
        hidden = hide_next and not word.startswith("-")
        hide_next = bool(_FLAG.match(word))
        words.append(HIDDEN if hidden else _clean(word))
    return words


def _clean(word: str) -> str:
    word = _ASSIGNED.sub(rf"\1{HIDDEN}", word) if not re.search(r"\s", word) else _HEADER.sub(rf"\1{HIDDEN}", word)
    return _TOKEN.sub(HIDDEN, _IN_ADDRESS.sub(rf"\1:{HIDDEN}@", word))
