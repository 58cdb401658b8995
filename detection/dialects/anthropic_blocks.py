"""The content blocks of Anthropic's messages: the same in requests, answers and streams.

Source: type definitions of the official ``anthropic`` package (`ContentBlockParam`, `ContentBlock` and the
beta ones). A block says by its ``type`` what it is; what nobody knows yet is taken text by text.
"""

from collections.abc import Callable
from typing import Any

from ..pointer import step
from ..types import Kind, Role
from .collect import CONTROL, SHORTEST, Collector
from .openai_parts import ENCRYPTED

_TEXT = frozenset(("type", "text", "citations"))
_SOURCE = frozenset(("source",))
_DOCUMENT = frozenset(("type", "source", "title", "context"))
_SEARCH_RESULT = frozenset(("type", "source", "title", "content"))
_CALL = frozenset(("type", "name", "input"))
_CONTENT = frozenset(("type", "content"))
_NOTHING: frozenset[str] = frozenset()
_TYPE = frozenset(("type",))
_DATA = frozenset(("type", "data", "media_type"))
_SIGNED = {"thinking": Kind.REASONING, "signature": Kind.OTHER}
_SEALED = frozenset(("encrypted_content", "encrypted_index", "encrypted_stdout"))
_CALLS = frozenset(("tool_use", "server_tool_use", "mcp_tool_use"))
_RESULTS = frozenset(
    (
        "tool_result", "mcp_tool_result", "web_search_tool_result", "web_search_result",
        "web_fetch_tool_result", "web_fetch_result", "code_execution_tool_result", "code_execution_result",
        "bash_code_execution_tool_result", "bash_code_execution_result", "tool_search_tool_result",
        "text_editor_code_execution_tool_result", "tool_search_tool_search_result",
    )
)  # fmt: skip
_NAMES = frozenset(
    (
        "cache_control", "tool_use_id", "server_name", "is_error", "web_search_result", "return_code",
        "content", "file_id", "caller", "page_age", "retrieved_at", "citations", "cited_text",
        "document_index", "document_title", "start_char_index", "end_char_index", "start_page_number",
        "end_page_number",
        "start_block_index", "end_block_index", "search_result_index", "media_type",
    )
) | _SEALED  # fmt: skip
"""Members every client knows: nobody's words."""

type _Reader = Callable[[Collector, dict[str, Any], str, Role], None]


def read_content(collector: Collector, content: Any, pointer: str, role: Role) -> None:
    """Collect from a content: a text, or a list of blocks."""
    if isinstance(content, str):
        collector.text(content, pointer, role)
    elif isinstance(content, list):
        for index, block in enumerate(content):
            read_block(collector, block, f"{pointer}/{index}", role)
    elif isinstance(content, dict):
        read_block(collector, content, pointer, role)
    elif content is not None:
        collector.walk(content, pointer, role)


def read_block(collector: Collector, block: Any, pointer: str, role: Role) -> None:
    """Collect from one block."""
    if not isinstance(block, dict):
        collector.walk(block, pointer, role, Kind.TEXT)
        return
    kind = block.get("type")
    kind = kind if isinstance(kind, str) else ""
    reader = _READERS.get(kind)
    if reader is None:
        reader = _like(kind)
        if reader is not _read_unknown:
            collector.text(kind, f"{pointer}/type", role, Kind.OTHER, editable=False)
    reader(collector, block, pointer, role)


def _like(kind: str) -> _Reader:
    """Return what reads a block whose type nobody knows, by what it ends in."""
    if kind.endswith("tool_use"):
        return _read_call
    return _read_result if kind.endswith(("_result", "_result_error")) else _read_unknown


def _read_text(collector: Collector, block: dict[str, Any], pointer: str, role: Role) -> None:
    text = block.get("text")
    if isinstance(text, str):
        collector.text(text, f"{pointer}/text", role)
        if len(block) == 2:  # a type and a text: most blocks
            return
    else:
        collector.walk(text, f"{pointer}/text", role, Kind.TEXT)
    if block.get("citations") is not None:
        read_fields(collector, block["citations"], f"{pointer}/citations", Role.RETRIEVED)
    _rest(collector, block, pointer, role, _TEXT)


def _read_image(collector: Collector, block: dict[str, Any], pointer: str, role: Role) -> None:
    collector.skip(pointer, "image")
    _read_source(collector, block.get("source"), f"{pointer}/source", role)
    _rest(collector, block, pointer, role, _TYPE | _SOURCE)


def _read_document(collector: Collector, block: dict[str, Any], pointer: str, role: Role) -> None:
    for name in ("title", "context"):
        collector.walk(block.get(name), f"{pointer}/{name}", Role.RETRIEVED, Kind.TEXT)
    source = block.get("source")
    if isinstance(source, dict) and source.get("type") == "content":
        read_content(collector, source.get("content"), f"{pointer}/source/content", Role.RETRIEVED)
        _rest(collector, source, f"{pointer}/source", role, _CONTENT)
    elif isinstance(source, dict) and source.get("type") == "text":
        collector.walk(source.get("data"), f"{pointer}/source/data", Role.RETRIEVED, Kind.TEXT)
        _rest(collector, source, f"{pointer}/source", role, _DATA)
    else:
        collector.skip(pointer, "file")
        _read_source(collector, source, f"{pointer}/source", role)
    _rest(collector, block, pointer, role, _DOCUMENT)


def _read_source(collector: Collector, source: Any, pointer: str, role: Role) -> None:
    """Take what names a medium; embedded data are no text."""
    if isinstance(source, dict):
        embedded = source.get("type") == "base64" and isinstance(source.get("data"), str)
        _rest(collector, source, pointer, role, _DATA if embedded else _TYPE)
    else:
        collector.walk(source, pointer, role)


def _read_search_result(collector: Collector, block: dict[str, Any], pointer: str, role: Role) -> None:
    for name in ("title", "source"):
        collector.walk(block.get(name), f"{pointer}/{name}", Role.RETRIEVED, Kind.TEXT)
    read_content(collector, block.get("content"), f"{pointer}/content", Role.RETRIEVED)
    _rest(collector, block, pointer, role, _SEARCH_RESULT)


def _read_thinking(collector: Collector, block: dict[str, Any], pointer: str, role: Role) -> None:
    """Take reasoning, which is signed: an edit would make the provider refuse it."""
    for name, kind in _SIGNED.items():
        value = block.get(name)
        if isinstance(value, str):
            collector.text(value, f"{pointer}/{name}", role, kind, editable=False)
        else:
            collector.walk(value, f"{pointer}/{name}", role, kind)
    _rest(collector, block, pointer, role, _TYPE | _SIGNED.keys())


def _read_sealed(collector: Collector, block: dict[str, Any], pointer: str, role: Role) -> None:
    collector.skip(pointer, ENCRYPTED)
    sealed = isinstance(block.get("data"), str)
    _rest(collector, block, pointer, role, _TYPE | {"data"} if sealed else _TYPE)


def _read_call(collector: Collector, block: dict[str, Any], pointer: str, role: Role) -> None:
    name = block.get("name")
    collector.walk(name, f"{pointer}/name", role, Kind.NAME)
    tool = name if isinstance(name, str) else ""
    collector.walk(block.get("input"), f"{pointer}/input", role, Kind.ARGUMENTS, name=tool)
    _rest(collector, block, pointer, role, _CALL)


def _read_result(collector: Collector, block: dict[str, Any], pointer: str, role: Role) -> None:
    """Take what a tool answered, the provider's own tools included."""
    content = block.get("content")
    whose = role if role is Role.RETRIEVED else Role.TOOL
    if isinstance(content, str | list | dict):
        read_content(collector, content, f"{pointer}/content", whose)
    else:
        collector.walk(content, f"{pointer}/content", whose)
    for key, value in block.items():
        if key not in _CONTENT:
            _read_field(collector, key, value, pointer, whose)


def _read_compaction(collector: Collector, block: dict[str, Any], pointer: str, role: Role) -> None:
    """Take a summary of what was said: it goes back to the provider as it is."""
    content = block.get("content")
    if isinstance(content, str):
        collector.text(content, f"{pointer}/content", role, editable=not block.get("signature"))
    else:
        collector.walk(content, f"{pointer}/content", role, Kind.TEXT)
    _rest(collector, block, pointer, role, _CONTENT)


def _read_upload(collector: Collector, block: dict[str, Any], pointer: str, role: Role) -> None:
    collector.skip(pointer, "file")
    _rest(collector, block, pointer, role, _TYPE)


def _read_pointing(collector: Collector, block: dict[str, Any], pointer: str, role: Role) -> None:
    """Take a block that names something elsewhere: all its texts can be read."""
    _rest(collector, block, pointer, role, _TYPE)


def _read_unknown(collector: Collector, block: dict[str, Any], pointer: str, role: Role) -> None:
    if "type" in block:
        collector.skip(pointer, "unknown part")
    read_fields(collector, block, pointer, role)


def _rest(
    collector: Collector, value: dict[str, Any], pointer: str, role: Role, known: frozenset[str] | set[str]
) -> None:
    """Take the members that are not known, and known ones that are not what they should be."""
    for key, item in value.items():
        if key in known:
            if key in CONTROL:
                collector.control(item, pointer, key, role)
        else:
            _read_field(collector, key, item, pointer, role)


def _read_field(collector: Collector, key: str, value: Any, pointer: str, role: Role) -> None:
    where = step(pointer, key)
    if len(key) >= SHORTEST and key not in _NAMES:
        collector.text(key, pointer, role, Kind.OTHER, editable=False)
    if key in _SEALED and isinstance(value, str):
        collector.skip(where, ENCRYPTED)
    elif key == "content":
        read_content(collector, value, where, role)
    else:
        read_fields(collector, value, where, role, key)


def read_fields(collector: Collector, value: Any, pointer: str, role: Role, name: str = "") -> None:
    """Collect every text below a value; what is sealed for the provider is listed as unjudged."""
    if isinstance(value, dict):
        _rest(collector, value, pointer, role, _NOTHING)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            read_fields(collector, item, f"{pointer}/{index}", role, name)
    elif value is not None:
        collector.walk(value, pointer, role, name=name)


_READERS: dict[str, _Reader] = {
    **dict.fromkeys(_CALLS, _read_call),
    **dict.fromkeys(_RESULTS, _read_result),
    "text": _read_text,
    "image": _read_image,
    "document": _read_document,
    "search_result": _read_search_result,
    "thinking": _read_thinking,
    "redacted_thinking": _read_sealed,
    "compaction": _read_compaction,
    "container_upload": _read_upload,
    "tool_reference": _read_pointing,
    "browser_state": _read_pointing,
}
