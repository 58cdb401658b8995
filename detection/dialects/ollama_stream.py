"""Streamed answers of Ollama: a line a frame, the last one says that it is done."""

from collections.abc import Sequence
from typing import Any

from ..errors import UpstreamFault
from ..framing.ndjson import Ndjson
from ..types import Direction, Kind, Role
from .base import Frame, Slot
from .collect import Collector, words_only
from .ollama_common import BLOCKED, CONTROL, head_of, read_calls

_FRAMING = Ndjson()
_KINDS = {"content": Kind.TEXT, "response": Kind.TEXT, "thinking": Kind.REASONING}
_SAID = frozenset(("role",))
_AROUND = CONTROL | {"logprobs", "context"}
_LOOSE = ("/created_at",)


class OllamaStream:
    """Reads and writes the lines of one streamed answer.

    Args:
        member: of a line: ``message``, which holds the texts, or ``response``, which is one.
    """

    framing = _FRAMING
    repeating = False

    def __init__(self, member: str) -> None:
        self._member = member
        self._targets: dict[str, None] = {}

    def read(self, tree: Any, name: str = "") -> Frame:
        """Read one line. Raises `UpstreamFault` when it is none."""
        collector = Collector(Direction.ANSWER)
        if not isinstance(tree, dict) or self._member not in tree:
            collector.stray(tree, Role.ASSISTANT)
            return collector.frame()
        spoken, pointer, known = tree, "", _AROUND
        if self._member == "message":
            spoken, pointer, known = tree["message"], "/message", _SAID
            collector.members(tree, "", Role.ASSISTANT, skip=_AROUND | {"message"})
        if not isinstance(spoken, dict):
            raise UpstreamFault("The upstream sent a line with a bad message.", code="upstream_protocol")
        if spoken.get("tool_calls") is not None:
            read_calls(collector, spoken["tool_calls"], f"{pointer}/tool_calls", Role.ASSISTANT)
        slots = tuple(
            [
                Slot(0, f"{pointer}/{key}", f"{pointer}/{key}", spoken[key], kind)
                for key, kind in _KINDS.items()
                if isinstance(spoken.get(key), str)
            ]
        )
        spelled = {key for key in _KINDS if isinstance(spoken.get(key), str)}
        collector.members(spoken, pointer, Role.ASSISTANT, skip=known | spelled | {"tool_calls"})
        if pointer and not words_only(spoken.get("role")):
            collector.walk(spoken.get("role"), "/message/role", Role.ASSISTANT)
        collector.numbers(tree.get("context"), "/context", Role.ASSISTANT)
        bare = any(slot.text for slot in slots)
        bare = bare and spoken.keys() <= known | spelled and tree.keys() <= _AROUND | spelled | {"message"}
        logprobs = {0: "/logprobs"} if isinstance(tree.get("logprobs"), list) else None
        self._targets.update(dict.fromkeys([slot.target for slot in slots if slot.text]))
        again = isinstance(tree.get("context"), list)
        lists = tuple([("/context", target) for target in self._targets]) if again else ()
        ended = (0,) if tree.get("done") is True else ()
        return collector.frame(slots, bare=bare, ended=ended, logprobs=logprobs, lists=lists, loose=_LOOSE)

    def carry(self, tree: Any, slot: Slot, text: str, logprobs: Any) -> Any:
        """Return a line with one piece of text."""
        key = slot.target.rpartition("/")[2]
        line = {**head_of(tree), "done": False}
        if logprobs is not None:
            line["logprobs"] = logprobs
        if self._member == "message":
            return {**line, "message": {"role": "assistant", "content": "", key: text}}
        return {**line, "response": "", key: text}

    def stop(self, tree: Any, choices: Sequence[int], text: str, opened: Sequence[Slot]) -> list[Any]:
        """Say what is wrong in the model's place, and that it is done."""
        text = f"\n\n{text}"
        said: Any = {"role": "assistant", "content": text} if self._member == "message" else text
        return [{**head_of(tree), self._member: said, "done": True, "done_reason": BLOCKED}]

    def fault(self, message: str) -> Any:
        """Return the error that SDKs look for in a stream."""
        return {"error": message}
