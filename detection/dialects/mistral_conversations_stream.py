"""Streamed conversations of Mistral: named events, each with an entry's number and a piece of it.

Source: `ConversationEvents` of the official ``mistralai`` package.
"""

from collections.abc import Sequence
from typing import Any

from ..errors import UpstreamFault
from ..framing.sse import Sse
from ..types import Direction, Kind, Role
from .base import Frame, Slot
from .collect import Collector, is_plain
from .mistral_chunks import Grown, read_chunk, written

_NAMES = (
    "conversation.response.started", "conversation.response.done", "conversation.response.error",
    "message.output.delta", "tool.execution.started", "tool.execution.delta", "tool.execution.done",
    "agent.handoff.started", "agent.handoff.done", "function.call.delta",
)  # fmt: skip
FRAMING = Sse(lambda tree: str(tree.get("type", "message.output.delta")), _NAMES)
"""Events under the name that their member ``type`` has."""

_ERROR = "conversation.response.error"
_CALLED = "function.call.delta"
_ENDS = ("conversation.response.done", _ERROR)
_REFUSED, _FAILED = 403, 502
_MEMBERS = {Kind.TEXT: "content", Kind.REASONING: "thinking", Kind.ARGUMENTS: "arguments"}
_CONTROL = frozenset(
    (
        "type", "id", "created_at", "completed_at", "output_index", "content_index", "model", "agent_id",
        "role", "conversation_id", "code",
    )
)  # fmt: skip
_COPIED = _CONTROL | {"tool_call_id"}
_READ = _CONTROL | {"content", "arguments", "name"}
_MOST = 1024


class ConversationsStream:
    """Reads and writes events.

    It remembers which text grew last, and in which event: another text ends it.
    """

    framing = FRAMING
    repeating = False

    def __init__(self) -> None:
        self._names: tuple[str, ...] = ()
        self._place: tuple[Any, ...] = ()
        self._target = ""
        self._runs = 0
        self._events: dict[str, dict[str, Any]] = {}

    def named(self) -> tuple[str, ...]:
        """Return the name of the conversation, once it was told."""
        return self._names

    def read(self, tree: Any, name: str = "") -> Frame:
        """Read one event. Raises `UpstreamFault` for one whose place nobody knows."""
        collector = Collector(Direction.ANSWER)
        if not isinstance(tree, dict):
            collector.walk(tree, "", Role.ASSISTANT)
            return collector.frame()
        if isinstance(tree.get("conversation_id"), str):
            self._names = (tree["conversation_id"],)
        entry = f"/outputs/{_number(tree, 'output_index')}"
        called = tree["name"] if isinstance(tree.get("name"), str) else ""
        if called:  # what is said again with each piece of the arguments is no text to edit
            collector.text(called, "/name", Role.ASSISTANT, Kind.NAME, editable=False)
        else:
            collector.walk(tree.get("name"), "/name", Role.ASSISTANT, Kind.NAME)
        self._events = {key: event for key, event in self._events.items() if key == self._target}
        pieces = _pieces(collector, tree)
        slots = [self._slot(piece, entry, tree, called) for piece in pieces]
        collector.members(tree, "", Role.ASSISTANT, skip=_READ)
        whole = ((f"{entry}/{self._runs}/name", called),) if called else ()
        closed = tuple(target for target in self._events if target != self._target)
        ended = (0,) if tree.get("type") in _ENDS else ()
        bare = tree.keys() <= _READ
        return collector.frame(slots, bare=bare, ended=ended, closed=closed, whole=whole)

    def carry(self, tree: Any, slot: Slot, text: str, logprobs: Any) -> Any:
        """Return an event with one piece of text."""
        event = {key: value for key, value in self._events[slot.target].items() if _is_copied(key, value)}
        if slot.kind is Kind.ARGUMENTS:
            kind = str(event.get("type", _CALLED)).replace(".started", ".delta")
            return {**event, "type": kind, "name": slot.name, "arguments": text}
        return {**event, "content": text if slot.kind is Kind.TEXT else written(slot.kind, text)}

    def stop(self, tree: Any, choices: Sequence[int], text: str, opened: Sequence[Slot]) -> list[Any]:
        """End the response with an error that says why."""
        return [{"type": _ERROR, "message": text, "code": _REFUSED}]

    def fault(self, message: str) -> Any:
        """Return the error that ends a response."""
        return {"type": _ERROR, "message": message, "code": _FAILED}

    def _slot(self, piece: Grown, entry: str, tree: dict[str, Any], called: str) -> Slot:
        """Place a piece: where the last one stood, or - elsewhere - where a new text begins."""
        place = (entry, tree.get("id"), tree.get("content_index"), piece.kind)
        if place != self._place:
            self._runs += 1
            self._place, self._target = place, f"{entry}/{self._runs}/{_MEMBERS[piece.kind]}"
        self._events[self._target] = tree
        encoded = piece.kind is Kind.ARGUMENTS
        return Slot(0, self._target, piece.pointer, piece.text, piece.kind, called, encoded)


def _pieces(collector: Collector, tree: dict[str, Any]) -> list[Grown]:
    """Return the pieces of growing texts in an event; what comes whole is collected."""
    content, arguments = tree.get("content"), tree.get("arguments")
    pieces: list[Grown] = []
    if isinstance(content, str):
        pieces.append(Grown("/content", content, Kind.TEXT))
    elif content is not None:
        for index, chunk in enumerate(content if isinstance(content, list) else [content]):
            where = f"/content/{index}" if isinstance(content, list) else "/content"
            pieces += read_chunk(collector, chunk, where)
    if isinstance(arguments, str):
        pieces.append(Grown("/arguments", arguments, Kind.ARGUMENTS))
    else:
        collector.walk(arguments, "/arguments", Role.ASSISTANT, Kind.ARGUMENTS)
    return pieces


def _is_copied(key: str, value: Any) -> bool:
    """Say whether another event may say this, too: where one was masked, all its kind would have to be."""
    return key in _COPIED and (is_plain(value) or not isinstance(value, str))


def _number(tree: dict[str, Any], name: str) -> int:
    number = tree.get(name, 0)
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < _MOST:
        raise UpstreamFault("The upstream sent an event with a bad index.", code="upstream_protocol")
    return number
