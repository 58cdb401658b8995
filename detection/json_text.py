"""Editing JSON in place: only the edited characters change, everything else keeps its spelling.

Offsets of strings are sought only when an edit is needed.
"""

import json
import re
from collections.abc import Container
from typing import Any

import orjson

from .pointer import step

_STRUCTURE = re.compile(r'"(?:[^"\\]++|\\.)*+"|[{}\[\],:]|[^\s{}\[\],:"]++', re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)")


def spans(text: str, wanted: Container[str]) -> dict[str, tuple[int, int]]:
    """Find where values stand in a JSON text.

    Args:
        text: a valid JSON document.
        wanted: pointers within this document.

    Returns:
        Offsets ``(start, end)`` of each value; of a string's inside, the quotes left out.
    """
    found: dict[str, tuple[int, int]] = {}
    stack: list[_Level] = []
    for token in _STRUCTURE.finditer(text):
        mark = text[token.start()]
        level = stack[-1] if stack else None
        if mark in "{[":
            stack.append(_Level(level.here() if level else "", mark == "{", token.start()))
        elif mark in "}]":
            closed = stack.pop()
            if closed.pointer in wanted:
                found[closed.pointer] = (closed.start, token.end())
        elif mark == "," and level:
            level.next()
        elif mark == '"' and level and level.awaits_key:
            level.key = json.loads(token.group(), strict=False)
            level.awaits_key = False
        elif mark != ":" and (here := level.here() if level else "") in wanted:
            quote = mark == '"'
            found[here] = (token.start() + quote, token.end() - quote)
    return found


class _Level:
    """One open array or object while tokens go by."""

    __slots__ = ("awaits_key", "is_object", "key", "pointer", "start")

    def __init__(self, pointer: str, is_object: bool, start: int):
        self.pointer = pointer
        self.start = start
        self.is_object = is_object
        self.awaits_key = is_object
        self.key: str | int = "" if is_object else 0

    def here(self) -> str:
        return step(self.pointer, self.key)

    def next(self) -> None:
        if isinstance(self.key, int):
            self.key += 1
        else:
            self.awaits_key = True


def escape(text: str) -> str:
    """Write a text as the inside of a JSON string."""
    return inside(text).decode()


def inside(text: str) -> bytes:
    """Write a text as the inside of a JSON string, in UTF-8."""
    try:
        return orjson.dumps(text)[1:-1]
    except orjson.JSONEncodeError:  # a lone surrogate has no UTF-8 form: spell it
        return json.dumps(text)[1:-1].encode()


def advance(raw: str, position: int, count: int) -> int:
    """Return the offset in a raw string's inside after `count` decoded characters from `position`."""
    while count > 0:
        slash = raw.find("\\", position)
        if slash < 0 or slash - position >= count:
            return position + count
        count -= slash - position
        match = _ESCAPE.match(raw, slash)
        if match is None:
            return len(raw)
        position = match.end()
        count -= 1
    return position


def splice(raw: str, edits: list[tuple[int, int, str]]) -> str:
    """Edit the inside of a JSON string.

    Args:
        raw: the inside as spelled, escapes and all.
        edits: ``(start, end, replacement)`` in characters of the decoded text, in order and apart.

    Returns:
        The new inside: replacements escaped, every other character spelled as before.
    """
    pieces: list[str] = []
    done = position = 0
    for start, end, replacement in edits:
        left = advance(raw, position, start - done)
        right = advance(raw, left, end - start)
        pieces += (raw[position:left], escape(replacement))
        done, position = end, right
    pieces.append(raw[position:])
    return "".join(pieces)


def dump(tree: Any) -> bytes:
    """Write a tree as compact JSON; lone surrogates are spelled."""
    try:
        return orjson.dumps(tree)
    except (orjson.JSONEncodeError, TypeError):
        return json.dumps(tree, separators=(",", ":")).encode()
