"""Bedrock's guardrails by themselves: ``POST /guardrail/{id}/version/{version}/apply``.

Source: the service model of ``bedrock-runtime`` in botocore. A text is handed to somebody else's guard;
it is judged here first, as what it is there: input or output of a model.
"""

from collections.abc import Mapping
from typing import Any

from ..document import Document
from ..json_read import parse
from ..json_text import dump
from ..types import Direction, Refusal, Role
from .base import NOTHING_ADDRESSED, Addressed, Asked
from .bedrock_blocks import read_blocks, read_parts
from .bedrock_common import error
from .collect import Collector
from .openai_common import read_object

_COUNTED = frozenset(("usage", "guardrailCoverage"))
_UNITS = (
    "topicPolicyUnits",
    "contentPolicyUnits",
    "wordPolicyUnits",
    "sensitiveInformationPolicyUnits",
    "sensitiveInformationPolicyFreeUnits",
    "contextualGroundingPolicyUnits",
)


class BedrockGuardrail:
    """The dialect of ApplyGuardrail."""

    name = "bedrock_guardrail"
    turns = ""

    def parse_request(self, body: bytes, addressed: Addressed = NOTHING_ADDRESSED) -> tuple[Document, Asked]:
        """Read a request. Raises `BadInput`."""
        parsed = read_object(body)
        tree, collector = parsed.tree, Collector(Direction.PROMPT)
        role = Role.ASSISTANT if tree.get("source") == "OUTPUT" else Role.USER
        read_blocks(collector, tree.get("content"), "/content", role)
        collector.members(tree, "", Role.SYSTEM, skip=frozenset(("content",)))
        return collector.document(body, parsed), Asked()

    def parse_answer(self, body: bytes) -> tuple[Document, Mapping[str, str]]:
        """Read an assessment, which quotes what it found, or an error."""
        parsed = parse(body)
        tree, collector = parsed.tree, Collector(Direction.ANSWER)
        if isinstance(tree, dict):
            tree = {key: value for key, value in tree.items() if key not in _COUNTED}
        read_parts(collector, tree, "", Role.ASSISTANT)
        return collector.document(body, parsed), {}

    def refuse(self, asked: Asked, text: str, original: Any = None) -> Refusal:
        """Answer as a guardrail that intervened."""
        body = {
            "usage": dict.fromkeys(_UNITS, 0),
            "action": "GUARDRAIL_INTERVENED",
            "outputs": [{"text": text}],
            "assessments": [],
        }
        return Refusal(200, dump(body), retry=False)

    def error(self, status: int, code: str, message: str, param: str | None) -> Refusal:
        """Return Bedrock's error."""
        return error(status, code, message)

    def stream(self, asked: Asked) -> None:
        """Nothing streams here."""
