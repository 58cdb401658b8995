"""The form of a frame that stands in a message of Amazon's event stream.

Such messages differ in their lengths and checksums, too: both are checked. A ``chunk`` holds its data in
base64, beside padding: of that only what stands behind the groups that are alike in all is decoded.
"""

import re
from binascii import Error, a2b_base64, b2a_base64, crc32
from struct import Struct
from typing import Any

from .alike import Alike, alike
from .dialects import Slot
from .framing.aws_event_stream import Message, begin_of, head_of, message, payload_of
from .growing import Growing
from .tail_form import tail_form
from .types import Kind

_MOST_SIZES = 64
_BEHIND = 4
"""Bytes of the checksum behind a payload."""
_checksum = Struct("!I").unpack_from
_GROUP = 3
"""Bytes that four letters of base64 spell."""
_BYTES = b'{"bytes":"'
_QUOTE = b'"'
_END = b"}"
_PADDING = re.compile(rb',"p":"[A-Za-z0-9]*"\}')


class MessageForm:
    """Messages alike but for one text and what is loose in their payloads.

    Args:
        head: the headers.
        before: what all payloads begin with.
        like: what is alike in the rest of their data.
        around: what stands in front of a payload where it is the data of an event, and behind.
    """

    __slots__ = (
        "_around",
        "_before",
        "_begins",
        "_data",
        "_form",
        "_head",
        "calling",
        "growing",
        "slot",
        "tree",
    )

    def __init__(self, head: bytes, before: bytes, like: Alike, around: tuple[bytes, bytes] = (b"", b"")):
        self._head = head
        self._before = before
        self._around = around
        self._begins: dict[int, tuple[bytes, int, int]] = {}
        self._form = tail_form(like)
        self._data = b""
        self.tree = like.tree
        self.slot = like.slot
        self.growing = like.growing
        self.calling = like.slot.kind is Kind.ARGUMENTS

    def read(self, event: bytes) -> str | None:
        """Return the text of an event of this form; None for any other bytes."""
        try:
            begin, at, begun = self._begins[len(event)]
        except KeyError:
            begin, at, begun = self._begin(len(event))
        if not event.startswith(begin):
            return None
        data = event[at:-_BEHIND]
        if crc32(data, begun) != _checksum(event, -_BEHIND)[0]:
            return None
        self._data = data
        return self._form.read(data)

    def _begin(self, size: int) -> tuple[bytes, int, int]:
        """Note what messages of a size begin with, how long that is, and its checksum; sizes come again."""
        if len(self._begins) >= _MOST_SIZES:
            self._begins.clear()
        begin = begin_of(size, self._head) + self._before
        self._begins[size] = known = begin, len(begin), crc32(begin)
        return known

    def event(self, text: str, like: bytes) -> bytes:
        """Write the event that was read last with another text."""
        return message(self._head, self._before + self._form.event(text, self._data))

    def data(self, event: bytes) -> bytes:
        """Return the JSON of an event of this form."""
        return self._around[0] + payload_of(event) + self._around[1]


class ChunkForm(MessageForm):
    """Chunks alike but for their padding, and in the data that they hold for one text and what is loose."""

    __slots__ = ("_end",)

    def read(self, event: bytes) -> str | None:
        """Return the text of an event of this form; None for any other bytes."""
        try:
            begin, at, begun = self._begins[len(event)]
        except KeyError:
            begin, at, begun = self._begin(len(event))
        if not event.startswith(begin):
            return None
        rest = event[at:-_BEHIND]
        if crc32(rest, begun) != _checksum(event, -_BEHIND)[0]:
            return None
        spelled, _, end = rest.partition(_QUOTE)
        if end != _END and not _PADDING.fullmatch(end):
            return None
        self._end = end
        try:
            self._data = data = a2b_base64(spelled, strict_mode=True)
        except Error:
            return None
        return self._form.read(data)

    def event(self, text: str, like: bytes) -> bytes:
        """Write the event that was read last with another text."""
        data = b2a_base64(self._form.event(text, self._data), newline=False)
        return message(self._head, self._before + data + _QUOTE + self._end)

    def data(self, event: bytes) -> bytes:
        """Return the JSON of an event of this form."""
        payload = payload_of(event)
        return a2b_base64(payload[len(_BYTES) : payload.index(_QUOTE, len(_BYTES))])


def message_form_of(
    event: Message, data: bytes, tree: Any, slot: Slot, growing: Growing, loose: tuple[str, ...]
) -> MessageForm:
    """Return the form of a plain message with this data."""
    head, like = head_of(event.raw), alike(data, tree, slot, growing, loose)
    # What a form looks at begins with the quote in front of the text.
    if event.carried is not None:
        known = (len(like.before) - 1) // _GROUP * _GROUP
        before = _BYTES + b2a_base64(like.before[:known], newline=False)
        return ChunkForm(head, before, like.within(known, 0))
    before, _, after = data.partition(payload_of(event.raw))
    like = like.within(len(before), len(after))
    known = len(like.before) - 1
    return MessageForm(head, like.before[:known], like.within(known, 0), (before, after))
