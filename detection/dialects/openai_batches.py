"""Lines of JSON: the requests of a batch, and what became of them.

Source: OpenAI's reference of the Batch API, "The input file" and "The output file".
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from ..document import NO_VALUES, Document
from ..errors import BadInput
from ..json_read import parse
from ..json_text import dump
from ..types import Direction, Edit, Role, Segment
from .base import Dialect
from .collect import Collector
from .openai_chat import OpenAIChat
from .openai_completions import OpenAICompletions
from .openai_embeddings import OpenAIEmbeddings
from .openai_media import OpenAIImages
from .openai_moderations import OpenAIModerations
from .openai_responses import OpenAIResponses

_CHAT, _RESPONSES = OpenAIChat(), OpenAIResponses()
_ASKED: Mapping[str, Dialect] = {
    "/v1/chat/completions": _CHAT,
    "/v1/completions": OpenAICompletions(),
    "/v1/embeddings": OpenAIEmbeddings(),
    "/v1/moderations": OpenAIModerations(),
    "/v1/responses": _RESPONSES,
    "/v1/images/generations": OpenAIImages(),
    "/v1/images/edits": OpenAIImages(),
}
_REQUEST = {"url", "body"}
_BODY = frozenset(("body",))
_RESPONSE = frozenset(("response",))


class Lines(Document):
    """Lines of JSON. A pointer begins with the number of its line, from 0."""

    __slots__ = ()

    def render(self, edits: Iterable[Edit], values: Mapping[str, str] = NO_VALUES) -> bytes:
        """Return the lines with the edits applied."""
        wanted: dict[int, list[Edit]] = defaultdict(list)
        for edit in edits:
            number, rest = _line_of(edit.pointer)
            wanted[number].append(Edit(rest, edit.span, edit.text))
        changed: dict[int, dict[str, str]] = defaultdict(dict)
        for pointer, value in values.items():
            number, rest = _line_of(pointer)
            changed[number][rest] = value
        lines = self.body.splitlines(keepends=True)
        for number in wanted.keys() | changed.keys():
            line = lines[number]
            told = line.rstrip(b"\r\n")
            tree, compact = parse(told)
            document = Document(told, tree, (), compact=compact)
            lines[number] = document.render(wanted[number], changed[number]) + line[len(told) :]
        return b"".join(lines)


def asked_line(tree: Any) -> tuple[Segment, ...]:
    """Return the texts of one line of a file that is sent.

    Raises `BadInput`: it is a request of a batch that nobody can judge.
    """
    collector = Collector(Direction.PROMPT)
    if not (isinstance(tree, dict) and tree.keys() >= _REQUEST):
        collector.walk(tree, "", Role.USER)
        return tuple(collector.segments)
    url = tree["url"]
    dialect = _ASKED.get(url) if isinstance(url, str) else None
    if dialect is None:
        raise BadInput("A line of the batch asks for what is not judged.", code="unknown_batch_url")
    document, _ = dialect.parse_request(dump(tree["body"]))
    collector.members(tree, "", Role.SYSTEM, skip=_BODY)
    return (*_below("/body", document), *collector.segments)


def answered_lines(body: bytes) -> tuple[Document, Mapping[str, str]]:
    """Read lines of a file that comes back. Raises `BadInput` for a line that is no JSON."""
    segments: list[Segment] = []
    repeats: dict[str, str] = {}
    for number, line in enumerate(body.splitlines()):
        if not line.strip():
            continue
        found, listed = _answered_line(parse(line).tree)
        segments += [segment._replace(pointer=f"/{number}{segment.pointer}") for segment in found]
        repeats |= {f"/{number}{pointer}": f"/{number}{text}" for pointer, text in listed.items()}
    return Lines(body, None, tuple(segments)), repeats


def _answered_line(tree: Any) -> tuple[tuple[Segment, ...], Mapping[str, str]]:
    collector = Collector(Direction.ANSWER)
    response = tree.get("response") if isinstance(tree, dict) else None
    body = response.get("body") if isinstance(response, dict) else None
    if not (isinstance(tree, dict) and isinstance(response, dict) and isinstance(body, dict)):
        collector.walk(tree, "", Role.ASSISTANT)
        return tuple(collector.segments), {}
    dialect = _CHAT if "choices" in body else _RESPONSES
    document, repeats = dialect.parse_answer(dump(body))
    collector.members(tree, "", Role.ASSISTANT, skip=_RESPONSE)
    collector.members(response, "/response", Role.ASSISTANT, skip=_BODY)
    root = "/response/body"
    listed = {f"{root}{pointer}": f"{root}{text}" for pointer, text in repeats.items()}
    return (*_below(root, document), *collector.segments), listed


def _below(root: str, document: Document) -> list[Segment]:
    return [segment._replace(pointer=f"{root}{segment.pointer}") for segment in document.segments]


def _line_of(pointer: str) -> tuple[int, str]:
    number, slash, rest = pointer[1:].partition("/")
    return int(number), slash + rest
