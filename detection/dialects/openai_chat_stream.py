"""Streamed chat completions: ``chat.completion.chunk`` frames."""

from collections.abc import Sequence
from typing import Any

from ..errors import UpstreamFault
from ..types import Direction, Kind, Role
from .base import Frame, Slot
from .collect import Collector
from .openai_chat_delta import DeltaReader, delta_of, number_of
from .openai_common import CHUNK, DATA_EVENTS, fault_frame

_USUAL = frozenset(("index", "delta", "logprobs", "finish_reason"))
_CONTENT = frozenset(("content",))
_ADDED = frozenset(("native_finish_reason", "stop_reason", "token_ids", "seed"))
"""Members that some hosts add to every choice; their names are nobody's words."""
_KNOWN = _USUAL | _ADDED | {"text", "message"}
_BARE_CHOICE = _KNOWN - {"message"}
"""Members of a choice beside which a frame may hold growing text and nothing else."""
_HEAD = ("id", "object", "created", "model", "system_fingerprint", "service_tier")


class ChatStream:
    """Reads and writes chunks."""

    framing = DATA_EVENTS
    repeating = False

    def __init__(self) -> None:
        self._introduced: set[int] = set()

    def read(self, tree: Any, name: str = "") -> Frame:
        """Read one chunk. Raises `UpstreamFault` when it is none."""
        return _Reading(self._introduced).chunk(tree)

    def carry(self, tree: Any, slot: Slot, text: str, logprobs: Any) -> Any:
        """Return a chunk with one piece of text."""
        choice: dict[str, Any] = {"index": slot.choice, "delta": {}, "finish_reason": None}
        choice |= (
            {"text": text}
            if slot.target == f"/choices/{slot.choice}/text"
            else {"delta": delta_of(slot, text)}
        )
        if logprobs is not None:
            choice["logprobs"] = logprobs
        return {**_head(tree), "choices": [choice]}

    def stop(self, tree: Any, choices: Sequence[int], text: str, opened: Sequence[Slot]) -> list[Any]:
        """Refuse in every open choice, then finish it."""
        head = _head(tree)
        told = [{"index": index, "delta": {"refusal": text}, "finish_reason": None} for index in choices]
        ended = [{"index": index, "delta": {}, "finish_reason": "content_filter"} for index in choices]
        return [{**head, "choices": told}, {**head, "choices": ended}]

    def fault(self, message: str) -> Any:
        """Return OpenAI's error as a frame."""
        return fault_frame(message)


class _Reading:
    """One chunk being read: what was found so far."""

    def __init__(self, introduced: set[int]) -> None:
        self._collector = Collector(Direction.ANSWER)
        self._deltas = DeltaReader(self._collector, introduced)
        self._echoes: list[Slot] = []

    def chunk(self, tree: Any) -> Frame:
        collector, deltas = self._collector, self._deltas
        choices = tree.get("choices") if isinstance(tree, dict) else None
        if not isinstance(choices, list):
            collector.stray(tree, Role.ASSISTANT)
            return collector.frame()
        collector.members(tree, "", Role.ASSISTANT, skip=CHUNK)
        bare = not tree.get("usage") and tree.keys() <= CHUNK
        seen: set[int] = set()
        ended: list[int] = []
        logprobs: dict[int, str] = {}
        for position, choice in enumerate(choices):
            pointer, number = f"/choices/{position}", number_of(choice)
            if number in seen:
                raise UpstreamFault("The upstream sent a choice twice.", code="upstream_protocol")
            seen.add(number)
            only_text = deltas.read(number, choice.get("delta"), f"{pointer}/delta")
            bare = only_text and bare and choice.keys() <= _BARE_CHOICE
            if not choice.keys() <= _USUAL:
                self._more(number, choice, pointer)
            if reason := choice.get("finish_reason"):
                ended.append(number)
                collector.control(reason, pointer, "finish_reason", Role.ASSISTANT)
            if choice.get("logprobs") is not None:
                logprobs[number] = f"{pointer}/logprobs"
        return collector.frame(
            deltas.slots, bare=bare, ended=ended, logprobs=logprobs, whole=deltas.whole, echoes=self._echoes
        )

    def _more(self, number: int, choice: dict[str, Any], pointer: str) -> None:
        """Read what some hosts add to a choice."""
        self._said_again(number, choice, pointer)
        for name in sorted(choice.keys() & _ADDED):
            self._collector.walk(choice[name], f"{pointer}/{name}", Role.ASSISTANT)
        self._collector.members(choice, pointer, Role.ASSISTANT, skip=_KNOWN)

    def _said_again(self, number: int, choice: dict[str, Any], pointer: str) -> None:
        """Read what some hosts say a second time: the piece beside its delta, or all that came so far."""
        text, message = choice.get("text"), choice.get("message")
        if isinstance(text, str):
            self._deltas.grows(text, f"/choices/{number}/text", f"{pointer}/text", Kind.TEXT)
        else:
            self._collector.walk(text, f"{pointer}/text", Role.ASSISTANT)
        where = f"{pointer}/message"
        if not isinstance(message, dict) or not isinstance(message.get("content"), str):
            self._collector.walk(message, where, Role.ASSISTANT)
            return
        self._collector.members(message, where, Role.ASSISTANT, skip=_CONTENT)
        if message["content"]:
            target, said = f"/choices/{number}/message/content", message["content"]
            self._echoes.append(Slot(number, target, f"{where}/content", said, Kind.TEXT))


def _head(tree: Any) -> dict[str, Any]:
    head = {key: tree[key] for key in _HEAD if key in tree} if isinstance(tree, dict) else {}
    head.setdefault("object", "chat.completion.chunk")
    return head
