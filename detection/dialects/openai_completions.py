"""OpenAI text completions: ``POST /v1/completions``.

Source: `openai.types.completion` of the official Python package.
"""

import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..document import Document
from ..errors import BadInput, UpstreamFault
from ..framing import sse
from ..json_text import dump
from ..types import Direction, Kind, Refusal, Role
from .base import NOTHING_ADDRESSED, Addressed, Asked, Frame, Slot
from .collect import Collector
from .openai_common import (
    ANSWER_CONTROL,
    CHUNK,
    DATA_EVENTS,
    NO_USAGE,
    asked,
    choices_answer,
    error,
    fault_frame,
    read_object,
    usage_frame,
    with_addressed,
)

_CHOICE = frozenset(("index", "text", "logprobs", "finish_reason"))
_HEAD = ("id", "object", "created", "model", "system_fingerprint")
_MOST = 2048


class OpenAICompletions:
    """The text completion dialect."""

    name = "openai_completions"
    turns = ""

    def parse_request(self, body: bytes, addressed: Addressed = NOTHING_ADDRESSED) -> tuple[Document, Asked]:
        """Read a request; prompts given as token ids cannot be read. Raises `BadInput`."""
        parsed = read_object(body)
        tree = parsed.tree
        wanted = asked(with_addressed(tree, addressed))
        collector = Collector(Direction.PROMPT)
        read_inputs(collector, tree.get("prompt"), "prompt")
        collector.members(tree, "", Role.SYSTEM, skip=frozenset(("model", "prompt", "seed", "logit_bias")))
        return collector.document(body, parsed), _spread(wanted, tree)

    def parse_answer(self, body: bytes) -> tuple[Document, Mapping[str, str]]:
        """Read an answer; token lists are nulled when their choice's text changes."""
        return choices_answer(body, "text", _read_text)

    def refuse(self, asked: Asked, text: str, original: Any = None) -> Refusal:
        """Say no: safe text, ``finish_reason: content_filter``."""
        given = original.get("id") if isinstance(original, dict) else None
        choices = original.get("choices") if isinstance(original, dict) else None
        count = min(len(choices), _MOST) if isinstance(choices, list) else asked.choices
        body = {
            "id": given if isinstance(given, str) and len(given) <= 128 else f"cmpl-{uuid.uuid4().hex}",
            "object": "text_completion",
            "created": int(time.time()),
            "model": asked.model,
            "choices": [
                {"text": text, "index": index, "logprobs": None, "finish_reason": "content_filter"}
                for index in range(count)
            ],
        }
        if asked.stream and original is None:
            frames = [body, *(usage_frame(_head(body)) if asked.usage else [])]
            stream = b"".join(sse.write(dump(frame)) for frame in frames) + sse.write(b"[DONE]")
            return Refusal(200, stream, "text/event-stream; charset=utf-8", retry=False)
        body["usage"] = NO_USAGE
        return Refusal(200, dump(body), retry=False)

    def error(self, status: int, code: str, message: str, param: str | None) -> Refusal:
        """Return OpenAI's error envelope."""
        return error(status, code, message, param)

    def stream(self, asked: Asked) -> "CompletionsStream":
        """Return the shape of streamed chunks."""
        return CompletionsStream()


def _read_text(collector: Collector, text: Any, pointer: str) -> None:
    collector.walk(text, pointer, Role.ASSISTANT, Kind.TEXT)


class CompletionsStream:
    """Reads and writes ``text_completion`` chunks."""

    framing = DATA_EVENTS
    repeating = False

    def read(self, tree: Any, name: str = "") -> Frame:
        """Read one chunk."""
        collector = Collector(Direction.ANSWER)
        choices = tree.get("choices") if isinstance(tree, dict) else None
        if not isinstance(choices, list):
            collector.stray(tree, Role.ASSISTANT)
            return collector.frame()
        collector.members(tree, "", Role.ASSISTANT, skip=ANSWER_CONTROL | {"choices"})
        slots: list[Slot] = []
        seen: set[int] = set()
        ended: list[int] = []
        logprobs: dict[int, str] = {}
        for position, choice in enumerate(choices):
            pointer, number = f"/choices/{position}", _index(choice)
            if number in seen:
                raise UpstreamFault("The upstream sent a choice twice.", code="upstream_protocol")
            seen.add(number)
            if isinstance(choice.get("text"), str):
                slots.append(
                    Slot(number, f"/choices/{number}/text", f"{pointer}/text", choice["text"], Kind.TEXT)
                )
            else:
                collector.walk(choice.get("text"), f"{pointer}/text", Role.ASSISTANT)
            if choice.get("finish_reason"):
                ended.append(number)
            if choice.get("logprobs") is not None:
                logprobs[number] = f"{pointer}/logprobs"
            collector.members(choice, pointer, Role.ASSISTANT, skip=_CHOICE)
        bare = not tree.get("usage") and tree.keys() <= CHUNK
        bare = bare and all(choice.keys() <= _CHOICE for choice in choices)
        return collector.frame(slots, bare=bare, ended=ended, logprobs=logprobs)

    def carry(self, tree: Any, slot: Slot, text: str, logprobs: Any) -> Any:
        """Return a chunk with one piece of text."""
        choice = {"text": text, "index": slot.choice, "logprobs": logprobs, "finish_reason": None}
        return {**_head(tree), "choices": [choice]}

    def stop(self, tree: Any, choices: Sequence[int], text: str, opened: Sequence[Slot]) -> list[Any]:
        """Finish every open choice."""
        ended = [
            {"text": "", "index": index, "logprobs": None, "finish_reason": "content_filter"}
            for index in choices
        ]
        return [{**_head(tree), "choices": ended}]

    def fault(self, message: str) -> Any:
        """Return OpenAI's error as a frame."""
        return fault_frame(message)


def read_inputs(collector: Collector, value: Any, name: str) -> None:
    """Collect a prompt or input: a text, texts, token ids or lists of them. Raises `BadInput`."""
    if isinstance(value, str):
        collector.text(value, f"/{name}", Role.USER)
    elif isinstance(value, list) and value and all(type(item) is int for item in value):
        collector.skip(f"/{name}", "token ids")
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            _read_input(collector, item, name, index)
    elif value is not None or name == "input":
        raise BadInput(f"{name} must be a text or a non-empty list.", code="invalid_type", param=name)


def _read_input(collector: Collector, item: Any, name: str, index: int) -> None:
    if isinstance(item, str):
        collector.text(item, f"/{name}/{index}", Role.USER)
    elif isinstance(item, list) and item and all(type(token) is int for token in item):
        collector.skip(f"/{name}/{index}", "token ids")
    else:
        raise BadInput(
            f"{name} holds neither texts nor token ids.", code="invalid_type", param=f"{name}.{index}"
        )


def _spread(wanted: Asked, tree: dict[str, Any]) -> Asked:
    """Count the choices: `n` for each prompt of a list."""
    prompt = tree.get("prompt")
    prompts = len(prompt) if isinstance(prompt, list) and prompt and not isinstance(prompt[0], int) else 1
    return replace(wanted, choices=min(wanted.choices * prompts, _MOST))


def _index(choice: Any) -> int:
    index = choice.get("index", 0) if isinstance(choice, dict) else None
    if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < _MOST:
        raise UpstreamFault("The upstream sent a chunk with a bad choice.", code="upstream_protocol")
    return index


def _head(tree: Any) -> dict[str, Any]:
    head = {key: tree[key] for key in _HEAD if key in tree} if isinstance(tree, dict) else {}
    head.setdefault("object", "text_completion")
    return head
