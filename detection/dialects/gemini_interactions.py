"""Gemini's interactions: ``POST /v1/interactions``, ``GET`` of one, and ``POST`` to its ``/cancel``.

Source: `google.genai.interactions` of the official Python package. What an earlier interaction held
(``previous_interaction_id``) stays at the provider: it was judged when it was said.
"""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ..document import Document
from ..errors import BadInput
from ..json_read import parse
from ..json_text import dump
from ..types import Direction, Kind, Refusal, Role
from .base import NOTHING_ADDRESSED, Addressed, Asked
from .collect import Collector
from .gemini_common import error, read_object
from .gemini_interactions_stream import FRAMING, INCOMPLETE, InteractionsStream, lifecycle, refusing
from .gemini_steps import read_input, read_interaction
from .openai_common import LONGEST_MODEL, generic_answer

_REQUEST = frozenset(("model", "agent", "input", "system_instruction", "tools", "stream"))
_LISTS = ("steps", "outputs")


class GeminiInteractions:
    """The dialect of interactions."""

    name = "gemini_interactions"
    turns = ""

    def parse_request(self, body: bytes, addressed: Addressed = NOTHING_ADDRESSED) -> tuple[Document, Asked]:
        """Read a request; one about an interaction that is kept has no body. Raises `BadInput`."""
        kept = (addressed.kept,) if addressed.kept else ()
        if not body:
            return Document(body, None, ()), Asked(continues=kept)
        parsed = read_object(body)
        tree = parsed.tree
        wanted = Asked(continues=kept) if kept else _asked(tree)
        tools, instruction = tree.get("tools"), tree.get("system_instruction")
        if not isinstance(tools, list | None):
            raise BadInput("tools must be a list.", code="invalid_type", param="tools")
        collector = Collector(Direction.PROMPT)
        collector.walk(tools, "/tools", Role.SYSTEM, Kind.TOOL_DEFINITION)
        collector.walk(instruction, "/system_instruction", Role.SYSTEM, Kind.TEXT)
        read_input(collector, tree.get("input"), "/input")
        collector.members(tree, "", Role.SYSTEM, skip=_REQUEST)
        return collector.document(body, parsed), wanted

    def parse_answer(self, body: bytes) -> tuple[Document, Mapping[str, str]]:
        """Read an interaction."""
        parsed = parse(body)
        tree, collector = parsed.tree, Collector(Direction.ANSWER)
        if not isinstance(tree, dict) or not any(isinstance(tree.get(name), list) for name in _LISTS):
            return generic_answer(body, parsed), {}
        read_interaction(collector, tree, "")
        return collector.document(body, parsed), {}

    def named(self, tree: Any) -> tuple[str, ...]:
        """Return the name under which the provider keeps an interaction."""
        name = tree.get("id") if isinstance(tree, dict) else None
        return (name,) if isinstance(name, str) else ()

    def refuse(self, asked: Asked, text: str, original: Any = None) -> Refusal:
        """Say no as a model would, in an interaction that stays incomplete."""
        given = original.get("id") if isinstance(original, dict) else None
        identity = given if isinstance(given, str) and len(given) <= 128 else uuid.uuid4().hex
        now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        head = {"id": identity, "object": "interaction", "model": asked.model, "created": now, "updated": now}
        if asked.stream and original is None:
            begun = lifecycle("interaction.created", {**head, "status": "in_progress"})
            ended = lifecycle("interaction.completed", {**head, "status": INCOMPLETE})
            frames = [begun, *refusing(0, text), ended]
            stream = b"".join(map(FRAMING.write, frames)) + FRAMING.end
            return Refusal(200, stream, "text/event-stream", retry=False)
        steps = [{"type": "model_output", "content": [{"type": "text", "text": text}]}]
        return Refusal(200, dump({**head, "status": INCOMPLETE, "steps": steps}), retry=False)

    def error(self, status: int, code: str, message: str, param: str | None) -> Refusal:
        """Return Google's error envelope."""
        return error(status, code, message, param)

    def stream(self, asked: Asked) -> InteractionsStream:
        """Return the shape of streamed events."""
        return InteractionsStream()


def _asked(tree: Mapping[str, Any]) -> Asked:
    """Read model or agent, and stream. Raises `BadInput` naming the member at fault."""
    param = "agent" if tree.get("model") is None and "agent" in tree else "model"
    model = tree.get(param)
    if not isinstance(model, str) or not model.strip():
        raise BadInput(f"{param} must be a non-empty string.", code="missing_model", param=param)
    if len(model) > LONGEST_MODEL or not model.isprintable():
        raise BadInput(f"{param} is not a model's name.", code="invalid_model", param=param)
    stream = tree.get("stream")
    if stream is not None and not isinstance(stream, bool):
        raise BadInput("stream must be true or false.", code="invalid_type", param="stream")
    earlier = tree.get("previous_interaction_id")
    if not isinstance(earlier, str | None):
        param = "previous_interaction_id"
        raise BadInput(f"{param} must be a string.", code="invalid_type", param=param)
    return Asked(model, bool(stream), continues=(earlier,) if earlier else ())
