"""Lines of JSON: the requests of a batch, and what became of them.

Source: OpenAI's reference of the Batch API, "The input file" and "The output file".
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from ..document import NO_VALUES, Document
from ..errors import BadInput
from ..json_read import Parsed, parse
from ..json_text import dump
from ..types import Direction, Edit, Role, Segment, Unjudged
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


def asked_line(body: bytes, parsed: Parsed) -> Document:
    """Read one line of a file that is sent.

    Raises `BadInput`: it is a request of a batch that nobody can judge.
    """
    collector, tree = Collector(Direction.PROMPT), parsed.tree
    if not (isinstance(tree, dict) and tree.keys() >= _REQUEST):
        collector.walk(tree, "", Role.USER)
        return collector.document(body, parsed)
    url = tree["url"]
    dialect = _ASKED.get(url) if isinstance(url, str) else None
    if dialect is None:
        raise BadInput("A line of the batch asks for what is not judged.", code="unknown_batch_url")
    request, _ = dialect.parse_request(dump(tree["body"]))
    collector.members(tree, "", Role.SYSTEM, skip=_BODY)
    return _around(collector.document(body, parsed), "/body", request)


def answered_lines(body: bytes) -> tuple[Document, Mapping[str, str]]:
    """Read lines of a file that comes back. Raises `BadInput` for a line that is no JSON."""
    segments: list[Segment] = []
    collector = Collector(Direction.ANSWER)
    repeats: dict[str, str] = {}
    for number, line in enumerate(body.splitlines()):
        if not line.strip():
            continue
        found, listed = _answered_line(line)
        segments += [segment._replace(pointer=f"/{number}{segment.pointer}") for segment in found.segments]
        for part in found.unjudged:
            collector.skip(f"/{number}{part.pointer}", part.reason)
        repeats |= {f"/{number}{pointer}": f"/{number}{text}" for pointer, text in listed.items()}
    return Lines(body, None, tuple(segments), tuple(collector.unjudged)), repeats


def _answered_line(line: bytes) -> tuple[Document, Mapping[str, str]]:
    collector, parsed = Collector(Direction.ANSWER), parse(line)
    tree = parsed.tree
    response = tree.get("response") if isinstance(tree, dict) else None
    body = response.get("body") if isinstance(response, dict) else None
    if not (isinstance(tree, dict) and isinstance(response, dict) and isinstance(body, dict)):
        collector.walk(tree, "", Role.ASSISTANT)
        return collector.document(line, parsed), {}
    dialect = _CHAT if "choices" in body else _RESPONSES
    answer, repeats = dialect.parse_answer(dump(body))
    collector.members(tree, "", Role.ASSISTANT, skip=_RESPONSE)
    collector.members(response, "/response", Role.ASSISTANT, skip=_BODY)
    root = "/response/body"
    listed = {f"{root}{pointer}": f"{root}{text}" for pointer, text in repeats.items()}
    return _around(collector.document(line, parsed), root, answer), listed


def _around(line: Document, root: str, inner: Document) -> Document:
    """Return a line with what was read of the payload that stands at `root` of it."""
    segments = [segment._replace(pointer=f"{root}{segment.pointer}") for segment in inner.segments]
    unjudged = [Unjudged(f"{root}{part.pointer}", part.reason) for part in inner.unjudged]
    return Document(line.body, line.tree, (*segments, *line.segments), tuple(unjudged), line.compact)


def _line_of(pointer: str) -> tuple[int, str]:
    number, slash, rest = pointer[1:].partition("/")
    return int(number), slash + rest
