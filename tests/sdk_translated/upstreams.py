"""Scripted upstreams of several formats, told alike what their models say."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from sluicegate.gateway.upstream_spec import UpstreamSpec
from tests.fakes import anthropic_api, bedrock_api, gemini_api, ollama_api, openai_api, replies, scripted_api
from tests.fakes.http_server import Answer, Exchange, Received

type Words = Callable[[Received], list[str]]
type Reply = Any


@dataclass(frozen=True, slots=True)
class Upstream:
    """One upstream; `model` is served by it alone.

    `words`, `call` and `failure` make an answer to a request: a text in pieces, a call of the tool
    ``send``, an error with status 429.
    """

    name: str
    model: str
    fake: Any
    spec: UpstreamSpec
    words: Callable[[Received, list[str]], Reply]
    call: Callable[[Received, dict[str, Any]], Reply]
    failure: Callable[[str], Reply]

    def says(self, words: Words) -> None:
        """Answer every request with these words."""
        self.fake.reset(lambda request: self.words(request, words(request)))

    def calls(self, given: Callable[[Received], dict[str, Any]]) -> None:
        """Answer every request with a call."""
        self.fake.reset(lambda request: self.call(request, given(request)))

    def fails(self, message: str) -> None:
        """Answer every request with an error."""
        self.fake.reset(lambda _: self.failure(message))

    @property
    def requests(self) -> list[Received]:
        """What it received since it was told what to say."""
        received: list[Received] = self.fake.requests
        return received

    @property
    def exchanges(self) -> list[Exchange]:
        """What it received, with what became of it."""
        found: list[Exchange] = self.fake.exchanges
        return found


def _claude_words(request: Received, words: list[str]) -> Answer:
    if request.body.get("stream"):
        return anthropic_api.stream(words)
    return anthropic_api.whole("".join(words))


def _claude_call(request: Received, given: dict[str, Any]) -> Answer:
    if not request.body.get("stream"):
        return anthropic_api.called("send", given)
    frames = anthropic_api.call_frames("send", _halves(json.dumps(given)))
    return anthropic_api.streamed(anthropic_api.whole_stream(frames, "tool_use"))


def _gemini_words(request: Received, words: list[str]) -> Answer:
    return gemini_api.answered(request, *({"text": word} for word in words), cut=lambda text: [text])


def _gemini_call(request: Received, given: dict[str, Any]) -> Answer:
    return gemini_api.answered(request, {"functionCall": {"name": "send", "args": given}})


def _bedrock_words(request: Received, words: list[str]) -> Answer:
    if "converse-stream" in request.path:
        return bedrock_api.streamed(bedrock_api.texts(*words))
    return bedrock_api.said("".join(words))


def _bedrock_call(request: Received, given: dict[str, Any]) -> Answer:
    if "converse-stream" in request.path:
        parts = _halves(json.dumps(given))
        return bedrock_api.streamed(bedrock_api.call("send", *parts), reason="tool_use")
    use = {"toolUse": {"toolUseId": "tooluse_1", "name": "send", "input": given}}
    return bedrock_api.said(use, reason="tool_use")


def _openai_words(_: Received, words: list[str]) -> replies.Reply:
    return replies.say("".join(words))


def _openai_call(_: Received, given: dict[str, Any]) -> replies.Reply:
    return replies.call("send", json.dumps(given), cut=_halves)


def _ollama_words(request: Received, words: list[str]) -> Answer:
    return ollama_api.answered(request, "".join(words))


def _ollama_call(request: Received, given: dict[str, Any]) -> Answer:
    return ollama_api.answered(request, "", calls=[{"name": "send", "arguments": given}])


def _halves(text: str) -> list[str]:
    return [text[: len(text) // 2], text[len(text) // 2 :]]


@contextmanager
def all_upstreams() -> Iterator[dict[str, Upstream]]:
    """Start one upstream of each format."""
    with ExitStack() as stack:
        found = [
            _upstream(
                stack.enter_context(anthropic_api.FakeAnthropic()),
                "anthropic",
                scripted_api.KEY,
                (_claude_words, _claude_call),
                lambda text: scripted_api.document(anthropic_api.failure("rate_limit_error", text), 429),
            ),
            _upstream(
                stack.enter_context(gemini_api.FakeGemini()),
                "gemini",
                gemini_api.UPSTREAM_KEY,
                (_gemini_words, _gemini_call),
                lambda text: gemini_api.error(429, "RESOURCE_EXHAUSTED", text),
            ),
            _upstream(
                stack.enter_context(bedrock_api.FakeBedrock()),
                "bedrock",
                bedrock_api.BEARER,
                (_bedrock_words, _bedrock_call),
                lambda text: bedrock_api.error(429, "ThrottlingException", text),
            ),
            _upstream(
                stack.enter_context(openai_api.FakeOpenAI()),
                "openai",
                openai_api.UPSTREAM_KEY,
                (_openai_words, _openai_call),
                lambda text: replies.error(429, "rate_limit_exceeded", text),
            ),
            _upstream(
                stack.enter_context(ollama_api.FakeOllama()),
                "ollama",
                None,
                (_ollama_words, _ollama_call),
                lambda text: ollama_api.error(429, text),
            ),
        ]
        yield {upstream.name: upstream for upstream in found}


def _upstream(
    fake: Any,
    provider: str,
    key: str | None,
    says: tuple[Callable[[Received, list[str]], Reply], Callable[[Received, dict[str, Any]], Reply]],
    failure: Callable[[str], Reply],
) -> Upstream:
    spec = UpstreamSpec(provider, provider, fake.base_url, key, (f"{provider}-*",), translate=True)
    return Upstream(provider, f"{provider}-model", fake, spec, *says, failure)
