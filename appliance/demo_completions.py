"""How the demo upstream completes a chat or a text, whole or streamed."""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from ..gateway.upstream.base import UpstreamAnswer
from .demo_wire import Refused, event, requested_model, stream, whole

_LONG_WORD = re.compile(r"[A-Za-z0-9]{16,}")
_MOST_SHOWN = 2000
_PIECE = 7
_MOST_CHOICES = 16


@dataclass(frozen=True, slots=True)
class _Kind:
    """What differs between chat and the older completions."""

    whole: str
    chunk: str
    prefix: str
    choice: Callable[[int, str], dict[str, Any]]
    delta: Callable[[int, str | None], dict[str, Any]]


def _chat_choice(index: int, text: str) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": text, "refusal": None, "annotations": []}
    return {"index": index, "message": message, "logprobs": None, "finish_reason": "stop"}


def _chat_delta(index: int, text: str | None) -> dict[str, Any]:
    delta: dict[str, Any] = {} if text is None else {"content": text}
    finish = "stop" if text is None else None
    return {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish}


def _text_choice(index: int, text: str | None) -> dict[str, Any]:
    finish = "stop" if text is None else None
    return {"index": index, "text": text or "", "logprobs": None, "finish_reason": finish}


_CHAT = _Kind("chat.completion", "chat.completion.chunk", "chatcmpl", _chat_choice, _chat_delta)
_TEXT = _Kind(
    "text_completion",
    "text_completion",
    "cmpl",
    lambda index, text: _text_choice(index, text) | {"finish_reason": "stop"},
    _text_choice,
)


def explain(received: str) -> str:
    """Return the demo's answer to a text: what it is, what it received, and the text once more."""
    received = received[:_MOST_SHOWN]
    shown = _LONG_WORD.sub(lambda match: "·".join(_cut(match[0], 4)), received)
    lines = ["This is Sluicegate's demo upstream; no model was asked."]
    if shown == received:
        lines.append(f"The model received your words as you wrote them: {received}")
    else:
        lines.append(f"The model received, with dots put into long words: {shown}")
        lines.append(f"The model repeats what it received, and you read: {received}")
    return "\n".join(lines)


def complete_chat(payload: dict[str, Any]) -> UpstreamAnswer:
    """Answer ``/chat/completions``. Raises `Refused`."""
    return _complete(payload, _CHAT, _last_user_text(payload.get("messages")))


def complete_text(payload: dict[str, Any]) -> UpstreamAnswer:
    """Answer ``/completions``. Raises `Refused`."""
    prompt = payload.get("prompt", "")
    if isinstance(prompt, list):
        prompt = " ".join(item for item in prompt if isinstance(item, str)) or "(tokens)"
    if not isinstance(prompt, str):
        raise Refused("prompt must be a string or a list.")
    return _complete(payload, _TEXT, prompt)


def _complete(payload: dict[str, Any], kind: _Kind, received: str) -> UpstreamAnswer:
    choices = payload.get("n") or 1
    if not isinstance(choices, int) or not 1 <= choices <= _MOST_CHOICES:
        raise Refused(f"n must be from 1 to {_MOST_CHOICES}.")
    head = {
        "id": f"{kind.prefix}-demo{uuid4().hex}",
        "created": int(time.time()),
        "model": requested_model(payload),
    }
    text = explain(received)
    usage = _usage(len(received.split()), len(text.split()) * choices)
    if payload.get("stream"):
        options = payload.get("stream_options")
        counted = isinstance(options, dict) and options.get("include_usage") is True
        head["object"] = kind.chunk
        return stream(_chunks(head, kind, text, choices, usage if counted else None))
    head["object"] = kind.whole
    return whole(head | {"choices": [kind.choice(index, text) for index in range(choices)], "usage": usage})


def _chunks(
    head: dict[str, Any], kind: _Kind, text: str, choices: int, usage: dict[str, Any] | None
) -> Iterator[bytes]:
    """Yield events. Pieces are cut inside words, as a model's tokens are."""
    extra: dict[str, Any] = {} if usage is None else {"usage": None}
    for index in range(choices):
        if kind is _CHAT:
            first = _chat_delta(index, "")
            first["delta"]["role"] = "assistant"
            yield event(head | extra | {"choices": [first]})
        for piece in [*_cut(text, _PIECE), None]:
            yield event(head | extra | {"choices": [kind.delta(index, piece)]})
    if usage is not None:
        yield event(head | {"choices": [], "usage": usage})
    yield b"data: [DONE]\n\n"


def _last_user_text(messages: object) -> str:
    if not isinstance(messages, list):
        raise Refused("messages must be a list.")
    for message in reversed(messages):
        if isinstance(message, dict) and message.get("role") == "user":
            return _content_text(message.get("content"))
    return "(no message of a user)"


def _content_text(content: object) -> str:
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    texts = [part.get("text") for part in parts if isinstance(part, dict)]
    return " ".join(text for text in texts if isinstance(text, str)) or "(no text)"


def _usage(prompt: int, completion: int) -> dict[str, Any]:
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    }


def _cut(text: str, size: int) -> Sequence[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]
