"""The form of a frame that stands in a message of Amazon's event stream.

Such messages differ in their lengths and checksums, too: both are checked, and what they hold is of a form.
A ``chunk`` holds it in base64, beside padding.
"""

import re
from binascii import Error, a2b_base64, b2a_base64
from typing import Any

from .dialects import Slot
from .framing.aws_event_stream import Message, head_of, is_whole, message, payload_of
from .growing import Growing
from .loose_form import LooseForm, loose_form_of

_BEFORE_HEAD = 12
"""Bytes in front of the headers: two lengths and a checksum."""
_CHUNK = re.compile(rb'(\{"bytes":")([A-Za-z0-9+/]*={0,2})("(?:,"p":"[A-Za-z0-9]*")?\})')


class MessageForm:
    """Messages alike but for one text and what is loose in the data they hold.

    Args:
        head: the headers.
        around: what stands in front of a payload where it is the data of an event, and behind; None
            where the payload holds the data in base64.
        form: of the data.
    """

    __slots__ = ("_around", "_form", "_head", "growing", "slot", "tree")

    def __init__(self, head: bytes, around: tuple[bytes, bytes] | None, form: LooseForm):
        self._head = head
        self._around = around
        self._form = form
        self.tree = form.tree
        self.slot = form.slot
        self.growing = form.growing

    def read(self, event: bytes) -> tuple[str, bytes] | None:
        """Return the text of an event of this form, and its payload; None for any other bytes."""
        if (
            not event.startswith(self._head, _BEFORE_HEAD)
            or not is_whole(event)
            or head_of(event) != self._head
        ):
            return None
        payload = payload_of(event)
        data = payload if self._around else _opened(payload)
        found = None if data is None else self._form.read(data)
        return None if found is None else (found[0], payload)

    def event(self, text: str, behind: bytes) -> bytes:
        """Write an event of this form like the one that was read, with another text."""
        if self._around:
            return message(self._head, self._form.event(text, behind))
        return message(self._head, _closed(self._form.event(text, _opened(behind) or b""), behind))

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
    found = _CHUNK.fullmatch(payload)
    try:
        return None if found is None else a2b_base64(found[2], strict_mode=True)
    except Error:
        return None


def _closed(data: bytes, payload: bytes) -> bytes:
    """Return the payload of a chunk with other data."""
    return _CHUNK.sub(lambda found: found[1] + b2a_base64(data, newline=False) + found[3], payload)
