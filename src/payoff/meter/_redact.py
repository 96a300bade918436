"""Command lines without their secrets."""

from __future__ import annotations

import re
from collections.abc import Sequence

HIDDEN = "[redacted]"
_SECRET = (
    r"(?:pass(?:word|wd|phrase)?|secret|token|(?:api|access|private)[-_]?key|credentials?|auth(?:orization)?|bearer)"
)
_FLAG = rf"(?i)^--?[\w-]*{_SECRET}[\w-]*$"
_ASSIGNED = rf"(?is)^((?:--?)?[\w.-]*{_SECRET}[\w-]*[=:]).+$"
_IN_ADDRESS = r"(\w+://[^/\s:@]*):[^/\s@]+@"
_TOKEN = r"\b(?:hf_|sk-|ghp_|gho_|github_pat_|glpat-|xox[abp]-|AKIA|ya29\.)[\w-]{8,}"
_HEADER = rf"(?i)({_SECRET}\s*[:=]\s*)(?:bearer\s+)?\S+"
_SIGNS = "pass secret token key credential auth bearer :// hf_ sk- ghp_ gho_ github_pat_ glpat- xox akia ya29."
"""Without any of these there is no secret, and no pattern need be made."""


def redact(command: Sequence[str]) -> list[str]:
    """The words of a command with passwords, tokens and keys replaced by '[redacted]'."""
    if not any(sign in word.lower() for word in command for sign in _SIGNS.split()):
        return list(command)
    words: list[str] = []
    hide_next = False
    for word in command:
        hidden = hide_next and not word.startswith("-")
        hide_next = bool(re.match(_FLAG, word))
        words.append(HIDDEN if hidden else _clean(word))
    return words


def _clean(word: str) -> str:
    pattern = _HEADER if re.search(r"\s", word) else _ASSIGNED
    word = re.sub(_IN_ADDRESS, rf"\1:{HIDDEN}@", re.sub(pattern, rf"\1{HIDDEN}", word))
    return re.sub(_TOKEN, HIDDEN, word)
