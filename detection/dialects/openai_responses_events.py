"""The events of a streamed response: which texts they bring, and where these stand in the finished one.

Source: `openai.types.responses.ResponseStreamEvent` of the official Python package.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from ..types import Kind, Role

PLACE = frozenset(("item_id", "output_index", "content_index", "summary_index", "command_index"))
"""Members of an event that say where its text stands."""

_NUMBER = re.compile(r"(?<=/)\d+(?=/|$)")


class Text(NamedTuple):
    """A text that grows by the deltas of one family of events.

    Attributes:
        family: what the types of its events begin with.
        path: its place in an item, ``*`` for the second index.
        second: member of the events with the second index; empty where there is none.
        done: member of the ``.done`` event that repeats the text; empty where none does.
        kind, name, encoded, role: as a segment's.
        inner: member of the delta that holds the text; empty where the delta is the text.
    """

    family: str
    path: str
    second: str
    done: str
    kind: Kind
    name: str = ""
    encoded: bool = False
    role: Role = Role.ASSISTANT
    inner: str = ""


_ANY = "content_index"
_COMMAND = "command_index"
TEXTS = (
    Text("response.output_text", "/content/*/text", _ANY, "text", Kind.TEXT),
    Text("response.refusal", "/content/*/refusal", _ANY, "refusal", Kind.REFUSAL),
    Text("response.reasoning_text", "/content/*/text", _ANY, "text", Kind.REASONING),
    Text("response.reasoning_summary_text", "/summary/*/text", "summary_index", "text", Kind.REASONING),
    Text("response.function_call_arguments", "/arguments", "", "arguments", Kind.ARGUMENTS, encoded=True),
    Text("response.mcp_call_arguments", "/arguments", "", "arguments", Kind.ARGUMENTS, encoded=True),
    Text("response.custom_tool_call_input", "/input", "", "input", Kind.ARGUMENTS),
    Text("response.code_interpreter_call_code", "/code", "", "code", Kind.ARGUMENTS, "code"),
    Text(
        "response.shell_call_command", "/action/commands/*", _COMMAND, "command",
        Kind.ARGUMENTS, "commands",
    ),
    Text("response.audio.transcript", "/audio/transcript", "", "", Kind.TEXT),
    *(
        Text(
            "response.shell_call_output_content", f"/output/*/{stream}", _COMMAND, "",
            Kind.TEXT, role=Role.TOOL, inner=stream,
        )
        for stream in ("stdout", "stderr")
    ),
)  # fmt: skip

DELTAS: dict[str, Text] = {f"{text.family}.delta": text for text in TEXTS if not text.inner}
"""Texts by the type of the event that brings more of them."""
INNER: dict[str, Text] = {text.inner: text for text in TEXTS if text.inner}
"""Texts that share a delta, by their member in it."""
OUTPUTS = "response.shell_call_output_content.delta"
DONE: dict[str, Text] = {f"{text.family}.done": text for text in TEXTS if text.done}
BEGUN: dict[str, Text] = {"response.shell_call_command.added": DONE["response.shell_call_command.done"]}
"""Texts by the type of the event that begins them."""

PARTS = {
    "response.content_part": ("content", "content_index", Kind.TEXT),
    "response.reasoning_summary_part": ("summary", "summary_index", Kind.REASONING),
}
"""Member of an item that holds parts, their index and what they are, by the family of events about parts."""
_LAST = ("completed", "incomplete", "failed")
ENDS = frozenset(f"response.{step}" for step in _LAST)
"""Events behind which nothing comes."""

_BY_PATH = {(text.path, text.kind): text for text in reversed(TEXTS)}


CALLS = {
    "function_call": "/arguments",
    "mcp_call": "/arguments",
    "custom_tool_call": "/input",
    "code_interpreter_call": "/code",
    "shell_call": "/action/commands/0",
}
"""Where the arguments of a call grow, by the type of its item."""


def growing_at(path: str, kind: Kind) -> Text | None:
    """Return what grows at a place in an item, if anything does."""
    return _BY_PATH.get((_NUMBER.sub("*", path), kind))


def _steps(family: str, *steps: str) -> Iterable[str]:
    return (f"response.{family}.{step}" for step in steps)


NAMES: tuple[str, ...] = (
    "error",
    *(
        f"response.{step}"
        for step in ("created", "queued", "in_progress", "completed", "failed", "incomplete")
    ),
    *_steps("output_item", "added", "done"),
    *_steps("content_part", "added", "done"),
    *_steps("reasoning_summary_part", "added", "done"),
    *{f"{text.family}.{step}" for text in TEXTS for step in ("added", "delta", "done")},
    *_steps("audio", "delta", "done"),
    "response.output_text.annotation.added",
    *_steps("code_interpreter_call", "in_progress", "interpreting", "completed"),
    *_steps("file_search_call", "in_progress", "searching", "completed"),
    *_steps("web_search_call", "in_progress", "searching", "completed"),
    *_steps("image_generation_call", "in_progress", "generating", "partial_image", "completed"),
    *_steps("mcp_call", "in_progress", "completed", "failed"),
    *_steps("mcp_list_tools", "in_progress", "completed", "failed"),
    "response.compaction.compacting",
)
"""Types of events that the format defines."""
