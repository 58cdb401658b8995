"""OpenAI pictures and speech: what is asked for in words, and the words that come back beside the media.

Media themselves cannot be read: they are listed as unjudged. Requests are JSON here; those that bring
media along come as forms, see `openai_forms`.

Source: `openai.types.image_generate_params`, `openai.types.images_response`, `openai.types.audio` of the
official Python package.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ..document import Document
from ..errors import BadInput
from ..framing.sse import Sse
from ..json_read import parse
from ..pointer import step
from ..types import Direction, Kind, Refusal, Role
from .base import NOTHING_ADDRESSED, Addressed, Asked, Frame, Slot
from .collect import Collector
from .openai_common import asked, error, fault_frame, generic_answer, read_object
from .plain_answer import plain_answer

DEFAULT_IMAGE_MODEL = "dall-e-2"
"""Model of a request for pictures that names none."""

_CONTROL = frozenset(("created", "created_at", "usage", "model", "type", "sequence_number", "obfuscation"))
_MEDIA = {"b64_json": "image", "partial_image_b64": "image", "audio": "audio", "url": "image"}
_READ = frozenset(("model", "prompt", "input", "instructions"))
_NAMES = (
    *(f"image_{what}.{step}" for what in ("generation", "edit") for step in ("partial_image", "completed")),
    *(f"transcript.text.{step}" for step in ("delta", "done", "segment")),
    *(f"speech.audio.{step}" for step in ("delta", "done")),
    "error",
)
_TARGET = "/text"


class OpenAIImages:
    """The dialect of requests for pictures: ``POST /v1/images/generations``."""

    name = "openai_images"
    turns = ""

    def parse_request(self, body: bytes, addressed: Addressed = NOTHING_ADDRESSED) -> tuple[Document, Asked]:
        """Read a request. Raises `BadInput`."""
        parsed = read_object(body)
        tree = parsed.tree
        model = addressed.model or tree.get("model") or DEFAULT_IMAGE_MODEL
        wanted = asked({**tree, "model": model, "n": None})
        collector = Collector(Direction.PROMPT)
        for name, role in (("prompt", Role.USER), ("input", Role.USER), ("instructions", Role.SYSTEM)):
            _read_text(collector, tree.get(name), name, role)
        images = tree.get("images")
        if images is not None:
            collector.skip("/images", "image")
        collector.members(tree, "", Role.SYSTEM, skip=_READ)
        return collector.document(body, parsed), wanted

    def parse_answer(self, body: bytes) -> tuple[Document, Mapping[str, str]]:
        """Read an answer: pictures are unjudged, the words beside them are not."""
        parsed = parse(body)
        tree = parsed.tree
        if not isinstance(tree, dict) or not isinstance(tree.get("data"), list):
            return generic_answer(body, parsed), {}
        collector = Collector(Direction.ANSWER)
        for index, item in enumerate(tree["data"]):
            read_media(collector, item, f"/data/{index}")
        collector.members(tree, "", Role.ASSISTANT, skip=_CONTROL | {"data"})
        return collector.document(body, parsed), {}

    def refuse(self, asked: Asked, text: str, original: Any = None) -> Refusal:
        """Say no. A picture cannot: the answer is an error whatever the policy's style."""
        return error(400, "content_filter", text)

    def error(self, status: int, code: str, message: str, param: str | None) -> Refusal:
        """Return OpenAI's error envelope."""
        return error(status, code, message, param)

    def stream(self, asked: Asked) -> "MediaStream":
        """Return the shape of streamed events."""
        return MediaStream()


class OpenAISpeech(OpenAIImages):
    """The dialect of texts that are to be spoken: ``POST /v1/audio/speech``."""

    name = "openai_speech"

    def parse_request(self, body: bytes, addressed: Addressed = NOTHING_ADDRESSED) -> tuple[Document, Asked]:
        """Read a request. Raises `BadInput`."""
        tree = read_object(body).tree
        asked({**tree, "model": addressed.model or tree.get("model"), "stream": None, "n": None})
        return super().parse_request(body, addressed)

    def parse_answer(self, body: bytes) -> tuple[Document, Mapping[str, str]]:
        """Read an answer that is no sound: an error, most likely."""
        return plain_answer(body), {}


class MediaStream:
    """Reads and writes the events of pictures, speech and transcripts that come piece by piece."""

    framing = Sse(lambda tree: str(tree.get("type", "error")), _NAMES)
    repeating = True

    def read(self, tree: Any, name: str = "") -> Frame:
        """Read one event."""
        collector = Collector(Direction.ANSWER)
        kind = tree.get("type") if isinstance(tree, dict) else None
        if kind == "transcript.text.delta" and isinstance(tree.get("delta"), str):
            collector.members(tree, "", Role.ASSISTANT, skip=_CONTROL | {"delta", "logprobs"})
            slot = Slot(0, _TARGET, "/delta", tree["delta"], Kind.TEXT, role=Role.ASSISTANT)
            tokens = {0: "/logprobs"} if tree.get("logprobs") else None
            return collector.frame((slot,), logprobs=tokens)
        if kind == "transcript.text.done" and isinstance(tree.get("text"), str):
            collector.members(tree, "", Role.ASSISTANT, skip=_CONTROL | {"text", "logprobs"})
            whole = Slot(0, _TARGET, "/text", tree["text"], Kind.TEXT, role=Role.ASSISTANT)
            return collector.frame(ended=(0,), repeats=(whole,))
        read_media(collector, tree, "")
        return collector.frame()

    def carry(self, tree: Any, slot: Slot, text: str, logprobs: Any) -> Any:
        """Return the delta that brings `text`."""
        told = {"logprobs": logprobs} if logprobs else {}
        return {"type": "transcript.text.delta", "delta": text, **told}

    def stop(self, tree: Any, choices: Sequence[int], text: str, opened: Sequence[Slot]) -> list[Any]:
        """End with an error: there is no other word for it."""
        told = {"message": text, "type": "invalid_request_error", "param": None, "code": "content_filter"}
        return [{"type": "error", "error": told}]

    def fault(self, message: str) -> Any:
        """Return OpenAI's error as an event."""
        return {"type": "error", **fault_frame(message)}


def read_media(collector: Collector, value: Any, pointer: str) -> None:
    """Collect the texts of an object with media in it; the media are listed as unjudged."""
    if not isinstance(value, dict):
        collector.walk(value, pointer, Role.ASSISTANT)
        return
    media = {name: what for name, what in _MEDIA.items() if isinstance(value.get(name), str)}
    for name, what in media.items():
        collector.skip(step(pointer, name), what)
    collector.members(value, pointer, Role.ASSISTANT, skip=_CONTROL | media.keys())


def _read_text(collector: Collector, value: Any, name: str, role: Role) -> None:
    if isinstance(value, str):
        collector.text(value, f"/{name}", role)
    elif value is not None:
        raise BadInput(f"{name} must be a text.", code="invalid_type", param=name)
