"""Editing JSON in place: only the edited characters change, everything else keeps its spelling.

Offsets of strings are sought only when an edit is needed.
"""

import json
import re
from collections.abc import Container
from typing import Any

import orjson

from .pointer import step

_STRUCTURE = re.compile(r'("(?:[^"\\]++|\\.)*+")(?:\s*+:)?+|[{}\[\],]|[^\s{}\[\],:"]++', re.DOTALL)
"""A string with the colon behind it where it is a key, a mark, a number or a word."""
_NO_LIST = -1
_decode = json.JSONDecoder(strict=False).decode
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
    around: list[tuple[str, int, int]] = []
    pointer, begin, index = "", 0, _NO_LIST  # of the innermost array or object
    here = ""
    for token in _STRUCTURE.finditer(text):
        start, end = token.span()
        mark = text[start]
        if mark == '"':
            if text[end - 1] == ":":
                here = step(pointer, _key(token[1]))
            elif here in wanted:
                found[here] = start + 1, end - 1
        elif mark == ",":
            if index != _NO_LIST:
                index += 1
                here = f"{pointer}/{index}"
        elif mark in "{[":
            around.append((pointer, begin, index))
            pointer, begin, index = here, start, _NO_LIST
            if mark == "[":
                index, here = 0, f"{pointer}/0"
        elif mark in "}]":
            if pointer in wanted:
                found[pointer] = begin, end
            pointer, begin, index = around.pop()
        elif here in wanted:
            found[here] = start, end
    return found


def _key(spelled: str) -> str:
    return _decode(spelled) if "\\" in spelled else spelled[1:-1]


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
