"""What the layer of dialects costs: a streamed event of each format, and a chat request with its answer.

Of an event that is what the whole guard takes beyond cutting the stream into events: reading it, or telling
it by its form, and judging its word. Of an exchange it is reading and writing alone: no rule looks at it.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ...detection.core import Core
from ...detection.dialects import DIALECTS, NOTHING_ADDRESSED, Addressed, Asked
from ...detection.framing.base import Framing
from ...detection.inspection import Inspector
from ...detection.json_text import dump
from ...detection.presets import preset
from .figures import Spread, spread
from .scanning import PRINCIPAL, timed
from .workload import chat_body, fixed_answer, plain_prompt

EVENTS = 400
_WORDS = (
    "The water rises slowly behind the gate and nobody in the village minds it much because of that".split()
)
_ASKS = {"messages": [{"role": "user", "content": "hi"}], "model": "m", "stream": True, "max_tokens": 9}


@dataclass(frozen=True, slots=True)
class Streamed:
    """How a dialect streams words: what is asked, its address, and the frames around and with a word."""

    name: str
    dialect: str
    asks: Any
    begin: tuple[Any, ...]
    words: Sequence[Any]
    addressed: Addressed = NOTHING_ADDRESSED


@dataclass(frozen=True, slots=True)
class EventCost:
    """Microseconds of processor time for an event: cut out of the stream, and all that is done beyond."""

    name: str
    framing: Spread
    beyond: Spread


def streamed() -> Iterator[Streamed]:
    """Yield one stream of each format."""
    words = [f"{_WORDS[at % len(_WORDS)]} " for at in range(EVENTS)]
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    chunks = [
        {**head, "choices": [{"index": 0, "delta": {"content": word}, "finish_reason": None}]}
        for word in words
    ]
    yield Streamed("OpenAI chat", "openai_chat", _ASKS, (), chunks)
    place = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    events = [
        {"type": "response.output_text.delta", "sequence_number": at, **place, "delta": word, "logprobs": []}
        for at, word in enumerate(words)
    ]
    yield Streamed("OpenAI Responses", "openai_responses", {"model": "m", "input": "hi"}, (), events)
    begun, deltas = _anthropic(words)
    yield Streamed("Anthropic", "anthropic", _ASKS, begun, deltas)
    invoked = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 9, "messages": _ASKS["messages"]}
    yield Streamed(
        "Bedrock invoke", "bedrock_invoke", invoked, begun, deltas, Addressed("anthropic.claude", stream=True)
    )
    converse = [
        {
            "contentBlockDelta": {
                "contentBlockIndex": 0,
                "delta": {"text": word},
                "p": "abcdefgh"[: at % 7 + 1],
            }
        }
        for at, word in enumerate(words)
    ]
    asks = {"messages": [{"role": "user", "content": [{"text": "hi"}]}]}
    yield Streamed("Bedrock converse", "bedrock_converse", asks, (), converse, Addressed("m", stream=True))
    asks = {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}
    for name, framing in (("Gemini, events", "sse"), ("Gemini, an array", "json_array")):
        addressed = Addressed("m", stream=True, framing=framing)
        yield Streamed(name, "gemini", asks, (), list(_candidates(words)), addressed)
    lines = [
        {
            "model": "m",
            "created_at": f"2026-01-01T00:00:00.{at:06}Z",
            "message": {"role": "assistant", "content": word},
            "done": False,
        }
        for at, word in enumerate(words)
    ]
    yield Streamed("Ollama", "ollama_chat", _ASKS, (), lines)
    begin = {
        "type": "content-start",
        "index": 0,
        "delta": {"message": {"content": {"type": "text", "text": ""}}},
    }
    grown = [
        {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": word}}}}
        for word in words
    ]
    yield Streamed("Cohere", "cohere_chat", _ASKS, (begin,), grown)


def _anthropic(words: Iterable[str]) -> tuple[tuple[Any, ...], list[Any]]:
    message = {"id": "msg_1", "type": "message", "role": "assistant", "content": [], "usage": {}}
    block = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    deltas = [
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": word}}
        for word in words
    ]
    return ({"type": "message_start", "message": message}, block), deltas


def _candidates(words: Iterable[str]) -> Iterator[Any]:
    for at, word in enumerate(words):
        content = {"parts": [{"text": word}], "role": "model"}
        counts = {"promptTokenCount": 4, "candidatesTokenCount": at, "totalTokenCount": at + 4}
        yield {
            "candidates": [{"content": content, "index": 0}],
            "usageMetadata": counts,
            "modelVersion": "gemini-2.5-flash",
        }


def events(core: Core, rounds: int) -> list[EventCost]:
    """Measure an event of each format."""
    return [_event(core, stream, rounds) for stream in streamed()]


def _event(core: Core, stream: Streamed, rounds: int) -> EventCost:
    framing = _framing(stream)
    parser = framing.parser()
    chunks = [parser.join([framing.write(tree)]) for tree in (*stream.begin, *stream.words)]
    alone, whole = [], []
    for _ in range(rounds + 1):
        alone.append(_seconds(framing.parser(), chunks) / len(chunks) * 1e6)
        whole.append(_seconds(_guard(core, stream), chunks) / len(chunks) * 1e6)
    beyond = [max(0.0, both - cut) for both, cut in zip(whole[1:], alone[1:], strict=True)]
    return EventCost(stream.name, _known(alone[1:]), _known(beyond))


def _framing(stream: Streamed) -> Framing:
    asked = DIALECTS[stream.dialect].parse_request(dump(stream.asks), stream.addressed)[1]
    shape = DIALECTS[stream.dialect].stream(asked if asked.stream else Asked(asked.model, stream=True))
    if shape is None:
        raise ValueError(f"{stream.dialect} does not stream")
    return shape.framing


def _guard(core: Core, stream: Streamed) -> Any:
    inspection = core.open(stream.dialect, preset("balanced"), PRINCIPAL)
    inspection.request(dump(stream.asks), stream.addressed)
    return inspection.stream()


def _seconds(taker: Any, chunks: Sequence[bytes]) -> float:
    began = time.process_time()
    for chunk in chunks:
        taker.feed(chunk)
    return time.process_time() - began


def unjudged_exchange(bare: Inspector, rounds: int, seconds: float) -> Spread:
    """Return microseconds for reading a chat request of a kilobyte and its answer; no rule looks at them."""
    body, answer = chat_body(plain_prompt()), fixed_answer()

    def work() -> None:
        inspection = bare.open("openai_chat", preset("balanced"), PRINCIPAL)
        inspection.request(body)
        inspection.response(answer, "application/json")

    return _known([timed(work, seconds) * 1e6 for _ in range(rounds)])


def _known(values: Sequence[float]) -> Spread:
    found = spread(values)
    if found is None:
        raise ValueError("no rounds")
    return found
