"""Streams of words in every format that streams, for the benchmark."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ...detection.dialects import NOTHING_ADDRESSED, Addressed

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
    yield from _others(words)


def _others(words: Sequence[str]) -> Iterator[Streamed]:
    """Yield streams of the formats that are older, or that fewer ask for."""
    head = {"id": "cmpl-1", "object": "text_completion", "created": 1, "model": "m"}
    texts = [
        {**head, "choices": [{"text": word, "index": 0, "logprobs": None, "finish_reason": None}]}
        for word in words
    ]
    yield Streamed("OpenAI completions", "openai_completions", {"model": "m", "prompt": "hi"}, (), texts)
    place = {"output_index": 0, "id": "msg_1", "content_index": 0, "model": "m", "role": "assistant"}
    outputs = [
        {"type": "message.output.delta", "created_at": "2026-01-01T00:00:00Z", **place, "content": word}
        for word in words
    ]
    asks = {"model": "m", "inputs": "hi", "stream": True}
    yield Streamed("Mistral conversations", "mistral_conversations", asks, (), outputs)
    steps = [
        {"event_type": "step.delta", "index": 0, "delta": {"type": "text", "text": word}} for word in words
    ]
    begin = {"event_type": "step.start", "index": 0, "step": {"type": "model_output"}}
    yield Streamed(
        "Gemini interactions", "gemini_interactions", {"model": "m", "input": "hi"}, (begin,), steps
    )
    generated = [{"is_finished": False, "event_type": "text-generation", "text": word} for word in words]
    yield Streamed(
        "Cohere, first version", "cohere_chat_v1", {"message": "hi", "stream": True}, (), generated
    )
    lines = [
        {"model": "m", "created_at": f"2026-01-01T00:00:00.{at:06}Z", "response": word, "done": False}
        for at, word in enumerate(words)
    ]
    yield Streamed("Ollama generate", "ollama_generate", {"model": "m", "prompt": "hi"}, (), lines)


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
