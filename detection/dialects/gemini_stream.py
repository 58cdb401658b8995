"""Streamed answers of Gemini: each frame is an answer of its own, whose parts go on where others ended.

Parts of a frame have no number. Texts of one kind that follow each other are one text of the whole
answer, as SDKs put them together; any other part between them ends it. Arguments of a call may come
in pieces (``partialArgs``), each a value's next characters under its JSON path.
"""

from collections.abc import Sequence
from typing import Any

from ..errors import UpstreamFault
from ..framing.base import Framing
from ..framing.json_array import JsonArray
from ..framing.sse import Sse
from ..pointer import split, step
from ..types import Direction, Kind, Role
from .base import Asked, Frame, Slot
from .collect import Collector, words_only
from .gemini_common import BLOCKED_ANSWER, MOST_CANDIDATES, both, status_of
from .gemini_parts import is_thought, read_part, signature
from .gemini_said import CONTROL, read_around, read_beside

_SSE = Sse()
_ARRAY = JsonArray()
_BARE_ANSWER = CONTROL | {"candidates", "usageMetadata"}
_BARE_CANDIDATE = frozenset(("content", "index", "logprobsResult", "safetyRatings"))
_BARE_PART = frozenset(("text", "thought"))
_GROWING = frozenset(("text", *both("functionCall")))
"""Members of a part that grow over frames: it has one of them."""
_LOOSE = tuple(f"/usageMetadata/{name}TokenCount" for name in ("prompt", "candidates", "thoughts", "total"))
_HEAD = ("modelVersion", "responseId", "createTime")


class GeminiStream:
    """Reads and writes the frames of one streamed answer."""

    repeating = False

    def __init__(self, asked: Asked) -> None:
        self.framing: Framing = _ARRAY if asked.framing == "json_array" else _SSE
        self._spoken: dict[int, Spoken] = {}

    def read(self, tree: Any, name: str = "") -> Frame:
        """Read one frame. Raises `UpstreamFault` when it is none."""
        return Reading(self._spoken).frame(tree)

    def carry(self, tree: Any, slot: Slot, text: str, logprobs: Any) -> Any:
        """Return a frame with one piece of text."""
        path = split(slot.target)
        if slot.kind is Kind.ARGUMENTS:
            piece = {"jsonPath": path[-1], "stringValue": text, "willContinue": True}
            part: dict[str, Any] = {"functionCall": {"partialArgs": [piece], "willContinue": True}}
        else:
            part = {"text": text, "thought": True} if slot.kind is Kind.REASONING else {"text": text}
        candidate = {"content": {"parts": [part], "role": "model"}, "index": slot.choice}
        if logprobs is not None:
            candidate["logprobsResult"] = logprobs
        return {"candidates": [candidate], **_head(tree)}

    def stop(self, tree: Any, choices: Sequence[int], text: str, opened: Sequence[Slot]) -> list[Any]:
        """Finish every open candidate as unsafe."""
        reason = {"finishReason": BLOCKED_ANSWER, "finishMessage": text}
        frame = {"candidates": [{**reason, "index": index} for index in choices], **_head(tree)}
        usage = tree.get("usageMetadata") if isinstance(tree, dict) else None
        if isinstance(usage, dict) and words_only(usage):
            frame["usageMetadata"] = usage
        return [frame]

    def fault(self, message: str) -> Any:
        """Return the error that SDKs look for in a stream."""
        return status_of(502, message)


class Spoken:
    """What was said for one candidate so far."""

    __slots__ = ("calling", "done", "kind", "number", "texts", "values")

    def __init__(self) -> None:
        self.number = -1
        self.kind: Kind | None = None
        """Of the text that still grows."""
        self.calling = False
        """A call's arguments still come."""
        self.texts: list[str] = []
        """Targets of its texts."""
        self.values: set[str] = set()
        self.done: set[str] = set()
        """Targets of the call's arguments that still come, and of those that came."""


class Reading:
    """One frame being read: what was found so far, as in a `Frame`."""

    def __init__(self, spoken: dict[int, Spoken]) -> None:
        self._spoken = spoken
        self.collector = Collector(Direction.ANSWER)
        self.slots: list[Slot] = []
        self.closed: list[str] = []
        self.whole: list[tuple[str, str]] = []
        self.lists: list[tuple[str, str]] = []

    def frame(self, tree: Any) -> Frame:
        """Read a whole frame. Raises `UpstreamFault`."""
        collector = self.collector
        candidates = tree.get("candidates") if isinstance(tree, dict) else None
        if not isinstance(candidates, list):
            collector.stray(tree, Role.ASSISTANT)
            return collector.frame()
        read_around(collector, tree, "")
        bare = tree.keys() <= _BARE_ANSWER
        ended: list[int] = []
        logprobs: dict[int, str] = {}
        seen: set[int] = set()
        for position, candidate in enumerate(candidates):
            pointer, choice = f"/candidates/{position}", _index(candidate)
            if choice in seen:
                raise UpstreamFault("The upstream sent a candidate twice.", code="upstream_protocol")
            seen.add(choice)
            bare = self._candidate(candidate, choice, pointer) and bare
            if candidate.get("finishReason"):
                ended.append(choice)
            if candidate.get("logprobsResult") is not None:
                logprobs[choice] = f"{pointer}/logprobsResult"
            if isinstance(grounding := candidate.get("groundingMetadata"), dict):
                self._grounded(grounding, choice, f"{pointer}/groundingMetadata")
        return collector.frame(
            self.slots,
            bare=bare and not self.closed,
            ended=ended,
            closed=self.closed,
            logprobs=logprobs,
            whole=self.whole,
            lists=self.lists,
            loose=_LOOSE,
        )

    def _grounded(self, grounding: dict[str, Any], choice: int, pointer: str) -> None:
        """Let go what grounding says of passages of a text, where the text was changed."""
        spoken = self._spoken.get(choice)
        if spoken is not None and isinstance(grounding.get("groundingSupports"), list):
            self.lists += [(f"{pointer}/groundingSupports", target) for target in spoken.texts]

    def _candidate(self, candidate: dict[str, Any], choice: int, pointer: str) -> bool:
        """Read a candidate; say whether it holds growing text and nothing else."""
        read_beside(self.collector, candidate, pointer)
        content = candidate.get("content")
        if content is None:
            return False
        if not isinstance(content, dict):
            raise _bad("content")
        spoken = self._spoken.setdefault(choice, Spoken())
        where = f"{pointer}/content"
        only_text = self.parts(content.get("parts"), spoken, choice, f"{where}/parts")
        known = {"parts", "role"} if words_only(content.get("role")) else {"parts"}
        self.collector.members(content, where, Role.ASSISTANT, skip=frozenset(known))
        return only_text and content.keys() <= known and candidate.keys() <= _BARE_CANDIDATE

    def parts(self, parts: Any, spoken: Spoken, choice: int, pointer: str) -> bool:
        """Read the parts of a candidate; say whether they are text and nothing else."""
        if isinstance(parts, dict):
            return self._part(parts, spoken, choice, pointer)
        if not isinstance(parts, list | None):
            raise _bad("part")
        read = [self._part(part, spoken, choice, f"{pointer}/{at}") for at, part in enumerate(parts or ())]
        return all(read)

    def _part(self, part: Any, spoken: Spoken, choice: int, pointer: str) -> bool:
        """Read a part; say whether it is text and nothing else."""
        if not isinstance(part, dict) or len(_GROWING & part.keys()) > 1:
            raise _bad("part")
        text = part.get("text")
        if not isinstance(text, str):
            self._other_part(part, spoken, choice, pointer)
            return False
        kind = Kind.REASONING if is_thought(part) else Kind.TEXT
        if kind is Kind.REASONING and signature(part) and text:
            self.end(spoken, choice)
            read_part(self.collector, part, pointer, Role.ASSISTANT)
            return False
        if kind is not spoken.kind and text:
            self.end(spoken, choice)
            spoken.kind = kind
            spoken.number += 1
            spoken.texts.append(f"/candidates/{choice}/content/parts/{spoken.number}/text")
        if kind is spoken.kind:
            self.slots.append(Slot(choice, spoken.texts[-1], f"{pointer}/text", text, kind))
        if part.keys() <= _BARE_PART and isinstance(part.get("thought"), bool | None):
            return True
        rest = {key: value for key, value in part.items() if key != "text"}
        read_part(self.collector, rest, pointer, Role.ASSISTANT)
        return False

    def _other_part(self, part: dict[str, Any], spoken: Spoken, choice: int, pointer: str) -> None:
        """Read a part that is no text: it ends the text before it, and goes on only where it is a call."""
        key = "functionCall" if "functionCall" in part else "function_call"
        call = part.get(key)
        if not isinstance(call, dict):
            if part:
                self.end(spoken, choice)
                spoken.number += 1
            read_part(self.collector, part, pointer, Role.ASSISTANT)
            return
        if not spoken.calling or call.get("name"):
            self.end(spoken, choice)
            spoken.number += 1
        pieces = self.call(call, spoken, choice, step(pointer, key))
        rest = {**part, key: {name: value for name, value in call.items() if name not in pieces}}
        read_part(self.collector, rest, pointer, Role.ASSISTANT)
        spoken.calling = (call.get("willContinue") or call.get("will_continue")) is True
        if spoken.calling:
            self.goes_on(spoken, choice)
        else:
            self.end(spoken, choice)

    def goes_on(self, spoken: Spoken, choice: int) -> None:
        """Note that more of a call's arguments will come, though none of them may have begun."""
        target = f"/candidates/{choice}/content/parts/{spoken.number}/functionCall/args"
        self.slots.append(Slot(choice, target, "", "", Kind.ARGUMENTS))
        spoken.values.add(target)

    def call(self, call: dict[str, Any], spoken: Spoken, choice: int, pointer: str) -> list[str]:
        """Read the pieces of a call's arguments; return the members that held them."""
        target = f"/candidates/{choice}/content/parts/{spoken.number}/functionCall"
        for name in ("name", "id"):
            if isinstance(call.get(name), str):
                self.whole.append((f"{target}/{name}", call[name]))
        members = [name for name in ("partialArgs", "partial_args") if isinstance(call.get(name), list)]
        for member in members:
            for at, piece in enumerate(call[member]):
                self._piece(piece, spoken, choice, f"{target}/args", f"{pointer}/{member}/{at}")
        return members

    def _piece(self, piece: Any, spoken: Spoken, choice: int, target: str, pointer: str) -> None:
        """Read the next characters of one argument."""
        if not isinstance(piece, dict):
            raise _bad("argument")
        path = _either(piece, "jsonPath", "json_path")
        key = "stringValue" if "stringValue" in piece else "string_value"
        text = piece.get(key)
        if not isinstance(path, str) or not isinstance(text, str):
            self.collector.walk(piece, pointer, Role.ASSISTANT, Kind.ARGUMENTS)
            return
        place = "jsonPath" if "jsonPath" in piece else "json_path"
        rest = {name: value for name, value in piece.items() if name not in (key, place)}
        self.collector.members(rest, pointer, Role.ASSISTANT, Kind.ARGUMENTS)
        # It names an argument, as a key does, and stands in frames of ours, too.
        self.collector.text(path, f"{pointer}/{place}", Role.ASSISTANT, Kind.ARGUMENTS, editable=False)
        target = step(target, path)
        if target in spoken.done:
            raise UpstreamFault("The upstream went on after an argument's end.", code="upstream_protocol")
        self.slots.append(
            Slot(choice, target, f"{pointer}/{key}", text, Kind.ARGUMENTS, path.rpartition(".")[2])
        )
        spoken.values.add(target)
        if _either(piece, "willContinue", "will_continue") is not True:
            spoken.values.discard(target)
            spoken.done.add(target)
            self.closed.append(target)

    def end(self, spoken: Spoken, choice: int) -> None:
        """End what grows: something else follows."""
        if spoken.kind is not None:
            self.closed.append(spoken.texts[-1])
        self.closed += sorted(spoken.values)
        spoken.kind = None
        spoken.calling = False
        spoken.values.clear()
        spoken.done.clear()


def _either(piece: dict[str, Any], camel: str, snake: str) -> Any:
    return piece[camel] if camel in piece else piece.get(snake)


def _index(candidate: Any) -> int:
    index = candidate.get("index", 0) if isinstance(candidate, dict) else None
    if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < MOST_CANDIDATES:
        raise _bad("index")
    return index


def _bad(what: str) -> UpstreamFault:
    return UpstreamFault(f"The upstream sent a frame with a bad {what}.", code="upstream_protocol")


def _head(tree: Any) -> dict[str, Any]:
    return {key: tree[key] for key in _HEAD if key in tree} if isinstance(tree, dict) else {}
