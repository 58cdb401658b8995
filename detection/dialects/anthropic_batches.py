"""Anthropic's batches of messages: ``/v1/messages/batches`` and their results.

Source: `types.messages.batch_create_params`, `message_batch` and `message_batch_individual_response` of
the official ``anthropic`` package. Each request of a batch is judged as one of its own, and so is each
line of the results. One that is refused refuses all: a batch is bought once.
"""

import re
from collections.abc import Mapping
from typing import Any

from ..document import Document, edit_json
from ..errors import BadInput
from ..json_read import parse
from ..types import Direction, Edit, Refusal, Role, Span
from .anthropic_common import REFUSED, asked, error, read_message, read_request
from .base import NOTHING_ADDRESSED, Addressed, Asked
from .collect import Collector
from .openai_batches import Lines
from .openai_common import generic_answer, read_object

_NAME = re.compile(r"[A-Za-z0-9_-]{1,128}")
_BATCH = frozenset(("requests",))
_REQUEST = frozenset(("params",))
_RESULT = frozenset(("type", "message"))
_LINE = frozenset(("result",))


class AnthropicBatches:
    """The dialect of batches."""

    name = "anthropic_batches"
    turns = ""

    def parse_request(self, body: bytes, addressed: Addressed = NOTHING_ADDRESSED) -> tuple[Document, Asked]:
        """Read a batch, or a request about one, which has no body. Raises `BadInput`."""
        if not body:
            return Document(body, None, ()), Asked()
        parsed = read_object(body)
        requests = parsed.tree.get("requests")
        if not isinstance(requests, list) or not requests:
            raise BadInput("requests must be a non-empty list.", code="invalid_type", param="requests")
        collector = Collector(Direction.PROMPT)
        wanted = [_read(collector, request, index) for index, request in enumerate(requests)]
        collector.members(parsed.tree, "", Role.SYSTEM, skip=_BATCH)
        return collector.document(body, parsed), Asked(wanted[0].model)

    def parse_answer(self, body: bytes) -> tuple[Document, Mapping[str, str]]:
        """Read what is told of a batch, or its results: a line each. Raises `BadInput`."""
        try:
            parsed = parse(body)
        except BadInput:
            return _results(body), {}
        tree = parsed.tree
        if isinstance(tree, dict) and isinstance(tree.get("result"), dict):
            return _results(body), {}
        if isinstance(tree, dict) and isinstance(tree.get("results_url"), str):
            body = _redirected(body, tree)
            parsed = parse(body)
        return generic_answer(body, parsed), {}

    def refuse(self, asked: Asked, text: str, original: Any = None) -> Refusal:
        """Say no with an error: nothing was asked yet, and no line can stand for another."""
        return error(REFUSED, "content_filter", text)

    def error(self, status: int, code: str, message: str, param: str | None) -> Refusal:
        """Return Anthropic's error envelope."""
        return error(status, code, message)

    def stream(self, asked: Asked) -> None:
        """Nothing streams here."""


def _read(collector: Collector, request: Any, index: int) -> Asked:
    where = f"requests.{index}"
    params = request.get("params") if isinstance(request, dict) else None
    if not isinstance(params, dict):
        raise BadInput("Each request must have params.", code="invalid_type", param=where)
    wanted = asked(params, NOTHING_ADDRESSED)
    read_request(collector, params, f"/requests/{index}/params")
    collector.members(request, f"/requests/{index}", Role.SYSTEM, skip=_REQUEST)
    return wanted


def _redirected(body: bytes, tree: dict[str, Any]) -> bytes:
    """Name the results by their path alone: clients would fetch them past us, and send our key there.

    Raises `BadInput`: the batch has no name.
    """
    name = tree.get("id")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise BadInput("The batch has no name.", code="invalid_value", param="id")
    place = Edit("/results_url", Span(0, len(tree["results_url"])), f"/v1/messages/batches/{name}/results")
    return edit_json(body.decode(), [place]).encode()


def _results(body: bytes) -> Document:
    collector = Collector(Direction.ANSWER)
    for number, line in enumerate(body.splitlines()):
        if line.strip():
            _read_result(collector, parse(line).tree, f"/{number}")
    return Lines(body, None, tuple(collector.segments), tuple(collector.unjudged))


def _read_result(collector: Collector, tree: Any, pointer: str) -> None:
    result = tree.get("result") if isinstance(tree, dict) else None
    message = result.get("message") if isinstance(result, dict) else None
    if not (isinstance(tree, dict) and isinstance(result, dict) and isinstance(message, dict)):
        collector.walk(tree, pointer, Role.ASSISTANT)
        return
    read_message(collector, message, f"{pointer}/result/message")
    collector.members(result, f"{pointer}/result", Role.ASSISTANT, skip=_RESULT)
    collector.members(tree, pointer, Role.ASSISTANT, skip=_LINE)
