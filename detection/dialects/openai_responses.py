"""OpenAI Responses: ``POST /v1/responses`` and what is asked about a response later.

Source: `openai.types.responses` of the official Python package.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..document import Document
from ..errors import BadInput
from ..json_read import parse
from ..json_text import dump
from ..pointer import step
from ..types import Direction, Kind, Refusal, Role
from . import openai_responses_said as say
from .base import NOTHING_ADDRESSED, Addressed, Asked
from .collect import Collector
from .openai_common import asked, error, read_object
from .openai_responses_items import HISTORY, Items
from .openai_responses_stream import ResponsesStream

LONGEST_NAME = 256
"""Characters of a name that the provider gives."""
EVENT_STREAM = "text/event-stream; charset=utf-8"

_READ = frozenset(
    ("model", "input", "instructions", "tools", "prompt", "previous_response_id", "conversation")
)
_PROMPT = frozenset(("id", "version", "variables"))
CONTROL = frozenset(
    (
        "id", "object", "created_at", "completed_at", "expires_at", "model", "status", "usage",
        "service_tier", "background", "previous_response_id", "conversation", "parallel_tool_calls",
        "first_id", "last_id", "has_more", "moderation",
    )
)  # fmt: skip
"""Members of an answer that the provider's machinery writes, not the model."""
_BODY = CONTROL | {"output", "tools"}
_LIST = CONTROL | {"data"}


class OpenAIResponses:
    """The dialect of requests for a response, and of answers that are one."""

    name = "openai_responses"
    turns = "input"

    def parse_request(self, body: bytes, addressed: Addressed = NOTHING_ADDRESSED) -> tuple[Document, Asked]:
        """Read a request. Raises `BadInput`."""
        parsed = read_object(body)
        tree = parsed.tree
        wanted = asked({**tree, "n": None}) if "model" in tree else _without_model(tree, addressed)
        collector = Collector(Direction.PROMPT)
        _read_tools(collector, tree.get("tools"))
        _read_instructions(collector, tree.get("instructions"))
        _read_prompt(collector, tree.get("prompt"))
        _read_history(collector, tree)
        read_input(collector, tree.get("input"), "input")
        collector.members(tree, "", Role.SYSTEM, skip=_READ)
        return collector.document(body, parsed), replace(
            wanted, continues=_names(tree.get("previous_response_id"), tree.get("conversation"))
        )

    def parse_answer(self, body: bytes) -> tuple[Document, Mapping[str, str]]:
        """Read a response, a list of items, or whatever else is answered."""
        return read_answer(body)

    def refuse(self, asked: Asked, text: str, original: Any = None) -> Refusal:
        """Say no as a model does that refuses: a complete response with a refusal in it."""
        if asked.stream and original is None:
            write = ResponsesStream.framing.write
            stream = b"".join(write(event) for event in say.refused_events(asked.model, text))
            return Refusal(200, stream, EVENT_STREAM, retry=False)
        return Refusal(200, dump(say.refused(asked.model, text, original)), retry=False)

    def named(self, tree: Any) -> tuple[str, ...]:
        """Return the name of a response, and of the conversation that it is part of."""
        return names_of(tree)

    def error(self, status: int, code: str, message: str, param: str | None) -> Refusal:
        """Return OpenAI's error envelope."""
        return error(status, code, message, param)

    def stream(self, asked: Asked) -> ResponsesStream:
        """Return the shape of streamed events."""
        return ResponsesStream(asked.model)


def names_of(tree: Any) -> tuple[str, ...]:
    """Return the names under which what an answer tells can be asked for again."""
    if not isinstance(tree, dict):
        return ()
    return _names(tree.get("id"), tree.get("conversation"))


def read_input(collector: Collector, value: Any, name: str) -> None:
    """Collect the input of a request: a text, items, or nothing. Raises `BadInput`."""
    if isinstance(value, str):
        collector.text(value, f"/{name}", Role.USER)
    elif isinstance(value, list):
        Items(collector, strict=True).read(value, f"/{name}")
    elif value is not None:
        raise BadInput(f"{name} must be a text or a list of items.", code="invalid_type", param=name)


def read_answer(body: bytes) -> tuple[Document, Mapping[str, str]]:
    """Read an answer by what it is. Raises `BadInput` when it is no JSON."""
    parsed = parse(body)
    tree, collector = parsed.tree, Collector(Direction.ANSWER)
    items = Items(collector, strict=False)
    read_answer_tree(items, tree, "")
    return collector.document(body, parsed), items.repeats


def read_answer_tree(items: Items, tree: Any, pointer: str) -> None:
    """Collect the texts of an answer: a response, a list of items, one item, or anything else."""
    collector = items.collector
    if not isinstance(tree, dict):
        collector.walk(tree, pointer, Role.ASSISTANT)
    elif isinstance(tree.get("output"), list) and "type" not in tree:
        items.read(tree["output"], f"{pointer}/output")
        collector.walk(tree.get("tools"), f"{pointer}/tools", Role.SYSTEM, Kind.TOOL_DEFINITION)
        collector.members(tree, pointer, Role.SYSTEM, skip=_BODY)
    elif isinstance(tree.get("data"), list) and tree.get("object") == "list":
        items.read(tree["data"], f"{pointer}/data")
        collector.members(tree, pointer, Role.SYSTEM, skip=_LIST)
    elif isinstance(tree.get("type"), str) and "object" not in tree:
        items.item(tree, pointer)
    else:
        collector.members(tree, pointer, Role.ASSISTANT, skip=CONTROL if "object" in tree else frozenset())


def _without_model(tree: dict[str, Any], addressed: Addressed) -> Asked:
    """A request may leave the model to what it names: a kept prompt, or its address."""
    if not addressed.model and not isinstance(tree.get("prompt"), dict):
        asked(tree)
    return asked({**tree, "model": addressed.model or "prompt", "n": None})


def _read_tools(collector: Collector, tools: Any) -> None:
    if not isinstance(tools, list | None):
        raise BadInput("tools must be a list.", code="invalid_type", param="tools")
    collector.walk(tools, "/tools", Role.SYSTEM, Kind.TOOL_DEFINITION)


def _read_instructions(collector: Collector, value: Any) -> None:
    if isinstance(value, list):
        Items(collector, strict=True).read(value, "/instructions")
    elif not isinstance(value, str | None):
        raise BadInput("instructions must be a text.", code="invalid_type", param="instructions")
    elif value is not None:
        collector.text(value, "/instructions", Role.SYSTEM)


def _read_prompt(collector: Collector, prompt: Any) -> None:
    """Collect what fills a prompt that the provider keeps."""
    if not isinstance(prompt, dict | None):
        raise BadInput("prompt must be an object.", code="invalid_type", param="prompt")
    if prompt is None:
        return
    variables = prompt.get("variables")
    items = Items(collector, strict=True)
    for name, value in variables.items() if isinstance(variables, dict) else ():
        collector.members({name: None}, "/prompt/variables", Role.USER)
        items.content(value, step("/prompt/variables", name), Role.USER)
    collector.skip("/prompt", HISTORY)
    collector.members(prompt, "/prompt", Role.SYSTEM, skip=_PROMPT)


def _names(*values: Any) -> tuple[str, ...]:
    """Return those of the values that are names, or objects with one."""
    found = (value.get("id") if isinstance(value, dict) else value for value in values)
    return tuple(name for name in found if isinstance(name, str) and 0 < len(name) <= LONGEST_NAME)


def _read_history(collector: Collector, tree: dict[str, Any]) -> None:
    """List what the request names but does not bring along."""
    for name in ("previous_response_id", "conversation"):
        value = tree.get(name)
        if value is not None:
            collector.skip(f"/{name}", HISTORY)
            collector.walk(value, f"/{name}", Role.USER, name=name)
