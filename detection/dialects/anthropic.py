"""Anthropic's messages: ``POST /v1/messages``, on Vertex AI ``:rawPredict`` and ``:streamRawPredict``.

Source: type definitions of the official ``anthropic`` package (`types.message_create_params`,
`types.message`); streamed frames are named events, see `anthropic_stream`.
"""

from collections.abc import Mapping
from typing import Any

from ..document import Document
from ..json_read import parse
from ..json_text import dump
from ..types import Direction, Refusal
from .anthropic_common import answer, asked, error, message_of, read_request, refused
from .anthropic_stream import FRAMING, AnthropicStream, refusal_frames
from .base import NOTHING_ADDRESSED, Addressed, Asked
from .collect import Collector
from .openai_common import read_object


class Anthropic:
    """The dialect of messages."""

    name = "anthropic"
    turns = "messages"

    def parse_request(self, body: bytes, addressed: Addressed = NOTHING_ADDRESSED) -> tuple[Document, Asked]:
        """Read a request. Raises `BadInput`."""
        parsed = read_object(body)
        wanted = asked(parsed.tree, addressed)
        collector = Collector(Direction.PROMPT)
        read_request(collector, parsed.tree)
        return collector.document(body, parsed), wanted

    def parse_answer(self, body: bytes) -> tuple[Document, Mapping[str, str]]:
        """Read a message or an error."""
        return answer(body, parse(body)), {}

    def refuse(self, asked: Asked, text: str, original: Any = None) -> Refusal:
        """Say no as a model would: safe text, ``stop_reason: refusal``."""
        if asked.stream and original is None:
            frames = b"".join([FRAMING.write(tree) for tree in refusal_frames(asked, text)])
            return Refusal(200, frames, "text/event-stream; charset=utf-8", retry=False)
        message = message_of(asked, [{"type": "text", "text": text}], original)
        return Refusal(200, dump({**message, **refused(text)}), retry=False)

    def error(self, status: int, code: str, message: str, param: str | None) -> Refusal:
        """Return Anthropic's error envelope."""
        return error(status, code, message)

    def stream(self, asked: Asked) -> AnthropicStream:
        """Return the shape of streamed events."""
        return AnthropicStream(asked)
