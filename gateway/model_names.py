"""Names of models, and the patterns that stand for many of them."""

import re
from functools import lru_cache

_EXACT = 2**31
_LONGEST = 512
"""Characters of a model's name that is compared with a glob at all: clients make names up."""
_MOST_STARS = 4


def is_pattern(pattern: str) -> bool:
    """Say whether a text is a name, a prefix (``gpt-*``) or a glob (``*-mini``, ``gpt-?``)."""
    return bool(pattern) and pattern.count("*") <= _MOST_STARS and "**" not in pattern


def is_name(pattern: str) -> bool:
    """Say whether a pattern stands for the one model of that name."""
    return "*" not in pattern and "?" not in pattern


def closeness(pattern: str, model: str) -> int:
    """Say how closely a pattern fits a name: exactly, then by its fixed characters; 0 for not at all."""
    if "?" not in pattern:
        star = pattern.find("*")
        if star < 0:
            return _EXACT if pattern == model else 0
        if star == len(pattern) - 1:
            return star + 1 if model.startswith(pattern[:-1]) else 0
    if len(model) > _LONGEST or not _glob(pattern).fullmatch(model):
        return 0
    return len(pattern) - pattern.count("*") - pattern.count("?") + 1


@lru_cache(1024)
def _glob(pattern: str) -> re.Pattern[str]:
    special = {"*": ".*", "?": "."}
    return re.compile("".join(special.get(sign) or re.escape(sign) for sign in pattern), re.DOTALL)
