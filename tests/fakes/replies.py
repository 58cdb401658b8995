"""What a scripted model says, and how the OpenAI API spells it: whole or as a stream of chunks.

Shapes follow the type definitions of the official ``openai`` package (``openai.types.chat``,
``openai.types.completion``); nothing here is shared with the product.
"""

import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tests.fakes.cuts import ByteCut, TextCut, words
from tests.fakes.http_server import Answer, Gate, Piece

CREATED = 1_790_000_000
"""Every scripted answer is made at this second."""

DEFAULT_MODEL = "gpt-5-mini"


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A function call the model makes. `arguments` is JSON text."""

    name: str
    arguments: str
    id: str = "call_0001"


@dataclass(frozen=True, slots=True)
class Choice:
    """One alternative answer."""

    text: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    refusal: str | None = None
    finish: str = ""

    @property
    def finish_reason(self) -> str:
        """Given, or what the content implies."""
        return self.finish or ("tool_calls" if self.tool_calls else "stop")


@dataclass(frozen=True, slots=True)
class Reply:
    """All that a scripted model answers, and how a stream of it is cut.

    `cut` splits each text into deltas; `byte_cut` splits the finished stream into socket writes
    (None: one write a frame). `gate_after` stops the stream after that many frames until the test
    opens `gate`. `error_after` replaces the frames from there on by an error frame.
    """

    choices: tuple[Choice, ...]
    cut: TextCut = words
    byte_cut: ByteCut | None = None
    newline: str = "\n"
    comments: bool = False
    ascii_json: bool = False
    done: bool = True
    gate: Gate | None = None
    gate_after: int = 0
    error_after: int | None = None
    extra: tuple[tuple[str, Any], ...] = ()


def say(text: str, **how: Any) -> Reply:
    """A reply of one text."""
    return Reply((Choice(text),), **how)


def call(name: str, arguments: str, **how: Any) -> Reply:
    """A reply of one tool call."""
    return Reply((Choice(tool_calls=(ToolCall(name, arguments),)),), **how)


def buffered_chat(reply: Reply, request: dict[str, Any]) -> Answer:
    """`POST /v1/chat/completions` without streaming."""
    choices = [
        {
            "index": index,
            "message": _message(choice),
            "logprobs": _logprobs(reply, choice.text) if request.get("logprobs") else None,
            "finish_reason": choice.finish_reason,
        }
        for index, choice in enumerate(reply.choices)
    ]
    return _json(reply, _envelope("chat.completion", request) | {"choices": choices, "usage": _usage()})


def streamed_chat(reply: Reply, request: dict[str, Any]) -> Answer:
    """`POST /v1/chat/completions` with ``stream: true``. Choices are interleaved."""
    each = [list(_deltas(reply, choice, request)) for choice in reply.choices]
    frames = [
        {"index": index, **delta}
        for row in itertools.zip_longest(*each)
        for index, delta in enumerate(row)
        if delta is not None
    ]
    return _stream(reply, "chat.completion.chunk", request, frames)


def buffered_completion(reply: Reply, request: dict[str, Any]) -> Answer:
    """`POST /v1/completions` without streaming."""
    choices = [
        {
            "index": index,
            "text": choice.text or "",
            "logprobs": _old_logprobs(reply, choice.text or "") if request.get("logprobs") else None,
            "finish_reason": choice.finish_reason,
        }
        for index, choice in enumerate(reply.choices)
    ]
    return _json(reply, _envelope("text_completion", request) | {"choices": choices, "usage": _usage()})


def streamed_completion(reply: Reply, request: dict[str, Any]) -> Answer:
    """`POST /v1/completions` with ``stream: true``."""
    frames: list[dict[str, Any]] = []
    for index, choice in enumerate(reply.choices):
        for piece in reply.cut(choice.text or ""):
            logprobs = _old_logprobs(reply, piece) if request.get("logprobs") else None
            frames.append({"index": index, "text": piece, "logprobs": logprobs, "finish_reason": None})
        last = {"index": index, "text": "", "logprobs": None, "finish_reason": choice.finish_reason}
        frames.append(last)
    return _stream(reply, "text_completion", request, frames)


def _message(choice: Choice) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": choice.text, "refusal": choice.refusal}
    if choice.tool_calls:
        message["tool_calls"] = [
            {"id": item.id, "type": "function", "function": {"name": item.name, "arguments": item.arguments}}
            for item in choice.tool_calls
        ]
    return message


def _deltas(reply: Reply, choice: Choice, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The `delta`, `logprobs` and `finish_reason` of each chunk of one choice."""
    yield _chunk({"role": "assistant", "content": "" if choice.text is not None else None, "refusal": None})
    for piece in reply.cut(choice.text) if choice.text else ():
        logprobs = _logprobs(reply, piece) if request.get("logprobs") else None
        yield _chunk({"content": piece}, logprobs)
    for piece in reply.cut(choice.refusal) if choice.refusal else ():
        yield _chunk({"refusal": piece})
    for index, item in enumerate(choice.tool_calls):
        head = {"index": index, "id": item.id, "type": "function"}
        yield _chunk({"tool_calls": [head | {"function": {"name": item.name, "arguments": ""}}]})
        for piece in reply.cut(item.arguments):
            yield _chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
    yield {"delta": {}, "logprobs": None, "finish_reason": choice.finish_reason}


def _chunk(delta: dict[str, Any], logprobs: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"delta": delta, "logprobs": logprobs, "finish_reason": None}


def _logprobs(reply: Reply, text: str | None) -> dict[str, Any]:
    tokens = [_token(piece) for piece in reply.cut(text)] if text else []
    return {"content": [token | {"top_logprobs": [token]} for token in tokens], "refusal": None}


def _token(piece: str) -> dict[str, Any]:
    return {"token": piece, "logprob": -0.25, "bytes": list(piece.encode("utf-8", "surrogatepass"))}


def _old_logprobs(reply: Reply, text: str) -> dict[str, Any]:
    tokens = reply.cut(text)
    starts = itertools.accumulate((len(token) for token in tokens), initial=0)
    return {
        "tokens": tokens,
        "token_logprobs": [-0.25] * len(tokens),
        "top_logprobs": [{token: -0.25} for token in tokens],
        "text_offset": list(starts)[: len(tokens)],
    }


def _envelope(kind: str, request: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": "cmpl-scripted",
        "object": kind,
        "created": CREATED,
        "model": request.get("model", DEFAULT_MODEL),
        "system_fingerprint": "fp_scripted",
    }


def _usage() -> dict[str, int]:
    return {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}


def _dump(reply: Reply, value: object) -> str:
    return json.dumps(value, ensure_ascii=reply.ascii_json, separators=(",", ":"))


def _json(reply: Reply, value: dict[str, Any]) -> Answer:
    return Answer([_dump(reply, value | dict(reply.extra)).encode("utf-8", "surrogatepass")])


def _stream(reply: Reply, kind: str, request: dict[str, Any], frames: Sequence[dict[str, Any]]) -> Answer:
    """Frames of one choice each, then the usage chunk when it was asked for, then the end mark."""
    envelope = _envelope(kind, request) | dict(reply.extra)
    wants_usage = bool((request.get("stream_options") or {}).get("include_usage"))
    spare = {"usage": None} if wants_usage else {}
    texts = [_dump(reply, envelope | {"choices": [frame]} | spare) for frame in frames]
    if wants_usage:
        texts.append(_dump(reply, envelope | {"choices": [], "usage": _usage()}))
    if reply.done:
        texts.append("[DONE]")
    if reply.error_after is not None:
        texts = [*texts[: reply.error_after], _dump(reply, error_body(500, "server_error", "It broke."))]
    events = [_event(reply, text).encode("utf-8", "surrogatepass") for text in texts]
    return Answer(_writes(reply, events), content_type="text/event-stream; charset=utf-8", framing="chunked")


def _event(reply: Reply, data: str) -> str:
    comment = f": ping{reply.newline}{reply.newline}" if reply.comments else ""
    return f"{comment}data: {data}{reply.newline}{reply.newline}"


def _writes(reply: Reply, events: list[bytes]) -> list[Piece]:
    if reply.gate is None:
        joined = b"".join(events)
        return list(reply.byte_cut(joined)) if reply.byte_cut else list(events)
    return [*events[: reply.gate_after], reply.gate, *events[reply.gate_after :]]


def raw_stream(*chunks: dict[str, Any] | str, newline: str = "\n") -> Answer:
    """A stream of exactly these chunks; a text stands in its frame as it is."""
    events = []
    for chunk in chunks:
        data = chunk if isinstance(chunk, str) else json.dumps(chunk)
        events.append(f"data: {data}{newline}{newline}".encode())
    return Answer(events, content_type="text/event-stream", framing="chunked")


def chat_chunk(delta: dict[str, Any], finish: str | None = None, index: int = 0) -> dict[str, Any]:
    """One chunk of a streamed chat with a delta of any shape."""
    choice = {"index": index, "delta": delta, "finish_reason": finish}
    return _envelope("chat.completion.chunk", {}) | {"choices": [choice]}


def error_body(status: int, code: str | None, message: str, kind: str = "") -> dict[str, Any]:
    """The error envelope of the OpenAI API."""
    kinds = {400: "invalid_request_error", 401: "authentication_error", 404: "invalid_request_error"}
    named = kind or kinds.get(status, "server_error")
    return {"error": {"message": message, "type": named, "param": None, "code": code}}


def error(status: int, code: str | None, message: str, **headers: str) -> Answer:
    """An error answer. Header names are given with underscores: ``retry_after="1"``."""
    body = json.dumps(error_body(status, code, message)).encode()
    pairs = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Answer([body], status=status, headers=pairs)
