"""The delta of a streamed chat completion: which of its strings grow, and which come whole.

Every string below a delta grows over the frames, known to us or not, unless it is known to come whole;
it is addressed by the place it has in a buffered answer, so that a finding means the same either way.
"""

from collections.abc import Mapping
from typing import Any

from ..errors import UpstreamFault
from ..pointer import split, step
from ..types import Kind, Role
from .base import Slot
from .collect import SHORTEST, SOURCES, Collector
from .mistral_chunks import read_chunk, written
from .openai_parts import read_content, read_thoughts

MOST = 128
"""Choices, calls and blocks of reasoning that a chunk may number."""

_KINDS = {
    "content": Kind.TEXT,
    "refusal": Kind.REFUSAL,
    "reasoning": Kind.REASONING,
    "reasoning_content": Kind.REASONING,
}
_CALL_KINDS = {"name": Kind.NAME, "arguments": Kind.ARGUMENTS, "input": Kind.ARGUMENTS}
_CALL_CONTROL = frozenset(("index", "id", "type", "function", "custom"))
_WHOLE = frozenset(("id", "type", "name", "role", "format"))
"""Members that come whole wherever they stand and do not grow over frames."""
_WHOLE_LISTS = frozenset(("annotations", "citations", "executed_tools", "images", "search_results"))
"""Members that hold lists of what comes whole."""
_BLOCKS = {"reasoning_details": ("text", "summary"), "thinking_blocks": ("thinking",)}
"""Members that list blocks of reasoning, and what grows in one."""
_DETAILS = {"text": "reasoning.text", "summary": "reasoning.summary", "thinking": "thinking"}
_NAMES = frozenset((*_KINDS, "tool_calls", "function_call", "function", "custom", "arguments", *_BLOCKS))
"""Members every client knows: nobody's words."""
_THOUGHT = "content/0/thinking/0/text"
"""Where a thought among content parts stands below the message."""


class DeltaReader:
    """Reads the deltas of one chunk.

    Attributes:
        slots: growing texts, in order.
        whole: places and values of strings that must not come in pieces.

    Args:
        collector: takes what does not grow.
        introduced: choices whose role was told; some hosts tell it with every chunk.
    """

    def __init__(self, collector: Collector, introduced: set[int]):
        self.slots: list[Slot] = []
        self.whole: list[tuple[str, str]] = []
        self._collector = collector
        self._introduced = introduced
        self._choice = 0

    def read(self, choice: int, delta: Any, pointer: str) -> bool:
        """Read the delta of a choice; say whether it holds growing text and nothing else."""
        self._choice = choice
        if delta is None:
            return False
        if not isinstance(delta, dict):
            raise UpstreamFault("The upstream sent a chunk with a bad delta.", code="upstream_protocol")
        target = f"/choices/{choice}/message"
        only_text = True
        for key, value in delta.items():
            where, place = step(pointer, key), step(target, key)
            self._key(key, pointer)
            if value is None or (key == "role" and self._told(value)):
                continue
            if key == "tool_calls":
                only_text = self._calls(value, place, where) and only_text
            elif key == "function_call":
                only_text = False
                self._call(value, place, where)
            elif isinstance(value, str) and key != "role":
                self.grows(value, place, where, _KINDS.get(key, Kind.OTHER))
            elif key == "content" and isinstance(value, list):
                self._chunks(value, target, where)
            elif key in _BLOCKS and isinstance(value, list):
                only_text = False
                self._blocks(value, key, place, where)
            else:
                only_text = False
                self._other(key, value, place, where)
        return only_text

    def _told(self, role: Any) -> bool:
        """Say whether a role says what an earlier chunk of the choice said."""
        told = role == "assistant" and self._choice in self._introduced
        self._introduced.add(self._choice)
        return told

    def _other(self, key: str, value: Any, target: str, pointer: str) -> None:
        if key in _WHOLE_LISTS:
            if key == "images":
                read_content(self._collector, value, pointer, Role.ASSISTANT)
            else:
                self._collector.walk(value, pointer, Role.RETRIEVED if key in SOURCES else Role.ASSISTANT)
        else:
            self._structure(value, target, pointer, _KINDS.get(key, Kind.OTHER))

    def _chunks(self, chunks: list[Any], target: str, pointer: str) -> None:
        """Read content that is a list of chunks: a client joins their texts with those that came plain."""
        for index, chunk in enumerate(chunks):
            for piece in read_chunk(self._collector, chunk, f"{pointer}/{index}"):
                place = "content" if piece.kind is Kind.TEXT else _THOUGHT
                self.grows(piece.text, f"{target}/{place}", piece.pointer, piece.kind)

    def _blocks(self, blocks: list[Any], name: str, target: str, pointer: str) -> None:
        """Read pieces of blocks of reasoning, each with the number of its block."""
        for position, block in enumerate(blocks):
            where = f"{pointer}/{position}"
            if not isinstance(block, dict):
                self._collector.walk(block, where, Role.ASSISTANT, Kind.REASONING)
                continue
            number = number_of(block, position)
            growing = {key for key in _BLOCKS[name] if isinstance(block.get(key), str)}
            for key in sorted(growing):
                self.grows(block[key], f"{target}/{number}/{key}", f"{where}/{key}", Kind.REASONING)
            rest = {key: value for key, value in block.items() if key not in growing}
            read_thoughts(self._collector, rest, where, Role.ASSISTANT)

    def _calls(self, calls: Any, target: str, pointer: str) -> bool:
        if not isinstance(calls, list):
            raise UpstreamFault("The upstream sent a chunk with bad tool calls.", code="upstream_protocol")
        for position, call in enumerate(calls):
            place, where = f"{target}/{number_of(call, position)}", f"{pointer}/{position}"
            for key in ("function", "custom"):
                self._call(call.get(key), f"{place}/{key}", f"{where}/{key}")
            if not any(_argues(slot, place) for slot in self.slots):
                self.grows("", f"{place}/function/arguments", "", Kind.ARGUMENTS, encoded=True)
            for key in [key for key in call if key not in _CALL_CONTROL]:
                self._key(key, where)
                self._structure(call[key], step(place, key), step(where, key), Kind.OTHER)
            for key in ("id", "type"):
                if key == "type" or not isinstance(call.get(key), str):
                    self._collector.control(call.get(key), where, key, Role.ASSISTANT)
            if isinstance(call.get("id"), str):
                self._comes_whole(call["id"], f"{place}/id", f"{where}/id", Kind.OTHER)
        return all(_bare_call(call) for call in calls)

    def _call(self, call: Any, target: str, pointer: str) -> None:
        if not isinstance(call, dict):
            self._structure(call, target, pointer, Kind.OTHER)
            return
        for key, value in call.items():
            self._key(key, pointer)
            where, place = step(pointer, key), step(target, key)
            kind = _CALL_KINDS.get(key, Kind.OTHER)
            if isinstance(value, str) and kind is Kind.ARGUMENTS:
                self.grows(value, place, where, kind, encoded=key == "arguments")
            elif kind is Kind.ARGUMENTS:  # an object comes whole
                self._collector.walk(value, where, Role.ASSISTANT, kind)
            else:
                self._structure(value, place, where, kind)

    def _structure(self, value: Any, target: str, pointer: str, kind: Kind, name: str = "") -> None:
        """Read an unknown structure: its strings grow, each in its place, but for names and the like."""
        if isinstance(value, dict):
            for key, item in value.items():
                self._key(key, pointer)
                self._structure(item, step(target, key), step(pointer, key), kind, key)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                self._structure(item, f"{target}/{index}", f"{pointer}/{index}", kind, name)
        elif isinstance(value, str) and pointer.rpartition("/")[2] not in _WHOLE:
            self.grows(value, target, pointer, kind, name=name)
        elif isinstance(value, str):
            self._comes_whole(value, target, pointer, kind)
        else:
            self._collector.walk(value, pointer, Role.ASSISTANT, kind, name=name)

    def _key(self, key: str, pointer: str) -> None:
        if len(key) >= SHORTEST and key not in _NAMES:
            self._collector.text(key, pointer, Role.ASSISTANT, editable=False)

    def _comes_whole(self, value: str, target: str, pointer: str, kind: Kind) -> None:
        self._collector.text(value, pointer, Role.ASSISTANT, kind)
        self.whole.append((target, value))

    def grows(
        self, text: str, target: str, pointer: str, kind: Kind, *, name: str = "", encoded: bool = False
    ) -> None:
        """Note the next piece of a text."""
        self.slots.append(Slot(self._choice, target, pointer, text, kind, name, encoded))


def number_of(item: Any, default: int = 0) -> int:
    """Return the index that a choice, call or block names. Raises `UpstreamFault`."""
    index = item.get("index", default) if isinstance(item, dict) else None
    if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < MOST:
        raise UpstreamFault("The upstream sent a chunk with a bad index.", code="upstream_protocol")
    return index


def delta_of(slot: Slot, text: str) -> Mapping[str, Any]:
    """Rebuild the delta that puts `text` where the slot's target stands."""
    tokens = split(slot.target)[3:]
    if slot.target.endswith(_THOUGHT):
        return {"content": [written(Kind.REASONING, text)]}
    if tokens[0] in _BLOCKS and len(tokens) == 3:
        return {tokens[0]: [{"type": _DETAILS[tokens[2]], "index": int(tokens[1]), tokens[2]: text}]}
    value: Any = text
    for depth in range(len(tokens) - 1, -1, -1):
        token = tokens[depth]
        if tokens[0] == "tool_calls" and depth == 1:
            value = [{"index": int(token), **value}]
        elif token.isdigit() and depth:
            value = [value]
        else:
            value = {token: value}
    built: Mapping[str, Any] = value
    return built


def _argues(slot: Slot, call: str) -> bool:
    return slot.kind is Kind.ARGUMENTS and slot.target.startswith(f"{call}/")


def _bare_call(call: Any) -> bool:
    function = call.get("function") if isinstance(call, dict) else None
    return (
        isinstance(function, dict)
        and call.keys() <= {"index", "function"}
        and function.keys() == {"arguments"}
    )
