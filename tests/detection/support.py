"""Helpers of the core's tests: an exchange in one line, streams built and read back."""

import json
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from sluicegate.detection.core import build_inspector
from sluicegate.detection.inspection import Inspection, Inspector, PassingStream, Step, StreamGuard
from sluicegate.detection.policy import Clause, Policy
from sluicegate.detection.presets import BALANCED
from sluicegate.detection.rules import Rule, load_pack, load_packs
from sluicegate.detection.types import Action, Direction, Kind, Principal

MASTER = bytes(range(32))
ALICE = Principal("tenant-1", "app-1", "one", "key-1")
BOB = Principal("tenant-1", "app-2", "two", "key-2")
RULES = load_packs()
DATA_RULES = tuple(
    rule
    for rule in RULES
    if Direction.ANSWER in rule.directions and (not rule.kinds or Kind.TEXT in rule.kinds)
)
ARGUMENT_RULES = tuple(
    rule for rule in RULES if Direction.ANSWER in rule.directions and rule not in DATA_RULES
)
"""Rules that look at the arguments of tools alone."""
INSPECTOR: Inspector = build_inspector(MASTER)

MASK_ALL = Policy("mask-all", (Clause(Action.MASK),), restore=False)
BLOCK_ALL = Policy("block-all", (Clause(Action.BLOCK),))


def inspector_of(rules: Iterable[Rule]) -> Inspector:
    """Build a core that knows only these rules."""
    return build_inspector(MASTER, rules)


def chat(content: object = "hello", **more: object) -> dict[str, Any]:
    """A chat request with one user message."""
    return {"model": "m", "messages": [{"role": "user", "content": content}], **more}


def begin(
    request: object = None,
    policy: Policy = BALANCED,
    principal: Principal = ALICE,
    inspector: Inspector = INSPECTOR,
) -> tuple[Inspection, Any]:
    """Open an exchange and judge its request; return it with what would be forwarded."""
    inspection = inspector.open("openai_chat", policy, principal)
    decision = inspection.request(json.dumps(chat() if request is None else request).encode())
    return inspection, json.loads(decision.body) if decision.body is not None else None


def frame(delta: dict[str, Any], choice: int = 0, reason: str | None = None, **more: Any) -> bytes:
    """One chunk of a streamed chat answer."""
    head = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    body = {**head, "choices": [{"index": choice, "delta": delta, "finish_reason": reason, **more}]}
    return b"data: " + json.dumps(body).encode() + b"\n\n"


def text_stream(parts: Iterable[str], field: str = "content") -> bytes:
    """A whole streamed answer whose text comes in these parts."""
    frames = [frame({"role": "assistant", "content": ""})]
    frames += [frame({field: part}) for part in parts]
    return b"".join([*frames, frame({}, reason="stop"), b"data: [DONE]\n\n"])


def call_stream(parts: Iterable[str], name: str = "send") -> bytes:
    """A whole streamed answer that calls one tool with arguments in these parts."""
    first = {"index": 0, "id": "call_1", "type": "function", "function": {"name": name, "arguments": ""}}
    frames = [frame({"role": "assistant", "tool_calls": [first]})]
    frames += [frame({"tool_calls": [{"index": 0, "function": {"arguments": part}}]}) for part in parts]
    return b"".join([*frames, frame({}, reason="tool_calls"), b"data: [DONE]\n\n"])


def fed(guard: StreamGuard, chunk: bytes) -> Step:
    """Feed a piece of a stream."""
    return guard.feed(chunk)


def looked(guard: StreamGuard, chunk: bytes) -> Step:
    """Take a piece of a stream as the gateway does: one of which a look is not enough is fed."""
    released = guard.passing(chunk) if isinstance(guard, PassingStream) else None
    return guard.feed(chunk) if released is None else Step(released)


type Way = Callable[[StreamGuard, bytes], Step]

WAYS: tuple[Way, ...] = (fed, looked)
"""How a stream is driven; both come to the same."""


def run(inspection: Inspection, chunks: Iterable[bytes]) -> bytes:
    """Drive a stream guard over chunks; return all it released."""
    guard = inspection.stream()
    out = b""
    for chunk in chunks:
        step = looked(guard, chunk)
        out += step.release
        if step.ended:
            return out
    return out + guard.close().release


def frames_of(stream: bytes) -> list[dict[str, Any]]:
    """Read back the JSON frames of a stream."""
    events = stream.replace(b"\r\n", b"\n").split(b"\n\n")
    datas = [
        b"\n".join(line[6:] for line in event.split(b"\n") if line.startswith(b"data: ")) for event in events
    ]
    return [json.loads(data) for data in datas if data not in (b"", b"[DONE]")]


def text_of(stream: bytes, field: str = "content", choice: int = 0) -> str:
    """The text a client puts together from a stream."""
    deltas = [
        item["delta"] for body in frames_of(stream) for item in body["choices"] if item["index"] == choice
    ]
    return "".join(delta.get(field) or "" for delta in deltas)


def arguments_of(stream: bytes) -> str:
    """The tool arguments a client puts together from a stream."""
    calls = [
        call
        for body in frames_of(stream)
        for item in body["choices"]
        for call in item["delta"].get("tool_calls") or ()
    ]
    return "".join(call["function"].get("arguments") or "" for call in calls)


def cut(text: str, cuts: Sequence[int]) -> list[str]:
    """Cut a text at these offsets."""
    edges = [0, *sorted({at for at in cuts if 0 < at < len(text)}), len(text)]
    return [text[left:right] for left, right in pairwise(edges)]


def chunked(data: bytes, size: int) -> list[bytes]:
    """Cut bytes into chunks of one size."""
    return [data[at : at + size] for at in range(0, len(data), size)]


KINDS = load_pack((Path(__file__).parent / "kinds.toml").read_text(), "kinds")
"""A rule of each kind the engine knows: without bound, behind a lead, in context, with validator."""
