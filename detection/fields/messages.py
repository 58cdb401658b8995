"""Messages of a WebSocket as a stream: each is a frame, in front of it its length."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

import orjson

from ..dialects import Asked, StreamShape
from ..errors import UpstreamFault
from ..framing.messages import framed, unframed
from ..json_text import dump
from .bodies import OwnJson, OwnText
from .ends import End
from .places import Where
from .spec import Fields
from .stream import OwnStream

type OnBlock = Literal["close", "answer"]
"""What becomes of a WebSocket on which something is blocked: it is closed, or told so and goes on."""


@dataclass(frozen=True, slots=True)
class Messages:
    """Where the texts of a WebSocket's messages stand.

    Attributes:
        request: pointers to the texts of a client's message, see `Fields`.
        answer: the same of the app's; None passes those on unread.
        text: messages are texts; JSON otherwise.
        ends: what the last message of an answer says, see `Fields`. With it, the texts of an answer grow
            from message to message until that one; without it every message is an answer of its own.
        on_block: ``close`` closes with status 1008; ``answer`` says so in a message and goes on.

    Raises:
        ValueError: one of them has no usable form.
    """

    request: Where = ("",)
    answer: Where | None = ("",)
    text: bool = False
    ends: str = ""
    on_block: OnBlock = "close"

    def __post_init__(self) -> None:
        if self.on_block not in ("close", "answer"):
            raise ValueError("on_block must be close or answer")
        fields = self.fields
        if self.ends and not fields.grows:
            raise ValueError("answers that grow need pointers to what grows")
        if self.ends.startswith("event="):
            raise ValueError("messages have no names")

    @property
    def fields(self) -> Fields:
        """The same, of one message."""
        body: Literal["json", "text"] = "text" if self.text else "json"
        stream: Literal["sse", "sse-text"] = "sse-text" if self.text else "sse"
        told = Fields(self.request, self.answer, body, stream, self.ends)
        says = self.on_block == "answer" and not self.text and told.says is not None
        return replace(told, blocked=200) if says else told


def messages_dialect(messages: Messages) -> OwnJson:
    """Return the dialect in which messages are read."""
    return TextMessages(messages.fields) if messages.text else JsonMessages(messages.fields)


class JsonMessages(OwnJson):
    """Messages that are JSON."""

    def stream(self, asked: Asked) -> StreamShape | None:
        """Return the shape of an answer that grows from message to message."""
        return OwnStream(self.fields, Framed(self.fields.end.mark, text=False))


class TextMessages(OwnText):
    """Messages that are texts."""

    def stream(self, asked: Asked) -> StreamShape | None:
        """Return the shape of an answer that grows from message to message."""
        return OwnStream(self.fields, Framed(self.fields.end.mark, text=True))


class Message(NamedTuple):
    """One message: `data` is its JSON, or its text as a JSON string."""

    raw: bytes
    data: bytes | None
    is_text: bool
    plain: bool = False
    name: str = ""

    def with_data(self, data: bytes) -> bytes:
        """Write the message with another content."""
        return framed(orjson.loads(data).encode() if self.is_text else data)

    def without_data(self) -> bytes:
        """Return nothing: there is nothing but the content."""
        return b""


class Framed:
    """Messages behind their lengths.

    Args:
        mark: a message that says that an answer is complete; empty where none does.
        text: messages are texts.
    """

    end = b""
    after_fault = b""

    def __init__(self, mark: bytes, *, text: bool) -> None:
        self._text = text
        self.mark: bytes | None = (orjson.dumps(mark.decode()) if text else mark) if mark else None
        self.end = framed(mark) if mark else b""

    def parser(self) -> "_Parser":
        """Begin a stream."""
        return _Parser(is_text=self._text)

    def write(self, tree: Any) -> bytes:
        """Write a message."""
        return framed(tree.encode() if self._text else dump(tree))


class _Parser:
    """Cuts messages apart; they come whole."""

    idle = True
    separates = False

    def __init__(self, *, is_text: bool) -> None:
        self._is_text = is_text

    def feed(self, chunk: bytes) -> list[Message]:
        """Return the messages. Raises `UpstreamFault` for one that is not in UTF-8."""
        return [self._message(content) for content in unframed(chunk)]

    def close(self) -> None:
        """Nothing is left."""

    def join(self, pieces: Sequence[bytes]) -> bytes:
        """Put messages together."""
        return b"".join(pieces)

    def _message(self, content: bytes) -> Message:
        try:
            data = orjson.dumps(content.decode()) if self._is_text else content
        except UnicodeDecodeError:
            raise UpstreamFault("A message is not in UTF-8.", code="upstream_protocol") from None
        return Message(framed(content), data, self._is_text)


def is_last(end: End, content: bytes) -> bool:
    """Say whether a message says that its answer is complete."""
    if end.mark:
        return content.strip() == end.mark
    try:
        return end.told_by(orjson.loads(content), "")
    except orjson.JSONDecodeError:
        return False


def last_message(end: End) -> bytes | None:
    """Return a message that says so; None where none does."""
    frame = end.frame()
    return dump(frame) if frame is not None else end.mark or None
