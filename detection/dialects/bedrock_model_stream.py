"""Streamed answers of models on Bedrock whose format no other dialect knows: Titan, Llama, and the next.

Each frame is an object with a piece of text somewhere in it. Every string grows over the frames at its
place, but for those that label a frame.
"""

from collections.abc import Sequence
from typing import Any

from ..errors import UpstreamFault
from ..framing.aws_event_stream import AwsEventStream
from ..framing.base import Framing
from ..pointer import split, step
from ..types import Direction, Kind, Role
from .base import Frame, Slot
from .collect import SHORTEST, Collector, is_plain

FRAMING = AwsEventStream(chunks=True)
ACTION = {"amazon-bedrock-guardrailAction": "INTERVENED"}
"""What Bedrock adds to the body of a model whose answer a guardrail stopped."""

_LABELS = frozenset(
    ("type", "event_type", "id", "generation_id", "role", "object", "model", "name", "finish")
)
_ENDINGS = ("completionReason", "stop_reason", "finish_reason", "stopReason", "finishReason")
_METRICS = "amazon-bedrock-invocationMetrics"
_DEEPEST = 16


class ModelStream:
    """Reads and writes the frames of one answer."""

    framing: Framing = FRAMING
    repeating = False

    def __init__(self) -> None:
        self._seen: dict[str, Any] = {}

    def read(self, tree: Any, name: str = "") -> Frame:
        """Read one frame. Raises `UpstreamFault` when it is no object."""
        if not isinstance(tree, dict):
            raise UpstreamFault("The upstream sent a frame that is no object.", code="upstream_protocol")
        collector, slots = Collector(Direction.ANSWER), list[Slot]()
        _read(tree, "", collector, slots)
        self._seen.update((slot.target, tree) for slot in slots)
        return collector.frame(slots, ended=(0,) if _ends(tree) else ())

    def carry(self, tree: Any, slot: Slot, text: str, logprobs: Any) -> Any:
        """Return a frame like the last that had the text, which says this and nothing else."""
        return _said(_silent(self._seen[slot.target]), split(slot.pointer), text)

    def stop(self, tree: Any, choices: Sequence[int], text: str, opened: Sequence[Slot]) -> list[Any]:
        """Say the text as the model would, where it is known how it ends; else raise it at the client."""
        known = tree if isinstance(tree, dict) else {}
        if "outputText" in known:
            return [{**_silent(known), "outputText": text, "completionReason": "CONTENT_FILTERED", **ACTION}]
        if "generation" in known:
            return [{**_silent(known), "generation": text, "stop_reason": "stop", **ACTION}]
        return [{"validationException": {"message": text}}]

    def fault(self, message: str) -> Any:
        """Return the exception that ends a stream."""
        return {"modelStreamErrorException": {"message": message}}


def _read(value: Any, pointer: str, collector: Collector, slots: list[Slot], depth: int = 0) -> None:
    if isinstance(value, dict):
        for key, item in value.items():
            if len(key) >= SHORTEST:
                collector.text(key, pointer, Role.ASSISTANT, Kind.OTHER, editable=False)
            where = step(pointer, key)
            if key in _LABELS or key in _ENDINGS or depth >= _DEEPEST:
                collector.walk(item, where, Role.ASSISTANT, Kind.OTHER)
            elif key != _METRICS or depth:
                _read(item, where, collector, slots, depth + 1)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _read(item, f"{pointer}/{index}", collector, slots, depth + 1)
    elif isinstance(value, str):
        slots.append(Slot(0, pointer, pointer, value, Kind.TEXT))
    else:
        collector.walk(value, pointer, Role.ASSISTANT, Kind.OTHER)


def _ends(value: Any, depth: int = 0) -> bool:
    """Say whether a frame names the reason for which the answer ends."""
    if isinstance(value, dict):
        return any(value.get(name) for name in _ENDINGS) or any(
            _ends(item, depth + 1) for item in value.values() if depth < _DEEPEST
        )
    return isinstance(value, list) and depth < _DEEPEST and any(_ends(item, depth + 1) for item in value)


def _silent(value: Any) -> Any:
    """Return a frame without its texts, its end and its metrics."""
    if isinstance(value, dict):
        return {
            key: (item if key in _LABELS else None if key in _ENDINGS else _silent(item))
            for key, item in value.items()
            if key != _METRICS and (key not in _LABELS or is_plain(item))
        }
    if isinstance(value, list):
        return [_silent(item) for item in value]
    return "" if isinstance(value, str) else value


def _said(frame: Any, way: Sequence[str], text: str) -> Any:
    """Put a text at the end of a way through a frame that holds one there."""
    if not way:
        return text
    here, rest = way[0], way[1:]
    if isinstance(frame, list):
        return [_said(item, rest, text) if str(index) == here else item for index, item in enumerate(frame)]
    return {**frame, here: _said(frame[here], rest, text)}
