"""Streamed chat completions: ``chat.completion.chunk`` frames.

Every string below a choice's ``delta`` grows over the frames, known to us or not; it is addressed
by the place it has in a buffered answer, so that a finding means the same either way.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from ..errors import UpstreamFault
from ..pointer import split, step
from ..types import Direction, Kind, Role
from .base import Frame, Slot
from .collect import Collector
from .openai_common import ANSWER_CONTROL

_KINDS = {
    "content": Kind.TEXT,
    "refusal": Kind.REFUSAL,
    "reasoning": Kind.REASONING,
    "reasoning_content": Kind.REASONING,
}
_CALL_CONTROL = frozenset(("index", "id", "type", "function", "custom"))
_WHOLE = frozenset(("id", "type", "name", "role", "format"))
"""Members that come whole wherever they stand and do not grow over frames."""
_DELTA_CONTROL = frozenset(("role", "tool_calls", "function_call"))
_HEAD = ("id", "object", "created", "model", "system_fingerprint", "service_tier")
_MOST = 128


class ChatStream:
    """Reads and writes chunks."""

    def read(self, tree: Any) -> Frame:
        """Read one chunk."""
        collector = Collector(Direction.ANSWER)
        choices = tree.get("choices") if isinstance(tree, dict) else None
        if not isinstance(choices, list):
            collector.walk(tree, "", Role.ASSISTANT)
            return Frame(others=tuple(collector.segments))
        collector.members(tree, "", Role.ASSISTANT, skip=ANSWER_CONTROL | {"choices"})
        slots: list[Slot] = []
        ended: list[int] = []
        logprobs: dict[int, str] = {}
        bare = bool(choices) and not tree.get("usage")
        for position, choice in enumerate(choices):
            number = _index(choice)
            pointer = f"/choices/{position}"
            found, only_text = _delta(choice.get("delta"), number, f"{pointer}/delta", collector)
            slots += found
            if choice.get("finish_reason") is not None:
                ended.append(number)
            if choice.get("logprobs") is not None:
                logprobs[number] = f"{pointer}/logprobs"
            collector.members(
                choice,
                pointer,
                Role.ASSISTANT,
                skip=frozenset(("index", "delta", "logprobs", "finish_reason")),
            )
            bare = bare and only_text and choice.get("finish_reason") is None
        others = tuple(collector.segments)
        return Frame(tuple(slots), others, tuple(ended), bare and bool(slots) and not others, logprobs)

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


def _index(choice: Any) -> int:
    index = choice.get("index", 0) if isinstance(choice, dict) else None
    if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < _MOST:
        raise UpstreamFault("The upstream sent a chunk with a bad choice.", code="upstream_protocol")
    return index


def _delta(delta: Any, choice: int, pointer: str, collector: Collector) -> tuple[list[Slot], bool]:
    """Return the growing texts of a delta, and whether it holds nothing else."""
    target = f"/choices/{choice}/message"
    if delta is None:
        return [], False
    if not isinstance(delta, dict):
        raise UpstreamFault("The upstream sent a chunk with a bad delta.", code="upstream_protocol")
    slots: list[Slot] = []
    only_text = not (delta.keys() & _DELTA_CONTROL)
    for key, value in delta.items():
        if key in _DELTA_CONTROL or value is None:
            continue
        where, place = step(pointer, key), step(target, key)
        kind = _KINDS.get(key, Kind.OTHER)
        if isinstance(value, str):
            slots.append(Slot(choice, place, where, value, kind))
        else:
            only_text = False
            slots += _grown(value, choice, place, where, kind, collector)
    slots += _call(
        delta.get("function_call"), choice, f"{target}/function_call", f"{pointer}/function_call", collector
    )
    calls = delta.get("tool_calls") or ()
    for position, call in enumerate(calls):
        if not isinstance(call, dict):
            raise UpstreamFault("The upstream sent a chunk with a bad tool call.", code="upstream_protocol")
        place = f"{target}/tool_calls/{call.get('index', position)}"
        where = f"{pointer}/tool_calls/{position}"
        for key in ("function", "custom"):
            slots += _call(call.get(key), choice, f"{place}/{key}", f"{where}/{key}", collector)
        collector.members(call, where, Role.ASSISTANT, skip=_CALL_CONTROL)
    if calls and all(_bare_call(call) for call in calls):
        only_text = all(value is None for key, value in delta.items() if key != "tool_calls")
    return slots, only_text


def _grown(
    value: Any, choice: int, target: str, pointer: str, kind: Kind, collector: Collector
) -> Iterator[Slot]:
    """Take the strings of an unknown structure as growing texts, one for each place."""
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, item in items:
        where, place = step(pointer, key), step(target, key)
        if key in _WHOLE:
            collector.walk(item, where, Role.ASSISTANT, kind)
        elif isinstance(item, str):
            yield Slot(choice, place, where, item, kind)
        else:
            yield from _grown(item, choice, place, where, kind, collector)


def _call(call: Any, choice: int, target: str, pointer: str, collector: Collector) -> list[Slot]:
    if not isinstance(call, dict):
        return []
    slots = []
    for key, value in call.items():
        where, place = step(pointer, key), step(target, key)
        if key == "name":
            collector.walk(value, where, Role.ASSISTANT, Kind.NAME)
        elif isinstance(value, str):
            slots.append(Slot(choice, place, where, value, Kind.ARGUMENTS, encoded=key == "arguments"))
        else:
            slots += _grown(value, choice, place, where, Kind.ARGUMENTS, collector)
    return slots


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
