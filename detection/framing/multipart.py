"""Forms of several parts (``multipart/form-data``), sans-io: bytes in, parts out, every byte accounted for.

Format: RFC 7578 over RFC 2046 section 5.1, of which only what every client writes is read. Whatever two
readers could take apart differently is refused: text around the parts, a boundary that stands elsewhere,
a field that is encoded, a part without one plain name.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from ..errors import BadInput

LONGEST_HEAD = 8192
"""Bytes of the fields in front of a part."""
MOST_PARTS = 256

_BOUNDARY = re.compile(rb"[0-9A-Za-z'()+_,./:=?-]{1,70}")
_PARAMETER = re.compile(rb';\s*([A-Za-z*]+)="((?:[^"\\\r\n]|\\.)*)"')
_DISPOSITION = re.compile(rb"form-data((?:;\s*[A-Za-z]+=\"(?:[^\"\\\r\n]|\\.)*\")+)\s*", re.IGNORECASE)
_UTF8 = re.compile(r"charset=\"?utf-?8\"?\s*(?:;|$)")
_PLAIN = (b"", b"7bit", b"8bit", b"binary")


class Begin(NamedTuple):
    """The head of a part. `raw`: its bytes, the boundary in front of it too; `filename`: None for a field."""

    raw: bytes
    name: str
    filename: str | None
    content_type: str


class Content(NamedTuple):
    """Bytes of the part that began last."""

    raw: bytes


class End(NamedTuple):
    """The last boundary."""

    raw: bytes


type Piece = Begin | Content | End


def boundary_of(content_type: bytes) -> bytes:
    """Return the boundary that a content type names. Raises `BadInput` where there is none, or two."""
    _, *parameters = content_type.split(b";")
    named = [item.strip() for item in parameters if item.strip()]
    found = [item.partition(b"=")[2].strip(b'"') for item in named if item.lower().startswith(b"boundary=")]
    if len(found) != 1 or len(named) != 1 or not _BOUNDARY.fullmatch(found[0]):
        raise _bad("The boundary of the form is not clear.")
    return found[0]


class MultipartParser:
    """Cuts a form into its parts.

    Args:
        boundary: as `boundary_of` gives it.
    """

    def __init__(self, boundary: bytes):
        self._mark = b"\r\n--" + boundary
        self._bare = b"--" + boundary
        self._buffer = bytearray(b"\r\n")
        self._parts = 0
        self._inside = False
        self._ended = False

    def feed(self, chunk: bytes) -> Iterator[Piece]:
        """Take the next bytes; yield what they complete. Raises `BadInput`."""
        self._buffer += chunk
        while (piece := self._next()) is not None:
            if not isinstance(piece, Content) or piece.raw:
                yield piece

    def close(self) -> bytes:
        """Note that nothing more comes; return what stands behind the last boundary: at most a line's end.

        Raises `BadInput` for a form without its end.
        """
        if not self._ended:
            raise _bad("The form is not complete.")
        return bytes(self._buffer)

    def _next(self) -> Piece | None:
        buffer, mark = self._buffer, self._mark
        if self._ended:
            if not b"\r\n".startswith(buffer):
                raise _bad("Something stands behind the form.")
            return None
        at = buffer.find(mark)
        if at < 0:
            # The last bytes may begin a boundary.
            if not self._inside and not mark.startswith(buffer):
                raise _bad("The form does not begin with its boundary.")
            return self._content(len(buffer) - len(mark) + 1) if self._inside else None
        if at > 0:
            if not self._inside:
                raise _bad("Something stands in front of the form.")
            return self._content(at)
        return self._boundary()

    def _content(self, end: int) -> Content | None:
        if end <= 0:
            return None
        raw = bytes(self._buffer[:end])
        # Readers that take another line end for one would see a part end here.
        if self._bare in self._buffer[: end + len(self._bare) - 1]:
            raise _bad("The boundary of the form stands in a part.")
        del self._buffer[:end]
        return Content(raw)

    def _boundary(self) -> Piece | None:
        buffer, length = self._buffer, len(self._mark)
        behind = bytes(buffer[length : length + 2])
        if behind == b"--":
            if not self._inside:
                raise _bad("The form has no parts.")
            self._ended = True
            raw = bytes(buffer[: length + 2])
            del buffer[: length + 2]
            return End(raw)
        head = buffer.find(b"\r\n\r\n", length)
        if (len(behind) == 2 and behind != b"\r\n") or head > LONGEST_HEAD:
            raise _bad("A part of the form has a bad head.")
        if head < 0:
            if len(buffer) > LONGEST_HEAD:
                raise _bad("A part of the form has a bad head.")
            return None
        raw = bytes(buffer[: head + 4])
        del buffer[: head + 4]
        begin = _begin(raw if self._inside else raw[2:], bytes(raw[length + 2 :]))
        self._inside = True
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise _bad("The form has too many parts.")
        return begin


def _begin(raw: bytes, head: bytes) -> Begin:
    fields: dict[bytes, bytes] = {}
    for line in head.split(b"\r\n"):
        if not line:
            continue
        name, colon, value = line.partition(b":")
        name = name.lower()
        if not colon or name in fields or b"\n" in line or b"\r" in line or name != name.strip():
            raise _bad("A part of the form has a bad head.")
        fields[name] = value.strip()
    if fields.get(b"content-transfer-encoding", b"").lower() not in _PLAIN:
        raise _bad("A part of the form is encoded.")
    named, filename = _names(fields.get(b"content-disposition", b""))
    content_type, _, parameters = fields.get(b"content-type", b"").decode("latin-1").lower().partition(";")
    if "charset" in parameters and not _UTF8.search(parameters):
        raise _bad("A part of the form is not in UTF-8.")
    return Begin(raw, named, filename, content_type.strip())


def _names(disposition: bytes) -> tuple[str, str | None]:
    found = _DISPOSITION.fullmatch(disposition)
    pairs = _PARAMETER.findall(found.group(1)) if found else []
    named = {key.lower(): value for key, value in pairs}
    if len(named) != len(pairs) or b"name" not in named or not named.keys() <= {b"name", b"filename"}:
        raise _bad("A part of the form has no plain name.")
    try:
        name = named[b"name"].decode()
        filename = named[b"filename"].decode() if b"filename" in named else None
    except UnicodeDecodeError:
        raise _bad("A part of the form has no plain name.") from None
    return name, filename


def _bad(message: str) -> BadInput:
    return BadInput(message, code="invalid_form")
