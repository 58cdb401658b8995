"""Mistral's kinds of chat that OpenAI has not: fill in the middle, and agents.

``POST /v1/fim/completions`` and ``POST /v1/agents/completions``. Source: `FIMCompletionRequest` and
`AgentsCompletionRequest` of the official ``mistralai`` package; both answer as a chat does.
``/v1/chat/completions`` itself is read by `openai_chat`, which knows Mistral's content parts.
"""

from typing import Any

from ..document import Document
from ..errors import BadInput
from ..types import Direction, Refusal, Role
from .base import NOTHING_ADDRESSED, Addressed, Asked
from .collect import Collector
from .mistral_common import asked_of_agent, error
from .openai_chat import OpenAIChat
from .openai_common import asked, read_object

_READ = frozenset(("model", "prompt", "suffix"))


class MistralAgents(OpenAIChat):
    """Chat with a configured agent, who stands in the model's place."""

    name = "mistral_agents"
    _asked = staticmethod(asked_of_agent)

    def error(self, status: int, code: str, message: str, param: str | None) -> Refusal:
        """Return Mistral's error envelope."""
        return error(status, code, message, param)


class MistralFim(OpenAIChat):
    """Fill in the middle: the caller's text before and behind what is to be written."""

    name = "mistral_fim"
    turns = ""

    def parse_request(self, body: bytes, addressed: Addressed = NOTHING_ADDRESSED) -> tuple[Document, Asked]:
        """Read a request. Raises `BadInput`."""
        parsed = read_object(body)
        tree: dict[str, Any] = parsed.tree
        wanted = asked(tree)
        collector = Collector(Direction.PROMPT)
        for name, kinds in (("prompt", str), ("suffix", str | None)):
            if not isinstance(tree.get(name), kinds):
                raise BadInput(f"{name} must be a text.", code="invalid_type", param=name)
            collector.text(tree.get(name) or "", f"/{name}", Role.USER)
        known = _READ | {"random_seed"} if isinstance(tree.get("random_seed"), int) else _READ
        collector.members(tree, "", Role.SYSTEM, skip=known)
        return collector.document(body, parsed), wanted

    def error(self, status: int, code: str, message: str, param: str | None) -> Refusal:
        """Return Mistral's error envelope."""
        return error(status, code, message, param)
