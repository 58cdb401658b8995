"""Reading JSON so that no two parsers can read it differently.

orjson reads. What it would repair silently (repeated keys) or what other parsers read otherwise
(byte order marks, UTF-16, NaN, bytes after the document) is refused; what it cannot carry but
others can (lone surrogates, numbers beyond a double) is read by the standard library instead, so
that the payload still passes byte for byte.

Repeated keys are ruled out by the cheapest proof that holds: the tree written anew is the body
itself; or the body spells exactly as many keys as the tree has; or, where blanks or escapes make
that count uncertain, every token is looked at.
"""

import json
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

import orjson

from .errors import BadInput
from .pointer import public, step

MAX_DEPTH = 64
"""Deepest nesting of arrays and objects that is read."""
LONGEST_PATH = 2048
"""Characters of all the keys around an array or object."""

_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"\s*+:?', re.DOTALL)
_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_BLANK_COLONS = (b" :", b"\n:", b"\t:", b"\r:")
_PLAIN_DEPTH = 32
_NUL, _BACKSLASH = 0, 0x5C
"""By number: a byte is sought in bytes several times as fast so."""
_STEP = 20
"""Characters of a pointer's step into an array, at most."""


_tuple = tuple.__new__
"""Makes a named tuple in half the time, with every field given."""


class Parsed(NamedTuple):
    """A body, read. `compact`: orjson would write `tree` as the very same bytes."""

    tree: Any
    compact: bool


def read(body: bytes) -> Any:
    """Parse a body, refusing whatever is ambiguous.

    Raises:
        BadInput: malformed or ambiguous JSON, or nesting beyond `MAX_DEPTH`.
    """
    return parse(body).tree


def parse(body: bytes) -> Parsed:
    """Parse a body like `read`, and say how it is spelled. Raises `BadInput`."""
    begin = body[:4]
    if _NUL in begin or (not begin.isascii() and begin.startswith(_BYTE_ORDER_MARKS)):
        raise BadInput("The body must be UTF-8 JSON without a byte order mark.", code="invalid_encoding")
    try:
        tree = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        tree = _load_otherwise(body, error)
    keys = _plain_keys(tree, LONGEST_PATH, _PLAIN_DEPTH)
    if keys < 0:
        keys = _check(tree, "", 0)
    compact = _is_compact(body, tree)
    if not compact and _most_keys(body) != keys and _key_tokens(body) != keys:
        raise BadInput("The body repeats an object key.", code="duplicate_key")
    return _tuple(Parsed, (tree, compact))


def is_spelled_once(body: bytes, tree: Any, keys: int) -> bool:
    """Say cheaply whether a body repeats no key; False where only `parse` can say.

    Args:
        body: what `tree` was read from.
        tree: no two keys of one object in it are equal but for case.
        keys: how many there are in it.
    """
    return _is_compact(body, tree) or _most_keys(body) == keys


def is_plain(body: bytes, tree: Any) -> bool:
    """Say cheaply whether `parse` takes what orjson read as `tree`; False where only `parse` can say."""
    keys = _plain_keys(tree, LONGEST_PATH, _PLAIN_DEPTH)
    return keys >= 0 and is_spelled_once(body, tree, keys)


def _load_otherwise(body: bytes, first: orjson.JSONDecodeError) -> Any:
    """Read what orjson does not carry; `first` says why."""
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


def _is_compact(body: bytes, tree: Any) -> bool:
    """Say whether the body is what orjson writes: then it repeats no key and has no second spelling."""
    behind = body.find(b'":') + 2
    if body[behind : behind + 1].isspace():
        return False
    try:
        return orjson.dumps(tree) == body
    except (orjson.JSONEncodeError, TypeError):  # a lone surrogate, a number beyond 64 bits
        return False


def _most_keys(body: bytes) -> int:
    """Return a number of keys that a valid document does not exceed; -1 where it is not cheap to tell."""
    quoted = body.count(b'":')
    if body.count(b":") != quoted and any(blank in body for blank in _BLANK_COLONS):
        return -1
    if _BACKSLASH in body:
        if b'\\\\":' in body:
            return -1
        # A quote behind a single backslash stands inside of a string.
        quoted -= body.count(b'\\":')
    return quoted


def _key_tokens(body: bytes) -> int:
    """Count the keys that a valid document spells, repeated ones too."""
    return sum(token[-1:] == b":" for token in _TOKEN.findall(body))


def _plain_keys(tree: Any, room: int, depth: int) -> int:
    """Count the keys of a tree without building pointers.

    Args:
        tree: a parsed value.
        room: characters that pointers below may still have.
        depth: levels that may still follow.

    Returns:
        The number of keys; -1 where only `_check` can say, which also knows what to refuse.
    """
    kind = type(tree)
    if kind is dict:
        names = "".join(tree)
        count = len(tree)
        # Lower-case ASCII is its own folding: distinct keys stay distinct.
        if count > 1 and not (names.isascii() and (names.islower() or _differ(tree))):
            return -1
        room -= 2 * len(names) + 1
        values = tree.values()
    elif kind is list:
        count = 0
        room -= _STEP
        values = tree
    else:
        return 0
    if room < 0 or not depth:
        return -1
    for value in values:
        kind = type(value)
        if (kind is dict or kind is list) and value:
            below = _plain_keys(value, room, depth - 1)
            if below < 0:
                return -1
            count += below
    return count


def _differ(names: Iterable[str]) -> bool:
    """Say whether ASCII names differ in more than case."""
    lower = [name.lower() for name in names]
    return len(set(lower)) == len(lower)


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
