"""The content blocks of Bedrock's Converse: the same in requests and answers.

Source: the service model of ``bedrock-runtime`` in botocore. A block is an object with one member,
which says what it is.
"""

from typing import Any

from ..pointer import step
from ..types import Kind, Role
from .collect import SHORTEST, Collector

_MEDIA = {"image": "image", "video": "video", "audio": "audio", "document": "file"}
_RETRIEVED = frozenset(("document", "searchResult", "citations"))
_KNOWN = frozenset(
    (
        "text", "source", "content", "context", "qualifiers", "guardContent", "citations", "sourceContent",
        "location", "documentChar", "documentIndex", "documentPage", "documentChunk", "searchResult",
        "searchResultLocation", "searchResultIndex", "s3Location", "bucketOwner", "citationsContent",
        "toolUseId", "toolAddition", "toolRemoval", "serverName", "cachePoint", "signature", "reasoningText",
    )
)  # fmt: skip
"""Members every client knows: nobody's words."""


def read_blocks(collector: Collector, content: Any, pointer: str, role: Role) -> None:
    """Collect the texts of a message's content, whatever shape it has."""
    if not isinstance(content, list):
        collector.walk(content, pointer, role)
        return
    for index, block in enumerate(content):
        where = f"{pointer}/{index}"
        if not isinstance(block, dict):
            collector.walk(block, where, role)
            continue
        for key, value in block.items():
            read_block(collector, key, value, step(where, key), role)


def read_block(collector: Collector, key: str, value: Any, pointer: str, role: Role) -> None:
    """Collect the texts of one member of a block."""
    if key == "text" and isinstance(value, str):
        collector.text(value, pointer, role)
    elif key == "toolUse" and isinstance(value, dict):
        _read_call(collector, value, pointer, role)
    elif key == "toolResult" and isinstance(value, dict):
        _read_result(collector, value, pointer)
    elif key == "reasoningContent" and isinstance(value, dict):
        _read_reasoning(collector, value, pointer, role)
    else:
        _note_key(collector, key, pointer, role)
        whose = Role.RETRIEVED if key in _RETRIEVED else role
        read_parts(collector, value, pointer, whose, media=_MEDIA.get(key, ""))


def read_parts(collector: Collector, value: Any, pointer: str, role: Role, *, media: str = "") -> None:
    """Collect every text below a value; embedded and referred media are listed as unjudged."""
    if isinstance(value, dict):
        for key, item in value.items():
            where = step(pointer, key)
            _note_key(collector, key, pointer, role)
            kind = _MEDIA.get(key, media)
            if kind and key == "bytes" and isinstance(item, str):
                collector.skip(where, kind)
                continue
            if kind and key == "s3Location":
                collector.skip(where, kind)
            whose = Role.RETRIEVED if key in _RETRIEVED else role
            read_parts(collector, item, where, whose, media=kind)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            read_parts(collector, item, f"{pointer}/{index}", role, media=media)
    else:
        collector.walk(value, pointer, role, Kind.TEXT, name=pointer.rpartition("/")[2])


def _read_call(collector: Collector, call: dict[str, Any], pointer: str, role: Role) -> None:
    name = call.get("name")
    if isinstance(name, str):
        collector.text(name, f"{pointer}/name", role, Kind.NAME)
    else:
        collector.walk(name, f"{pointer}/name", role)
    tool = name if isinstance(name, str) else ""
    collector.walk(call.get("input"), f"{pointer}/input", role, Kind.ARGUMENTS, name=tool)
    collector.members(call, pointer, role, skip=frozenset(("name", "input")))


def _read_result(collector: Collector, result: dict[str, Any], pointer: str) -> None:
    content = result.get("content")
    read_blocks(collector, content, f"{pointer}/content", Role.TOOL)
    collector.members(result, pointer, Role.TOOL, skip=frozenset(("content",)))


def _read_reasoning(collector: Collector, reasoning: dict[str, Any], pointer: str, role: Role) -> None:
    """Collect reasoning, which is signed: an edit would make the provider refuse it."""
    for key, value in reasoning.items():
        where = step(pointer, key)
        if key == "redactedContent" and isinstance(value, str):
            collector.skip(where, "encrypted reasoning")
        elif key == "reasoningText" and isinstance(value, dict):
            for name, item in value.items():
                _note_key(collector, name, where, role)
                kind = Kind.REASONING if name == "text" else Kind.OTHER
                _signed(collector, item, step(where, name), role, kind)
        else:
            _note_key(collector, key, pointer, role)
            collector.walk(value, where, role)


def _signed(collector: Collector, value: Any, pointer: str, role: Role, kind: Kind) -> None:
    if isinstance(value, str):
        collector.text(value, pointer, role, kind, editable=False)
    else:
        collector.walk(value, pointer, role, kind)


def _note_key(collector: Collector, key: str, pointer: str, role: Role) -> None:
    if len(key) >= SHORTEST and key not in _KNOWN:
        collector.text(key, pointer, role, Kind.OTHER, editable=False)
