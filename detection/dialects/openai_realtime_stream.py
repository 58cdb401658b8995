"""Events of one realtime response, whose texts grow by deltas and are then told again as a whole.

Each text has the place that it has in the finished response. Sound comes beside its transcript: it is listed
as unjudged, and is empty from the moment on when the transcript was changed.

Source: `openai.types.realtime.RealtimeServerEvent` of the official Python package; the names that the preview
of the format had for the same events are read, too.
"""

import re
import uuid
from collections.abc import Sequence
from typing import Any, NamedTuple

from ..errors import UpstreamFault
from ..framing.messages import Messages
from ..pointer import public
from ..types import Kind, Role, Segment, Unjudged
from .base import Frame, Slot
from .collect import is_plain
from .openai_realtime_items import RealtimeReading
from .openai_responses_items import Items

HEARD = "conversation.item.input_audio_transcription."
"""Beginning of the types of events that tell what the user said."""

_MOST = 4096
"""Items of one response, parts of an item."""
_LONGEST_ID = 128
_NAME = re.compile(r"(?:event|evt|resp|item|call|conv|sess|msg|part|rs|fc|mcp|mcpr|mcpl)_[A-Za-z0-9]{1,64}")
"""Names that the provider's machinery gives; any other is read like a text."""
_IDS = ("event_id", "response_id", "item_id", "call_id", "previous_item_id")
_PLACE = ("output_index", "content_index")
_HEAD = frozenset(("type", *_PLACE))
_SOUND = frozenset(("response.output_audio.delta", "response.audio.delta"))
_TOLD = frozenset(("output", "id", "object", "status", "usage", "conversation_id"))
_MESSAGES = Messages()


class _Text(NamedTuple):
    """A text that grows: where it stands in an item, and the member that repeats it in ``.done``."""

    path: str
    done: str
    kind: Kind
    encoded: bool = False


_CONTENT = _Text("/content/*/text", "text", Kind.TEXT)
_SPOKEN = _Text("/content/*/transcript", "transcript", Kind.TEXT)
_ARGUMENTS = _Text("/arguments", "arguments", Kind.ARGUMENTS, encoded=True)
_TEXTS = {
    "response.output_text": _CONTENT,
    "response.text": _CONTENT,
    "response.output_audio_transcript": _SPOKEN,
    "response.audio_transcript": _SPOKEN,
    "response.function_call_arguments": _ARGUMENTS,
    "response.mcp_call_arguments": _ARGUMENTS,
}
"""Texts by the family of their events."""
_CALLS = ("function_call", "mcp_call")
_GROWING = {(text.path, text.kind) for text in _TEXTS.values()}
_NUMBER = re.compile(r"(?<=/)\d+(?=/|$)")


def response_of(tree: dict[str, Any]) -> str:
    """Return the name of the response that an event belongs to; empty for none."""
    response = tree.get("response")
    name = response.get("id") if isinstance(response, dict) else tree.get("response_id")
    return name if isinstance(name, str) and 0 < len(name) <= _LONGEST_ID else ""


def heard_of(tree: dict[str, Any]) -> str:
    """Return the name of the item whose sound an event tells the words of; empty for none."""
    name = tree.get("item_id")
    return name if isinstance(name, str) and 0 < len(name) <= _LONGEST_ID else ""


class RealtimeStream:
    """Reads and writes the events of one response.

    Args:
        model: the model that was asked.
    """

    framing = _MESSAGES
    repeating = True

    def __init__(self, model: str = "") -> None:
        self._model = model
        self._response = ""
        self._conversation: Any = None
        self._outputs: dict[str, int] = {}
        self._tools: dict[int, str] = {}
        self._brought: dict[str, dict[str, Any]] = {}
        """What an event must say that brings more of a text, by the text's target."""

    def read(self, tree: Any, name: str = "") -> Frame:
        """Read one event. Raises `UpstreamFault` for a place that is none."""
        kind = tree.get("type") if isinstance(tree, dict) else None
        reading = RealtimeReading()
        if not isinstance(kind, str):
            reading.walk(tree, "")
            return reading.frame()
        if not is_plain(kind):
            reading.control(kind, "type")
        self._response = response_of(tree) or self._response
        family, _, step = kind.rpartition(".")
        if kind.startswith(HEARD):
            self._heard(reading, tree, step)
        elif family in _TEXTS and step in ("delta", "done"):
            self._text(reading, tree, _TEXTS[family], step)
        elif kind in _SOUND and isinstance(tree.get("delta"), str):
            self._sound(reading, tree)
        elif family == "response.content_part":
            self._part(reading, tree, begins=step == "added")
        elif isinstance(tree.get("item"), dict):
            self._item(reading, tree, begins=step in ("added", "created"))
        elif isinstance(tree.get("response"), dict):
            self._whole(reading, tree, ends=kind == "response.done")
        else:
            self._other(reading, tree, family, step)
        return reading.frame(bare=step == "delta")

    def carry(self, tree: Any, slot: Slot, text: str, logprobs: Any) -> Any:
        """Return the delta that brings `text`."""
        event = {**self._brought[slot.target], "event_id": _event_id(), "delta": text}
        return {**event, "logprobs": logprobs} if logprobs else event

    def stop(self, tree: Any, choices: Sequence[int], text: str, opened: Sequence[Slot]) -> list[Any]:
        """End the response as incomplete: its content was filtered. What is no response gets an error."""
        if not self._response:
            return [_error("invalid_request_error", "content_filter", text)]
        return [self._done("incomplete", {"reason": "content_filter"}, "content_filter", text)]

    def fault(self, message: str) -> Any:
        """End the response as failed. What is no response gets an error."""
        if not self._response:
            return _error("server_error", "upstream_protocol", message)
        return self._done("failed", {}, "upstream_protocol", message)

    def _done(self, status: str, why: dict[str, str], code: str, message: str) -> dict[str, Any]:
        error = {"type": "server_error" if status == "failed" else code, "code": code, "message": message}
        response = {
            "object": "realtime.response",
            "id": self._response if _is_told_again(self._response) else "",
            "status": status,
            "status_details": {"type": status, **why, "error": error},
            "output": [],
            "conversation_id": self._conversation,
            "usage": None,
            "metadata": None,
        }
        return {"type": "response.done", "event_id": _event_id(), "response": response}

    def _text(self, reading: RealtimeReading, tree: Any, text: _Text, step: str) -> None:
        member = "delta" if step == "delta" else text.done
        value = tree.get(member)
        if isinstance(value, str):
            slot = self._slot(tree, text, f"/{member}", value)
            if step == "delta":
                reading.slots.append(slot)
            else:
                reading.repeat(slot)
        else:
            reading.walk(value, f"/{member}")
        skip = {member}
        if text.kind is Kind.ARGUMENTS and isinstance(tree.get("name"), str):
            reading.walk_name(tree["name"], "/name")
            skip.add("name")
        self._rest(reading, tree, skip)

    def _heard(self, reading: RealtimeReading, tree: Any, step: str) -> None:
        """Read what the user said: it grows item by item, a part of it each."""
        member = {"delta": "delta", "completed": "transcript"}.get(step, "")
        value = tree.get(member) if member else None
        if isinstance(value, str):
            part = _index(tree, "content_index")
            target = f"/input/content/{part}/transcript"
            slot = Slot(0, target, f"/{member}", value, Kind.TEXT, role=Role.USER)
            self._brought[target] = {**_without_text(tree), "type": f"{HEARD}delta"}
            if step == "delta":
                reading.slots.append(slot)
                reading.logprobs = {0: "/logprobs"} if tree.get("logprobs") else None
            else:
                reading.repeat(slot)
                if tree.get("logprobs"):
                    reading.lists.append(("/logprobs", target))
            self._rest(reading, tree, {member, "logprobs"})
        else:
            self._rest(reading, tree, set())

    def _sound(self, reading: RealtimeReading, tree: Any) -> None:
        """List sound as unjudged; note where it stands, and the transcript of it."""
        part = f"/output/{self._output(tree)}/content/{_index(tree, 'content_index')}"
        reading.collector.unjudged.append(Unjudged(public(f"{part}/audio"), "audio"))
        self._rest(reading, tree, {"delta"})
        reading.media = (("/delta", f"{part}/transcript"),)

    def _part(self, reading: RealtimeReading, tree: Any, *, begins: bool) -> None:
        output, inner = self._output(tree), _index(tree, "content_index")
        items = reading.part(tree.get("part"), "/part", Kind.TEXT)
        self._take(reading, items, "/part", output, f"/content/{inner}", tree, begins=begins)
        self._rest(reading, tree, {"part"})

    def _item(self, reading: RealtimeReading, tree: Any, *, begins: bool) -> None:
        """Read an event about an item. One that is no part of a response stands for itself."""
        item = tree["item"]
        known = item.get("id") if isinstance(item.get("id"), str) else ""
        items = reading.item(item, "/item")
        if "response_id" not in tree and known not in self._outputs:
            reading.collector.segments += items.collector.segments
            reading.collector.unjudged += items.collector.unjudged
        else:
            output = self._outputs.get(known, -1)
            if output < 0:
                output = self._outputs[known] = self._output(tree)
            if isinstance(item.get("name"), str):
                self._tools[output] = item["name"]
            self._take(reading, items, "/item", output, "", tree, begins=begins)
            if begins and item.get("type") in _CALLS:
                self._call(reading, tree, output)
        self._rest(reading, tree, {"item"})

    def _call(self, reading: RealtimeReading, tree: Any, output: int) -> None:
        """Note that a call begins, though nothing of its arguments may have come."""
        target = f"/output/{output}{_ARGUMENTS.path}"
        self._know(target, tree, output, _ARGUMENTS.path)
        if not any(slot.target == target for slot in reading.slots):
            name = self._tools.get(output, "")
            reading.slots.append(Slot(0, target, "", "", Kind.ARGUMENTS, name, encoded=True))

    def _whole(self, reading: RealtimeReading, tree: Any, *, ends: bool) -> None:
        """Read an event that tells the whole response as it stands."""
        response = tree["response"]
        self._conversation = (
            response.get("conversation_id") if _is_id(response.get("conversation_id")) else None
        )
        output = response.get("output")
        for index, item in enumerate(output[:_MOST] if isinstance(output, list) else ()):
            pointer = f"/response/output/{index}"
            self._take(reading, reading.item(item, pointer), pointer, index, "", tree, begins=not ends)
        skip = _TOLD if isinstance(output, list | None) else _TOLD - {"output"}
        named = {name for name in ("id", "conversation_id") if not _is_id(response.get(name))}
        reading.members(response, "/response", frozenset(skip - named))
        self._rest(reading, tree, {"response"})
        if ends:
            reading.ended = (0,)

    def _other(self, reading: RealtimeReading, tree: Any, family: str, step: str) -> None:
        """Read an event that brings no known text: a ``delta`` nobody knows grows, too."""
        delta = tree.get("delta")
        if step != "delta" or not isinstance(delta, str):
            self._rest(reading, tree, set())
            return
        where = "/".join(str(_index(tree, name)) for name in _PLACE)
        target = f"/events/{family}/{where}"
        reading.slots.append(Slot(0, target, "/delta", delta, Kind.OTHER))
        self._brought[target] = _without_text(tree)
        self._rest(reading, tree, {"delta"})

    def _take(
        self,
        reading: RealtimeReading,
        items: Items,
        root: str,
        output: int,
        place: str,
        tree: Any,
        *,
        begins: bool,
    ) -> None:
        """Take the texts of a part or an item that stands at `place` of an item: begun, or told whole."""
        before = f"/output/{output}{place}"
        for segment in items.collector.segments:
            path = place + segment.pointer[len(root) :]
            grows = segment.editable and (_NUMBER.sub("*", path), segment.kind) in _GROWING
            if not grows:  # a key stands where its object does
                reading.collector.segments.append(segment)
                continue
            slot = _slot_of(segment, f"/output/{output}{path}")
            self._know(slot.target, tree, output, path)
            if begins:
                reading.slots.append(slot)
            else:
                reading.repeat(slot)
        reading.collector.unjudged += [
            Unjudged(public(before + item.pointer[len(root) :]), item.reason)
            for item in items.collector.unjudged
        ]

    def _know(self, target: str, tree: Any, output: int, path: str) -> None:
        """Remember what brings more of a text whose deltas did not come yet."""
        family = next(name for name, text in _TEXTS.items() if text.path == _NUMBER.sub("*", path))
        event = {"type": f"{family}.delta", "response_id": self._response, "output_index": output}
        item = tree.get("item")
        known = item.get("id") if isinstance(item, dict) else tree.get("item_id")
        inner = next((int(step) for step in path.split("/") if step.isdecimal()), None)
        place = {} if inner is None else {"content_index": inner}
        self._brought.setdefault(
            target, {**event, "item_id": known if known and _is_told_again(known) else "", **place}
        )

    def _slot(self, tree: Any, text: _Text, pointer: str, value: str) -> Slot:
        output = self._output(tree)
        inner = str(_index(tree, "content_index"))
        target = f"/output/{output}{text.path.replace('*', inner, 1)}"
        if pointer == "/delta":
            self._brought[target] = _without_text(tree)
        else:
            self._know(target, tree, output, text.path.replace("*", inner, 1))
        name = self._tools.get(output, "") if text.kind is Kind.ARGUMENTS else ""
        return Slot(0, target, pointer, value, text.kind, name, text.encoded)

    def _output(self, tree: Any) -> int:
        output = _index(tree, "output_index")
        if isinstance(tree.get("item_id"), str):
            self._outputs.setdefault(tree["item_id"], output)
        if len(self._outputs) > _MOST:
            raise _bad_place()
        return output

    def _rest(self, reading: RealtimeReading, tree: Any, skip: set[str]) -> None:
        """Take the members of an event that nobody knows, and names that are none."""
        known = {name for name in _IDS if _is_id(tree.get(name))}
        reading.rest(tree, _HEAD | known | skip)


def _slot_of(segment: Segment, target: str) -> Slot:
    return Slot(
        0, target, segment.pointer, segment.text, segment.kind, segment.name, segment.encoded, segment.role
    )


def _without_text(tree: dict[str, Any]) -> dict[str, Any]:
    """Return what an event says beside its text: its type, and of what it speaks."""
    told = [name for name in ("type", *_IDS) if _is_told_again(tree.get(name))]
    return {"type": "", **{name: tree[name] for name in (*told, *_PLACE) if name in tree}}


def _is_told_again(value: Any) -> bool:
    """Say whether a name may stand in an event of ours: one that was masked may not."""
    return _is_id(value) or is_plain(value)


def _is_id(value: Any) -> bool:
    return value is None or (isinstance(value, str) and _NAME.fullmatch(value) is not None)


def _index(tree: Any, name: str) -> int:
    index = tree.get(name, 0)
    if type(index) is not int or not 0 <= index < _MOST:
        raise _bad_place()
    return index


def _bad_place() -> UpstreamFault:
    return UpstreamFault("The upstream sent an event with a bad index.", code="upstream_protocol")


def _error(kind: str, code: str, message: str) -> dict[str, Any]:
    told = {"type": kind, "code": code, "message": message, "param": None, "event_id": None}
    return {"type": "error", "event_id": _event_id(), "error": told}


def _event_id() -> str:
    return f"event_{uuid.uuid4().hex}"
