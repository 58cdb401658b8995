"""Whether a request or an answer looks like what is said to models, whoever the host is. Pure.

A path alone says little and a key alone less; both together, or the beginning of a stream as no other
program writes it, say enough to tell an operator of it.
"""

import re
from typing import NamedTuple

MOST_LOOKED_AT = 64 * 1024
"""Bytes of a body that are looked at, from its beginning."""


class Spoken(NamedTuple):
    """Whose format a request speaks. `base` is what stands in front of that provider's own path."""

    provider: str
    base: str


_PATHS = (
    ("openai", re.compile(r"(?P<base>.*?)(?:/v\d+)?/(?:chat/completions|completions|responses|embeddings)")),
    ("anthropic", re.compile(r"(?P<base>.*?)/v1/messages(?:/count_tokens)?")),
    ("gemini", re.compile(r"(?P<base>.*?)/v1(?:alpha|beta)?/models/[^/]+:[a-zA-Z]*[gG]enerateContent")),
    ("ollama", re.compile(r"(?P<base>.*?)/api/(?:chat|generate|embed)")),
    ("bedrock", re.compile(r"(?P<base>.*?)/model/[^/]+/(?:converse|invoke)[a-z-]*")),
    ("cohere", re.compile(r"(?P<base>.*?)/v[12]/chat")),
)
_ASKS = re.compile(rb'"(?:messages|contents|prompt|input|inputText|message)"\s*:\s*["\[]')
_MODEL = re.compile(rb'"model"\s*:\s*"')
_TURN = re.compile(rb'"role"\s*:\s*"(?:user|system|assistant|developer|tool)"')
_STREAMED = re.compile(
    rb'"object"\s*:\s*"(?:chat\.completion|text_completion)(?:\.chunk)?"|"choices"\s*:\s*\[\s*\{[^\]]{0,200}"delta"'
    rb'|event:\s*(?:message_start|content_block_delta|response\.created)|"candidates"\s*:\s*\[\s*\{\s*"content"'
    rb'|"type"\s*:\s*"message_start"|"done"\s*:\s*false\s*[,}]'
)
_READABLE = ("application/json", "text/event-stream", "application/x-ndjson", "text/plain")


def may_speak(method: str, content_type: str) -> bool:
    """Say whether a request's body is worth a look."""
    return method == "POST" and content_type.partition(";")[0].strip().lower() in _READABLE


def spoken_in(path: str, body: bytes) -> Spoken | None:
    """Return whose format a request speaks, by its path and the beginning of its body; None for nobody's."""
    begin = body[:MOST_LOOKED_AT]
    asks, turns = _ASKS.search(begin) is not None, _TURN.search(begin) is not None
    for provider, pattern in _PATHS:
        match = pattern.fullmatch(path.partition("?")[0])
        if match is not None and asks:
            return Spoken(provider, match["base"])
    # an own path, but what is said in the words of most of these formats
    return Spoken("openai", "") if asks and turns and _MODEL.search(begin) else None


def may_answer(content_type: str) -> bool:
    """Say whether an answer is worth a look."""
    return content_type.partition(";")[0].strip().lower() in _READABLE


def is_spoken(begin: bytes) -> bool:
    """Say whether an answer begins as a model's does."""
    return _STREAMED.search(begin[:MOST_LOOKED_AT]) is not None
