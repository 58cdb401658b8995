"""Gemini's embeddings: ``:embedContent``, ``:batchEmbedContents`` and Vertex AI's ``:predict``.

Never streamed; the answer is numbers. Source: `google.genai.types.EmbedContentResponse`.
"""

from collections.abc import Mapping
from typing import Any

from ..document import Document
from ..errors import BadInput
from ..pointer import step
from ..types import Direction, Kind, Role
from .base import NOTHING_ADDRESSED, Addressed, Asked
from .collect import SHORTEST, Collector
from .gemini_common import asked, embedding_answer, read_object, walked_answer
from .gemini_count import GeminiCount, read_rest
from .gemini_parts import read_content

_PICTURE = "bytesBase64Encoded"


class GeminiEmbed(GeminiCount):
    """The dialect of one content's embedding: it says no as counting does."""

    name = "gemini_embed"

    def parse_request(self, body: bytes, addressed: Addressed = NOTHING_ADDRESSED) -> tuple[Document, Asked]:
        """Read a request. Raises `BadInput`."""
        parsed = read_object(body)
        wanted = asked(parsed.tree, addressed)
        collector = Collector(Direction.PROMPT)
        _read_embedded(collector, parsed.tree, "", "content")
        return collector.document(body, parsed), wanted

    def parse_answer(self, body: bytes) -> tuple[Document, Mapping[str, str]]:
        """Read an answer: vectors hold no text, anything beside them is taken. Raises `BadInput`."""
        return embedding_answer(body, "embedding")


class GeminiEmbedBatch(GeminiCount):
    """The dialect of the embeddings of many contents."""

    name = "gemini_embed_batch"

    def parse_request(self, body: bytes, addressed: Addressed = NOTHING_ADDRESSED) -> tuple[Document, Asked]:
        """Read a request. Raises `BadInput`."""
        parsed = read_object(body)
        tree = parsed.tree
        wanted = asked(tree, addressed)
        requests = tree.get("requests")
        if not isinstance(requests, list) or not requests:
            raise BadInput("requests must be a non-empty list.", code="invalid_type", param="requests")
        collector = Collector(Direction.PROMPT)
        for index, request in enumerate(requests):
            if not isinstance(request, dict):
                raise BadInput(
                    "Each request must be an object.", code="invalid_type", param=f"requests.{index}"
                )
            _read_embedded(collector, request, f"/requests/{index}", f"requests.{index}.content")
        read_rest(collector, tree, "requests")
        return collector.document(body, parsed), wanted

    def parse_answer(self, body: bytes) -> tuple[Document, Mapping[str, str]]:
        """Read an answer: vectors hold no text, anything beside them is taken. Raises `BadInput`."""
        return embedding_answer(body, "embeddings")


class VertexPredict(GeminiCount):
    """The dialect of Vertex AI's predictions: instances go in, predictions come out."""

    name = "vertex_predict"

    def parse_request(self, body: bytes, addressed: Addressed = NOTHING_ADDRESSED) -> tuple[Document, Asked]:
        """Read a request: every string of an instance is the user's. Raises `BadInput`."""
        parsed = read_object(body)
        tree = parsed.tree
        wanted = asked(tree, addressed)
        instances = tree.get("instances")
        if not isinstance(instances, list) or not instances:
            raise BadInput("instances must be a non-empty list.", code="invalid_type", param="instances")
        collector = Collector(Direction.PROMPT)
        _read_instances(collector, instances, "/instances")
        read_rest(collector, tree, "instances")
        return collector.document(body, parsed), wanted

    def parse_answer(self, body: bytes) -> tuple[Document, Mapping[str, str]]:
        """Read an answer: whatever strings it holds are judged. Raises `BadInput`."""
        return walked_answer(body)


def _read_embedded(collector: Collector, request: Mapping[str, Any], pointer: str, param: str) -> None:
    read_content(collector, request.get("content"), f"{pointer}/content", param)
    collector.members(dict(request), pointer, Role.SYSTEM, skip=frozenset(("content",)))


def _read_instances(collector: Collector, value: Any, pointer: str) -> None:
    """Collect the texts of instances; pictures in them are listed as unjudged."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            _read_instances(collector, item, f"{pointer}/{index}")
    elif isinstance(value, dict):
        if isinstance(value.get(_PICTURE), str):
            collector.skip(pointer, "image")
        for key, item in value.items():
            if key != _PICTURE:
                collector.text(key if len(key) >= SHORTEST else "", pointer, Role.USER, editable=False)
                _read_instances(collector, item, step(pointer, key))
    else:
        collector.walk(value, pointer, Role.USER, Kind.TEXT)
