"""OpenAI Realtime: a WebSocket at ``/v1/realtime``, whose messages are events with a ``type``.

Source: `openai.types.realtime.RealtimeClientEvent` and `RealtimeServerEvent` of the official Python package.
"""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from ..document import Document
from ..errors import BadInput
from ..json_read import parse
from ..json_text import dump
from ..types import Direction, Kind, Refusal, Role
from .base import NOTHING_ADDRESSED, Addressed, Asked
from .collect import Collector
from .live import ALONE, Strand
from .openai_common import error, generic_answer, read_object
from .openai_realtime_items import RealtimeItems
from .openai_realtime_stream import HEARD, RealtimeStream, heard_of, response_of
from .openai_responses_items import HISTORY

_ENVELOPE = frozenset(("type",))
_SETTINGS = {
    "session.update": "session",
    "transcription_session.update": "session",
    "response.create": "response",
}
"""Member with what the model is told to be, by the type of the event."""
_READ = frozenset(("instructions", "tools", "input", "prompt"))
_SOUND = frozenset(("input_audio_buffer.append", "session.input_audio_buffer.append"))
_MOST_ITEMS = 10_000
_MOST_FAMILIES = 16
_ENDED = frozenset(("completed", "done", "failed"))


class OpenAIRealtime:
    """The dialect of realtime events. Implements `live.LiveDialect`."""

    name = "openai_realtime"
    turns = ""

    def parse_request(self, body: bytes, addressed: Addressed = NOTHING_ADDRESSED) -> tuple[Document, Asked]:
        """Read an event of the client. Raises `BadInput`."""
        parsed = read_object(body)
        tree = parsed.tree
        kind = tree.get("type")
        if not isinstance(kind, str) or not kind:
            raise BadInput("type must be the type of an event.", code="missing_type", param="type")
        collector = Collector(Direction.PROMPT)
        items = RealtimeItems(collector, strict=False)
        read = _ENVELOPE
        settings = _SETTINGS.get(kind, "")
        if settings and isinstance(tree.get(settings), dict):
            read |= {settings}
            _read_settings(items, tree[settings], f"/{settings}")
        elif kind == "conversation.item.create" and "item" in tree:
            read |= {"item"}
            items.item(tree["item"], "/item")
        elif kind in _SOUND and isinstance(tree.get("audio"), str):
            read |= {"audio"}
            collector.skip("/audio", "audio")
        collector.members(tree, "", Role.USER, skip=read)
        return collector.document(body, parsed), Asked(addressed.model)

    def parse_answer(self, body: bytes) -> tuple[Document, Mapping[str, str]]:
        """Read the answer to a handshake that was not agreed to."""
        return generic_answer(body, parse(body)), {}

    def refuse(self, asked: Asked, text: str, original: Any = None) -> Refusal:
        """Say no with an event."""
        return Refusal(400, dump(_error("content_filter", text)), retry=False)

    def error(self, status: int, code: str, message: str, param: str | None) -> Refusal:
        """Return OpenAI's error envelope, for handshakes."""
        return error(status, code, message, param)

    def stream(self, asked: Asked) -> RealtimeStream:
        """Return the shape of the events of one response, or of one that stands for itself."""
        return RealtimeStream(asked.model)

    def sorter(self) -> "RealtimeSorter":
        """Begin a connection."""
        return RealtimeSorter()


class RealtimeSorter:
    """Sorts the events of one connection. Implements `live.Sorter`."""

    def __init__(self) -> None:
        self._items: dict[str, str] = {}
        self._families: set[str] = set()

    def strand(self, tree: Any) -> Strand:
        """Return the response, or the spoken item, that an event of the provider belongs to."""
        if not isinstance(tree, dict) or not isinstance(tree.get("type"), str):
            return ALONE
        kind = tree["type"]
        if kind.startswith(HEARD):
            item = heard_of(tree)
            return Strand(f"heard:{item}", kind.rpartition(".")[2] in _ENDED) if item else ALONE
        name = response_of(tree) or self._items.get(_item_of(tree), "")
        if not name:
            return self._other(kind)
        self._note(tree, name)
        ends = kind == "response.done"
        if ends:
            self._items = {item: owner for item, owner in self._items.items() if owner != name}
        return Strand(name, ends, turn=True)

    def instructs(self, tree: Any) -> bool:
        """Say whether an event sets the session up."""
        return isinstance(tree, dict) and tree.get("type") == "session.update"

    def continues(self, tree: Any) -> str:
        """Return nothing: a call ends its response, and its result is asked about anew."""
        return ""

    def model(self, tree: Any) -> str:
        """Return nothing: the address names the model."""
        return ""

    def declined(self, tree: Any, code: str, text: str) -> Sequence[Any]:
        """Return an error that names the event at fault."""
        event = tree.get("event_id") if isinstance(tree, dict) else None
        return [_error(code, text, event if isinstance(event, str) else None)]

    def cancelled(self, name: str) -> Sequence[Any]:
        """Return the event that ends a response."""
        if name.startswith(("heard:", "other:")):
            return []
        return [{"type": "response.cancel", "response_id": name}]

    def _other(self, kind: str) -> Strand:
        """Return the strand of events that nobody knows: what grows by their deltas is one text."""
        family, _, step = kind.rpartition(".")
        if step != "delta" and family not in self._families:
            return ALONE
        ends = step in _ENDED
        if ends:
            self._families.discard(family)
        elif len(self._families) < _MOST_FAMILIES:
            self._families.add(family)
        return Strand(f"other:{family}", ends)

    def _note(self, tree: dict[str, Any], name: str) -> None:
        """Remember whose an item is: later events tell of it without its response."""
        item = tree.get("item")
        known = item.get("id") if isinstance(item, dict) else tree.get("item_id")
        if isinstance(known, str) and len(self._items) < _MOST_ITEMS:
            self._items[known] = name


def _read_settings(items: RealtimeItems, settings: dict[str, Any], pointer: str) -> None:
    """Collect from a session's settings, or from those of one response."""
    collector = items.collector
    instructions = settings.get("instructions")
    if isinstance(instructions, str):
        collector.text(instructions, f"{pointer}/instructions", Role.SYSTEM)
    else:
        collector.walk(instructions, f"{pointer}/instructions", Role.SYSTEM)
    collector.walk(settings.get("tools"), f"{pointer}/tools", Role.SYSTEM, Kind.TOOL_DEFINITION)
    given = settings.get("input")
    if isinstance(given, list):
        items.read(given, f"{pointer}/input")
    else:
        collector.walk(given, f"{pointer}/input", Role.USER)
    if settings.get("prompt") is not None:
        collector.skip(f"{pointer}/prompt", HISTORY)
        collector.walk(settings["prompt"], f"{pointer}/prompt", Role.USER, Kind.TEXT)
    collector.members(settings, pointer, Role.SYSTEM, skip=_READ)


def _item_of(tree: dict[str, Any]) -> str:
    """Return the item that an event speaks of."""
    item = tree.get("item")
    name = item.get("id") if isinstance(item, dict) else tree.get("item_id")
    return name if isinstance(name, str) else ""


def _error(code: str, message: str, event: str | None = None) -> dict[str, Any]:
    kind = "rate_limit_error" if code == "rate_limit_exceeded" else "invalid_request_error"
    told = {"type": kind, "code": code, "message": message, "param": None, "event_id": event}
    return {"type": "error", "event_id": f"event_{uuid.uuid4().hex}", "error": told}
