"""What of OpenAI's requests is expressed in other formats, and what is refused by name."""

from typing import Any

import pytest

from sluicegate.detection.errors import BadInput
from tests.gateway.translate.parts import CLIENTS, PIXEL, UPSTREAMS, chat, sent, user

SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}}
TOOL = {"type": "function", "function": {"name": "look", "description": "Look.", "parameters": SCHEMA}}
STRICT = {"type": "function", "function": {"name": "look", "parameters": SCHEMA, "strict": True}}


def call(arguments: str) -> dict[str, Any]:
    return {"id": "c1", "type": "function", "function": {"name": "look", "arguments": arguments}}


def said(**more: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": "b", **more}


def picture(url: str, **more: Any) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url, **more}}


CALL = call('{"a":1}')
IMAGE = picture(f"data:image/png;base64,{PIXEL}")
LINKED = picture("https://pictures.example/a.png")
FORM = {"type": "json_schema", "json_schema": {"name": "thing", "schema": SCHEMA, "strict": True}}
HISTORY = [
    {"role": "developer", "content": "Be brief."},
    user([{"type": "text", "text": "What is this?"}, IMAGE]),
    {"role": "assistant", "content": "", "tool_calls": [CALL], "refusal": None, "annotations": []},
    {"role": "tool", "tool_call_id": "c1", "content": "a cat"},
    user("And now?"),
]
WISHES = {"temperature": 0.5, "top_p": 0.9, "max_completion_tokens": 7, "stop": "END"}


def test_a_conversation_for_anthropic() -> None:
    assert sent("openai", "anthropic", chat(*HISTORY, **WISHES, tools=[TOOL], user="u7", stream=True)) == {
        "model": "m",
        "max_tokens": 7,
        "temperature": 0.5,
        "top_p": 0.9,
        "stop_sequences": ["END"],
        "system": [{"type": "text", "text": "Be brief."}],
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "What is this?"},
                    {
                        "type": "image",
                        "source": {"type": "base64", "media_type": "image/png", "data": PIXEL},
                    },
                ],
            },
            {
                "role": "assistant",
                "content": [{"type": "tool_use", "id": "c1", "name": "look", "input": {"a": 1}}],
            },
            {
                "role": "user",
                "content": [
                    {
                        "type": "tool_result",
                        "tool_use_id": "c1",
                        "content": [{"type": "text", "text": "a cat"}],
                    },
                    {"type": "text", "text": "And now?"},
                ],
            },
        ],
        "tools": [{"name": "look", "description": "Look.", "input_schema": SCHEMA}],
        "metadata": {"user_id": "u7"},
        "stream": True,
    }


def test_a_conversation_for_gemini() -> None:
    assert sent("openai", "gemini", chat(*HISTORY, **WISHES, tools=[TOOL], seed=3)) == {
        "contents": [
            {
                "role": "user",
                "parts": [
                    {"text": "What is this?"},
                    {"inlineData": {"mimeType": "image/png", "data": PIXEL}},
                ],
            },
            {"role": "model", "parts": [{"functionCall": {"id": "c1", "name": "look", "args": {"a": 1}}}]},
            {
                "role": "user",
                "parts": [
                    {"functionResponse": {"id": "c1", "name": "look", "response": {"output": "a cat"}}},
                    {"text": "And now?"},
                ],
            },
        ],
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "generationConfig": {
            "temperature": 0.5,
            "topP": 0.9,
            "maxOutputTokens": 7,
            "stopSequences": ["END"],
            "seed": 3,
        },
        "tools": [
            {
                "functionDeclarations": [
                    {"name": "look", "description": "Look.", "parametersJsonSchema": SCHEMA}
                ]
            }
        ],
    }


def test_a_conversation_for_bedrock() -> None:
    assert sent("openai", "bedrock", chat(*HISTORY, **WISHES, tools=[STRICT], response_format=FORM)) == {
        "messages": [
            {
                "role": "user",
                "content": [
                    {"text": "What is this?"},
                    {"image": {"format": "png", "source": {"bytes": PIXEL}}},
                ],
            },
            {
                "role": "assistant",
                "content": [{"toolUse": {"toolUseId": "c1", "name": "look", "input": {"a": 1}}}],
            },
            {
                "role": "user",
                "content": [
                    {"toolResult": {"toolUseId": "c1", "content": [{"text": "a cat"}]}},
                    {"text": "And now?"},
                ],
            },
        ],
        "system": [{"text": "Be brief."}],
        "inferenceConfig": {"temperature": 0.5, "topP": 0.9, "maxTokens": 7, "stopSequences": ["END"]},
        "toolConfig": {
            "tools": [{"toolSpec": {"name": "look", "inputSchema": {"json": SCHEMA}, "strict": True}}]
        },
        "outputConfig": {
            "textFormat": {
                "type": "json_schema",
                "structure": {
                    "jsonSchema": {
                        "name": "thing",
                        "schema": '{"type":"object","properties":{"a":{"type":"integer"}}}',
                    }
                },
            }
        },
    }


def test_a_conversation_for_ollama() -> None:
    assert sent("openai", "ollama", chat(*HISTORY, **WISHES, tools=[TOOL], response_format=FORM)) == {
        "model": "m",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "What is this?", "images": [PIXEL]},
            {
                "role": "assistant",
                "content": "",
                "tool_calls": [{"function": {"name": "look", "arguments": {"a": 1}}}],
            },
            {"role": "tool", "content": "a cat", "tool_name": "look"},
            {"role": "user", "content": "And now?"},
        ],
        "stream": False,
        "options": {"temperature": 0.5, "top_p": 0.9, "num_predict": 7, "stop": ["END"]},
        "format": SCHEMA,
        "tools": [TOOL],
    }


@pytest.mark.parametrize(
    ("choice", "anthropic", "gemini", "bedrock"),
    [
        ("auto", {"type": "auto"}, {"mode": "AUTO"}, {"auto": {}}),
        ("none", {"type": "none"}, {"mode": "NONE"}, None),
        ("required", {"type": "any"}, {"mode": "ANY"}, {"any": {}}),
        (
            {"type": "function", "function": {"name": "look"}},
            {"type": "tool", "name": "look"},
            {"mode": "ANY", "allowedFunctionNames": ["look"]},
            {"tool": {"name": "look"}},
        ),
    ],
)
def test_choices_of_tools(choice: Any, anthropic: Any, gemini: Any, bedrock: Any) -> None:
    request = chat(tools=[TOOL], tool_choice=choice)
    assert sent("openai", "anthropic", request)["tool_choice"] == anthropic
    assert sent("openai", "gemini", request)["toolConfig"] == {"functionCallingConfig": gemini}
    if bedrock is None:
        assert refused("bedrock", request) == "tool_choice"
    else:
        assert sent("openai", "bedrock", request)["toolConfig"]["toolChoice"] == bedrock


def test_one_call_at_a_time() -> None:
    request = chat(tools=[TOOL], parallel_tool_calls=False)
    choice = sent("openai", "anthropic", request)["tool_choice"]
    assert choice == {"type": "auto", "disable_parallel_tool_use": True}
    assert {refused(name, request) for name in ("gemini", "bedrock", "ollama")} == {"parallel_tool_calls"}


def test_newer_geminis_get_the_sign_that_stands_for_none() -> None:
    parts = sent("openai", "gemini", chat(*HISTORY), model="gemini-3-pro")["contents"][1]["parts"]
    assert parts[0]["thoughtSignature"] == "skip_thought_signature_validator"
    assert "thoughtSignature" not in str(sent("openai", "gemini", chat(*HISTORY), model="gemini-2.5-pro"))


def refused(upstream: str, request: Any) -> str | None:
    with pytest.raises(BadInput) as caught:
        sent("openai", upstream, request)
    assert caught.value.code in ("not_translatable", "invalid_type")
    assert caught.value.param is not None
    assert caught.value.param in caught.value.message
    return caught.value.param


@pytest.mark.parametrize("upstream", ["anthropic", "gemini", "bedrock", "ollama"])
@pytest.mark.parametrize(
    ("param", "near", "beyond"),
    [
        ("n", {"n": 1}, {"n": 2}),
        ("logprobs", {"logprobs": False}, {"logprobs": True}),
        ("store", {"store": False}, {"store": True}),
        ("metadata", {"metadata": {}}, {"metadata": {"a": "b"}}),
        ("logit_bias", {"logit_bias": {}}, {"logit_bias": {"5": 1}}),
        ("modalities", {"modalities": ["text"]}, {"modalities": ["text", "audio"]}),
        ("reasoning_effort", {"reasoning_effort": None}, {"reasoning_effort": "low"}),
        ("prediction", {}, {"prediction": {"type": "content", "content": "a"}}),
        ("web_search_options", {}, {"web_search_options": {}}),
        ("functions", {}, {"functions": []}),
        ("something_new", {}, {"something_new": 1}),
        ("temperature", {"temperature": 1}, {"temperature": True}),
        ("stop", {"stop": ["a"]}, {"stop": [1]}),
        (
            "max_tokens",
            {"max_tokens": 5, "max_completion_tokens": 5},
            {"max_tokens": 5, "max_completion_tokens": 6},
        ),
        ("tools.0.type", {"tools": [TOOL]}, {"tools": [{"type": "custom", "custom": {"name": "a"}}]}),
        ("tool_choice.type", {}, {"tools": [TOOL], "tool_choice": {"type": "allowed_tools"}}),
        (
            "response_format.type",
            {"response_format": {"type": "text"}},
            {"response_format": {"type": "grammar"}},
        ),
        (
            "stream_options.include_obfuscation",
            {"stream_options": {"include_obfuscation": False}},
            {"stream_options": {"include_obfuscation": True}},
        ),
    ],
)
def test_members_that_no_other_format_knows(upstream: str, param: str, near: Any, beyond: Any) -> None:
    sent("openai", upstream, chat(**near))
    assert refused(upstream, chat(**beyond)) == param


@pytest.mark.parametrize("upstream", ["anthropic", "gemini", "bedrock", "ollama"])
@pytest.mark.parametrize(
    ("param", "messages"),
    [
        ("messages.0.name", [{**user("Hi."), "name": "Ann"}]),
        ("messages.0.content", [user(None)]),
        ("messages.0.content", [user([])]),
        ("messages.0.content.1", [user([{"type": "text", "text": "a"}, {"type": "input_audio"}])]),
        ("messages.0.content.0.image_url.detail", [user([picture(IMAGE["image_url"]["url"], detail="low")])]),
        ("messages.0.content.0.image_url.url", [user([picture("file:///a.png")])]),
        ("messages.0.role", [{"role": "function", "name": "a", "content": "b"}]),
        ("messages.1.refusal", [user("a"), said(refusal="no")]),
        ("messages.1.audio", [user("a"), said(audio={"id": "1"})]),
        ("messages.1.reasoning_content", [user("a"), said(reasoning_content="c")]),
        ("messages.1.tool_calls.0.function.arguments", [user("a"), said(tool_calls=[call("[1")])]),
        ("messages.1.tool_calls.0.function.arguments", [user("a"), said(tool_calls=[call('{"a":1e999}')])]),
        ("messages.1.tool_calls.0.type", [user("a"), said(tool_calls=[{"id": "c", "type": "custom"}])]),
        ("messages.0.content.0.image_url.url", [{"role": "system", "content": [IMAGE]}]),
    ],
)
def test_turns_that_no_other_format_knows(upstream: str, param: str, messages: Any) -> None:
    assert refused(upstream, chat(*messages)) == param


@pytest.mark.parametrize(
    ("upstream", "param", "more"),
    [
        ("anthropic", "temperature", {"temperature": 1.5}),
        ("bedrock", "temperature", {"temperature": 1.5}),
        ("anthropic", "seed", {"seed": 1}),
        ("bedrock", "seed", {"seed": 1}),
        ("anthropic", "presence_penalty", {"presence_penalty": 0.5}),
        ("bedrock", "frequency_penalty", {"frequency_penalty": 0.5}),
        ("gemini", "user", {"user": "u"}),
        ("bedrock", "user", {"user": "u"}),
        ("ollama", "user", {"user": "u"}),
        ("anthropic", "response_format", {"response_format": {"type": "json_object"}}),
        ("bedrock", "response_format", {"response_format": {"type": "json_object"}}),
        ("gemini", "tools.0.function.strict", {"tools": [STRICT]}),
        ("ollama", "tools.0.function.strict", {"tools": [STRICT]}),
        ("ollama", "tool_choice", {"tools": [TOOL], "tool_choice": "required"}),
        ("bedrock", "tool_choice", {"tool_choice": "auto"}),
    ],
)
def test_wishes_that_one_format_does_not_know(upstream: str, param: str, more: Any) -> None:
    assert refused(upstream, chat(**more)) == param


@pytest.mark.parametrize(
    ("upstream", "more"),
    [
        ("anthropic", {"temperature": 1}),
        ("gemini", {"temperature": 1.5, "seed": 1, "presence_penalty": 0.5, "frequency_penalty": 0.5}),
        ("ollama", {"seed": 1, "presence_penalty": 0.5, "response_format": {"type": "json_object"}}),
        ("gemini", {"response_format": {"type": "json_object"}}),
        ("anthropic", {"presence_penalty": 0, "frequency_penalty": 0.0, "user": "u", "tools": [STRICT]}),
    ],
)
def test_wishes_that_it_does(upstream: str, more: Any) -> None:
    sent("openai", upstream, chat(**more))


@pytest.mark.parametrize("upstream", ["gemini", "bedrock", "ollama"])
def test_linked_pictures(upstream: str) -> None:
    assert refused(upstream, chat(user([LINKED]))) == "messages.0.content.0.image_url.url"
    block = sent("openai", "anthropic", chat(user([LINKED])))["messages"][0]["content"][0]
    assert block["source"] == {"type": "url", "url": "https://pictures.example/a.png"}


@pytest.mark.parametrize("upstream", ["anthropic", "bedrock"])
def test_pictures_of_other_types(upstream: str) -> None:
    image = picture(f"data:image/tiff;base64,{PIXEL}")
    assert refused(upstream, chat(user([image]))) == "messages.0.content.0.image_url.url"


def test_system_texts_in_the_middle() -> None:
    request = chat(user("a"), {"role": "system", "content": "b"}, user("c"))
    assert {refused(name, request) for name in ("gemini", "bedrock")} == {"messages.1"}
    for name in ("anthropic", "ollama"):
        assert [turn["role"] for turn in sent("openai", name, request)["messages"]] == [
            "user",
            "system",
            "user",
        ]


@pytest.mark.parametrize("upstream", ["gemini", "ollama"])
def test_a_result_of_no_call(upstream: str) -> None:
    request = chat(user("a"), {"role": "tool", "tool_call_id": "other", "content": "b"})
    assert refused(upstream, request) == "messages.1"


def test_large_numbers_stay_whole() -> None:
    history = user("a"), said(tool_calls=[call('{"a":123456789012345678901234567890}')])
    asked = CLIENTS["openai"].read(chat(*history))
    for upstream in UPSTREAMS.values():
        assert b"123456789012345678901234567890" in upstream.request(asked, "m").body


def test_models_are_quoted_in_paths() -> None:
    asked = CLIENTS["openai"].read(chat(stream=True))
    model = "us.anthropic/claude:0?x"
    assert UPSTREAMS["bedrock"].request(asked, model).path == (
        b"/model/us.anthropic%2Fclaude%3A0%3Fx/converse-stream"
    )
    assert UPSTREAMS["gemini"].request(asked, model).path.endswith(b"%3A0%3Fx:streamGenerateContent")
