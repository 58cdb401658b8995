"""Reading JSON so that no two parsers can read it differently, and editing it in place.

orjson reads. What it would repair silently (repeated keys) or what other parsers read otherwise
(byte order marks, UTF-16, NaN, bytes after the document) is refused; what it cannot carry but
others can (lone surrogates, numbers beyond a double) is read by the standard library instead, so
that the payload still passes byte for byte. Offsets of strings are sought only when an edit is
needed: only the edited characters change, everything else keeps its spelling.
"""

import json
import re
from collections.abc import Container
from typing import Any

import orjson

from .errors import BadInput
from .pointer import public, step

MAX_DEPTH = 64
"""Deepest nesting of arrays and objects that is read."""
LONGEST_PATH = 2048
"""Characters of all the keys around an array or object."""

_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"\s*+:?', re.DOTALL)
_STRUCTURE = re.compile(r'"(?:[^"\\]++|\\.)*+"|[{}\[\],:]|[^\s{}\[\],:"]++', re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)")


def read(body: bytes) -> Any:
    """Parse a body, refusing whatever is ambiguous.

    Raises:
        BadInput: malformed or ambiguous JSON, or nesting beyond `MAX_DEPTH`.
    """
    if body[:3] == b"\xef\xbb\xbf" or body[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in body[:4]:
        raise BadInput("The body must be UTF-8 JSON without a byte order mark.", code="invalid_encoding")
    tree = _load(body)
    keys = _check(tree, "", 0)
    if sum(token[-1:] == b":" for token in _TOKEN.findall(body)) != keys:
        raise BadInput("The body repeats an object key.", code="duplicate_key")
    return tree


def _load(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        first = error
    try:
        return json.loads(body.decode(), parse_constant=_no_constant)
    except RecursionError:
        raise BadInput(f"The body is nested deeper than {MAX_DEPTH} levels.", code="too_deep") from None
    except ValueError:
        raise BadInput(
            f"The body is not valid JSON (line {first.lineno}, column {first.colno}).", code="invalid_json"
        ) from None


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _check(tree: Any, pointer: str, depth: int) -> int:
    """Count the keys of a tree; refuse keys equal but for case, and too much depth."""
    if depth > MAX_DEPTH:
        raise BadInput(f"The body is nested deeper than {MAX_DEPTH} levels.", code="too_deep")
    if len(pointer) > LONGEST_PATH:
        raise BadInput(f"The body nests keys of more than {LONGEST_PATH} characters.", code="too_deep")
    count = 0
    if isinstance(tree, dict):
        count = len(tree)
        # A JSON Schema may name two properties alike; no parser maps those to fields of its own.
        if count > 1 and not pointer.endswith("/properties"):
            _check_folding(tree, pointer)
        for key, value in tree.items():
            if isinstance(value, dict | list):
                count += _check(value, step(pointer, key), depth + 1)
    elif isinstance(tree, list):
        for index, value in enumerate(tree):
            if isinstance(value, dict | list):
                count += _check(value, f"{pointer}/{index}", depth + 1)
    return count


def _check_folding(members: dict[str, Any], pointer: str) -> None:
    if len({key.casefold() for key in members}) != len(members):
        raise BadInput(
            "The body has object keys that differ only in case.",
            code="duplicate_key",
            param=public(pointer) or "/",
        )


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
    plain = json.dumps(text, ensure_ascii=False)[1:-1]
    try:
        plain.encode()
    except UnicodeEncodeError:  # a lone surrogate has no UTF-8 form: spell it
        return json.dumps(text)[1:-1]
    return plain


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
