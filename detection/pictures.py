"""The pictures among the parts of a payload that scanners of texts cannot read.

A part is taken for a picture only where nothing in it could be another one: exactly one of its strings is a
picture, in base64 as RFC 4648 has it, of a format that holds one image, and every other string stands under
a key that names a type or the like. Addresses of pictures are never followed, and such parts stay as they
are: listed as unjudged.
"""

import binascii
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from .pointer import public, split, step
from .role_names import ROLES
from .types import Direction, Kind, Role, Segment, Unjudged

MOST = 32
"""Pictures of one direction of an exchange that are looked at."""
MOST_CHARACTERS = 28 << 20
"""Characters of one, encoded: about 20 MiB."""

_REASONS = frozenset(("image", "media"))
_BESIDE = frozenset(
    (
        "type", "media_type", "mediaType", "mimeType", "mime_type", "format", "detail", "resolution",
        "cache_control", "ttl", "displayName", "alt", "alt_text", "annotations", "audience", "lastModified",
    )
)  # fmt: skip
"""Keys under which no provider reads a picture, nor where one is."""
_DATA_URL = re.compile(r"data:image/[a-z0-9.+-]{1,40};base64,", re.IGNORECASE)
_HEAD = 16
_WITHHELD = "*"
_MANY = {"png": b"acTL", "webp": b"ANMF"}
"""What stands in files that hold several images: a guard might see another one than the model."""
_TOOLS = ("tool_result", "function_call_output", "computer_call_output", "mcp_call")
_TOOL_KEYS = ("toolResult", "functionResponse", "function_response")


class Picture(NamedTuple):
    """A picture, and how the receipt lists it as long as nobody judged it.

    The segment's text is a data URL whose type is what the bytes say, not what the payload says.
    """

    segment: Segment
    part: Unjudged


def pictures(
    tree: Any, parts: Sequence[Unjudged], direction: Direction, listed: Sequence[Unjudged]
) -> list[Picture]:
    """Return the pictures that a payload embeds, `MOST` of them.

    Args:
        tree: the payload.
        parts: what in it cannot be read.
        direction: which way it travels.
        listed: the same parts, one by one, with the places that a record has.
    """
    found: list[Picture] = []
    for part, told in zip(parts, listed, strict=True):
        if part.reason not in _REASONS or len(found) >= MOST:
            continue
        place = _found(tree, part.pointer, direction)
        text = _only(place[0]) if place is not None else ""
        if place is not None and text:
            segment = Segment(text, told.pointer, place[1], Kind.IMAGE, direction, editable=False)
            found.append(Picture(segment, told))
    return found


def data_url(text: str) -> str:
    """Return a picture as a data URL with the type its bytes have; empty for what is no single picture.

    Args:
        text: base64 of a PNG, JPEG or WebP file, or a data URL of one.
    """
    if len(text) > MOST_CHARACTERS:
        return ""
    head = _DATA_URL.match(text)
    encoded = text[head.end() :] if head else text
    try:
        data = binascii.a2b_base64(encoded.encode("ascii"), strict_mode=True)
    except (binascii.Error, UnicodeEncodeError):
        return ""
    kind = _format(data[:_HEAD])
    if not kind or (kind in _MANY and _MANY[kind] in data):
        return ""
    return f"data:image/{kind};base64,{encoded}"


def _format(head: bytes) -> str:
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    return "webp" if head.startswith(b"RIFF") and head[8:12] == b"WEBP" else ""


def _found(tree: Any, pointer: str, direction: Direction) -> tuple[Any, Role] | None:
    """Return what stands at a pointer and whose it is; None for one that leads nowhere."""
    role = Role.USER if direction is Direction.PROMPT else Role.ASSISTANT
    value = tree
    for token in split(pointer):
        role = _role(value, role)
        if isinstance(value, dict):
            key = token if token in value else _withheld(value, token)
            if key is None:
                return None
            role = Role.TOOL if key in _TOOL_KEYS else role
            value = value[key]
        elif isinstance(value, list) and token.isascii() and token.isdecimal() and int(token) < len(value):
            value = value[int(token)]
        else:
            return None
    return value, _role(value, role)


def _withheld(members: Mapping[str, Any], stated: str) -> str | None:
    """Return the one key that a recorded pointer does not spell; None where it might be several."""
    if stated != _WITHHELD:
        return None
    keys = [key for key in members if public(step("", key)) == f"/{_WITHHELD}"]
    return keys[0] if len(keys) == 1 else None


def _role(value: Any, role: Role) -> Role:
    if not isinstance(value, dict):
        return role
    name, sort = value.get("role"), value.get("type")
    if isinstance(sort, str) and sort.endswith(_TOOLS):
        return Role.TOOL
    return ROLES.get(name, role) if isinstance(name, str) else role


def _only(part: Any) -> str:
    """Return the one picture of a part; empty where it holds none, several, or what may be another."""
    found = ""
    for key, text in _strings(part, ""):
        if key in _BESIDE:
            continue
        picture = data_url(text) if not found else ""
        if not picture:
            return ""
        found = picture
    return found


def _strings(value: Any, key: str) -> Iterator[tuple[str, str]]:
    """Yield every string below a value, and the key it stands under; one of `_BESIDE` covers all below it."""
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _strings(item, key if key in _BESIDE else name)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item, key)
