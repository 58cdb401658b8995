"""Providers' formats as the corpus of exchanges needs them: how one asks, and how a model says and calls.

What models say is spelled by the fake providers, which share nothing with the product.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.fakes import (
    anthropic_api,
    bedrock_api,
    cohere_api,
    gemini_api,
    ollama_api,
    replies,
    responses,
    scripted_api,
)
from tests.fakes.cuts import words
from tests.fakes.http_server import Answer, Received

type Asked = tuple[str, Mapping[str, Any]]
"""Target and body of a request."""
type Ask = Callable[[str, bool], Asked]
"""Asks with a user's text, streamed or not."""
type Say = Callable[[Received, str], Answer]
"""Answers a request, in the form it wants, with a text or with the JSON arguments of a tool call."""


@dataclass(frozen=True, slots=True)
class Format:
    """One format. What it cannot spell is None."""

    name: str
    provider: str
    dialect: str
    ask: Ask
    say: Say
    heard: Callable[[Any], str]
    """The user's newest text in the body of a request."""
    call: Say | None = None
    results: Callable[[str], Asked] | None = None
    """Brings the result of a tool."""
    fail: Callable[[int, str], Answer] = lambda status, message: replies.error(status, "bad", message)
    streams: bool = True


_TOOL = {"name": "send", "description": "Sends a note.", "input_schema": {"type": "object"}}


def _openai_say(request: Received, text: str) -> Answer:
    reply = replies.say(text)
    return (replies.streamed_chat if request.body.get("stream") else replies.buffered_chat)(
        reply, request.body
    )


def _openai_call(request: Received, arguments: str) -> Answer:
    reply = replies.call("send", arguments)
    return (replies.streamed_chat if request.body.get("stream") else replies.buffered_chat)(
        reply, request.body
    )


def _openai_results(text: str) -> Asked:
    call = {"id": "c", "type": "function", "function": {"name": "read", "arguments": "{}"}}
    messages = [
        {"role": "user", "content": "Read it."},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c", "content": text},
    ]
    return "/v1/chat/completions", {"model": "gpt-5-mini", "messages": messages}


def _completion(request: Received, text: str) -> Answer:
    reply, streamed = replies.say(text), request.body.get("stream")
    return (replies.streamed_completion if streamed else replies.buffered_completion)(reply, request.body)


def _messages(text: str, streamed: bool) -> Mapping[str, Any]:
    messages = [{"role": "user", "content": text}]
    return {"model": "the-model", "messages": messages} | ({"stream": True} if streamed else {})


def _anthropic_say(request: Received, text: str) -> Answer:
    return anthropic_api.stream(words(text)) if request.body.get("stream") else anthropic_api.whole(text)


def _anthropic_call(request: Received, arguments: str) -> Answer:
    if not request.body.get("stream"):
        return anthropic_api.called("send", json.loads(arguments))
    frames = anthropic_api.call_frames("send", words(arguments))
    return anthropic_api.streamed(anthropic_api.whole_stream(frames, "tool_use"))


def _anthropic_results(text: str) -> Asked:
    messages = [
        {"role": "user", "content": "Read it."},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "read", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": text}]},
    ]
    return "/v1/messages", {"model": "claude", "max_tokens": 9, "messages": messages}


def _gemini_ask(how: str) -> Ask:
    def ask(text: str, streamed: bool) -> Asked:
        action = f"streamGenerateContent{how}" if streamed else "generateContent"
        contents = [{"role": "user", "parts": [{"text": text}]}]
        return f"/v1beta/models/gemini-2.5-pro:{action}", {"contents": contents}

    return ask


def _gemini_call(request: Received, arguments: str) -> Answer:
    part = {"functionCall": {"name": "send", "args": json.loads(arguments)}}
    return gemini_api.answered(request, part)


def _gemini_results(text: str) -> Asked:
    call = {"functionCall": {"name": "read", "args": {}}}
    result = {"functionResponse": {"name": "read", "response": {"result": text}}}
    contents = [
        {"role": "user", "parts": [{"text": "Read it."}]},
        {"role": "model", "parts": [call]},
        {"role": "user", "parts": [result]},
    ]
    return "/v1beta/models/gemini-2.5-pro:generateContent", {"contents": contents}


def _gemini_heard(body: Any) -> str:
    return str(body["contents"][-1]["parts"][0].get("text", ""))


def _cohere_say(request: Received, text: str) -> Answer:
    return cohere_api.stream(words(text)) if request.body.get("stream") else cohere_api.chat(text)


def _cohere_call(request: Received, arguments: str) -> Answer:
    if not request.body.get("stream"):
        return cohere_api.called("send", arguments)
    frames = cohere_api.whole_stream(cohere_api.call_frames("send", words(arguments)), "TOOL_CALL")
    return scripted_api.events(frames, named=True, end=b"[DONE]")


def _cohere_v1_ask(text: str, streamed: bool) -> Asked:
    return "/v1/chat", {"model": "command", "message": text, "stream": streamed}


def _cohere_v1_say(request: Received, text: str) -> Answer:
    return cohere_api.stream_v1(words(text)) if request.body.get("stream") else cohere_api.chat_v1(text)


def _ollama_call(request: Received, arguments: str) -> Answer:
    return ollama_api.answered(request, "", calls=[{"name": "send", "arguments": json.loads(arguments)}])


def _bedrock_ask(text: str, streamed: bool) -> Asked:
    messages = [{"role": "user", "content": [{"text": text}]}]
    return f"/model/anthropic.claude/converse{'-stream' if streamed else ''}", {"messages": messages}


def _bedrock_say(request: Received, text: str) -> Answer:
    if "stream" in request.path:
        return bedrock_api.streamed(bedrock_api.texts(*words(text)))
    return bedrock_api.said(text)


def _bedrock_call(request: Received, arguments: str) -> Answer:
    if "stream" in request.path:
        return bedrock_api.streamed(bedrock_api.call("send", *words(arguments)), reason="tool_use")
    use = {"toolUse": {"toolUseId": "t1", "name": "send", "input": json.loads(arguments)}}
    return bedrock_api.said(use, reason="tool_use")


def _bedrock_results(text: str) -> Asked:
    result = {"toolUseId": "t", "content": [{"text": text}]}
    messages = [
        {"role": "user", "content": [{"text": "Read it."}]},
        {"role": "assistant", "content": [{"toolUse": {"toolUseId": "t", "name": "read", "input": {}}}]},
        {"role": "user", "content": [{"toolResult": result}]},
    ]
    return "/model/anthropic.claude/converse", {"messages": messages}


def _responses_ask(text: str, streamed: bool) -> Asked:
    return "/v1/responses", {"model": "gpt-5-mini", "input": text, "stream": streamed}


def _responses_results(text: str) -> Asked:
    given = [
        {"role": "user", "content": "Read it."},
        {"type": "function_call", "call_id": "c", "name": "read", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c", "output": text},
    ]
    return "/v1/responses", {"model": "gpt-5-mini", "input": given}


def _newest(body: Any) -> str:
    content = body["messages"][-1]["content"]
    return content if isinstance(content, str) else str(content[0].get("text", ""))


FORMATS = (
    Format(
        "chat",
        "openai",
        "openai_chat",
        lambda text, streamed: ("/v1/chat/completions", _messages(text, streamed)),
        _openai_say,
        _newest,
        _openai_call,
        _openai_results,
    ),
    Format(
        "completions",
        "openai",
        "openai_completions",
        lambda text, streamed: ("/v1/completions", {"model": "m", "prompt": text, "stream": streamed}),
        _completion,
        lambda body: str(body["prompt"]),
    ),
    Format(
        "responses",
        "openai",
        "openai_responses",
        _responses_ask,
        lambda request, text: responses.answered(request.body, responses.message(text)),
        lambda body: str(body["input"]),
        lambda request, given: responses.answered(request.body, responses.calling("send", given)),
        _responses_results,
    ),
    Format(
        "anthropic",
        "anthropic",
        "anthropic",
        lambda text, streamed: ("/v1/messages", {**_messages(text, streamed), "max_tokens": 9}),
        _anthropic_say,
        _newest,
        _anthropic_call,
        _anthropic_results,
        lambda status, message: scripted_api.document(
            anthropic_api.failure("api_error", message), status=status
        ),
    ),
    *(
        Format(
            name,
            "gemini",
            "gemini",
            _gemini_ask(how),
            lambda request, text: gemini_api.answered(request, {"text": text}),
            _gemini_heard,
            _gemini_call,
            _gemini_results,
            lambda status, message: gemini_api.error(status, "BAD", message),
        )
        for name, how in (("gemini", "?alt=sse"), ("gemini array", ""))
    ),
    Format(
        "cohere",
        "cohere",
        "cohere_chat",
        lambda text, streamed: ("/v2/chat", _messages(text, streamed)),
        _cohere_say,
        _newest,
        _cohere_call,
        fail=lambda status, message: scripted_api.document({"message": message}, status=status),
    ),
    Format(
        "cohere v1",
        "cohere",
        "cohere_chat_v1",
        _cohere_v1_ask,
        _cohere_v1_say,
        lambda body: str(body["message"]),
        fail=lambda status, message: scripted_api.document({"message": message}, status=status),
    ),
    Format(
        "ollama",
        "ollama",
        "ollama_chat",
        lambda text, streamed: ("/api/chat", {**_messages(text, streamed), "stream": streamed}),
        ollama_api.answered,
        _newest,
        _ollama_call,
        fail=ollama_api.error,
    ),
    Format(
        "ollama generate",
        "ollama",
        "ollama_generate",
        lambda text, streamed: ("/api/generate", {"model": "llama3.2", "prompt": text, "stream": streamed}),
        ollama_api.answered,
        lambda body: str(body["prompt"]),
        fail=ollama_api.error,
    ),
    Format(
        "bedrock",
        "bedrock",
        "bedrock_converse",
        _bedrock_ask,
        _bedrock_say,
        _newest,
        _bedrock_call,
        _bedrock_results,
        lambda status, message: bedrock_api.error(status, "ValidationException", message),
    ),
)
