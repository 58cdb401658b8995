"""How each provider's fake says the same thing: a text, a call of a tool, an error, a stream that stalls."""

import dataclasses
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, Self

from sluicegate.gateway.upstream.sigv4 import AwsCredentials, SigV4
from sluicegate.gateway.upstream_spec import UpstreamSpec
from tests.fakes import (
    anthropic_api,
    bedrock_api,
    cohere_api,
    gemini_api,
    mistral_api,
    ollama_api,
    openai_api,
    replies,
    responses,
)
from tests.fakes.cuts import TextCut
from tests.fakes.http_server import Answer, Exchange, Gate, Piece, Received
from tests.fakes.scripted_api import KEY, document, events


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a tool; in a stream its JSON text comes in `parts`, where the format has parts of calls."""

    name: str
    parts: tuple[str, ...]

    @property
    def text(self) -> str:
        """The JSON text of the arguments."""
        return "".join(self.parts)

    @property
    def value(self) -> dict[str, Any]:
        """The arguments."""
        given: dict[str, Any] = json.loads(self.text)
        return given


@dataclass(frozen=True, slots=True)
class Speech:
    """What the model says: a text in parts, or else a call."""

    parts: tuple[str, ...] = ()
    call: Call | None = None

    def cut(self, _: str) -> list[str]:
        """The parts, for fakes that cut texts themselves."""
        return list(self.call.parts if self.call else self.parts)

    @property
    def text(self) -> str:
        """The whole text."""
        return "".join(self.parts)


class Fake(Protocol):
    """An upstream in this process: a context manager that keeps what it was sent."""

    @property
    def exchanges(self) -> list[Exchange]: ...
    @property
    def base_url(self) -> str: ...
    def reset(self, script: Any = None) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *problem: object) -> None: ...


type Say = Callable[[Received, Speech], Answer]
type Fail = Callable[[int, str], Answer]


@dataclass(frozen=True, slots=True)
class Voice:
    """One wire format: its fake, the key that opens it, how it says things, and where its paths begin."""

    provider: str
    fake: Callable[[], Fake]
    key: str
    say: Say
    fail: Fail
    root: str = ""

    def spec(self, url: str) -> UpstreamSpec:
        """The upstream at an address without a path."""
        base = url + self.root
        if self.provider == "bedrock":
            signer = SigV4(AwsCredentials(bedrock_api.ACCESS_KEY, "secret", "us-east-1"), base)
            return UpstreamSpec("upstream", self.provider, base, signer=signer)
        return UpstreamSpec("upstream", self.provider, base, self.key or None)


def stalled(answer: Answer, text: str, gate: Gate) -> Answer:
    """An answer that stops at a gate in front of the first piece that holds a text."""
    pieces: list[Piece] = list(answer.pieces)
    at = next(
        index for index, piece in enumerate(pieces) if isinstance(piece, bytes) and text.encode() in piece
    )
    return dataclasses.replace(answer, pieces=[*pieces[:at], gate, *pieces[at:]])


def _openai(request: Received, speech: Speech) -> Answer:
    made = replies.call(speech.call.name, speech.call.text) if speech.call else replies.say(speech.text)
    told = dataclasses.replace(made, cut=speech.cut)
    streams = request.body.get("stream")
    return (replies.streamed_chat if streams else replies.buffered_chat)(told, request.body)


def _openai_fails(status: int, message: str) -> Answer:
    return replies.error(status, None, message, **_SOON)


def _responses(request: Received, speech: Speech) -> Answer:
    call = speech.call
    item = responses.calling(call.name, call.text) if call else responses.message(speech.text)
    how: dict[str, TextCut] = {"cut": speech.cut} if request.body.get("stream") else {}
    return responses.answered(request.body, item, **how)


def _anthropic(request: Received, speech: Speech) -> Answer:
    call = speech.call
    if not request.body.get("stream"):
        if call:
            return anthropic_api.called(call.name, call.value)
        return anthropic_api.whole(speech.text)
    if call:
        frames = anthropic_api.call_frames(call.name, call.parts)
        return anthropic_api.streamed(anthropic_api.whole_stream(frames, "tool_use"))
    return anthropic_api.stream(speech.parts)


def _anthropic_fails(status: int, message: str) -> Answer:
    kind = {400: "invalid_request_error", 503: "api_error"}[status]
    return _soon(document(anthropic_api.failure(kind, message), status))


def _gemini(request: Received, speech: Speech) -> Answer:
    call = speech.call
    part = {"functionCall": {"name": call.name, "args": call.value}} if call else {"text": speech.text}
    return gemini_api.answered(request, part, cut=speech.cut)


def _gemini_fails(status: int, message: str) -> Answer:
    return gemini_api.error(status, {400: "INVALID_ARGUMENT", 503: "UNAVAILABLE"}[status], message)


def _mistral(request: Received, speech: Speech) -> Answer:
    streams, call = request.body.get("stream"), speech.call
    if call is None:
        return mistral_api.stream(speech.parts) if streams else mistral_api.chat(speech.text)
    calls = [{"id": "call00001", "index": 0, "function": {"name": call.name, "arguments": call.text}}]
    if not streams:
        return mistral_api.chat("", "tool_calls", tool_calls=calls)
    frames = [
        mistral_api.chunk({"role": "assistant", "content": ""}),
        mistral_api.chunk({"content": "", "tool_calls": calls}, "tool_calls"),
    ]
    return events(frames, end=b"[DONE]")


def _cohere(request: Received, speech: Speech) -> Answer:
    streams, call = request.body.get("stream"), speech.call
    if call is None:
        return cohere_api.stream(speech.parts) if streams else cohere_api.chat(speech.text)
    if not streams:
        return cohere_api.called(call.name, call.text)
    frames = cohere_api.call_frames(call.name, call.parts)
    return events(cohere_api.whole_stream(frames, "TOOL_CALL"), named=True, end=b"[DONE]")


def _ollama(request: Received, speech: Speech) -> Answer:
    calls = [{"name": speech.call.name, "arguments": speech.call.value}] if speech.call else []
    return ollama_api.answered(request, speech.text, calls=calls, cut=lambda _: list(speech.parts))


def _bedrock(request: Received, speech: Speech) -> Answer:
    call, streams = speech.call, request.path.endswith("-stream")
    if call is None and streams:
        return bedrock_api.streamed(bedrock_api.texts(*speech.parts))
    if call is None:
        return bedrock_api.said(speech.text)
    if streams:
        return bedrock_api.streamed(bedrock_api.call(call.name, *call.parts), reason="tool_use")
    use = {"toolUseId": "tooluse_1", "name": call.name, "input": call.value}
    return bedrock_api.said({"toolUse": use}, reason="tool_use")


def _bedrock_fails(status: int, message: str) -> Answer:
    kind = {400: "ValidationException", 503: "ServiceUnavailableException"}[status]
    return bedrock_api.error(status, kind, message)


def _plain_failure(status: int, message: str) -> Answer:
    return _soon(document({"message": message}, status))


_SOON = {"retry_after_ms": "20"}
"""Clients that try again need not wait; how long they wait is not what is looked at."""


def _soon(answer: Answer) -> Answer:
    return dataclasses.replace(answer, headers=(*answer.headers, ("retry-after-ms", _SOON["retry_after_ms"])))


VOICES: dict[str, Voice] = {
    "openai": Voice(
        "openai", openai_api.FakeOpenAI, openai_api.UPSTREAM_KEY, _openai, _openai_fails, root="/v1"
    ),
    "responses": Voice(
        "openai", openai_api.FakeOpenAI, openai_api.UPSTREAM_KEY, _responses, _openai_fails, root="/v1"
    ),
    "anthropic": Voice("anthropic", anthropic_api.FakeAnthropic, KEY, _anthropic, _anthropic_fails),
    "gemini": Voice("gemini", gemini_api.FakeGemini, gemini_api.UPSTREAM_KEY, _gemini, _gemini_fails),
    "mistral": Voice("mistral", mistral_api.FakeMistral, KEY, _mistral, _plain_failure),
    "cohere": Voice("cohere", cohere_api.FakeCohere, KEY, _cohere, _plain_failure),
    "ollama": Voice("ollama", ollama_api.FakeOllama, "", _ollama, ollama_api.error),
    "bedrock": Voice("bedrock", bedrock_api.FakeBedrock, "", _bedrock, _bedrock_fails),
}
