"""The guard of forms: part by part, in bounded memory however large a file is.

Fields are judged when they are whole. A file that somebody will read is judged as it goes by: lines of JSON
one by one, other lines some together. What cannot be read is listed as unjudged and passes as it came.
"""

import codecs
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from .dialects import Addressed, Asked
from .document import Document, by_pointer, edited
from .errors import BadInput
from .framing.multipart import Begin, Content, MultipartParser, Piece
from .json_read import Parsed, parse
from .types import Direction, Edit, Kind, Role, Segment, Unjudged

LONGEST_FIELD = 1024 * 1024
LONGEST_LINE = 4 * 1024 * 1024
WINDOW = 64 * 1024
"""Bytes of a text that are judged together."""

_LOOK = 1024
_MOST_LISTED = 100
"""Parts of one form that are listed as unjudged."""
_MEDIA = ("image", "audio", "video")

type Judge = Callable[[Sequence[Sequence[Segment]]], list[list[Edit]] | None]
"""Judges the texts of some payloads, each for itself; returns the edits of each, or None for a block."""


class Line(NamedTuple):
    """A line of a file that is JSON, and what ends it."""

    document: Document
    end: bytes


class FormDialect(Protocol):
    """A dialect whose requests are forms."""

    reads_files: bool

    def asked(self, fields: Mapping[str, str], addressed: Addressed) -> Asked:
        """Return what a form asks for by its fields."""
        ...

    def is_file(self, name: str) -> bool:
        """Say whether a part of that name that names a file is one; others are fields that say so."""
        ...

    def field(self, name: str, text: str) -> tuple[Segment, ...]:
        """Return the texts of a field, at empty pointers."""
        ...

    def line(self, body: bytes, parsed: Parsed) -> Document:
        """Read a line of a file that is JSON. Raises `BadInput`."""
        ...


class FormGuard:
    """Judges one form.

    Args:
        dialect: knows the fields.
        boundary: of the form, see `framing.multipart.boundary_of`.
        judge: judges texts.

    Attributes:
        fields: the fields that there were, after edits.
        unjudged: what was not looked at.
        blocked: whether something stands in it that must not pass; nothing more is released then.
    """

    def __init__(self, dialect: FormDialect, boundary: bytes, judge: Judge):
        self._dialect = dialect
        self._judge = judge
        self._parser = MultipartParser(boundary)
        self._name = ""
        self._field: bytearray | None = None
        self._file: _File | None = None
        self.fields: dict[str, str] = {}
        self.unjudged: list[Unjudged] = []
        self.blocked = False

    def feed(self, chunk: bytes) -> bytes:
        """Take the next bytes of the form; return what may pass. Raises `BadInput`."""
        out: list[bytes] = []
        for piece in self._parser.feed(chunk):
            if self.blocked:
                return b""
            out.append(self._piece(piece))
        return b"" if self.blocked else b"".join(out)

    def close(self) -> bytes:
        """Note that nothing more comes; return the rest. Raises `BadInput`."""
        return b"" if self.blocked else self._parser.close()

    def _piece(self, piece: Piece) -> bytes:
        if isinstance(piece, Content):
            return self._content(piece.raw)
        ended = self._part_ended()
        if isinstance(piece, Begin):
            self._begin(piece)
        return ended + piece.raw

    def _begin(self, part: Begin) -> None:
        self._name = part.name
        told = [Segment(part.name, "", Role.USER, Kind.OTHER, Direction.PROMPT, editable=False)]
        if part.filename is None or not self._dialect.is_file(part.name):
            self._field = bytearray()
        else:
            kind = part.content_type.partition("/")[0]
            if self._dialect.reads_files:
                self._file = _File(self._judged, self._read_line, self._lines)
            else:
                self.unjudged.append(Unjudged("/file", kind if kind in _MEDIA else "file"))
        if part.filename:
            told.append(told[0]._replace(text=part.filename))
        if self._judge([told]) is None:
            self.blocked = True

    def _content(self, raw: bytes) -> bytes:
        if self._file is not None:
            return self._file.feed(raw)
        if self._field is None:
            return raw
        self._field += raw
        if len(self._field) > LONGEST_FIELD:
            raise BadInput("A field of the form is too long.", code="invalid_form")
        return b""

    def _part_ended(self) -> bytes:
        file, self._file = self._file, None
        field, self._field = self._field, None
        if file is not None:
            rest = file.close()
            if file.unread:
                self.unjudged.append(Unjudged("/file", "file"))
            return rest
        if field is None:
            return b""
        try:
            text = field.decode()
        except UnicodeDecodeError:
            raise BadInput("A field of the form is not in UTF-8.", code="invalid_form") from None
        judged = self._judged(text, self._dialect.field(self._name, text))
        self.fields[self._name] = judged
        return judged.encode()

    def _judged(self, text: str, segments: Sequence[Segment]) -> str:
        """Return a text after its edits."""
        found = self._judge([segments]) if segments else [[]]
        if found is None:
            self.blocked = True
            return ""
        edits = found[0]
        return edited(text, by_pointer(edits).get("", [])) if edits else text

    def _read_line(self, line: bytes) -> Line:
        """Read a line of JSON. Raises `BadInput`."""
        body = line.rstrip(b"\r\n")
        document = self._dialect.line(body, parse(body))
        for part in document.unjudged:
            self._note(Unjudged(f"/file{part.pointer}", part.reason))
        return Line(document, line[len(body) :])

    def _note(self, part: Unjudged) -> None:
        """List a part that nobody can read; beyond `_MOST_LISTED` the first for each reason."""
        listed = self.unjudged
        if part not in listed and (
            len(listed) < _MOST_LISTED or all(part.reason != other.reason for other in listed)
        ):
            listed.append(part)

    def _lines(self, lines: Sequence[Line]) -> bytes:
        """Judge lines of JSON; return what may pass."""
        found = self._judge([line.document.segments for line in lines])
        if found is None:
            self.blocked = True
            return b""
        return b"".join(
            [line.document.render(edits) + line.end for line, edits in zip(lines, found, strict=True)]
        )


class _File:
    """One file going by. `unread`: it, or its rest, is no text."""

    def __init__(
        self,
        judge: Callable[[str, Sequence[Segment]], str],
        read_line: Callable[[bytes], Line],
        judge_lines: Callable[[Sequence[Line]], bytes],
    ):
        self._judge = judge
        self._read_line = read_line
        self._judge_lines = judge_lines
        self._waiting: list[Line] = []
        self._waits = 0
        self._pending = bytearray()
        self._window = bytearray()
        self._begun = False
        self.unread = False

    def feed(self, raw: bytes) -> bytes:
        """Take the next bytes; return what may pass. Raises `BadInput`."""
        if self.unread:
            return raw
        self._pending += raw
        complete = b"\n" in raw or b"\r" in raw
        if not self._begun:
            is_text = self._begin(final=False)
            if is_text is None:
                return b""
            if not is_text:
                return self._given_up()
            complete = True
        # A line that comes in crumbs is not looked at again with each of them.
        out = self._lines() if complete else b""
        if len(self._pending) > LONGEST_LINE:
            raise BadInput("A line of the file is too long to be judged.", code="line_too_long")
        return out

    def _lines(self) -> bytes:
        """Judge the lines that are whole; return what may pass."""
        lines = self._pending.splitlines(keepends=True)
        self._pending = lines.pop() if lines and not lines[-1].endswith(b"\n") else bytearray()
        return b"".join([self._take(bytes(line)) for line in lines])

    def close(self) -> bytes:
        """Judge and return what is left. Raises `BadInput`."""
        if self.unread:
            return self._given_up()
        if not self._begun and not self._begin(final=True):
            return self._given_up()
        told = b"".join([self._take(bytes(line)) for line in self._pending.splitlines(keepends=True)])
        return told + self._flush()

    def _begin(self, *, final: bool) -> bool | None:
        """Say whether the beginning is that of a text; None while that is not known."""
        if len(self._pending) < _LOOK and not final:
            return None
        beginning = bytes(self._pending[:_LOOK])
        self._begun = b"\0" not in beginning and _is_text(beginning)
        self.unread = not self._begun
        return self._begun

    def _given_up(self) -> bytes:
        rest, self._pending = bytes(self._pending), bytearray()
        return rest

    def _take(self, line: bytes) -> bytes:
        if self.unread:
            return line
        if line.lstrip()[:1] in (b"{", b"["):
            return self._flush_text() + self._json(line)
        told = self._flush_lines()
        self._window += line
        return told + (self._flush_text() if len(self._window) >= WINDOW else b"")

    def _json(self, line: bytes) -> bytes:
        """Keep a line of JSON until some can be judged at once."""
        if self.unread:
            return line
        try:
            read = self._read_line(line)
        except BadInput as fault:
            told = self._flush_lines()
            if fault.code != _NOT_JSON:
                raise
            return told + self._text(line)
        self._waiting.append(read)
        self._waits += len(line)
        return self._flush_lines() if self._waits >= WINDOW else b""

    def _flush(self) -> bytes:
        return self._flush_lines() + self._flush_text()

    def _flush_lines(self) -> bytes:
        """Judge the lines of JSON that wait; no text waits then."""
        lines, self._waiting, self._waits = self._waiting, [], 0
        return self._judge_lines(lines) if lines else b""

    def _flush_text(self) -> bytes:
        """Judge the text that waits; no line of JSON waits then."""
        window, self._window = bytes(self._window), bytearray()
        return self._text(window) if window else b""

    def _text(self, window: bytes) -> bytes:
        try:
            text = window.decode()
        except UnicodeDecodeError:
            self.unread = True
            return window
        segment = Segment(text, "", Role.USER, Kind.TEXT, Direction.PROMPT)
        return self._judge(text, (segment,)).encode()


_NOT_JSON = "invalid_json"
"""Code of what is no JSON, though it begins like it: a text."""


def _is_text(beginning: bytes) -> bool:
    """Say whether bytes are the beginning of a text in UTF-8; a character may be cut at their end."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(beginning)
    except UnicodeDecodeError:
        return False
    return True
