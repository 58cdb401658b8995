"""The lines that a plain JSON text in a string is judged by, nothing else of it: most hold nothing.

`leaves` says the same of more texts, and where in the text each line is spelled; it takes four times as long.
"""

from typing import Any

import orjson

from .errors import BadInput
from .json_channel import NESTING, SHORTEST_SCALAR
from .json_read import parse
from .leaves import MOST
from .name_context import context


def plain_lines(text: str) -> list[str] | None:
    """Return what is scanned of a JSON text; None where only `leaves` or its channel can say."""
    found: list[str] = []
    try:
        tree, compact = parse(text.encode())
        _gather(tree, "", compact, NESTING, found)
    except (BadInput, UnicodeEncodeError, _Doubt):
        return None
    return found


class _Doubt(Exception):
    """A number, or JSON again, that must be read as it is spelled."""


def _gather(value: Any, name: str, compact: bool, depth: int, found: list[str]) -> None:
    if isinstance(value, str):
        if value.lstrip(" \t\r\n")[:1] in ("{", "["):  # perhaps JSON again
            raise _Doubt
        found.append(context(name) + value)
    elif isinstance(value, dict | list):
        if not depth or len(found) + len(value) > MOST:
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
