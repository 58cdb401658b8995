"""Content chunks of Mistral's streams: pieces of a text, pieces of a thought, or something whole.

Source: `ContentChunk` and `OutputContentChunks` of the official ``mistralai`` package.
"""

from typing import Any, NamedTuple

from ..types import Kind, Role
from .collect import Collector
from .openai_parts import read_part


class Grown(NamedTuple):
    """The next piece of a text: where it stands in a frame, what it is, and what kind of text grows."""

    pointer: str
    text: str
    kind: Kind


def read_chunk(collector: Collector, chunk: Any, pointer: str) -> list[Grown]:
    """Return the pieces of text in a chunk; all else is collected: it comes whole."""
    kind = chunk.get("type") if isinstance(chunk, dict) else None
    if kind == "text" and isinstance(chunk.get("text"), str):
        collector.members(chunk, pointer, Role.ASSISTANT, skip=frozenset(("type", "text")))
        return [Grown(f"{pointer}/text", chunk["text"], Kind.TEXT)]
    if kind == "thinking" and isinstance(chunk.get("thinking"), str | list):
        collector.members(chunk, pointer, Role.ASSISTANT, skip=frozenset(("type", "thinking")))
        return _thoughts(collector, chunk["thinking"], f"{pointer}/thinking")
    read_part(collector, chunk, pointer, Role.ASSISTANT)
    return []


def written(kind: Kind, text: str) -> Any:
    """Return a chunk that holds a piece of text."""
    said = {"type": "text", "text": text}
    return {"type": "thinking", "thinking": [said]} if kind is Kind.REASONING else said


def _thoughts(collector: Collector, thoughts: Any, pointer: str) -> list[Grown]:
    if isinstance(thoughts, str):
        return [Grown(pointer, thoughts, Kind.REASONING)]
    found: list[Grown] = []
    for index, part in enumerate(thoughts):
        found += [
            piece._replace(kind=Kind.REASONING) for piece in _part(collector, part, f"{pointer}/{index}")
        ]
    return found


def _part(collector: Collector, part: Any, pointer: str) -> list[Grown]:
    """Return the piece of text in a part of a thought, which holds no thoughts itself."""
    if isinstance(part, dict) and part.get("type") == "text":
        return read_chunk(collector, part, pointer)
    read_part(collector, part, pointer, Role.ASSISTANT)
    return []
