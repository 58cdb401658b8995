"""Mistral's reading of documents: ``POST /v1/ocr``. Never streamed.

Source: `OCRRequest` and `OCRResponse` of the official ``mistralai`` package. The document is a file,
listed as unjudged; what was read in it is judged in the answer.
"""

from collections.abc import Mapping
from typing import Any

from ..document import Document
from ..errors import BadInput
from ..json_read import parse
from ..types import Direction, Kind, Refusal, Role
from .base import NOTHING_ADDRESSED, Addressed, Asked
from .collect import Collector
from .mistral_common import error
from .openai_common import asked, generic_answer, read_object
from .openai_parts import read_part

_READ = frozenset(("model", "document"))
_ANSWER = frozenset(("pages", "model", "usage_info"))
_PARTS = ("images", "tables", "blocks")
_SCORES = ("confidence_scores", "word_confidence_scores")
_IMAGE = frozenset(("image_base64", *_SCORES))
_HIDDEN = _IMAGE.union(("dimensions", "index"), _PARTS)
_DEFAULT = "mistral-ocr-latest"


class MistralOcr:
    """The dialect of documents that are read."""

    name = "mistral_ocr"
    turns = ""

    def parse_request(self, body: bytes, addressed: Addressed = NOTHING_ADDRESSED) -> tuple[Document, Asked]:
        """Read a request; the provider chooses the model where none is named. Raises `BadInput`."""
        parsed = read_object(body)
        tree = parsed.tree
        named = {"model": tree.get("model") or _DEFAULT}
        collector = Collector(Direction.PROMPT)
        if not isinstance(tree.get("document"), dict):
            raise BadInput("document must be an object.", code="invalid_type", param="document")
        read_part(collector, tree["document"], "/document", Role.RETRIEVED)
        collector.members(tree, "", Role.SYSTEM, skip=_READ)
        return collector.document(body, parsed), asked(named)

    def parse_answer(self, body: bytes) -> tuple[Document, Mapping[str, str]]:
        """Read an answer: the pages' texts, tables and annotations; pictures cannot be read.

        Lists of scores are nulled when something on their page changes.
        """
        parsed = parse(body)
        tree, collector = parsed.tree, Collector(Direction.ANSWER)
        pages = tree.get("pages") if isinstance(tree, dict) else None
        if not isinstance(pages, list):
            return generic_answer(body, parsed), {}
        repeats: dict[str, str] = {}
        for index, page in enumerate(pages):
            repeats |= _read_page(collector, page, f"/pages/{index}")
        collector.members(tree, "", Role.ASSISTANT, Kind.TEXT, skip=_ANSWER)
        return collector.document(body, parsed), repeats

    def refuse(self, asked: Asked, text: str, original: Any = None) -> Refusal:
        """Say no. Pages cannot: the answer is an error whatever the policy's style."""
        return error(400, "content_filter", text)

    def error(self, status: int, code: str, message: str, param: str | None) -> Refusal:
        """Return Mistral's error envelope."""
        return error(status, code, message, param)

    def stream(self, asked: Asked) -> None:
        """Documents are not streamed."""
        return


def _read_page(collector: Collector, page: Any, pointer: str) -> dict[str, str]:
    """Collect from a page; return the lists of scores in it, which spell its words again, with its prefix."""
    repeats: dict[str, str] = {}
    for where, part in [(pointer, page), *_parts(page, pointer)]:
        if not isinstance(part, dict):
            collector.walk(part, where, Role.ASSISTANT, Kind.TEXT)
            continue
        repeats |= {f"{where}/{name}": f"{pointer}/" for name in _SCORES if part.get(name) is not None}
        if part.get("image_base64"):
            collector.skip(where, "image")
        collector.members(part, where, Role.ASSISTANT, Kind.TEXT, skip=_HIDDEN if part is page else _IMAGE)
    return repeats


def _parts(page: Any, pointer: str) -> list[tuple[str, Any]]:
    """Return the parts of a page with their places."""
    held = [(name, page.get(name)) for name in _PARTS] if isinstance(page, dict) else []
    return [
        (where, part)
        for name, parts in held
        for where, part in (
            [(f"{pointer}/{name}/{index}", part) for index, part in enumerate(parts)]
            if isinstance(parts, list)
            else [(f"{pointer}/{name}", parts)]
        )
    ]
