"""Content parts and reasoning of chat messages, as OpenAI and those who speak its language write them.

Sources: `openai.types.chat`; `mistralai.client.models` (``ContentChunk`` and its kinds); the API
references of vLLM (``audio_url``, ``video_url``), OpenRouter (``reasoning_details``) and LiteLLM
(``thinking_blocks``).
"""

import re
from collections.abc import Container
from typing import Any

from ..pointer import step
from ..types import Kind, Role
from .collect import Collector

ENCRYPTED = "encrypted reasoning"
"""Why reasoning that only its provider can read was not judged."""

_TEXTS = {"text": Kind.TEXT, "refusal": Kind.REFUSAL}
_MEDIA = {
    "image_url": "image",
    "input_audio": "audio",
    "audio_url": "audio",
    "file": "file",
    "document_url": "file",
    "tool_file": "file",
    "video_url": "video",
}
_POINTING = frozenset(("reference", "tool_reference", "resource_link"))
"""Parts that name something elsewhere: all their texts can be read."""
_AROUND_MEDIA = frozenset(("data", "file_data", "detail", "format"))
_THOUGHTS = ("thinking", "text", "summary")
_THOUGHT_TYPES = (
    "thinking", "redacted_thinking", "reasoning.text", "reasoning.summary", "reasoning.encrypted",
)  # fmt: skip
_SEALED = frozenset(("data",))
_BASE64 = re.compile(r"[A-Za-z0-9+/=_\-\r\n]+")


def plain_type(value: dict[str, Any], known: Container[str]) -> tuple[str, ...]:
    """Return the member ``type``, to be left out where it says what everybody knows."""
    kind = value.get("type")
    return ("type",) if isinstance(kind, str) and kind in known else ()


def read_content(collector: Collector, content: Any, pointer: str, role: Role) -> None:
    """Collect from a message's content: a text, or a list of parts."""
    if isinstance(content, str):
        collector.text(content, pointer, role)
    elif isinstance(content, list):
        for index, part in enumerate(content):
            read_part(collector, part, f"{pointer}/{index}", role)
    elif content is not None:
        collector.walk(content, pointer, role)


def read_part(collector: Collector, part: Any, pointer: str, role: Role) -> None:
    """Collect from one content part; one of a kind nobody knows is walked and listed as unjudged."""
    if not isinstance(part, dict):
        collector.walk(part, pointer, role, Kind.TEXT)
        return
    kind = part.get("type")
    kind = kind if isinstance(kind, str) else ""
    if kind in _TEXTS and isinstance(part.get(kind), str):
        collector.text(part[kind], step(pointer, kind), role, _TEXTS[kind])
        collector.members(part, pointer, role, skip=frozenset(("type", kind)))
    elif kind in _MEDIA:
        collector.skip(pointer, _MEDIA[kind])
        _read_media(collector, part.get(kind), step(pointer, kind), role)
        collector.members(part, pointer, role, skip=frozenset(("type", kind)))
    elif kind == "thinking":
        read_thoughts(collector, part, pointer, role)
    elif kind == "resource":
        read_part(collector, part.get("content"), f"{pointer}/content", Role.RETRIEVED)
        collector.members(part, pointer, role, skip=frozenset(("type", "content")))
    else:
        if kind not in _POINTING:
            collector.skip(pointer, "unknown part")
        collector.walk(part, pointer, role)


def read_thoughts(collector: Collector, thoughts: Any, pointer: str, role: Role) -> None:
    """Collect from a block of reasoning. One that is signed is judged and never edited."""
    if not isinstance(thoughts, dict):
        collector.walk(thoughts, pointer, role, Kind.REASONING)
        return
    signature = thoughts.get("signature")
    open_to_edits = not signature
    known = {"signature", *plain_type(thoughts, _THOUGHT_TYPES)}
    for key in _THOUGHTS:
        known.add(key)
        for where, text in _texts(collector, thoughts.get(key), step(pointer, key), role):
            collector.text(text, where, role, Kind.REASONING, editable=open_to_edits)
    if isinstance(signature, str):
        collector.text(signature, f"{pointer}/signature", role, editable=False)
    if isinstance(thoughts.get("data"), str):
        collector.skip(pointer, ENCRYPTED)
        known |= _SEALED
    collector.members(thoughts, pointer, role, Kind.REASONING, skip=frozenset(known))


def read_all_thoughts(collector: Collector, value: Any, pointer: str, role: Role) -> None:
    """Collect from a list of blocks of reasoning."""
    if not isinstance(value, list):
        collector.walk(value, pointer, role, Kind.REASONING)
        return
    for index, thoughts in enumerate(value):
        read_thoughts(collector, thoughts, f"{pointer}/{index}", role)


def _texts(collector: Collector, value: Any, pointer: str, role: Role) -> list[tuple[str, str]]:
    """Return places and texts of a thought: one text, or a list of parts; the rest is collected at once."""
    if isinstance(value, str):
        return [(pointer, value)]
    if not isinstance(value, list):
        collector.walk(value, pointer, role, Kind.REASONING)
        return []
    found: list[tuple[str, str]] = []
    for index, part in enumerate(value):
        where = f"{pointer}/{index}"
        if isinstance(part, dict) and isinstance(part.get("text"), str):
            found.append((f"{where}/text", part["text"]))
            known = frozenset(("text", *plain_type(part, _TEXTS)))
            collector.members(part, where, role, Kind.REASONING, skip=known)
        else:
            collector.walk(part, where, role, Kind.REASONING)
    return found


def _read_media(collector: Collector, media: Any, pointer: str, role: Role) -> None:
    """Take the texts around embedded media; the media themselves are listed as unjudged."""
    if isinstance(media, dict):
        skipped = _AROUND_MEDIA | ({"url"} if _embedded(media.get("url")) else set())
        collector.members(media, pointer, role, skip=frozenset(skipped))
    elif not (_embedded(media) or (pointer.endswith("audio") and _encoded(media))):
        collector.walk(media, pointer, role)


def _embedded(value: Any) -> bool:
    return isinstance(value, str) and value[:5].lower() == "data:"


def _encoded(value: Any) -> bool:
    return isinstance(value, str) and _BASE64.fullmatch(value) is not None
