"""Streamed responses: events with a ``type``, texts that grow by deltas and are then told again as a whole.

Each text has the place that it has in the finished response, whichever event brings it: the deltas, the
``.done`` event, the finished part and item, and the response that ends the stream.

Source: `openai.types.responses.ResponseStreamEvent` of the official Python package.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from ..errors import UpstreamFault
from ..framing.sse import Sse
from ..pointer import public
from ..types import Kind, Segment, Unjudged
from . import openai_responses_said as say
from .base import Frame, Slot
from .collect import is_plain
from .openai_responses_events import (
    BEGUN,
    CALLS,
    DELTAS,
    DONE,
    ENDS,
    INNER,
    NAMES,
    OUTPUTS,
    PARTS,
    PLACE,
    TEXTS,
    Text,
    growing_at,
)
from .openai_responses_frame import FrameReading
from .openai_responses_items import Items

_ITEM = re.compile(r"[a-z]{2,5}(?:_[A-Za-z0-9]{1,64}|_[0-9a-f-]{36}|-[A-Za-z0-9_-]{1,16})")
"""Names of items as the provider gives them; one that was masked must not be said in an event of ours."""
_MOST = 4096
"""Items of one response, parts of an item, commands of a call."""
_HEAD = frozenset(("type", "sequence_number", "obfuscation"))
_LOOSE = ("/sequence_number",)
_BARE = _HEAD | PLACE | {"delta", "logprobs"}
_TOLD = frozenset(
    ("output", "tools", "id", "object", "created_at", "completed_at", "model", "status", "usage")
)
_MEDIA = frozenset(("partial_image_b64",))
_AUDIO = "response.audio.delta"
_UNKNOWN = Text("", "", "", "", Kind.OTHER)
_TRANSCRIPT = "response.audio.transcript"


def _type(tree: Any) -> str:
    return str(tree["type"])


class _Place(NamedTuple):
    """Where a growing text stands: what brings it, and both indexes."""

    text: Text
    output: int
    inner: int


class ResponsesStream:
    """Reads and writes the events of one response.

    Args:
        model: the model that was asked.
    """

    framing = Sse(_type, NAMES)
    repeating = True

    def __init__(self, model: str = "") -> None:
        self._identity = ""
        self._names: tuple[str, ...] = ()
        self._model = model
        self._number = -1
        self._ids: dict[int, str] = {}
        self._tools: dict[int, str] = {}
        self._calls: dict[int, str] = {}
        self._numbered: set[int] = set()
        self._places: dict[str, _Place] = {}

    def named(self) -> tuple[str, ...]:
        """Return the names of the response, and of its conversation, that were told so far."""
        return self._names

    def read(self, tree: Any, name: str = "") -> Frame:
        """Read one event. Raises `UpstreamFault` for a place that is none."""
        kind = tree.get("type") if isinstance(tree, dict) else None
        reading = FrameReading()
        if not isinstance(kind, str):
            reading.walk(tree, "")
            return reading.frame()
        number = tree.get("sequence_number")
        self._number = number if type(number) is int else self._number + 1
        if kind in DELTAS:
            return self._delta(tree, DELTAS[kind])
        family, _, step = kind.rpartition(".")
        if kind in DONE or kind in BEGUN:
            self._text(reading, tree, (DONE | BEGUN)[kind], begins=kind in BEGUN)
        elif family in PARTS:
            self._part(reading, tree, family, begins=step == "added")
        elif family == "response.output_item":
            self._item(reading, tree, begins=step == "added")
        elif isinstance(tree.get("response"), dict):
            self._response(reading, tree, kind)
        elif kind == OUTPUTS:
            self._outputs(reading, tree)
        else:
            self._other(reading, tree, kind)
        return reading.frame()

    def carry(self, tree: Any, slot: Slot, text: str, logprobs: Any) -> Any:
        """Return the delta that brings `text`."""
        brings, output, inner = self._places[slot.target]
        event: dict[str, Any] = {"type": f"{brings.family}.delta", "sequence_number": max(self._number, 0)}
        if brings.family.count(".") == 1:
            named = self._ids.get(output, "")
            known = is_plain(named) or _ITEM.fullmatch(named)
            event |= {"item_id": named if known else "", "output_index": output}
        if brings.second:
            event[brings.second] = inner
        event["delta"] = {brings.inner: text} if brings.inner else text
        if brings is TEXTS[0]:
            event["logprobs"] = logprobs or []
        return event

    def stop(self, tree: Any, choices: Sequence[int], text: str, opened: Sequence[Slot]) -> list[Any]:
        """Refuse in a message of its own, then end the response as incomplete: its content was filtered."""
        number = self._number + 1
        head = say.response(self._model, {"id": self._identity})
        events: list[Any] = []
        if not self._identity:
            events.append({"type": "response.created", "sequence_number": number, "response": head})
            number += 1
        item = say.message(say.refusal(text), "completed")
        events += say.said(item, max(self._numbered, default=-1) + 1, number)
        why = {"status": "incomplete", "incomplete_details": {"reason": "content_filter"}}
        ended = {**head, **why, "output": [item]}
        last = {"type": "response.incomplete", "sequence_number": number + 6, "response": ended}
        return [*events, last]

    def withdraw(self, targets: Iterable[str]) -> None:
        """Forget items that were never told; see `Withdrawing`."""
        self._numbered.difference_update([int(target.split("/")[2]) for target in targets])

    def fault(self, message: str) -> Any:
        """Return the event that tells of a fault: SDKs raise what has a member ``error``."""
        told = {"code": "upstream_protocol", "message": message, "param": None}
        error = {**told, "type": "api_error"}
        return {"type": "error", **told, "sequence_number": self._number + 1, "error": error}

    def _delta(self, tree: Any, text: Text) -> Frame:
        """Read an event that brings more of a text: most events are one."""
        delta = tree.get("delta")
        reading = FrameReading()
        if isinstance(delta, str):
            reading.slots.append(self._slot(tree, text, "/delta", delta))
        else:
            reading.walk(delta, "/delta")
        if tree.get("logprobs"):
            reading.logprobs = {0: "/logprobs"}
        bare = isinstance(delta, str) and tree.keys() <= _BARE
        reading.rest(tree, _BARE)
        return reading.frame(bare=bare, loose=_LOOSE)

    def _outputs(self, reading: FrameReading, tree: Any) -> None:
        delta = tree.get("delta")
        for name, text in delta.items() if isinstance(delta, dict) else ():
            if name in INNER and isinstance(text, str):
                reading.slots.append(self._slot(tree, INNER[name], f"/delta/{name}", text))
            else:
                reading.walk({name: text}, "/delta")
        reading.rest(tree, _HEAD | PLACE | ({"delta"} if isinstance(delta, dict) else set()))

    def _text(self, reading: FrameReading, tree: Any, text: Text, *, begins: bool) -> None:
        """Read an event that begins a text or tells all of it."""
        value = tree.get(text.done)
        pointer = f"/{text.done}"
        if isinstance(value, str):
            slot = self._slot(tree, text, pointer, value)
            if begins:
                reading.slots.append(slot)
            else:
                reading.repeat(slot)
        else:
            reading.walk(value, pointer)
        if tree.get("logprobs"):
            reading.lists.append(("/logprobs", self._target(self._at(tree, text))))
        reading.rest(tree, _HEAD | PLACE | {text.done, "logprobs"})

    def _part(self, reading: FrameReading, tree: Any, family: str, *, begins: bool) -> None:
        member, index, kind = PARTS[family]
        output, inner = self._output(tree), _index(tree, index)
        items = reading.part(tree.get("part"), "/part", kind)
        self._take(reading, items, "/part", output, f"/{member}/{inner}", begins=begins)
        reading.rest(tree, _HEAD | PLACE | {"part"})

    def _item(self, reading: FrameReading, tree: Any, *, begins: bool) -> None:
        output = self._output(tree)
        self._know(output, tree.get("item"))
        items = reading.item(tree.get("item"), "/item")
        self._take(reading, items, "/item", output, "", begins=begins)
        if begins:
            self._call(reading, tree.get("item"), output)
        reading.rest(tree, _HEAD | PLACE | {"item"})

    def _call(self, reading: FrameReading, item: Any, output: int) -> None:
        """Note that a call begins, though nothing of its arguments may have come."""
        kind = item.get("type") if isinstance(item, dict) else None
        text = growing_at(CALLS[kind], Kind.ARGUMENTS) if isinstance(kind, str) and kind in CALLS else None
        if text is not None:
            place = _Place(text, output, 0)
            self._calls[output] = self._target(place)
            self._places.setdefault(self._calls[output], place)
            self._going(reading, output)

    def _going(self, reading: FrameReading, output: int) -> None:
        """Note that an event is about a call, if it is."""
        target = self._calls.get(output)
        if target is not None and not any(slot.target == target for slot in reading.slots):
            text = self._places[target].text
            name = text.name or self._tools.get(output, "")
            reading.slots.append(Slot(0, target, "", "", text.kind, name, text.encoded, text.role))

    def _response(self, reading: FrameReading, tree: Any, kind: str) -> None:
        """Read an event that tells the whole response as it stands."""
        response = tree["response"]
        identity = response.get("id")
        if is_plain(identity) and 0 < len(identity) <= say.LONGEST_ID:
            self._identity = identity
            conversation = response.get("conversation")
            other = conversation.get("id") if isinstance(conversation, dict) else None
            self._names = (identity, other) if isinstance(other, str) else (identity,)
        output = response.get("output")
        for index, item in enumerate(output[:_MOST] if isinstance(output, list) else ()):
            self._know(index, item)
            pointer = f"/response/output/{index}"
            items = reading.item(item, pointer)
            self._take(reading, items, pointer, index, "", begins=kind not in ENDS)
        reading.walk_tools(response.get("tools"), "/response/tools")
        reading.members(
            response, "/response", _TOLD if isinstance(output, list | None) else _TOLD - {"output"}
        )
        reading.rest(tree, _HEAD | {"response"})
        if kind in ENDS:
            reading.ended = (0,)

    def _other(self, reading: FrameReading, tree: Any, kind: str) -> None:
        """Read an event that brings no known text: a ``delta`` nobody knows grows, too."""
        delta = tree.get("delta")
        skip = _HEAD | PLACE | _MEDIA
        if _MEDIA & tree.keys():
            reading.collector.unjudged.append(Unjudged(f"/output/{self._output(tree)}/result", "image"))
        if kind == _AUDIO:
            reading.collector.unjudged.append(Unjudged("/audio", "audio"))
            skip |= {"delta"}
        elif isinstance(delta, str) and kind.endswith(".delta"):
            skip |= {"delta"}
            text = _UNKNOWN._replace(family=kind.removesuffix(".delta"))
            reading.slots.append(self._slot(tree, text, "/delta", delta))
        if "output_index" in tree:
            self._going(reading, self._output(tree))
        reading.rest(tree, skip)

    def _take(
        self, reading: FrameReading, items: Items, root: str, output: int, place: str, *, begins: bool
    ) -> None:
        """Take the texts of a part or an item that stands at `place` of an item: begun, or told whole."""
        before = f"/output/{output}{place}"
        for segment in items.collector.segments:
            path = place + segment.pointer[len(root) :]
            grows = growing_at(path, segment.kind) if segment.editable else None
            if grows is None and (segment.kind is Kind.OTHER or not segment.editable):
                reading.collector.segments.append(segment)
                continue
            slot = _slot_of(segment, f"/output/{output}{path}")
            if grows is not None:
                self._places.setdefault(slot.target, _Place(grows, output, _second(path)))
            if begins and grows is not None:
                reading.slots.append(slot)
            else:
                reading.repeat(slot)
        reading.collector.unjudged += [
            Unjudged(public(before + item.pointer[len(root) :]), item.reason)
            for item in items.collector.unjudged
        ]
        reading.lists += [(pointer, before + text[len(root) :]) for pointer, text in items.repeats.items()]

    def _slot(self, tree: Any, text: Text, pointer: str, value: str) -> Slot:
        place = self._at(tree, text)
        target = self._target(place)
        self._places[target] = place
        name = text.name or (self._tools.get(place.output, "") if text.kind is Kind.ARGUMENTS else "")
        return Slot(0, target, pointer, value, text.kind, name, text.encoded, text.role)

    def _at(self, tree: Any, text: Text) -> _Place:
        alone = text.family.count(".") > 1
        return _Place(
            text, 0 if alone else self._output(tree), _index(tree, text.second) if text.second else 0
        )

    def _target(self, place: _Place) -> str:
        if place.text.family == _TRANSCRIPT:
            return place.text.path
        if not place.text.path:
            return f"/events/{place.text.family}/{place.output}"
        return f"/output/{place.output}{place.text.path.replace('*', str(place.inner), 1)}"

    def _output(self, tree: Any) -> int:
        output = _index(tree, "output_index")
        self._numbered.add(output)
        if isinstance(tree.get("item_id"), str):
            self._ids[output] = tree["item_id"]
        return output

    def _know(self, output: int, item: Any) -> None:
        """Remember what the deltas of an item need."""
        self._numbered.add(output)
        for member, known in (("id", self._ids), ("name", self._tools)):
            if isinstance(item, dict) and isinstance(item.get(member), str):
                known[output] = item[member]


def _slot_of(segment: Segment, target: str) -> Slot:
    return Slot(
        0, target, segment.pointer, segment.text, segment.kind, segment.name, segment.encoded, segment.role
    )


def _index(tree: Any, name: str) -> int:
    index = tree.get(name, 0)
    if type(index) is not int or not 0 <= index < _MOST:
        raise UpstreamFault("The upstream sent an event with a bad index.", code="upstream_protocol")
    return index


def _second(path: str) -> int:
    """Return the number in a path that has one."""
    return next((int(step) for step in path.split("/") if step.isdecimal()), 0)
