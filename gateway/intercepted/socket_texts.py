"""The texts of a message on a socket whose format nobody knows, and the message with others in their place.

Of JSON they are its strings, keys too, as they are spelled one behind the other: a key that is repeated hides
nothing, and what is not changed keeps its spelling. Of anything else the text is all of it.
"""

import json
import re
from collections.abc import Sequence
from typing import NamedTuple

import orjson

from ...detection.errors import BadInput

_STRING = re.compile(r'("(?:[^"\\]++|\\.)*+")(\s*+:)?+', re.DOTALL)
_BEFORE_JSON = "\ufeff \t\r\n"
"""What parsers pass over before a document; some a byte order mark, too."""
_BEGINS = ("{", "[", '"')
_LENIENT = json.JSONDecoder(strict=False, parse_int=str, parse_float=str)
"""Reads what orjson does not carry: numbers of any size, constants, lone surrogates."""


class _Place(NamedTuple):
    """Where a string stands, quotes included."""

    start: int
    end: int
    is_key: bool


class SocketTexts:
    """One message.

    Args:
        body: of it.

    Attributes:
        texts: that are to be judged.

    Raises:
        BadInput: it is not UTF-8, or nested so deep that nobody reads it.
    """

    __slots__ = ("_places", "_text", "texts")

    def __init__(self, body: bytes) -> None:
        try:
            self._text = body.decode()
        except UnicodeDecodeError:
            raise BadInput("The message is not UTF-8.", code="invalid_encoding") from None
        self._places: list[_Place] | None = None
        self.texts: tuple[str, ...] = (self._text,)
        if _is_json(self._text.lstrip(_BEFORE_JSON)):
            found = list(_STRING.finditer(self._text))
            self._places = [_Place(*item.span(1), is_key=item[2] is not None) for item in found]
            self.texts = tuple([_decoded(item[1]) for item in found])

    def filled(self, texts: Sequence[str]) -> bytes | None:
        """Return the message with these texts; None where a key would have to change."""
        if self._places is None:
            return texts[0].encode()
        pieces: list[str] = []
        at = 0
        for place, old, new in zip(self._places, self.texts, texts, strict=True):
            if old == new:
                continue
            if place.is_key:
                return None
            pieces += (self._text[at : place.start], _spelled(new))
            at = place.end
        return "".join((*pieces, self._text[at:])).encode()


def _is_json(text: str) -> bool:
    if not text.startswith(_BEGINS):
        return False
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        try:
            _LENIENT.decode(text)
        except RecursionError:
            raise BadInput("The message is nested too deep.", code="too_deep") from None
        except ValueError:
            return False
    return True


def _decoded(token: str) -> str:
    if "\\" not in token:
        return token[1:-1]
    text: str = _LENIENT.decode(token)
    return text


def _spelled(text: str) -> str:
    try:
        return orjson.dumps(text).decode()
    except orjson.JSONEncodeError:  # a lone surrogate
        return json.dumps(text)
