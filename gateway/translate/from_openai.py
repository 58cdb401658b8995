"""Answers of OpenAI's chat completions, read into the middle form: whole and streamed.

Source: `openai.types.chat.ChatCompletion` and `ChatCompletionChunk` of the official Python package. One
choice is asked for, so there is one.
"""

from collections.abc import Iterator
from typing import Any

from ...detection.framing.sse import SseParser
from .deltas import Broke, CallStarted, CallWords, Counted, Delta, Finished, Started, Words
from .formats import Sent
from .middle import Asked, Call, Finish, Made, Said, Text, Usage
from .reading import a_dict, a_list, a_text, arguments_of, count, message_of, tree_of
from .to_openai import request

_REASONS: dict[str, Finish] = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tools",
    "function_call": "tools",
    "content_filter": "filter",
}


class OpenAIUpstream:
    """The format as upstreams speak it. Implements `formats.UpstreamFormat`.

    `most` names the bound of tokens: OpenAI's own newer models refuse the name that other hosts know.
    """

    media = b"text/event-stream"

    def __init__(self, most: str) -> None:
        self._most = most

    def request(self, asked: Asked, model: str) -> Sent:
        """Write a request. Raises `BadInput` naming what cannot be expressed."""
        return request(asked, model, self._most)

    def answer(self, tree: Any, made: Made) -> Said:
        """Read a whole answer. Raises `UpstreamFault`."""
        answer = a_dict(tree)
        choice = _choice(answer)
        message = a_dict(choice.get("message"))
        calls = [_call(a_dict(item)) for item in a_list(message.get("tool_calls"))]
        texts = [text for name in ("content", "refusal") if (text := a_text(message.get(name)))]
        return Said(
            a_text(answer.get("id")),
            a_text(answer.get("model")),
            (*map(Text, texts), *calls),
            _reason(choice.get("finish_reason"), called=bool(calls), refused=bool(message.get("refusal"))),
            _usage(a_dict(answer.get("usage"))),
        )

    def parser(self) -> SseParser:
        """Begin to cut a stream into events."""
        return SseParser()

    def reader(self, made: Made) -> "OpenAIReader":
        """Begin to read the events of a stream."""
        return OpenAIReader()


class OpenAIReader:
    """Reads the chunks of one stream. Implements `formats.StreamReader`."""

    def __init__(self) -> None:
        self.finished = False
        self._begun = False
        self._refused = False
        self._calls = 0
        self._open: dict[int, tuple[int, str]] = {}

    def read(self, data: bytes) -> Iterator[Delta]:
        """Yield what a chunk says. Raises `UpstreamFault`."""
        tree = tree_of(data)
        if tree.get("error") is not None:
            yield Broke(message_of(data, 502))
            return
        if not self._begun:
            self._begun = True
            yield Started(a_text(tree.get("id")), a_text(tree.get("model")))
        choice = _choice(tree)
        yield from self._delta(a_dict(choice.get("delta")))
        if (reason := choice.get("finish_reason")) is not None:
            self.finished = True
            yield Finished(_reason(reason, called=bool(self._calls), refused=self._refused))
        if usage := a_dict(tree.get("usage")):
            yield Counted(_usage(usage))

    def _delta(self, delta: dict[str, Any]) -> Iterator[Delta]:
        for name in ("content", "refusal"):
            if text := a_text(delta.get(name)):
                self._refused = self._refused or name == "refusal"
                yield Words(text)
        for item in a_list(delta.get("tool_calls")):
            yield from self._call(a_dict(item))

    def _call(self, item: dict[str, Any]) -> Iterator[Delta]:
        index, identity = count(item.get("index")), a_text(item.get("id"))
        function = a_dict(item.get("function"))
        known = self._open.get(index)
        if known is None or (identity and identity != known[1]):
            known = self._open[index] = self._calls, identity
            self._calls += 1
            yield CallStarted(known[0], identity, a_text(function.get("name")))
        if text := a_text(function.get("arguments")):
            yield CallWords(known[0], text)


def _choice(tree: dict[str, Any]) -> dict[str, Any]:
    choices = a_list(tree.get("choices"))
    return a_dict(choices[0]) if choices else {}


def _call(item: dict[str, Any]) -> Call:
    function = a_dict(item.get("function"))
    arguments = arguments_of(a_text(function.get("arguments")))
    return Call(a_text(item.get("id")), a_text(function.get("name")), arguments)


def _reason(reason: Any, *, called: bool, refused: bool) -> Finish:
    found = _REASONS.get(a_text(reason), "stop")
    if found == "stop":
        return "filter" if refused else "tools" if called else "stop"
    return found


def _usage(usage: dict[str, Any]) -> Usage:
    details = a_dict(usage.get("prompt_tokens_details"))
    return Usage(
        count(usage.get("prompt_tokens")),
        count(usage.get("completion_tokens")),
        count(details.get("cached_tokens")),
        count(details.get("cache_write_tokens")),
    )
