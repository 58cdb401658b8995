"""The dialects of formats that an app describes by `Fields`: one a kind of body.

Answers are read by what they look like, for an app may answer a form with JSON or JSON with a page.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ..dialects import NOTHING_ADDRESSED, Addressed, Asked, StreamShape
from ..dialects.collect import Collector
from ..dialects.plain_answer import PlainText
from ..document import Document
from ..errors import BadInput
from ..json_read import Parsed, parse
from ..json_text import dump
from ..types import Direction, Kind, Refusal, Segment
from .form_body import FormBody, items_of
from .glance import OwnGlance
from .places import Place, Places
from .spec import Fields
from .stream import OwnStream
from .tree import grown
from .unread import UnreadStream

_NOTHING = Asked()
_NO_REPEATS: Mapping[str, str] = {}
_FILTERED = "content_filter"
_PLAIN = "text/plain; charset=utf-8"


class OwnJson:
    """Requests that are JSON. Implements `Dialect`."""

    name = "fields"
    turns = ""

    def __init__(self, fields: Fields) -> None:
        self.fields = fields
        self._asked, self._answered = fields.asked, fields.answered
        self._in_request, self._in_answer = Places(self._asked), Places(self._answered)
        plain = self._in_request.plain and self._in_answer.plain
        is_json = type(self).parse_request is OwnJson.parse_request
        self.glance = OwnGlance(self._asked, self._answered) if plain and is_json else None

    def parse_request(self, body: bytes, addressed: Addressed = NOTHING_ADDRESSED) -> tuple[Document, Asked]:
        """Read a request. Raises `BadInput`."""
        return _json(body, self._in_request, Direction.PROMPT), _NOTHING

    def parse_answer(self, body: bytes) -> tuple[Document, Mapping[str, str]]:
        """Read an answer: JSON, or else a text. Raises `BadInput` for JSON that is ambiguous."""
        try:
            return _json(body, self._in_answer, Direction.ANSWER), _NO_REPEATS
        except BadInput:
            if body.lstrip()[:1] in (b"{", b"["):
                raise
            return _text(body, self._answered, Direction.ANSWER), _NO_REPEATS

    def refuse(self, asked: Asked, text: str, original: Any = None) -> Refusal:
        """Say no with the status that the app chose."""
        said = self.fields.says
        if self.fields.blocked == 200 and said is not None:
            return Refusal(200, dump(grown(None, said.steps, text)), retry=False)
        return self.error(self.fields.blocked, _FILTERED, text, None)

    def error(self, status: int, code: str, message: str, param: str | None) -> Refusal:
        """Return an error as many frameworks write it: with its text in ``detail``."""
        body = {"detail": message, "code": code}
        if param:
            body["param"] = param
        return Refusal(status, dump(body), retry=code != _FILTERED)

    def stream(self, asked: Asked) -> StreamShape | None:
        """Return the shape of a streamed answer; None where nobody said which texts grow."""
        if self.fields.answer is None:
            return UnreadStream()
        return OwnStream(self.fields) if self.fields.grows else None


class OwnText(OwnJson):
    """Requests that are plain texts."""

    def parse_request(self, body: bytes, addressed: Addressed = NOTHING_ADDRESSED) -> tuple[Document, Asked]:
        """Read a request. Raises `BadInput` for one that is not in UTF-8."""
        document = _text(body, self._asked, Direction.PROMPT)
        if document.unjudged:
            raise BadInput("The body is not in UTF-8.", code="invalid_encoding")
        return document, _NOTHING

    def error(self, status: int, code: str, message: str, param: str | None) -> Refusal:
        """Return an error as a text."""
        return Refusal(status, message.encode(), _PLAIN, retry=code != _FILTERED)

    def refuse(self, asked: Asked, text: str, original: Any = None) -> Refusal:
        """Say no with the status that the app chose."""
        return self.error(self.fields.blocked, _FILTERED, text, None)


class OwnForm(OwnText):
    """Requests that are forms of either encoding, or the query of an address."""

    reads_files = False
    """Files are listed as unjudged: an app's files are pictures more often than texts."""

    def parse_request(self, body: bytes, addressed: Addressed = NOTHING_ADDRESSED) -> tuple[Document, Asked]:
        """Read a form in one line (``application/x-www-form-urlencoded``). Raises `BadInput`."""
        collector = Collector(Direction.PROMPT)
        items = items_of(body)
        for index, (name, value) in enumerate(items):
            for segment in self.field(name, value):
                collector.text(value, f"/{index}", segment.role, name=name)
        return FormBody(body, items, tuple(collector.segments)), _NOTHING

    def asked(self, fields: Mapping[str, str], addressed: Addressed) -> Asked:
        """A form of an app's own asks for nothing that we know."""
        return _NOTHING

    def is_file(self, name: str) -> bool:
        """Any part with a file's name is a file."""
        return True

    def field(self, name: str, text: str) -> tuple[Segment, ...]:
        """Return the text of a field, at an empty pointer, if it is one that is judged."""
        for place in self._asked:
            if place.steps in ((), (name,)):
                return (Segment(text, "", place.role, Kind.TEXT, Direction.PROMPT, name=name),)
        return ()

    def line(self, body: bytes, parsed: Parsed) -> Document:
        """Files are not read. Raises `BadInput`."""
        raise BadInput("Files are not read.", code="invalid_form")


def _json(body: bytes, places: Places, direction: Direction) -> Document:
    parsed = parse(body)
    collector = Collector(direction)
    for place, pointer, value in places.found_in(parsed.tree):
        collector.walk(value, pointer, place.role, Kind.TEXT, name=place.name)
    # only an object is remembered by its bytes
    compact = parsed.compact and isinstance(parsed.tree, dict)
    return Document(body, parsed.tree, tuple(collector.segments), tuple(collector.unjudged), compact)


def _text(body: bytes, places: Sequence[Place], direction: Direction) -> Document:
    collector = Collector(direction)
    try:
        if places:
            collector.text(body.decode(), "", places[0].role)
    except UnicodeDecodeError:
        collector.skip("", "file")
    return PlainText(body, None, tuple(collector.segments), tuple(collector.unjudged))
