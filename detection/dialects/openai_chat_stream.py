"""Streamed chat completions: ``chat.completion.chunk`` frames.

Every string below a choice's ``delta`` grows over the frames, known to us or not; it is addressed
by the place it has in a buffered answer, so that a finding means the same either way.
"""

from collections.abc import Sequence
from typing import Any

from ..errors import UpstreamFault
from ..pointer import split, step
from ..types import Direction, Kind, Role
from .base import Frame, Slot
from .collect import SHORTEST, Collector
from .openai_common import CHUNK

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
_NAMES = frozenset((*_KINDS, "tool_calls", "function_call", "function", "custom", "arguments"))
"""Members every client knows: nobody's words."""
_CHOICE = frozenset(("index", "delta", "logprobs", "finish_reason"))
_HEAD = ("id", "object", "created", "model", "system_fingerprint", "service_tier")
_MOST = 128


class ChatStream:
    """Reads and writes chunks."""

    def read(self, tree: Any) -> Frame:
        """Read one chunk. Raises `UpstreamFault` when it is none."""
        return _Reading().chunk(tree)

    def carry(self, tree: Any, slot: Slot, text: str, logprobs: Any) -> Any:
        """Return a chunk with one piece of text."""
        choice: dict[str, Any] = {"index": slot.choice, "delta": _delta_of(slot, text), "finish_reason": None}
        if logprobs is not None:
            choice["logprobs"] = logprobs
        return {**_head(tree), "choices": [choice]}

    def stop(self, tree: Any, choices: Sequence[int], text: str) -> list[Any]:
        """Refuse in every open choice, then finish it."""
        head = _head(tree)
        told = [{"index": index, "delta": {"refusal": text}, "finish_reason": None} for index in choices]
        ended = [{"index": index, "delta": {}, "finish_reason": "content_filter"} for index in choices]
        return [{**head, "choices": told}, {**head, "choices": ended}]


class _Reading:
    """One chunk being read: what was found so far."""

    def __init__(self) -> None:
        self._collector = Collector(Direction.ANSWER)
        self._slots: list[Slot] = []
        self._whole: list[tuple[str, str]] = []
        self._choice = 0

    def chunk(self, tree: Any) -> Frame:
        collector = self._collector
        choices = tree.get("choices") if isinstance(tree, dict) else None
        if not isinstance(choices, list):
            collector.walk(tree, "", Role.ASSISTANT)
            return Frame(others=tuple(collector.segments))
        collector.members(tree, "", Role.ASSISTANT, skip=CHUNK)
        bare = not tree.get("usage") and tree.keys() <= CHUNK
        seen: set[int] = set()
        ended: list[int] = []
        logprobs: dict[int, str] = {}
        for position, choice in enumerate(choices):
            pointer = f"/choices/{position}"
            self._choice = _index(choice)
            if self._choice in seen:
                raise UpstreamFault("The upstream sent a choice twice.", code="upstream_protocol")
            seen.add(self._choice)
            bare = self._delta(choice.get("delta"), f"{pointer}/delta") and bare and choice.keys() <= _CHOICE
            if choice.get("finish_reason"):
                ended.append(self._choice)
            if choice.get("logprobs") is not None:
                logprobs[self._choice] = f"{pointer}/logprobs"
            collector.members(choice, pointer, Role.ASSISTANT, skip=_CHOICE)
        others = tuple(collector.segments)
        bare = bare and bool(self._slots) and not ended and not others
        return Frame(tuple(self._slots), others, tuple(ended), bare, logprobs, tuple(self._whole))

    def _delta(self, delta: Any, pointer: str) -> bool:
        """Read a delta; say whether it holds growing text and nothing else."""
        if delta is None:
            return False
        if not isinstance(delta, dict):
            raise UpstreamFault("The upstream sent a chunk with a bad delta.", code="upstream_protocol")
        target = f"/choices/{self._choice}/message"
        only_text = True
        for key, value in delta.items():
            where, place = step(pointer, key), step(target, key)
            self._key(key, pointer)
            if value is None:
                continue
            if key == "tool_calls":
                only_text = self._calls(value, place, where) and only_text
            elif key == "function_call":
                only_text = False
                self._call(value, place, where)
            elif isinstance(value, str) and key != "role":
                self._grows(value, place, where, _KINDS.get(key, Kind.OTHER))
            else:
                only_text = False
                self._structure(value, place, where, _KINDS.get(key, Kind.OTHER))
        return only_text

    def _calls(self, calls: Any, target: str, pointer: str) -> bool:
        if not isinstance(calls, list):
            raise UpstreamFault("The upstream sent a chunk with bad tool calls.", code="upstream_protocol")
        for position, call in enumerate(calls):
            place, where = f"{target}/{_index(call, position)}", f"{pointer}/{position}"
            for key in ("function", "custom"):
                self._call(call.get(key), f"{place}/{key}", f"{where}/{key}")
            for key in [key for key in call if key not in _CALL_CONTROL]:
                self._key(key, where)
                self._structure(call[key], step(place, key), step(where, key), Kind.OTHER)
            if isinstance(call.get("id"), str):
                self._comes_whole(call["id"], f"{place}/id", f"{where}/id", Kind.OTHER)
        return all(_bare_call(call) for call in calls)

    def _call(self, call: Any, target: str, pointer: str) -> None:
        for key, value in call.items() if isinstance(call, dict) else ():
            self._key(key, pointer)
            where, place = step(pointer, key), step(target, key)
            kind = _CALL_KINDS.get(key, Kind.OTHER)
            if isinstance(value, str) and kind is Kind.ARGUMENTS:
                self._grows(value, place, where, kind, encoded=key == "arguments")
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
            self._grows(value, target, pointer, kind, name=name)
        elif isinstance(value, str):
            self._comes_whole(value, target, pointer, kind)
        else:
            self._collector.walk(value, pointer, Role.ASSISTANT, kind, name=name)

    def _key(self, key: str, pointer: str) -> None:
        if len(key) >= SHORTEST and key not in _NAMES:
            self._collector.text(key, pointer, Role.ASSISTANT, editable=False)

    def _comes_whole(self, value: str, target: str, pointer: str, kind: Kind) -> None:
        self._collector.text(value, pointer, Role.ASSISTANT, kind)
        self._whole.append((target, value))

    def _grows(
        self, text: str, target: str, pointer: str, kind: Kind, *, name: str = "", encoded: bool = False
    ) -> None:
        self._slots.append(Slot(self._choice, target, pointer, text, kind, name, encoded))


def _index(item: Any, default: int = 0) -> int:
    index = item.get("index", default) if isinstance(item, dict) else None
    if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < _MOST:
        raise UpstreamFault("The upstream sent a chunk with a bad index.", code="upstream_protocol")
    return index


def _bare_call(call: Any) -> bool:
    function = call.get("function") if isinstance(call, dict) else None
    return (
        isinstance(function, dict)
        and call.keys() <= {"index", "function"}
        and function.keys() == {"arguments"}
    )


def _head(tree: Any) -> dict[str, Any]:
    head = {key: tree[key] for key in _HEAD if key in tree} if isinstance(tree, dict) else {}
    head.setdefault("object", "chat.completion.chunk")
    return head


def _delta_of(slot: Slot, text: str) -> Any:
    """Rebuild the delta that puts `text` where the slot's target stands."""
    tokens = split(slot.target)[3:]
    value: Any = text
    for depth in range(len(tokens) - 1, -1, -1):
        token = tokens[depth]
        if tokens[0] == "tool_calls" and depth == 1:
            value = [{"index": int(token), **value}]
        elif token.isdigit() and depth:
            value = [value]
        else:
            value = {token: value}
    return value
