"""Takes credentials out of whatever is about to be logged.

The last line of defence: nothing here excuses a caller who logs a secret. Fields are judged by
name, texts by the shapes credentials are known to have. Every pattern is linear.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

HIDDEN = "[redacted]"

_FIELD = re.compile(
    r"authorization|cookie|credential|passw|secret|token|pepper|dsn|database_url"
    r"|(api|session|placeholder|private|access)[_-]?key$|^key$|^x-sluicegate-key$",
    re.IGNORECASE,
)
_SHAPES = re.compile(
    r"""
    (?<=://)[^/\s@]{1,256}@                                 # user and password of a URL
    | \b(?i:bearer|basic)\ +[A-Za-z0-9._~+/=-]{8,}
    | \b(?:sk|pk|rk|key)-[A-Za-z0-9_-]{16,}                 # ours, OpenAI, Anthropic and many after them
    | \b(?:sk|pk|rk)_(?:live|test)_[A-Za-z0-9]{16,}         # Stripe
    | \b(?:gh[pousr]_|github_pat_|glpat-|hf_|xox[abeprs]-)[A-Za-z0-9_-]{16,}
    | \b(?:AKIA|ASIA)[A-Z0-9]{16}\b                         # AWS access key ids
    | \bAIza[A-Za-z0-9_-]{35}                               # Google
    | \beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?  # JSON Web Tokens
    | -----BEGIN\ [A-Z\ ]*PRIVATE\ KEY-----
    """,
    re.VERBOSE,
)
_LONGEST = 4096
_SHORTEST = 14
"""Characters of the shortest credential that is known by its shape and has no ``@`` behind it."""
_ID = re.compile("[0-9a-f-]{1,64}")
"""Spells no shape: each of them has some other letter."""


def redact_text(text: str) -> str:
    """Return the text without what looks like a credential, cut at 4096 characters."""
    if (len(text) < _SHORTEST and "@" not in text) or _ID.fullmatch(text):
        return text
    if len(text) > _LONGEST:
        text = text[:_LONGEST] + "..."
    return _SHAPES.sub(HIDDEN, text)


def redact_fields(fields: Mapping[str, object]) -> dict[str, object]:
    """Return the fields with credentials hidden, by name and by shape, at any depth."""
    return {name: HIDDEN if _is_hidden(name) else _redact(value) for name, value in fields.items()}


@lru_cache(maxsize=256)
def _is_hidden(name: str) -> bool:
    return _FIELD.search(name) is not None


def _redact(value: object) -> object:
    match value:
        case str():
            return redact_text(value)
        case None | bool() | int() | float():
            return value
        case list() | tuple() | set() | frozenset():
            return [_redact(item) for item in value]
        case Mapping():
            return redact_fields({str(name): item for name, item in value.items()})
        case bytes():
            return f"[{len(value)} bytes]"
        case _:
            return redact_text(str(value))
