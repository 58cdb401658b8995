"""Messages of one turn of a live model: parts that go on where others ended, calls, and transcripts.

Transcripts come beside the sound, each a text of its own until it says that it is finished. Sound is listed
as unjudged, and is empty from the moment on when the transcript of what the model says was changed.

Source: `google.genai.types.LiveServerContent` and `LiveServerToolCall` of the official Python package.
"""

from collections.abc import Sequence
from typing import Any

from ..framing.messages import Messages
from ..pointer import split
from ..types import Kind, Role
from .base import Frame, Slot
from .collect import words_only
from .gemini_common import both, snake, status_of
from .gemini_stream import Reading, Spoken

_MESSAGES = Messages()
_SAYS, _CALLS = 0, 1
"""Stand for candidates: what the model says, and the tools that it calls."""
_OWN = "outputTranscription"
_TRANSCRIPTS = {
    _OWN: Role.ASSISTANT,
    "inputTranscription": Role.USER,
    "interimInputTranscription": Role.USER,
}
_WHOLE = "interimInputTranscription"
"""Told anew each time, and so no text that grows."""
_TURN = both("modelTurn", *_TRANSCRIPTS)
_ENDS = both("turnComplete", "generationComplete", "interrupted")
_TOLD = frozenset(("text", "words"))
_UNKNOWN = "/words"
"""No text has this place: lists that follow it are always let go."""


def content_of(tree: dict[str, Any]) -> dict[str, Any] | None:
    """Return the content of a message; None where it has none."""
    content = tree.get("serverContent", tree.get("server_content"))
    return content if isinstance(content, dict) else None


def refused(text: str, reason: str) -> dict[str, Any]:
    """Return a whole turn of the model that says no."""
    turn = {"role": "model", "parts": [{"text": text}]}
    return {"serverContent": {"modelTurn": turn, "turnComplete": True, "turnCompleteReason": reason}}


class GeminiLiveStream:
    """Reads and writes the messages of one turn."""

    framing = _MESSAGES
    repeating = False

    def __init__(self) -> None:
        self._spoken: dict[int, Spoken] = {_SAYS: Spoken(), _CALLS: Spoken()}
        self._heard: dict[str, int] = {}
        """Numbers of the transcripts that grow."""
        self._transcripts = 0

    def read(self, tree: Any, name: str = "") -> Frame:
        """Read one message. Raises `UpstreamFault` for parts that are none."""
        reading = Reading(self._spoken)
        collector = reading.collector
        media: list[tuple[str, str]] = []
        if not isinstance(tree, dict):
            collector.walk(tree, "", Role.ASSISTANT)
            return collector.frame()
        read: set[str] = set()
        ended = False
        for key in both("serverContent") & tree.keys():
            if isinstance(tree[key], dict):
                read.add(key)
                ended = self._content(reading, tree[key], f"/{key}", media) or ended
        for key in both("toolCall") & tree.keys():
            if isinstance(tree[key], dict):
                read.add(key)
                self._calls(reading, tree[key], f"/{key}")
        collector.members(tree, "", Role.ASSISTANT, skip=frozenset(read))
        return collector.frame(
            reading.slots,
            ended=(_SAYS, _CALLS) if ended else (),
            whole=reading.whole,
            closed=reading.closed,
            lists=reading.lists,
            media=media,
        )

    def carry(self, tree: Any, slot: Slot, text: str, logprobs: Any) -> Any:
        """Return a message with one piece of text."""
        path = split(slot.target)
        if path[0] in _TRANSCRIPTS:
            return {"serverContent": {path[0]: {"text": text}}}
        if slot.kind is Kind.ARGUMENTS:
            piece = {"jsonPath": path[-1], "stringValue": text, "willContinue": True}
            call = {"partialArgs": [piece], "willContinue": True}
            return {"toolCall": {"functionCalls": [call]}}
        part = {"text": text, "thought": True} if slot.kind is Kind.REASONING else {"text": text}
        return {"serverContent": {"modelTurn": {"role": "model", "parts": [part]}}}

    def stop(self, tree: Any, choices: Sequence[int], text: str, opened: Sequence[Slot]) -> list[Any]:
        """End the turn: what the model said was rejected."""
        return [refused(text, "RESPONSE_REJECTED")]

    def fault(self, message: str) -> Any:
        """Return the error that SDKs raise."""
        return status_of(502, message)["error"]

    def _content(
        self, reading: Reading, content: dict[str, Any], pointer: str, media: list[tuple[str, str]]
    ) -> bool:
        """Read what the model says; say whether its turn is complete."""
        for key in both("modelTurn") & content.keys():
            self._turn(reading, content[key], f"{pointer}/{key}", media)
        for name, role in _TRANSCRIPTS.items():
            for key in both(name) & content.keys():
                self._transcript(reading, content[key], name, role, f"{pointer}/{key}")
        reading.collector.members(content, pointer, Role.ASSISTANT, skip=_TURN)
        complete = content.get("turnComplete", content.get("turn_complete")) is True
        if any(content.get(key) is True for key in _ENDS):
            reading.end(self._spoken[_SAYS], _SAYS)
            if content.get("interrupted") is True or complete:
                self._finish(reading)
        return complete

    def _turn(self, reading: Reading, turn: Any, pointer: str, media: list[tuple[str, str]]) -> None:
        if not isinstance(turn, dict):
            reading.collector.walk(turn, pointer, Role.ASSISTANT)
            return
        parts = turn.get("parts")
        reading.parts(parts, self._spoken[_SAYS], _SAYS, f"{pointer}/parts")
        known = {"parts", "role"} if words_only(turn.get("role")) else {"parts"}
        reading.collector.members(turn, pointer, Role.ASSISTANT, skip=frozenset(known))
        for index, part in enumerate(parts if isinstance(parts, list) else ()):
            for key in both("inlineData") & part.keys() if isinstance(part, dict) else ():
                blob = part[key]
                if isinstance(blob, dict) and isinstance(blob.get("data"), str):
                    media.append((f"{pointer}/parts/{index}/{key}/data", f"/{_OWN}/"))

    def _transcript(self, reading: Reading, told: Any, name: str, role: Role, pointer: str) -> None:
        """Read the next words of a transcript."""
        if not isinstance(told, dict):
            reading.collector.walk(told, pointer, role)
            return
        text = told.get("text")
        if name == _WHOLE or not isinstance(text, str):
            reading.collector.walk(text, f"{pointer}/text", role, Kind.TEXT)
        else:
            number = self._heard.get(name)
            if number is None:
                self._transcripts += 1
                number = self._heard[name] = self._transcripts
            target = f"/{name}/{number}/text"
            reading.slots.append(Slot(_SAYS, target, f"{pointer}/text", text, Kind.TEXT, role=role))
            if told.get("finished") is True:
                del self._heard[name]
                reading.closed.append(target)
        if told.get("words"):
            # word by word they would tell what is held
            reading.lists.append((f"{pointer}/words", _UNKNOWN))
        reading.collector.members(told, pointer, role, skip=_TOLD)

    def _finish(self, reading: Reading) -> None:
        """End the transcripts that grow."""
        reading.closed += [f"/{name}/{number}/text" for name, number in self._heard.items()]
        self._heard.clear()

    def _calls(self, reading: Reading, called: dict[str, Any], pointer: str) -> None:
        keys = both("functionCalls") & called.keys()
        for key in keys:
            calls = called[key]
            if isinstance(calls, list):
                for index, call in enumerate(calls):
                    self._call(reading, call, f"{pointer}/{key}/{index}")
            else:
                reading.collector.walk(calls, f"{pointer}/{key}", Role.ASSISTANT, Kind.ARGUMENTS)
        reading.collector.members(called, pointer, Role.ASSISTANT, skip=frozenset(keys))

    def _call(self, reading: Reading, call: Any, pointer: str) -> None:
        """Read a call, or the next pieces of one."""
        collector, spoken = reading.collector, self._spoken[_CALLS]
        if not isinstance(call, dict):
            collector.walk(call, pointer, Role.ASSISTANT, Kind.ARGUMENTS)
            return
        if not spoken.calling or call.get("name"):
            reading.end(spoken, _CALLS)
            spoken.number += 1
        pieces = reading.call(call, spoken, _CALLS, pointer)
        collector.walk(call.get("name"), f"{pointer}/name", Role.ASSISTANT, Kind.NAME)
        collector.walk(call.get("args"), f"{pointer}/args", Role.ASSISTANT, Kind.ARGUMENTS)
        collector.members(call, pointer, Role.ASSISTANT, skip=frozenset(("name", "args", *pieces)))
        spoken.calling = call.get("willContinue", call.get(snake("willContinue"))) is True
        if spoken.calling:
            reading.goes_on(spoken, _CALLS)
        else:
            reading.end(spoken, _CALLS)
