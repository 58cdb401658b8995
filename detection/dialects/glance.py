"""Reading payloads at a glance: those that hold texts in a few places, and nothing else to be judged.

Most payloads are plain: a handful of members that everybody sends, messages of a role and a text. A glance
reads those in one short walk and says nothing about any other. It names every member it knows, so keys
cannot be equal but for case, nor nest deeply; what it takes for written by machinery is looked at as
`collect` does. Whatever it tells is what the dialect's own reading comes to, which judges all else.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from .base import Asked
from .collect import SHORTEST, is_plain, words_only

MOST_PARTS = 64
"""Messages, choices or blocks of a payload that is looked at so."""
_SMALL = 10 ** (SHORTEST - 2)
_MOST = 10**9
_LONGEST_KEPT = 32
"""Characters of a plain word that is remembered."""
_COUNTS = frozenset(
    (
        "accepted_prediction_tokens", "audio_tokens", "cache_creation_input_tokens",
        "cache_read_input_tokens", "cached_tokens", "candidatesTokenCount", "completion_tokens",
        "completion_tokens_details", "input_tokens", "input_tokens_details", "output_tokens",
        "output_tokens_details", "prompt_tokens", "prompt_tokens_details", "promptTokenCount",
        "reasoning_tokens", "rejected_prediction_tokens", "service_tier", "thoughtsTokenCount",
        "total_tokens", "totalTokenCount",
    )
)  # fmt: skip
"""Names of counts; no two are equal but for case."""


class Glance(NamedTuple):
    """A plain request. A tuple, because every exchange makes one."""

    asked: Asked
    texts: list[str]
    """All that is to be judged, of kind `TEXT` or `OTHER` and of nobody's but the two parties' words."""
    said: list[str]
    """Those of them that a user said, in order."""
    foreign: bool = False
    """Whether tools or documents said some of them."""


def tree_of(body: bytes) -> dict[str, Any] | None:
    """Parse a body; None for whatever is no object, or is refused, or is hard to read."""
    try:
        tree = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return tree if type(tree) is dict else None


def take_parameters(tree: Mapping[str, Any], known: Mapping[str, bool], texts: list[str]) -> bool:
    """Take the members of a request beside those that say something.

    Args:
        tree: the request.
        known: names of members; False for those that are read elsewhere.
        texts: where names and values go that are judged as texts.

    Returns:
        Whether all are known, and no value is more than a switch, a number or a text.
    """
    for name, value in tree.items():
        wanted = known.get(name)
        if wanted is None:
            return False
        if not wanted:
            continue
        if len(name) >= SHORTEST:
            texts.append(name)
        if value is None or value is True or value is False:
            continue
        kind = type(value)
        if kind is str:
            if value:
                texts.append(value)
        elif kind is int:
            if not -_SMALL < value < _SMALL:
                return False
        elif kind is not float or len(repr(value)) >= SHORTEST:
            return False
    return True


def take_machinery(value: Any, texts: list[str]) -> bool:
    """Take the value of a member of `collect.CONTROL`: a word that is no plain one is a text.

    Returns:
        Whether it is a number, a text or nothing.
    """
    if type(value) is str:
        if not (is_plain(value) if len(value) > _LONGEST_KEPT else _is_plain(value)):
            texts.append(value)
        return True
    return value is None or type(value) is int


@lru_cache(1024)
def _is_plain(value: str) -> bool:
    return is_plain(value)


def keys_of_counts(value: Any, depth: int = 1) -> int:
    """Count the keys of what reports usage; -1 where it holds anything else."""
    if type(value) is not dict:
        return 0 if value is None else -1
    keys = len(value)
    for name, item in value.items():
        if name not in _COUNTS:
            return -1
        if type(item) is int:
            if not -_MOST < item < _MOST:
                return -1
        elif type(item) is str:
            if name != "service_tier" or not words_only(item):
                return -1
        elif item is not None:
            below = keys_of_counts(item, depth - 1) if depth else -1
            if below < 0:
                return -1
            keys += below
    return keys
