"""The texts that a JSON text in a string would be judged by, read at once.

`JsonChannel` reads any text character by character; this reads what is valid JSON whole, for texts
that turn out to hold nothing. It answers for every text that the channel would open - strings, keys
and long numbers, each behind the name it stands under - or not at all.
"""

from typing import Any

import orjson

from .channels import context
from .errors import BadInput
from .json_channel import NESTING, SHORTEST_SCALAR
from .json_read import parse

_LONGEST = 100_000
"""Characters of a text that is read at once."""
_MOST = 1000


def leaves(text: str) -> list[str] | None:
    """Return the texts that are judged in a JSON text; None where only its channel can say."""
    if len(text) > _LONGEST:
        return None
    found: list[str] = []
    try:
        tree, compact = parse(text.encode())
        _gather(tree, "", compact, NESTING, found)
    except (BadInput, UnicodeEncodeError, _Doubt):
        return None
    return found


class _Doubt(Exception):
    """The channel would read something else than the tree says."""


def _gather(value: Any, name: str, compact: bool, depth: int, found: list[str]) -> None:
    if isinstance(value, str):
        if value.lstrip(" \t\r\n")[:1] in ("{", "["):  # perhaps JSON again
            raise _Doubt
        found.append(context(name) + value)
    elif isinstance(value, dict | list):
        if not depth or len(found) > _MOST:
            raise _Doubt
        members = value.items() if isinstance(value, dict) else (("", item) for item in value)
        for key, item in members:
            if key:
                found.append(key)
            _gather(item, key, compact, depth - 1, found)
    elif isinstance(value, float) and not compact:
        raise _Doubt  # it may be spelled in many ways
    elif value is not None and not isinstance(value, bool):
        spelled = orjson.dumps(value).decode()
        if len(spelled) >= SHORTEST_SCALAR:
            found.append(context(name) + spelled)
