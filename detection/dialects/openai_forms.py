"""OpenAI's requests that bring a file along: pictures to edit, sounds to write down, files to keep.

A form's fields are judged. A file that holds text is judged, too: line by line, and a line that is a
request of a batch as such a request. Source: `openai.types.image_edit_params`,
`openai.types.audio.transcription_create_params`, `openai.types.file_create_params` of the official package.
"""

from collections.abc import Mapping
from typing import Any

from ..document import Document
from ..errors import BadInput
from ..json_read import Parsed
from ..types import Direction, Kind, Role, Segment
from .base import NOTHING_ADDRESSED, Addressed, Asked
from .collect import Collector
from .openai_batches import answered_lines, asked_line
from .openai_common import read_object
from .openai_media import DEFAULT_IMAGE_MODEL, OpenAIImages
from .plain_answer import plain_answer

_ROLES = {"prompt": Role.USER, "input": Role.USER, "instructions": Role.SYSTEM}
_FILES = frozenset(
    ("file", "image", "image[]", "images[]", "mask", "markup", "data", "audio", "audio_sample")
)
_NAMES = ("id", "input_file_id", "output_file_id", "error_file_id")


class OpenAIForms(OpenAIImages):
    """The dialect of forms whose files are pictures or sounds."""

    name = "openai_forms"
    default_model = DEFAULT_IMAGE_MODEL
    reads_files = False
    """Whether files may hold text that somebody will read."""

    def parse_request(self, body: bytes, addressed: Addressed = NOTHING_ADDRESSED) -> tuple[Document, Asked]:
        """Refuse: such requests are forms. Raises `BadInput`."""
        raise BadInput("The body must be a form (multipart/form-data).", code="invalid_form")

    def parse_answer(self, body: bytes) -> tuple[Document, Mapping[str, str]]:
        """Read an answer: pictures, a transcript as JSON or as a text."""
        if body.lstrip()[:1] in (b"{", b"["):
            return super().parse_answer(body)
        return plain_answer(body, Role.ASSISTANT), {}

    def asked(self, fields: Mapping[str, str], addressed: Addressed) -> Asked:
        """Return what a form asks for by its fields."""
        model = addressed.model or fields.get("model") or self.default_model
        return Asked(model, fields.get("stream", "").lower() in ("true", "1"))

    def is_file(self, name: str) -> bool:
        """Say whether a part of that name may be a file."""
        return name in _FILES

    def field(self, name: str, text: str) -> tuple[Segment, ...]:
        """Return the texts of a field, at empty pointers."""
        role = _ROLES.get(name, Role.SYSTEM)
        kind = Kind.TEXT if name in _ROLES else Kind.OTHER
        return (Segment(text, "", role, kind, Direction.PROMPT, name=name),)

    def line(self, body: bytes, parsed: Parsed) -> Document:
        """Read a line of a file that is JSON; see `asked_line`."""
        return asked_line(body, parsed)


class OpenAIFiles(OpenAIForms):
    """The dialect of files that the provider keeps: ``POST /v1/files`` and what it answers."""

    name = "openai_files"
    default_model = ""
    reads_files = True

    def parse_request(self, body: bytes, addressed: Addressed = NOTHING_ADDRESSED) -> tuple[Document, Asked]:
        """Read a request about a file or a batch, which may have no body. Raises `BadInput`."""
        kept = (addressed.kept,) if addressed.kept else ()
        if not body:
            return Document(body, None, ()), Asked(continues=kept)
        parsed = read_object(body)
        collector = Collector(Direction.PROMPT)
        collector.members(parsed.tree, "", Role.USER)
        file = parsed.tree.get("input_file_id")
        return collector.document(body, parsed), Asked(
            continues=(*kept, file) if isinstance(file, str) else kept
        )

    def named(self, tree: Any) -> tuple[str, ...]:
        """Return the name of a file; those of a batch's files, whose answers belong to its requests."""
        if not isinstance(tree, dict) or tree.get("object") not in ("file", "batch"):
            return ()
        names = (tree.get(name) for name in _NAMES)
        return tuple(name for name in names if isinstance(name, str))

    def parse_answer(self, body: bytes) -> tuple[Document, Mapping[str, str]]:
        """Read an answer: an object, lines of JSON, a text, or what cannot be read. Raises `BadInput`."""
        try:
            return plain_answer(body), {}
        except BadInput:
            return answered_lines(body)
