"""Cohere reranking: ``POST /v1/rerank`` and ``POST /v2/rerank``. Never streamed; the answer is an order.

Source: `rerank` of the official ``cohere`` package, `RerankResponse` and `V2RerankResponse`. Other
servers (vLLM, LiteLLM) take the same request.
"""

from collections.abc import Mapping

from ..document import Document
from ..errors import BadInput
from ..json_read import parse
from ..types import Direction, Kind, Role
from .base import NOTHING_ADDRESSED, Addressed, Asked
from .cohere_common import asked_plainly
from .cohere_embed import CohereEmbed
from .collect import Collector
from .openai_common import generic_answer, read_object

_READ = frozenset(("model", "query", "documents"))
_AROUND = frozenset(("id", "meta", "results"))
_RESULT = frozenset(("index", "relevance_score"))


class CohereRerank(CohereEmbed):
    """The reranking dialect of both versions: it says no as embeddings do."""

    name = "cohere_rerank"

    def parse_request(self, body: bytes, addressed: Addressed = NOTHING_ADDRESSED) -> tuple[Document, Asked]:
        """Read a request: a question, and documents that were found for it. Raises `BadInput`."""
        parsed = read_object(body)
        tree = parsed.tree
        wanted = asked_plainly(tree, named=False)
        if not isinstance(tree.get("documents"), list):
            raise BadInput("documents must be a list.", code="invalid_type", param="documents")
        collector = Collector(Direction.PROMPT)
        collector.walk(tree.get("query"), "/query", Role.USER, Kind.TEXT)
        collector.walk(tree["documents"], "/documents", Role.RETRIEVED, Kind.TEXT)
        collector.members(tree, "", Role.SYSTEM, skip=_READ)
        return collector.document(body, parsed), wanted

    def parse_answer(self, body: bytes) -> tuple[Document, Mapping[str, str]]:
        """Read an answer: documents that are returned with their places."""
        parsed = parse(body)
        tree, collector = parsed.tree, Collector(Direction.ANSWER)
        results = tree.get("results") if isinstance(tree, dict) else None
        if not isinstance(results, list):
            return generic_answer(body, parsed), {}
        for index, result in enumerate(results):
            where = f"/results/{index}"
            if isinstance(result, dict):
                collector.members(result, where, Role.ASSISTANT, Kind.TEXT, skip=_RESULT)
            else:
                collector.walk(result, where, Role.ASSISTANT, Kind.TEXT)
        collector.members(tree, "", Role.ASSISTANT, skip=_AROUND)
        return collector.document(body, parsed), {}
