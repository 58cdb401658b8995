"""Bedrock's Converse: ``POST /model/{modelId}/converse`` and ``/converse-stream``.

Source: the service model of ``bedrock-runtime`` in botocore. The model and whether the answer is
streamed stand in the path.
"""

from collections.abc import Mapping
from typing import Any

from ..document import Document
from ..errors import BadInput
from ..framing.aws_event_stream import CONTENT_TYPE
from ..json_read import parse
from ..json_text import dump
from ..types import Direction, Kind, Refusal, Role
from .base import NOTHING_ADDRESSED, Addressed, Asked
from .bedrock_blocks import read_blocks
from .bedrock_common import INTERVENED, asked, error, usage
from .bedrock_converse_stream import FRAMING, ConverseStream, told
from .collect import Collector
from .openai_common import generic_answer, read_object

_ROLES = {"user": Role.USER, "assistant": Role.ASSISTANT, "system": Role.SYSTEM}
_READ = frozenset(("messages", "system", "toolConfig", "promptVariables"))
_MESSAGE = frozenset(("role", "content"))
_CONTROL = frozenset(("output", "stopReason", "usage", "metrics"))


class BedrockConverse:
    """The Converse dialect."""

    name = "bedrock_converse"
    turns = "messages"

    def parse_request(self, body: bytes, addressed: Addressed = NOTHING_ADDRESSED) -> tuple[Document, Asked]:
        """Read a request. Raises `BadInput`."""
        parsed = read_object(body)
        wanted = asked(addressed)
        collector = Collector(Direction.PROMPT)
        read_conversation(collector, parsed.tree, "")
        return collector.document(body, parsed), wanted

    def parse_answer(self, body: bytes) -> tuple[Document, Mapping[str, str]]:
        """Read an answer or an error."""
        parsed = parse(body)
        tree, collector = parsed.tree, Collector(Direction.ANSWER)
        output = tree.get("output") if isinstance(tree, dict) else None
        if not isinstance(output, dict):
            return generic_answer(body, parsed), {}
        message = output.get("message")
        if isinstance(message, dict):
            read_blocks(collector, message.get("content"), "/output/message/content", Role.ASSISTANT)
            collector.members(message, "/output/message", Role.ASSISTANT, skip=frozenset(("content",)))
        else:
            collector.walk(message, "/output/message", Role.ASSISTANT)
        collector.members(output, "/output", Role.ASSISTANT, skip=frozenset(("message",)))
        collector.members(tree, "", Role.ASSISTANT, skip=_CONTROL)
        return collector.document(body, parsed), {}

    def refuse(self, asked: Asked, text: str, original: Any = None) -> Refusal:
        """Say no as a guardrail would: safe text, ``stopReason: guardrail_intervened``."""
        if asked.stream and original is None:
            frames = [{"messageStart": {"role": "assistant"}}, *told(text, 0), _metadata()]
            return Refusal(200, b"".join(map(FRAMING.write, frames)), CONTENT_TYPE, retry=False)
        body = {
            "output": {"message": {"role": "assistant", "content": [{"text": text}]}},
            "stopReason": INTERVENED,
            "usage": usage(original),
            "metrics": {"latencyMs": 0},
        }
        return Refusal(200, dump(body), retry=False)

    def error(self, status: int, code: str, message: str, param: str | None) -> Refusal:
        """Return Bedrock's error."""
        return error(status, code, message)

    def stream(self, asked: Asked) -> ConverseStream:
        """Return the shape of streamed events."""
        return ConverseStream()


def read_conversation(collector: Collector, tree: dict[str, Any], pointer: str) -> None:
    """Collect a conversation: instructions, tools, messages, and whatever else is said about them.

    Raises `BadInput` for messages that are none.
    """
    if "toolConfig" in tree:
        collector.walk(tree["toolConfig"], f"{pointer}/toolConfig", Role.SYSTEM, Kind.TOOL_DEFINITION)
    if "system" in tree:
        read_blocks(collector, tree["system"], f"{pointer}/system", Role.SYSTEM)
    messages = tree.get("messages")
    if messages is not None and not isinstance(messages, list):
        raise BadInput("messages must be a list.", code="invalid_type", param="messages")
    for index, message in enumerate(messages or ()):
        _read_message(collector, message, f"{pointer}/messages/{index}")
    if "promptVariables" in tree:
        collector.walk(tree["promptVariables"], f"{pointer}/promptVariables", Role.USER, Kind.TEXT)
    collector.members(tree, pointer, Role.SYSTEM, skip=_READ)


def _read_message(collector: Collector, message: Any, pointer: str) -> None:
    if not isinstance(message, dict):
        raise BadInput("Each message must be an object.", code="invalid_type", param=_dotted(pointer))
    name = message.get("role")
    role = _ROLES.get(name) if isinstance(name, str) else None
    if role is None:
        raise BadInput("Unknown role.", code="invalid_value", param=f"{_dotted(pointer)}.role")
    if not isinstance(message.get("content"), list):
        raise BadInput("content must be a list.", code="invalid_type", param=f"{_dotted(pointer)}.content")
    read_blocks(collector, message["content"], f"{pointer}/content", role)
    collector.members(message, pointer, role, skip=_MESSAGE)


def _dotted(pointer: str) -> str:
    return pointer[1:].replace("/", ".")


def _metadata() -> dict[str, Any]:
    return {"metadata": {"usage": usage(None), "metrics": {"latencyMs": 0}}}
