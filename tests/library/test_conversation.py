"""Conversations: any provider's messages, every text of them."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from sluicegate import scan_conversation
from sluicegate.detection.errors import BadInput
from sluicegate.detection.types import Role
from tests.library.material import ATTACK, MAIL, SECRET

OPENAI: list[dict[str, Any]] = [
    {"role": "system", "content": "be brief"},
    {"role": "user", "content": [{"type": "text", "text": f"write to {MAIL}"}]},
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {
                "id": "c1",
                "type": "function",
                "function": {"name": "send", "arguments": json.dumps({"to": MAIL})},
            }
        ],
    },
    {"role": "tool", "tool_call_id": "c1", "content": f"sent with {SECRET}"},
]
ANTHROPIC: list[dict[str, Any]] = [
    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": f"from {MAIL}"}]},
    {
        "role": "assistant",
        "content": [{"type": "tool_use", "id": "t", "name": "send", "input": {"to": MAIL}}],
    },
]
GEMINI: list[dict[str, Any]] = [
    {"role": "user", "parts": [{"text": f"write to {MAIL}"}]},
    {"role": "model", "parts": [{"functionCall": {"name": "send", "args": {"to": MAIL}}}]},
]


class Message:
    """An SDK's object."""

    def __init__(self, **fields: object):
        self.fields = fields

    def model_dump(self, *, mode: str, exclude_none: bool) -> dict[str, object]:
        assert (mode, exclude_none) == ("json", True)
        return self.fields


@pytest.mark.parametrize("messages", [OPENAI, ANTHROPIC, GEMINI], ids=["openai", "anthropic", "gemini"])
def test_every_text_is_masked_and_the_rest_stays(messages: list[dict[str, Any]]) -> None:
    result = scan_conversation(messages)
    written = json.dumps(result.messages)
    assert MAIL not in written
    assert SECRET not in written
    assert [message["role"] for message in result.messages] == [message["role"] for message in messages]
    assert _shape(result.messages) == _shape(tuple(messages))


def _shape(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _shape(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_shape(item) for item in value]
    return type(value)


def test_roles_are_told_apart() -> None:
    attack = [{"role": "system", "content": ATTACK}, {"role": "user", "content": "hi"}]
    assert not scan_conversation(attack).blocked, "an operator may speak of attacks"
    result = scan_conversation([{"role": "user", "content": "hi"}, {"role": "tool", "content": ATTACK}])
    assert result.blocked
    assert result.messages == ()
    assert {finding.role for finding in result.findings} == {Role.TOOL}


def test_the_objects_of_an_sdk_are_read() -> None:
    (message,) = scan_conversation([Message(role="user", content=MAIL)]).messages
    assert MAIL not in message["content"]


def test_an_unchanged_conversation_is_equal() -> None:
    messages = [{"role": "user", "content": "h\u00e9llo \U0001f600", "n": 1.5, "more": None}]
    assert list(scan_conversation(messages).messages) == messages


@pytest.mark.parametrize(
    "messages",
    [
        ["hello"],
        [7],
        [{"role": "narrator", "content": "x"}],
        [{"content": "x"}],
        [{"role": "user", "x": {1, 2}}],
        [],
    ],
)
def test_what_is_no_conversation_is_refused(messages: list[object]) -> None:
    with pytest.raises(BadInput):
        scan_conversation(messages)
