"""Forms in one line (``application/x-www-form-urlencoded``), read and written back byte for byte.

Format: WHATWG URL standard, section "application/x-www-form-urlencoded parsing".
"""

from collections.abc import Iterable, Mapping
from urllib.parse import quote_plus, unquote_to_bytes

from ..document import NO_VALUES, Document, by_pointer, edited
from ..errors import BadInput
from ..types import Edit

MOST_ITEMS = 10_000


class FormBody(Document):
    """A form in one line: `tree` holds its names and values in order, a pointer is ``/`` and a number."""

    __slots__ = ()

    def render(self, edits: Iterable[Edit], values: Mapping[str, str] = NO_VALUES) -> bytes:
        """Return the form with the edits applied; other fields are spelled as they were."""
        pieces = self.body.split(b"&")
        for pointer, wanted in by_pointer(edits).items():
            index = int(pointer[1:])
            name = pieces[index].partition(b"=")[0]
            value = edited(self.tree[index][1], wanted)
            pieces[index] = name + b"=" + quote_plus(value).encode("ascii")
        return b"&".join(pieces)


def items_of(body: bytes) -> list[tuple[str, str]]:
    """Return names and values, one for each piece between ampersands.

    Raises `BadInput` for what is not in UTF-8, and beyond `MOST_ITEMS`.
    """
    pieces = body.split(b"&", MOST_ITEMS)
    if len(pieces) > MOST_ITEMS:
        raise BadInput("The form has too many fields.", code="too_many_values")
    return [_item(piece) for piece in pieces]


def _item(piece: bytes) -> tuple[str, str]:
    name, _, value = piece.partition(b"=")
    try:
        return _decoded(name), _decoded(value)
    except UnicodeDecodeError:
        raise BadInput("A field of the form is not in UTF-8.", code="invalid_form") from None


def _decoded(text: bytes) -> str:
    return unquote_to_bytes(text.replace(b"+", b" ")).decode()
