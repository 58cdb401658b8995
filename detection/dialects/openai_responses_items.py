"""The items of OpenAI's Responses and Conversations: messages, calls, results, reasoning.

A table says which members of an item hold texts and whose they are; all else is walked. Opaque members
(pictures, encrypted reasoning) are listed as unjudged.

Source: `openai.types.responses` of the official Python package (`ResponseInputItem`, `ResponseOutputItem`).
"""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from typing import Any

from ..errors import BadInput
from ..pointer import step
from ..types import Kind, Role
from .collect import Collector

ENCRYPTED = "encrypted reasoning"
"""Why reasoning that only its provider can read was not judged."""
HISTORY = "history"
"""Why a part that is named, but kept by the provider, was not judged again."""

_ROLES = {
    "system": Role.SYSTEM,
    "developer": Role.SYSTEM,
    "user": Role.USER,
    "assistant": Role.ASSISTANT,
    "tool": Role.TOOL,
}
_TEXT_PARTS = {
    "input_text": ("text", Kind.TEXT),
    "output_text": ("text", Kind.TEXT),
    "text": ("text", Kind.TEXT),
    "summary_text": ("text", Kind.REASONING),
    "reasoning_text": ("text", Kind.REASONING),
    "refusal": ("refusal", Kind.REFUSAL),
}
_MEDIA_PARTS = {
    "input_image": "image",
    "computer_screenshot": "image",
    "image": "image",
    "input_file": "file",
    "input_audio": "audio",
    "output_audio": "audio",
}
_OPAQUE = frozenset(("data", "file_data", "detail", "format"))
_ADDRESSES = ("image_url", "url", "file_url")
_MESSAGE = frozenset(("type", "role", "content"))
_LETTERS = re.compile(r"[A-Za-z0-9+/_=\s-]{64,}")
"""Shorter texts are read: nothing that is encrypted is so short."""

type _Reader = Callable[["Items", Any, str, str], None]


class Items:
    """Reads items into a collector.

    Args:
        collector: takes the texts.
        strict: items are a client's: what has no meaning is refused. Else all is taken as it comes.

    Attributes:
        repeats: pointers of token lists, each with the pointer of the text it repeats.
    """

    __slots__ = ("collector", "repeats", "strict")

    def __init__(self, collector: Collector, *, strict: bool):
        self.collector = collector
        self.strict = strict
        self.repeats: dict[str, str] = {}

    def read(self, items: list[Any], pointer: str) -> None:
        """Collect the texts of a list of items. Raises `BadInput` where that is strict."""
        for index, item in enumerate(items):
            self.item(item, f"{pointer}/{index}")

    def item(self, item: Any, pointer: str) -> None:
        """Collect the texts of one item. Raises `BadInput` where that is strict."""
        if not isinstance(item, dict):
            self._refuse(pointer, "Each item must be an object.")
            self.collector.walk(item, pointer, Role.ASSISTANT)
            return
        kind = item.get("type")
        if "role" in item and kind in (None, "message"):
            self._message(item, pointer)
        elif isinstance(kind, str) and kind in _MEMBERS:
            self._known(item, pointer, _MEMBERS[kind])
        elif kind in (None, "item_reference") and isinstance(item.get("id"), str):
            self.collector.skip(pointer, HISTORY)
            self.collector.members(item, pointer, Role.USER)
        else:
            self.collector.skip(pointer, "unknown part")
            self.collector.walk(item, pointer, Role.TOOL)

    def content(self, content: Any, pointer: str, role: Role, kind: Kind = Kind.TEXT) -> None:
        """Collect a text, or parts."""
        if isinstance(content, str):
            self.collector.text(content, pointer, role, kind)
        elif isinstance(content, list):
            for index, part in enumerate(content):
                self.part(part, f"{pointer}/{index}", role, kind)
        elif isinstance(content, dict):
            self.part(content, pointer, role, kind)
        elif content is not None:
            self.collector.walk(content, pointer, role, kind)

    def part(self, part: Any, pointer: str, role: Role, kind: Kind = Kind.TEXT) -> None:
        """Collect the texts of a part; what it embeds is listed as unjudged."""
        if not isinstance(part, dict):
            self.collector.walk(part, pointer, role, kind)
            return
        name = part.get("type")
        name = name if isinstance(name, str) else ""
        if name in _TEXT_PARTS and isinstance(part.get(_TEXT_PARTS[name][0]), str):
            self._text_part(part, pointer, role, *_TEXT_PARTS[name])
        elif name in _MEDIA_PARTS:
            self.collector.skip(pointer, _MEDIA_PARTS[name])
            self._around_media(part, pointer, role)
        else:
            if name not in _PLAIN_PARTS:
                self.collector.skip(pointer, "unknown part")
            self.collector.members(part, pointer, role, kind)

    def _text_part(self, part: dict[str, Any], pointer: str, role: Role, member: str, kind: Kind) -> None:
        where = f"{pointer}/{member}"
        self.collector.text(part[member], where, role, kind)
        if part.get("logprobs"):
            self.repeats[f"{pointer}/logprobs"] = where
        self.collector.members(part, pointer, role, skip=frozenset(("type", member, "logprobs")))

    def _around_media(self, part: dict[str, Any], pointer: str, role: Role) -> None:
        embedded = {name for name in _ADDRESSES if _is_embedded(part.get(name))}
        inner = part.get("input_audio")
        if isinstance(inner, dict):
            self.collector.members(inner, f"{pointer}/input_audio", role, skip=_OPAQUE)
            embedded.add("input_audio")
        self.collector.members(part, pointer, role, skip=_OPAQUE | embedded | {"type"})

    def _message(self, item: dict[str, Any], pointer: str) -> None:
        name = item["role"]
        role = _ROLES.get(name) if isinstance(name, str) else None
        if role is None:
            self._refuse(f"{pointer}/role", "Unknown role.", "invalid_value")
            self.collector.walk(name, f"{pointer}/role", Role.ASSISTANT)
            role = Role.ASSISTANT
        content = item.get("content")
        if not isinstance(content, str | list | None):
            self._refuse(f"{pointer}/content", "content has the wrong type.")
        self.content(content, f"{pointer}/content", role)
        if not item.keys() <= _MESSAGE:
            self.collector.members(item, pointer, role, skip=_MESSAGE)

    def _known(self, item: dict[str, Any], pointer: str, members: Mapping[str, _Reader]) -> None:
        name = item.get("name")
        name = name if isinstance(name, str) else ""
        for member, read in members.items():
            if item.get(member) is not None:
                read(self, item[member], step(pointer, member), name)
        self.collector.members(item, pointer, Role.ASSISTANT, skip=frozenset((*members, "type")))

    def _refuse(self, pointer: str, message: str, code: str = "invalid_type") -> None:
        if self.strict:
            raise BadInput(message, code=code, param=pointer[1:].replace("/", "."))


_PLAIN_PARTS = frozenset(("logs", "file_search_result"))
"""Parts whose members are texts and nothing else."""


def _json(items: Items, value: Any, pointer: str, name: str) -> None:
    """Arguments of a call, as JSON in a string."""
    if isinstance(value, str):
        items.collector.text(value, pointer, Role.ASSISTANT, Kind.ARGUMENTS, name=name, encoded=True)
    else:
        items.collector.walk(value, pointer, Role.ASSISTANT, Kind.ARGUMENTS)


def _free(items: Items, value: Any, pointer: str, name: str) -> None:
    """Arguments of a call, as a text or as values."""
    items.collector.walk(value, pointer, Role.ASSISTANT, Kind.ARGUMENTS, name=name)


def _code(items: Items, value: Any, pointer: str, _: str) -> None:
    """A program, which is its own only argument."""
    items.collector.walk(value, pointer, Role.ASSISTANT, Kind.ARGUMENTS, name="code")


def _name(items: Items, value: Any, pointer: str, _: str) -> None:
    items.collector.walk(value, pointer, Role.ASSISTANT, Kind.NAME)


def _result(items: Items, value: Any, pointer: str, _: str) -> None:
    """What a tool gave back."""
    items.content(value, pointer, Role.TOOL)


def _outputs(items: Items, value: Any, pointer: str, _: str) -> None:
    """What commands printed: objects without a type."""
    items.collector.walk(value, pointer, Role.TOOL, Kind.TEXT)


def _retrieved(items: Items, value: Any, pointer: str, _: str) -> None:
    items.collector.walk(value, pointer, Role.RETRIEVED, Kind.TEXT)


def _definitions(items: Items, value: Any, pointer: str, _: str) -> None:
    """Tools that were not in the request."""
    items.collector.walk(value, pointer, Role.TOOL, Kind.TOOL_DEFINITION)


def _reasoning(items: Items, value: Any, pointer: str, _: str) -> None:
    items.content(value, pointer, Role.ASSISTANT, Kind.REASONING)


def _encrypted(items: Items, value: Any, pointer: str, _: str) -> None:
    """What only its provider can read; a text that somebody put there is judged and never edited."""
    if isinstance(value, str) and not _is_opaque(value):
        items.collector.text(value, pointer, Role.ASSISTANT, Kind.REASONING, editable=False)
    elif isinstance(value, str):
        items.collector.skip(pointer, ENCRYPTED)
    else:
        items.collector.walk(value, pointer, Role.ASSISTANT, Kind.REASONING)


def _picture(items: Items, value: Any, pointer: str, _: str) -> None:
    if isinstance(value, str) and _is_opaque(value):
        items.collector.skip(pointer, "image")
    else:
        items.collector.walk(value, pointer, Role.ASSISTANT)


def _prompt(items: Items, value: Any, pointer: str, _: str) -> None:
    items.collector.walk(value, pointer, Role.ASSISTANT, Kind.TEXT)


_CALL: Mapping[str, _Reader] = {"name": _name, "namespace": _name, "arguments": _json}
_MEMBERS: Mapping[str, Mapping[str, _Reader]] = {
    "function_call": _CALL,
    "function_call_output": {"name": _name, "output": _result},
    "custom_tool_call": {"name": _name, "namespace": _name, "input": _free},
    "custom_tool_call_output": {"name": _name, "output": _result},
    "mcp_call": {**_CALL, "output": _result, "error": _outputs},
    "mcp_approval_request": _CALL,
    "mcp_approval_response": {"reason": _prompt},
    "mcp_list_tools": {"tools": _definitions, "error": _outputs},
    "tool_search_call": {"arguments": _json},
    "tool_search_output": {"tools": _definitions},
    "additional_tools": {"tools": _definitions},
    "computer_call": {"action": _free, "actions": _free},
    "computer_call_output": {"output": _result},
    "web_search_call": {"action": _free, "results": _retrieved},
    "file_search_call": {"queries": _free, "results": _retrieved},
    "local_shell_call": {"action": _free},
    "local_shell_call_output": {"output": _result},
    "shell_call": {"action": _free},
    "shell_call_output": {"output": _outputs},
    "apply_patch_call": {"operation": _free},
    "apply_patch_call_output": {"output": _result},
    "code_interpreter_call": {"code": _code, "outputs": _result},
    "program": {"code": _code, "fingerprint": _encrypted},
    "program_output": {"result": _result},
    "image_generation_call": {"revised_prompt": _prompt, "result": _picture},
    "reasoning": {"summary": _reasoning, "content": _reasoning, "encrypted_content": _encrypted},
    "compaction": {"encrypted_content": _encrypted},
    "compaction_trigger": {},
    "message": {},
}
"""Members that hold texts, by the type of the item, and who reads them."""


def _is_embedded(value: Any) -> bool:
    return isinstance(value, str) and value[:5].lower() == "data:"


def _is_opaque(value: str) -> bool:
    """Say whether a text is base64 of what is no text itself."""
    if not _LETTERS.fullmatch(value):
        return False
    packed = "".join(value.split()).replace("-", "+").replace("_", "/").rstrip("=")
    try:
        held = base64.b64decode(packed + "=" * (-len(packed) % 4))
    except binascii.Error:
        return False
    try:
        held.decode()
    except UnicodeDecodeError:
        return True
    return False
