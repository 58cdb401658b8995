"""The chat completion around a guard's verdict: what is sent beside the messages, what comes back.

Requests and answers are those of OpenAI's API as vLLM serves it (``logprobs.content[].top_logprobs``). The
answer is hostile: every field is checked, nothing is repaired.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from .passage import Unreadable

TOP = 10
"""Alternatives asked for at each token: enough that both labels are among them whenever it matters."""
_LONGEST = 32_768
_MOST_TOKENS = 8192


class Token(NamedTuple):
    """One token of an answer, and those that could have stood there: text and natural log-probability."""

    text: str
    top: tuple[tuple[str, float], ...]


class Answered(NamedTuple):
    """What a model said, whole."""

    content: str
    tokens: tuple[Token, ...]
    """None where the server tells no probabilities."""


def chat(messages: Sequence[Mapping[str, object]], tokens: int, **more: object) -> dict[str, object]:
    """Return a request body for one short answer, chosen without chance."""
    return {
        "messages": list(messages),
        "max_tokens": tokens,
        "temperature": 0,
        "logprobs": True,
        "top_logprobs": TOP,
        "stream": False,
        **more,
    }


def picture_part(url: str) -> dict[str, object]:
    """Return the part of a message that shows a picture, given as a data URL."""
    return {"type": "image_url", "image_url": {"url": url}}


def answered(body: bytes, *, cut: bool = False) -> Answered:
    """Read a chat completion. `cut` takes one that ended at its limit of tokens, too.

    Raises:
        Unreadable: it is no such completion, it is empty or cut off, or the model refused.
    """
    try:
        choice = orjson.loads(body)["choices"][0]
        message, ended = choice["message"], choice["finish_reason"]
        content, refusal = message["content"], message.get("refusal")
    except (orjson.JSONDecodeError, LookupError, TypeError, AttributeError):
        raise Unreadable("no completion") from None
    if refusal:
        raise Unreadable("refused")
    if not isinstance(content, str) or not content.strip():
        raise Unreadable("empty")
    if len(content) > _LONGEST or not (ended == "stop" or (cut and ended == "length")):
        raise Unreadable("cut off")
    return Answered(content, _tokens(choice.get("logprobs")))


def _tokens(logprobs: Any) -> tuple[Token, ...]:
    if not isinstance(logprobs, dict) or not isinstance(logprobs.get("content"), list):
        return ()
    listed = logprobs["content"]
    if len(listed) > _MOST_TOKENS:
        raise Unreadable("odd probabilities")
    try:
        return tuple(Token(_text(item), _top(item)) for item in listed)
    except (LookupError, TypeError):
        raise Unreadable("odd probabilities") from None


def _top(item: Any) -> tuple[tuple[str, float], ...]:
    others = tuple(
        (_text(each), _log(each["logprob"])) for each in (item.get("top_logprobs") or [])[: 4 * TOP]
    )
    own = (_text(item), _log(item["logprob"]))
    return others if own in others else (*others, own)


def _text(item: Any) -> str:
    text = item["token"]
    if not isinstance(text, str):
        raise TypeError
    return text


def _log(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value) or value > 1e-3:
        raise TypeError
    return min(float(value), 0.0)
