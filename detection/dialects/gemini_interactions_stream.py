"""Streamed interactions of Gemini: events of steps that begin, grow and stop.

Source: `google.genai.interactions.InteractionSSEEvent`. Texts of a step that follow each other are one
content; other contents between them part them. Events of the interaction itself may repeat its steps.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from ..errors import UpstreamFault
from ..framing.sse import Sse
from ..pointer import split, step
from ..types import Direction, Kind, Role
from .base import Frame, Slot
from .collect import SHORTEST, Collector, is_plain, words_only
from .gemini_steps import MEDIA, SPOKEN, read_content, read_interaction, read_signature, read_step, type_of

INCOMPLETE = "incomplete"
"""`status` of an interaction that was stopped."""
_CREATED, _COMPLETED = "interaction.created", "interaction.completed"
_START, _DELTA, _STOP, _ERROR = "step.start", "step.delta", "step.stop", "error"
_AROUND = (_CREATED, _COMPLETED, "interaction.status_update", _ERROR)
FRAMING = Sse(lambda tree: str(tree["event_type"]), (*_AROUND, _START, _DELTA, _STOP, "done"), b"[DONE]")
_EVENT = frozenset(("event_type", "event_id", "index"))
_BARE = _EVENT | {"delta"}
_WHOLE = ("_call", "_result", "_annotation_delta", "_signature")
"""Ends of the types of deltas that come whole."""
_MOST = 10_000


class InteractionsStream:
    """Reads and writes the events of one streamed interaction."""

    framing = FRAMING
    repeating = True

    def __init__(self) -> None:
        self._steps: dict[int, _Step] = {}
        self._head: dict[str, Any] = {}

    def read(self, tree: Any, name: str = "") -> Frame:
        """Read one event. Raises `UpstreamFault` when it is none."""
        if not isinstance(tree, dict):
            raise _bad("event")
        event = tree.get("event_type")
        if event in (_START, _DELTA, _STOP):
            return _Reading(self._steps).event(tree, str(event))
        return self._around(tree, event)

    def carry(self, tree: Any, slot: Slot, text: str, logprobs: Any) -> Any:
        """Return an event with one piece of text."""
        _, index, member, *rest = split(slot.target)
        delta: dict[str, Any]
        if member == "content":
            delta = {"type": "text", "text": text}
        elif member == "summary":
            delta = {"type": "thought_summary", "content": {"type": "text", "text": text}}
        elif member == "arguments":
            delta = {"type": "arguments_delta", "arguments": text}
        else:
            delta = {"type": rest[0], rest[1]: text}
        return {"event_type": _DELTA, "index": int(index), "delta": delta}

    def stop(self, tree: Any, choices: Sequence[int], text: str, opened: Sequence[Slot]) -> list[Any]:
        """Stop every open step, say why in one of its own, and leave the interaction incomplete."""
        going = [index for index, kept in self._steps.items() if not kept.stopped]
        stops = [{"event_type": _STOP, "index": index} for index in going]
        told = refusing(max(self._steps, default=-1) + 1, text)
        return [*stops, *told, lifecycle(_COMPLETED, {"id": "", **self._head, "status": INCOMPLETE})]

    def fault(self, message: str) -> Any:
        """Return the error event."""
        return {"event_type": _ERROR, "error": {"code": "upstream_protocol", "message": message}}

    def withdraw(self, targets: Iterable[str]) -> None:
        """Forget steps that were never told; see `Withdrawing`."""
        for target in targets:
            self._steps.pop(int(split(target)[1]), None)

    def named(self) -> tuple[str, ...]:
        """Return the name under which the provider keeps this interaction."""
        name = self._head.get("id")
        return (name,) if isinstance(name, str) else ()

    def _around(self, tree: dict[str, Any], event: Any) -> Frame:
        """Read an event of the interaction itself, or one that nobody knows."""
        collector = Collector(Direction.ANSWER)
        interaction = tree.get("interaction")
        repeats: tuple[Slot, ...] = ()
        if isinstance(interaction, dict):
            named = ((key, interaction.get(key)) for key in ("id", "object", "model"))
            self._head |= {key: value for key, value in named if is_plain(value)}
            repeats = read_interaction(collector, interaction, "/interaction", repeating=event == _COMPLETED)
        else:
            collector.walk(interaction, "/interaction", Role.ASSISTANT)
        skip = {"event_type", "event_id", "interaction", "interaction_id", "status"}
        if words_only(tree.get("usage")):
            skip.add("usage")
        collector.members(tree, "", Role.ASSISTANT, skip=frozenset(skip))
        if event not in _AROUND:
            collector.walk(event, "/event_type", Role.ASSISTANT)
        ended = (0,) if event == _COMPLETED else ()
        return collector.frame(ended=ended, repeats=repeats)


class _Step:
    """What came of one step so far."""

    __slots__ = ("growing", "items", "stopped", "targets")

    def __init__(self) -> None:
        self.items = 0
        self.growing = ""
        """Target of the content that goes on, of those that come one after another."""
        self.targets: list[str] = []
        self.stopped = False


class _Reading:
    """One event of a step being read: what was found so far."""

    def __init__(self, steps: dict[int, _Step]) -> None:
        self._steps = steps
        self._collector = Collector(Direction.ANSWER)
        self._slots: list[Slot] = []
        self._closed: list[str] = []
        self._whole: list[tuple[str, str]] = []

    def event(self, tree: dict[str, Any], event: str) -> Frame:
        index = tree.get("index")
        if type(index) is not int or not 0 <= index < _MOST:
            raise _bad("index")
        kept = self._steps.setdefault(index, _Step())
        if kept.stopped:
            raise UpstreamFault("The upstream went on after a step's end.", code="upstream_protocol")
        read = {"step"} if event == _START else {"delta"} if event == _DELTA else set[str]()
        bare = False
        if event == _START:
            self._start(tree.get("step"), kept, index)
        elif event == _DELTA:
            bare = self._delta(tree.get("delta"), kept, index) and tree.keys() <= _BARE
        else:
            kept.stopped = True
            self._closed += kept.targets
        counts = {name for name in ("usage", "step_usage", "metadata") if words_only(tree.get(name))}
        self._collector.members(tree, "", Role.ASSISTANT, skip=_EVENT | read | counts)
        bare = bare and not self._closed
        return self._collector.frame(self._slots, bare=bare, closed=self._closed, whole=self._whole)

    def _start(self, given: Any, kept: _Step, index: int) -> None:
        """Read the beginning of a step: it may hold the first of its contents."""
        kind = type_of(given)
        if kind not in SPOKEN and kind != "thought":
            if isinstance(given, dict) and isinstance(given.get("name"), str):
                self._whole.append((f"/steps/{index}/name", given["name"]))
            read_step(self._collector, given, "/step", Role.ASSISTANT)
            if kind.endswith("_call"):
                self._grows(kept, f"/steps/{index}/arguments", "", "", Kind.ARGUMENTS)
            return
        member = "summary" if kind == "thought" else "content"
        contents = given.get(member)
        for at, content in enumerate(contents if isinstance(contents, list) else ()):
            self._content(content, kept, index, member, f"/step/{member}/{at}")
        if not isinstance(contents, list):
            self._collector.walk(contents, f"/step/{member}", Role.ASSISTANT)
        read_signature(self._collector, given, "/step")
        self._collector.members(given, "/step", Role.ASSISTANT, skip=frozenset(("type", "signature", member)))

    def _delta(self, delta: Any, kept: _Step, index: int) -> bool:
        """Read what is new of a step; say whether it is text and nothing else."""
        if not isinstance(delta, dict):
            raise _bad("delta")
        kind = type_of(delta)
        if kind == "text":
            self._content(delta, kept, index, "content", "/delta")
            return delta.keys() <= {"type", "text"}
        if kind == "thought_summary":
            content = delta.get("content")
            self._content(content, kept, index, "summary", "/delta/content")
            self._collector.members(delta, "/delta", Role.ASSISTANT, skip=frozenset(("type", "content")))
            return isinstance(content, dict) and content.keys() <= {"type", "text"}
        if kind == "arguments_delta" and isinstance(delta.get("arguments"), str):
            target = f"/steps/{index}/arguments"
            self._grows(kept, target, "/delta/arguments", delta["arguments"], Kind.ARGUMENTS)
            self._collector.members(delta, "/delta", Role.ASSISTANT, skip=frozenset(("type", "arguments")))
            return True
        if kind in MEDIA:
            self._content(delta, kept, index, "content", "/delta")
        elif kind.endswith(_WHOLE):
            read_step(self._collector, delta, "/delta", Role.ASSISTANT)
        else:
            self._unknown(delta, kept, index, kind)
        return False

    def _content(self, content: Any, kept: _Step, index: int, member: str, pointer: str) -> None:
        """Read a content, or the next characters of one."""
        kind = Kind.REASONING if member == "summary" else Kind.TEXT
        if type_of(content) != "text" or not isinstance(content.get("text"), str):
            if kept.growing:
                self._closed.append(kept.growing)
            kept.growing = ""
            kept.items += 1
            read_content(self._collector, content, pointer, Role.ASSISTANT, kind)
            return
        if content["text"] and not kept.growing:
            kept.growing = f"/steps/{index}/{member}/{kept.items}/text"
            kept.items += 1
        if kept.growing:
            self._grows(kept, kept.growing, f"{pointer}/text", content["text"], kind)
        self._collector.members(content, pointer, Role.ASSISTANT, skip=frozenset(("type", "text")))

    def _unknown(self, delta: dict[str, Any], kept: _Step, index: int, kind: str) -> None:
        """Read a delta that nobody knows: its strings grow, each by itself."""
        target = step(f"/steps/{index}/deltas", kind)
        self._collector.control(delta.get("type"), "/delta", "type", Role.ASSISTANT)
        for key, value in delta.items():
            if key == "type":
                continue
            if isinstance(value, str):
                if len(key) >= SHORTEST:
                    self._collector.text(key, "/delta", Role.ASSISTANT, editable=False)
                self._grows(kept, step(target, key), step("/delta", key), value, Kind.OTHER)
            else:
                self._collector.members({key: value}, "/delta", Role.ASSISTANT)

    def _grows(self, kept: _Step, target: str, pointer: str, text: str, kind: Kind) -> None:
        if target not in kept.targets:
            kept.targets.append(target)
        self._slots.append(Slot(0, target, pointer, text, kind, encoded=kind is Kind.ARGUMENTS))


def lifecycle(event: str, interaction: dict[str, Any]) -> dict[str, Any]:
    """Return an event of the interaction itself."""
    return {"event_type": event, "interaction": interaction}


def refusing(index: int, text: str) -> list[dict[str, Any]]:
    """Return the events of a step that says no."""
    return [
        {"event_type": _START, "index": index, "step": {"type": "model_output", "content": []}},
        {"event_type": _DELTA, "index": index, "delta": {"type": "text", "text": text}},
        {"event_type": _STOP, "index": index},
    ]


def _bad(what: str) -> UpstreamFault:
    return UpstreamFault(f"The upstream sent an event with a bad {what}.", code="upstream_protocol")
