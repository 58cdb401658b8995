"""Who insists on an object is refused in the member where SDKs look for a refusal of objects."""

import json
from typing import Any

import pytest

from sluicegate.detection.dialects.openai_chat import OpenAIChat

TEXT = "Not here."
FUNCTION = {"type": "function", "function": {"name": "send_mail"}}


def refused(**more: Any) -> Any:
    """The refusal of a request with these members."""
    body = {"model": "m", "messages": [{"role": "user", "content": "hi"}], **more}
    _, asked = OpenAIChat().parse_request(json.dumps(body).encode())
    return OpenAIChat().refuse(asked, TEXT)


INSISTING: list[dict[str, Any]] = [
    {"tool_choice": FUNCTION},
    {"tool_choice": "required"},
    {"tool_choice": "any"},
    {"function_call": {"name": "send_mail"}},
    {"response_format": {"type": "json_object"}},
    {"response_format": {"type": "json_schema", "json_schema": {"name": "mail", "schema": {}}}},
]
LEAVING: list[dict[str, Any]] = [
    {},
    {"tools": [FUNCTION]},
    {"tool_choice": "auto"},
    {"tool_choice": "none"},
    {"tool_choice": None},
    {"tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [FUNCTION]}}},
    {"function_call": "auto"},
    {"response_format": {"type": "text"}},
    {"response_format": None},
    {"response_format": "json_object"},
    {"tool_choice": ["required"]},
]


@pytest.mark.parametrize("more", INSISTING, ids=json.dumps)
def test_an_object_is_refused_as_one(more: dict[str, Any]) -> None:
    for choice in json.loads(refused(**more, n=2).body)["choices"]:
        assert choice["message"] == {"role": "assistant", "content": None, "refusal": TEXT}
        assert choice["finish_reason"] == "content_filter"


@pytest.mark.parametrize("more", LEAVING, ids=json.dumps)
def test_others_read_the_words_as_the_answer(more: dict[str, Any]) -> None:
    (choice,) = json.loads(refused(**more).body)["choices"]
    assert choice["message"] == {"role": "assistant", "content": TEXT, "refusal": None}


def test_a_streamed_object_is_refused_in_the_same_member() -> None:
    frames = refused(**INSISTING[0], stream=True, stream_options={"include_usage": True}).body.split(b"\n\n")
    first = json.loads(frames[0].removeprefix(b"data: "))
    assert first["choices"][0]["delta"] == {"role": "assistant", "content": None, "refusal": TEXT}
    assert [json.loads(frame[6:])["choices"] for frame in frames[2:-2]] == [[]], "usage was asked for"
    assert frames[-2] == b"data: [DONE]"
