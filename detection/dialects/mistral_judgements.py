"""Mistral's judgements about texts and conversations. Never streamed; answers are categories and numbers.

``POST /v1/chat/moderations``, ``/v1/chat/classifications``, ``/v1/classifications``. Source:
`ChatModerationRequest`, `ChatClassificationRequest` and `ClassificationRequest` of the official
``mistralai`` package. ``/v1/moderations`` is read by `openai_moderations`.
"""

from typing import Any

from ..document import Document
from ..errors import BadInput
from ..types import Direction, Refusal, Role
from .base import NOTHING_ADDRESSED, Addressed, Asked
from .collect import Collector
from .mistral_common import error
from .openai_chat import read_message
from .openai_common import asked, read_object
from .openai_moderations import OpenAIModerations

_READ = frozenset(("model", "input"))
_DEEPEST = 4


class MistralJudgements(OpenAIModerations):
    """The dialect of judgements about texts, messages and whole conversations."""

    name = "mistral_judgements"

    def parse_request(self, body: bytes, addressed: Addressed = NOTHING_ADDRESSED) -> tuple[Document, Asked]:
        """Read a request. Raises `BadInput`."""
        parsed = read_object(body)
        tree = parsed.tree
        wanted = asked({**tree, "stream": None, "n": None})
        collector = Collector(Direction.PROMPT)
        if not isinstance(tree.get("input"), str | list | dict):
            raise BadInput("input must be a text, a list or an object.", code="invalid_type", param="input")
        _read_input(collector, tree["input"], "/input")
        collector.members(tree, "", Role.SYSTEM, skip=_READ)
        return collector.document(body, parsed), wanted

    def refuse(self, asked: Asked, text: str, original: Any = None) -> Refusal:
        """Say no. A judgement cannot: the answer is an error whatever the policy's style."""
        return error(400, "content_filter", text)

    def error(self, status: int, code: str, message: str, param: str | None) -> Refusal:
        """Return Mistral's error envelope."""
        return error(status, code, message, param)


def _read_input(collector: Collector, value: Any, pointer: str, depth: int = 0) -> None:
    """Collect a text, a message, a conversation, or a list of them."""
    if isinstance(value, list) and depth < _DEEPEST:
        for index, item in enumerate(value):
            _read_input(collector, item, f"{pointer}/{index}", depth + 1)
    elif isinstance(value, dict) and isinstance(value.get("messages"), list):
        for index, message in enumerate(value["messages"]):
            read_message(collector, message, f"{pointer}/messages/{index}")
        collector.members(value, pointer, Role.SYSTEM, skip=frozenset(("messages",)))
    elif isinstance(value, dict) and "role" in value:
        read_message(collector, value, pointer)
    else:
        collector.walk(value, pointer, Role.USER)
