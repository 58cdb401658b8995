"""The form of a frame that stands in a message of Amazon's event stream.

Such messages differ in their lengths and checksums, too: both are checked, and what they hold is of a form.
A ``chunk`` holds it in base64, beside padding.
"""

from binascii import Error, a2b_base64, b2a_base64, crc32
from typing import Any

from .dialects import Slot
from .framing.aws_event_stream import Message, begin_of, head_of, message, payload_of
from .growing import Growing
from .loose_form import LooseForm, loose_form_of

_MOST_SIZES = 256
_BEHIND = 4
"""Bytes of the checksum behind a payload."""
_BYTES, _PADDED = b'{"bytes":"', b'","p":"'
_BARE_ENDS = (b'"}', b'","p":""}')


class MessageForm:
    """Messages alike but for one text and what is loose in the data they hold.

    Args:
        head: the headers.
        around: what stands in front of a payload where it is the data of an event, and behind; None
            where the payload holds the data in base64.
        form: of the data.
    """

    __slots__ = ("_around", "_begins", "_data", "_form", "_head", "_payload", "growing", "slot", "tree")

    def __init__(self, head: bytes, around: tuple[bytes, bytes] | None, form: LooseForm):
        self._head = head
        self._around = around
        self._form = form
        self._begins: dict[int, bytes] = {}
        self._payload = self._data = b""
        self.tree = form.tree
        self.slot = form.slot
        self.growing = form.growing

    def read(self, event: bytes) -> str | None:
        """Return the text of an event of this form; None for any other bytes."""
        size = len(event)
        begin = self._begins.get(size) or self._begin(size)
        if not event.startswith(begin) or crc32(event[:-_BEHIND]) != int.from_bytes(event[-_BEHIND:]):
            return None
        payload = event[len(begin) : -_BEHIND]
        data = payload if self._around else _opened(payload)
        if data is None:
            return None
        self._payload, self._data = payload, data
        return self._form.read(data)

    def _begin(self, size: int) -> bytes:
        """Return what messages of a size begin with; remembered, for sizes come again."""
        if len(self._begins) >= _MOST_SIZES:
            self._begins.clear()
        begin = self._begins[size] = begin_of(size, self._head)
        return begin

    def event(self, text: str, like: bytes) -> bytes:
        """Write the event that was read last with another text."""
        data = self._form.event(text, self._data)
        return message(self._head, data if self._around else _closed(data, self._payload))

    def data(self, event: bytes) -> bytes:
        """Return the JSON of an event of this form."""
        payload = payload_of(event)
        if self._around:
            return self._around[0] + payload + self._around[1]
        return _opened(payload) or b""


def message_form_of(
    event: Message, data: bytes, tree: Any, slot: Slot, growing: Growing, loose: tuple[str, ...]
) -> MessageForm:
    """Return the form of a plain message with this data."""
    head, form = head_of(event.raw), loose_form_of(data, data, tree, slot, growing, loose)
    if event.carried is not None:
        return MessageForm(head, None, form)
    before, _, after = data.partition(payload_of(event.raw))
    return MessageForm(head, (before, after), form.within(len(before), len(after)))


def _opened(payload: bytes) -> bytes | None:
    """Return what a chunk holds; None where it is spelled in another way."""
    end = payload.find(b'"', len(_BYTES))
    rest = payload[end:]
    if not payload.startswith(_BYTES) or not (
        rest in _BARE_ENDS
        or (rest.startswith(_PADDED) and rest.endswith(b'"}') and rest[len(_PADDED) : -2].isalnum())
    ):
        return None
    try:
        return a2b_base64(payload[len(_BYTES) : end], strict_mode=True)
    except Error:
        return None


def _closed(data: bytes, payload: bytes) -> bytes:
    """Return the payload of a chunk with other data."""
    return _BYTES + b2a_base64(data, newline=False) + payload[payload.find(b'"', len(_BYTES)) :]
