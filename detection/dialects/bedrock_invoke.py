"""Bedrock's InvokeModel: ``POST /model/{modelId}/invoke`` and ``/invoke-with-response-stream``.

The body is that of the model's own provider. Anthropic's says so (``anthropic_version``), Nova's is
Converse's, many others speak like OpenAI's chat; the rest is read text by text. Streamed answers carry
the provider's frames in base64, in the messages of Amazon's event stream.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from ..document import Document
from ..framing.aws_event_stream import CONTENT_TYPE
from ..json_read import parse, read
from ..json_text import dump
from ..types import Direction, Refusal, Role
from .anthropic import Anthropic
from .base import NOTHING_ADDRESSED, Addressed, Asked, StreamShape
from .bedrock_bodies import read_body, read_texts
from .bedrock_common import asked, error
from .bedrock_converse import BedrockConverse
from .bedrock_invoke_stream import FRAMING, InvokeStream, reframed
from .bedrock_model_stream import ACTION, ModelStream
from .bedrock_own import OWN
from .collect import Collector
from .openai_chat import OpenAIChat
from .openai_common import read_object

_ANTHROPIC, _CHAT, _CONVERSE = Anthropic(), OpenAIChat(), BedrockConverse()
_REFUSED = 400


@dataclass(slots=True, unsafe_hash=True)
class InvokeAsked(Asked):
    """What a request asks for, and in whose format: ``anthropic``, ``converse``, ``chat`` or its own."""

    form: str = ""


class _Native(Protocol):
    """What a dialect does for bodies of its format."""

    def parse_answer(self, body: bytes) -> tuple[Document, Mapping[str, str]]: ...

    def refuse(self, asked: Asked, text: str, original: Any = None) -> Refusal: ...

    def stream(self, asked: Asked) -> StreamShape: ...


_NATIVE: dict[str, _Native] = {"anthropic": _ANTHROPIC, "chat": _CHAT, "converse": _CONVERSE}


class BedrockInvoke:
    """The dialect of InvokeModel."""

    name = "bedrock_invoke"
    turns = "messages"

    def parse_request(self, body: bytes, addressed: Addressed = NOTHING_ADDRESSED) -> tuple[Document, Asked]:
        """Read a request. Raises `BadInput`."""
        parsed = read_object(body)
        wanted = asked(addressed)
        collector = Collector(Direction.PROMPT)
        form = read_body(collector, parsed.tree, wanted.model)
        collector.control(parsed.tree.get("model"), "", "model", Role.SYSTEM)  # the address names another
        return collector.document(body, parsed), InvokeAsked(wanted.model, wanted.stream, form=form)

    def parse_answer(self, body: bytes) -> tuple[Document, Mapping[str, str]]:
        """Read an answer by the shape it has."""
        parsed = parse(body)
        tree = parsed.tree if isinstance(parsed.tree, dict) else {}
        if isinstance(tree.get("output"), dict):
            return _CONVERSE.parse_answer(body)
        if isinstance(tree.get("choices"), list):
            return _CHAT.parse_answer(body)
        if tree.get("type") == "message":
            return _ANTHROPIC.parse_answer(body)
        collector = Collector(Direction.ANSWER)
        read_texts(collector, parsed.tree, "", Role.ASSISTANT)
        return collector.document(body, parsed), {}

    def refuse(self, asked: Asked, text: str, original: Any = None) -> Refusal:
        """Say no in the format of the request; where none is known for that, with an error."""
        form = asked.form if isinstance(asked, InvokeAsked) else ""
        native = _NATIVE.get(form)
        streamed = asked.stream and original is None
        if native is not None:
            refusal = native.refuse(asked, text, original)
            if streamed:
                body = reframed(refusal.body, native.stream(asked).framing)
                return replace(refusal, body=body, content_type=CONTENT_TYPE)
            return replace(refusal, body=dump({**read(refusal.body), **ACTION}))
        own = OWN.get(form)
        if own is None:
            return error(_REFUSED, "content_filter", text)
        if streamed:
            return Refusal(200, FRAMING.write({**own.frame(text), **ACTION}), CONTENT_TYPE, retry=False)
        return Refusal(200, dump({**own.body(text), **ACTION}), retry=False)

    def error(self, status: int, code: str, message: str, param: str | None) -> Refusal:
        """Return Bedrock's error."""
        return error(status, code, message)

    def stream(self, asked: Asked) -> InvokeStream:
        """Return the shape of the model's own frames."""
        native = _NATIVE.get(asked.form) if isinstance(asked, InvokeAsked) else None
        return InvokeStream(native.stream(asked) if native is not None else ModelStream())
