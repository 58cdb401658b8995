"""What of Anthropic's requests is expressed in other formats, and what is refused by name."""

from typing import Any

import pytest

from sluicegate.detection.errors import BadInput
from sluicegate.gateway.translate.pairs import upstream_format
from sluicegate.gateway.upstream_spec import UpstreamSpec
from tests.gateway.translate.parts import CLIENTS, PIXEL, message, sent, user

SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}}
TOOL = {"name": "look", "description": "Look.", "input_schema": SCHEMA}
USE = {"type": "tool_use", "id": "t1", "name": "look", "input": {"a": 1}}
IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}}
CACHED = {"cache_control": {"type": "ephemeral"}}
ALONE = {"type": "auto", "disable_parallel_tool_use": True}
FORM = {"format": {"type": "json_schema", "schema": SCHEMA}}
OTHERS = ("openai", "gemini", "bedrock", "ollama")


def text(words: str, **more: Any) -> dict[str, Any]:
    return {"type": "text", "text": words, **more}


def result(content: Any, **more: Any) -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": "t1", "content": content, **more}


def turns(*given: Any) -> list[Any]:
    """Turns of both sides in alternation, the user's first."""
    return [
        {"role": ("user", "assistant")[index % 2], "content": content} for index, content in enumerate(given)
    ]


HISTORY = turns(
    [text("What is this?", **CACHED), IMAGE],
    [text("One moment."), USE],
    [result([text("a cat")]), text("And now?")],
)


def test_a_conversation_for_openai() -> None:
    request = message(*HISTORY, system=[text("Be brief.", **CACHED)], tools=[{**TOOL, **CACHED}], stream=True)
    assert sent("anthropic", "openai", request) == {
        "model": "m",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "What is this?"},
                    {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}},
                ],
            },
            {
                "role": "assistant",
                "content": "One moment.",
                "tool_calls": [
                    {"id": "t1", "type": "function", "function": {"name": "look", "arguments": '{"a":1}'}}
                ],
            },
            {"role": "tool", "tool_call_id": "t1", "content": "a cat"},
            {"role": "user", "content": "And now?"},
        ],
        "max_tokens": 9,
        "tools": [
            {
                "type": "function",
                "function": {"name": "look", "description": "Look.", "parameters": SCHEMA},
            }
        ],
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def test_wishes_for_openai() -> None:
    request = message(
        temperature=0.5,
        top_p=0.9,
        stop_sequences=["END"],
        metadata={"user_id": "u7"},
        output_config=FORM,
        tools=[TOOL],
        tool_choice={"type": "tool", "name": "look", "disable_parallel_tool_use": True},
    )
    body = sent("anthropic", "openai", request)
    assert (body["temperature"], body["top_p"], body["stop"], body["user"]) == (0.5, 0.9, ["END"], "u7")
    assert body["tool_choice"] == {"type": "function", "function": {"name": "look"}}
    assert body["parallel_tool_calls"] is False
    assert body["response_format"]["json_schema"] == {"name": "answer", "schema": SCHEMA, "strict": True}


@pytest.mark.parametrize(
    ("base_url", "provider", "name"),
    [
        ("https://api.openai.com/v1", "openai", "max_completion_tokens"),
        ("https://me.openai.azure.com", "azure", "max_completion_tokens"),
        ("https://api.openai.com.example/v1", "openai", "max_tokens"),
        ("https://api.groq.com/openai/v1", "openai", "max_tokens"),
    ],
)
def test_the_bound_of_tokens_has_the_name_that_the_host_knows(
    base_url: str, provider: str, name: str
) -> None:
    there = upstream_format(UpstreamSpec("a", provider, base_url))
    body = there.request(CLIENTS["anthropic"].read(message()), "m").body
    assert f'"{name}":9'.encode() in body


@pytest.mark.parametrize(
    ("upstream", "expected"),
    [
        ("openai", {"role": "tool", "tool_call_id": "t1", "content": "Error: gone"}),
        ("ollama", {"role": "tool", "content": "Error: gone", "tool_name": "look"}),
    ],
)
def test_a_failed_tool_is_told_in_words_where_there_is_no_field(upstream: str, expected: Any) -> None:
    request = message(*turns("a", [USE], [result("gone", is_error=True)]))
    assert sent("anthropic", upstream, request)["messages"][-1] == expected


def test_a_failed_tool_is_told_by_its_field() -> None:
    request = message(*turns("a", [USE], [result("gone", is_error=True)]))
    part = sent("anthropic", "gemini", request)["contents"][-1]["parts"][0]
    assert part["functionResponse"]["response"] == {"error": "gone"}
    block = sent("anthropic", "bedrock", request)["messages"][-1]["content"][0]
    assert block["toolResult"]["status"] == "error"


def refused(upstream: str, request: Any) -> str | None:
    with pytest.raises(BadInput) as caught:
        sent("anthropic", upstream, request)
    assert caught.value.code in ("not_translatable", "invalid_type")
    assert (caught.value.param or "nothing") in caught.value.message
    return caught.value.param


@pytest.mark.parametrize("upstream", OTHERS)
@pytest.mark.parametrize(
    ("param", "near", "beyond"),
    [
        ("thinking", {"thinking": {"type": "disabled"}}, {"thinking": {"type": "adaptive"}}),
        ("service_tier", {"service_tier": "auto"}, {"service_tier": "standard_only"}),
        ("container", {"container": None}, {"container": "c"}),
        ("mcp_servers", {"mcp_servers": []}, {"mcp_servers": [{"url": "https://m.example"}]}),
        ("context_management", {}, {"context_management": {}}),
        ("output_config.effort", {"output_config": FORM}, {"output_config": {"effort": "low"}}),
        ("metadata.other", {"metadata": {}}, {"metadata": {"other": 1}}),
        ("stop_sequences", {"stop_sequences": []}, {"stop_sequences": [1]}),
        ("max_tokens", {"max_tokens": 1}, {"max_tokens": "1"}),
        (
            "tools.0.type",
            {"tools": [{**TOOL, "type": "custom"}]},
            {"tools": [{"type": "web_search_20250305"}]},
        ),
        ("tool_choice.type", {}, {"tool_choice": {"type": "some"}}),
        ("something_new", {}, {"something_new": 1}),
    ],
)
def test_members_that_no_other_format_knows(upstream: str, param: str, near: Any, beyond: Any) -> None:
    sent("anthropic", upstream, message(**near))
    assert refused(upstream, message(**beyond)) == param


@pytest.mark.parametrize("upstream", OTHERS)
@pytest.mark.parametrize(
    ("param", "content"),
    [
        ("messages.0.content", None),
        ("messages.0.content.0", [{"type": "document", "source": {"type": "text", "data": "a"}}]),
        ("messages.0.content.0", [{"type": "search_result", "content": []}]),
        ("messages.0.content.0.citations", [text("a", citations=[{"type": "page"}])]),
        ("messages.0.content.0.source.type", [{"type": "image", "source": {"type": "file", "file_id": "f"}}]),
        ("messages.0.content.0.content.0", [result([{"type": "tool_reference"}])]),
    ],
)
def test_blocks_that_no_other_format_knows(upstream: str, param: str, content: Any) -> None:
    assert refused(upstream, message(user(content))) == param


@pytest.mark.parametrize("upstream", OTHERS)
def test_reasoning_of_earlier_turns_is_refused(upstream: str) -> None:
    thought = {"type": "thinking", "thinking": "a", "signature": "b"}
    assert refused(upstream, message(*turns("a", [thought, text("b")], "c"))) == "messages.1.content.0"


@pytest.mark.parametrize(
    ("upstream", "param", "more"),
    [
        ("openai", "top_k", {"top_k": 5}),
        ("bedrock", "top_k", {"top_k": 5}),
        ("bedrock", "metadata.user_id", {"metadata": {"user_id": "u"}}),
        ("gemini", "tool_choice.disable_parallel_tool_use", {"tool_choice": ALONE}),
        ("ollama", "tool_choice", {"tools": [TOOL], "tool_choice": {"type": "any"}}),
    ],
)
def test_wishes_that_one_format_does_not_know(upstream: str, param: str, more: Any) -> None:
    assert refused(upstream, message(**more)) == param


@pytest.mark.parametrize("upstream", ["gemini", "ollama"])
def test_wishes_that_it_does(upstream: str) -> None:
    sent("anthropic", upstream, message(top_k=5))


@pytest.mark.parametrize("upstream", ["openai", "gemini", "ollama"])
def test_pictures_that_a_tool_gave_back(upstream: str) -> None:
    request = message(*turns("a", [USE], [result([IMAGE])]))
    assert refused(upstream, request) == "messages.2.content.0.content.0"
    assert sent("anthropic", "bedrock", request)
