"""Cohere chat, version 1: ``POST /v1/chat``, one message with its history beside it.

Source: `chat` of the official ``cohere`` package's first client, and `NonStreamedChatResponse`.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..document import Document
from ..errors import BadInput
from ..json_read import parse
from ..json_text import dump
from ..types import Direction, Kind, Refusal, Role
from .base import NOTHING_ADDRESSED, Addressed, Asked
from .cohere_chat_v1_stream import FRAMING, REFUSED, CohereChatV1Stream, ending
from .cohere_common import asked_plainly, error, identity
from .cohere_turns import read_answer, read_results, read_turn
from .collect import Collector
from .openai_common import generic_answer, read_object

_READ = frozenset(
    ("model", "message", "chat_history", "preamble", "documents", "tools", "tool_results", "seed")
)


class CohereChatV1:
    """The chat dialect of version 1."""

    name = "cohere_chat_v1"
    turns = "chat_history"

    def parse_request(self, body: bytes, addressed: Addressed = NOTHING_ADDRESSED) -> tuple[Document, Asked]:
        """Read a request; the provider chooses the model where none is named. Raises `BadInput`."""
        parsed = read_object(body)
        tree = parsed.tree
        kept = tree.get("conversation_id")
        wanted = asked_plainly(tree, named=False)
        if isinstance(kept, str) and kept:
            wanted = replace(wanted, continues=(kept,))
        collector = Collector(Direction.PROMPT)
        for name, kinds in (("message", str), ("preamble", str | None), ("chat_history", list | None)):
            if not isinstance(tree.get(name), kinds):
                raise BadInput(f"{name} has the wrong type.", code="invalid_type", param=name)
        collector.text(tree.get("preamble") or "", "/preamble", Role.SYSTEM)
        if "tools" in tree:
            collector.walk(tree["tools"], "/tools", Role.SYSTEM, Kind.TOOL_DEFINITION)
        for index, turn in enumerate(tree.get("chat_history") or ()):
            read_turn(collector, turn, f"/chat_history/{index}")
        collector.text(tree["message"], "/message", Role.USER)
        collector.walk(tree.get("documents"), "/documents", Role.RETRIEVED, Kind.TEXT)
        read_results(collector, tree.get("tool_results"), "/tool_results")
        known = _READ if isinstance(tree.get("seed"), int) else _READ - {"seed"}
        collector.members(tree, "", Role.SYSTEM, skip=known)
        return collector.document(body, parsed), wanted

    def parse_answer(self, body: bytes) -> tuple[Document, Mapping[str, str]]:
        """Read an answer."""
        parsed = parse(body)
        if not isinstance(parsed.tree, dict) or "text" not in parsed.tree:
            return generic_answer(body, parsed), {}
        collector = Collector(Direction.ANSWER)
        read_answer(collector, parsed.tree, "")
        return collector.document(body, parsed), {}

    def named(self, tree: Any) -> tuple[str, ...]:
        """Return nothing: the client names its conversation."""
        return ()

    def refuse(self, asked: Asked, text: str, original: Any = None) -> Refusal:
        """Say no as a model would: safe text, ``finish_reason: ERROR_TOXIC``."""
        number = identity(original, "generation_id")
        answer = {"text": text, "generation_id": number, "finish_reason": REFUSED}
        if asked.stream and original is None:
            frames: list[Any] = [
                {"is_finished": False, "event_type": "stream-start", "generation_id": number},
                {"is_finished": False, "event_type": "text-generation", "text": text},
                ending(REFUSED, answer),
            ]
            body = b"".join(FRAMING.write(frame) for frame in frames)
            return Refusal(200, body, "application/stream+json", retry=False)
        return Refusal(200, dump(answer), retry=False)

    def error(self, status: int, code: str, message: str, param: str | None) -> Refusal:
        """Return Cohere's error envelope."""
        return error(status, code, message, param)

    def stream(self, asked: Asked) -> CohereChatV1Stream:
        """Return the shape of streamed events."""
        return CohereChatV1Stream(asked.continues)
