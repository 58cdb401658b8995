"""Answers that need not be JSON: a text is judged as a whole, what is no text cannot be read."""

from collections.abc import Iterable, Mapping

from ..document import NO_VALUES, Document, by_pointer, edited
from ..errors import BadInput
from ..json_read import parse
from ..types import Direction, Edit, Kind, Role
from .collect import Collector
from .openai_common import generic_answer


class PlainText(Document):
    """A body that is one text; its only segment has an empty pointer."""

    __slots__ = ()

    def render(self, edits: Iterable[Edit], values: Mapping[str, str] = NO_VALUES) -> bytes:
        """Return the text with the edits applied."""
        wanted = by_pointer(edits)
        return edited(self.body.decode(), wanted.get("", [])).encode()


def plain_answer(body: bytes, role: Role = Role.ASSISTANT) -> Document:
    """Read an answer that is JSON, a text or neither. Raises `BadInput` for JSON that is ambiguous."""
    try:
        return generic_answer(body, parse(body))
    except BadInput:
        if body.lstrip()[:1] in (b"{", b"["):
            raise
        return _text(body, role)


def _text(body: bytes, role: Role) -> Document:
    collector = Collector(Direction.ANSWER)
    try:
        collector.text(body.decode(), "", role, Kind.TEXT)
    except UnicodeDecodeError:
        collector.skip("", "file")
    return PlainText(body, None, tuple(collector.segments), tuple(collector.unjudged))
