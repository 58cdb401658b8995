"""Gemini's counting: ``:countTokens`` and ``:computeTokens``. Never streamed; the answer is numbers.

Source: `google.genai.types.CountTokensResponse` and `ComputeTokensResponse`.
"""

from collections.abc import Mapping
from typing import Any

from ..document import Document
from ..errors import BadInput
from ..types import Direction, Refusal, Role
from .base import NOTHING_ADDRESSED, Addressed, Asked
from .collect import Collector
from .gemini import read_request
from .gemini_common import asked, error, read_object, spelled, walked_answer


class GeminiCount:
    """The dialect of counting tokens: the texts are those of a request that generates content."""

    name = "gemini_count"
    turns = ""

    def parse_request(self, body: bytes, addressed: Addressed = NOTHING_ADDRESSED) -> tuple[Document, Asked]:
        """Read a request: contents, or all of what would generate content. Raises `BadInput`."""
        parsed = read_object(body)
        tree = parsed.tree
        wanted = asked(tree, addressed)
        collector = Collector(Direction.PROMPT)
        key, inner = spelled(tree, "generateContentRequest")
        if inner is None:
            read_request(collector, tree, "")
        elif isinstance(inner, dict):
            read_request(collector, inner, f"/{key}")
            read_rest(collector, tree, key)
        else:
            raise BadInput(f"{key} must be an object.", code="invalid_type", param=key)
        return collector.document(body, parsed), wanted

    def parse_answer(self, body: bytes) -> tuple[Document, Mapping[str, str]]:
        """Read an answer: whatever strings it holds are judged. Raises `BadInput`."""
        return walked_answer(body)

    def refuse(self, asked: Asked, text: str, original: Any = None) -> Refusal:
        """Say no. A number cannot: the answer is an error whatever the policy's style."""
        return error(400, "content_filter", text)

    def error(self, status: int, code: str, message: str, param: str | None) -> Refusal:
        """Return Google's error envelope."""
        return error(status, code, message, param)

    def stream(self, asked: Asked) -> None:
        """Numbers do not stream."""
        return


def read_rest(collector: Collector, tree: Mapping[str, Any], *read: str) -> None:
    """Collect from the members of a request that nobody has read: they are the caller's."""
    collector.members(dict(tree), "", Role.SYSTEM, skip=frozenset(read))
