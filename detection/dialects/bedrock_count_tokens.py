"""Bedrock's CountTokens: ``POST /model/{modelId}/count-tokens``.

Source: the service model of ``bedrock-runtime`` in botocore. What is counted is sent to the provider,
so it is judged like what is answered: a conversation, or the body of an invocation in base64.
"""

from binascii import Error, a2b_base64
from collections.abc import Mapping
from typing import Any

from ..document import Document
from ..errors import BadInput
from ..json_read import parse, read
from ..types import Direction, Refusal, Role
from .base import NOTHING_ADDRESSED, Addressed, Asked
from .bedrock_bodies import read_body
from .bedrock_common import asked, error
from .bedrock_converse import read_conversation
from .collect import Collector
from .openai_common import generic_answer, read_object

_INPUT = frozenset(("converse", "invokeModel"))
_BODY = "/input/invokeModel/body"
_REFUSED = 400


class BedrockCountTokens:
    """The dialect of CountTokens."""

    name = "bedrock_count_tokens"
    turns = ""

    def parse_request(self, body: bytes, addressed: Addressed = NOTHING_ADDRESSED) -> tuple[Document, Asked]:
        """Read a request. Raises `BadInput`."""
        parsed = read_object(body)
        wanted = asked(addressed)
        given = parsed.tree.get("input")
        if not isinstance(given, dict):
            raise BadInput("input must be an object.", code="invalid_type", param="input")
        collector = Collector(Direction.PROMPT)
        if isinstance(given.get("converse"), dict):
            read_conversation(collector, given["converse"], "/input/converse")
        if isinstance(given.get("invokeModel"), dict):
            _read_invocation(collector, given["invokeModel"], wanted.model)
        read = frozenset(name for name in _INPUT if isinstance(given.get(name), dict))
        collector.members(given, "/input", Role.SYSTEM, skip=read)
        collector.members(parsed.tree, "", Role.SYSTEM, skip=frozenset(("input",)))
        return collector.document(body, parsed), wanted

    def parse_answer(self, body: bytes) -> tuple[Document, Mapping[str, str]]:
        """Read a count or an error."""
        return generic_answer(body, parse(body)), {}

    def refuse(self, asked: Asked, text: str, original: Any = None) -> Refusal:
        """Say no with an error: a count holds no words."""
        return error(_REFUSED, "content_filter", text)

    def error(self, status: int, code: str, message: str, param: str | None) -> Refusal:
        """Return Bedrock's error."""
        return error(status, code, message)

    def stream(self, asked: Asked) -> None:
        """Nothing streams here."""


def _read_invocation(collector: Collector, invocation: dict[str, Any], model: str) -> None:
    """Collect what stands in base64. It is judged and never edited: a mask becomes a block."""
    try:
        tree = read(a2b_base64(invocation["body"].encode(), strict_mode=True))
    except (KeyError, AttributeError, UnicodeEncodeError, Error, BadInput):
        raise BadInput(
            "body must be JSON in base64.", code="invalid_value", param="input.invokeModel.body"
        ) from None
    if not isinstance(tree, dict):
        raise BadInput("body must hold an object.", code="invalid_type", param="input.invokeModel.body")
    inner = Collector(Direction.PROMPT)
    read_body(inner, tree, model)
    for segment in inner.segments:
        collector.text(
            segment.text, _BODY + segment.pointer, segment.role, segment.kind,
            name=segment.name, encoded=segment.encoded, editable=False,
        )  # fmt: skip
    for part in inner.unjudged:
        collector.skip(_BODY + part.pointer, part.reason)
    collector.members(invocation, "/input/invokeModel", Role.SYSTEM, skip=frozenset(("body",)))
