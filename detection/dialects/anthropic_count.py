"""Anthropic's count of tokens: ``POST /v1/messages/count_tokens``.

Source: `types.message_count_tokens_params` of the official ``anthropic`` package. The body is that of
messages, and is as confidential.
"""

from collections.abc import Mapping
from typing import Any

from ..document import Document
from ..json_read import parse
from ..types import Refusal
from .anthropic import Anthropic
from .anthropic_common import REFUSED, error
from .base import Asked
from .openai_common import generic_answer


class AnthropicCount(Anthropic):
    """The dialect of counts."""

    name = "anthropic_count"

    def parse_answer(self, body: bytes) -> tuple[Document, Mapping[str, str]]:
        """Read a count or an error."""
        return generic_answer(body, parse(body)), {}

    def refuse(self, asked: Asked, text: str, original: Any = None) -> Refusal:
        """Say no with an error: a count holds no words."""
        return error(REFUSED, "content_filter", text)
