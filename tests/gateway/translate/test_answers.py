"""Whole answers in other formats."""

import json
from typing import Any

import orjson
import pytest

from sluicegate.detection.errors import UpstreamFault
from sluicegate.gateway.translate.reading import message_of
from tests.fakes import anthropic_api, gemini_api, ollama_api
from tests.gateway.translate.parts import CLIENTS, MADE, UPSTREAMS

USE = {"type": "tool_use", "id": "t1", "name": "look", "input": {"a": 1}}
BLOCKS = [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "Well."}, USE]
ANSWERS: dict[str, Any] = {
    "anthropic": anthropic_api.message(BLOCKS, "tool_use"),
    "bedrock": {
        "output": {
            "message": {
                "role": "assistant",
                "content": [
                    {"reasoningContent": {"reasoningText": {"text": "Hm."}}},
                    {"text": "Well."},
                    {"toolUse": {"toolUseId": "t1", "name": "look", "input": {"a": 1}}},
                ],
            }
        },
        "stopReason": "tool_use",
        "usage": {"inputTokens": 7, "outputTokens": 3, "totalTokens": 12, "cacheReadInputTokens": 2},
    },
    "gemini": gemini_api.said(
        {"text": "Hm.", "thought": True},
        {"text": "Well."},
        {"functionCall": {"id": "t1", "name": "look", "args": {"a": 1}}, "thoughtSignature": "c2ln"},
    )
    | {
        "usageMetadata": {
            "promptTokenCount": 9,
            "candidatesTokenCount": 1,
            "thoughtsTokenCount": 2,
            "cachedContentTokenCount": 2,
        }
    },
    "ollama": ollama_api.line(
        message={
            "role": "assistant",
            "content": "Well.",
            "thinking": "Hm.",
            "tool_calls": [{"id": "t1", "function": {"name": "look", "arguments": {"a": 1}}}],
        }
    )
    | {"done": True, "done_reason": "stop", "prompt_eval_count": 9, "eval_count": 3},
    "openai": {
        "id": "c",
        "model": "m",
        "choices": [
            {
                "index": 0,
                "finish_reason": "tool_calls",
                "message": {
                    "role": "assistant",
                    "content": "Well.",
                    "reasoning_content": "Hm.",
                    "tool_calls": [
                        {
                            "id": "t1",
                            "type": "function",
                            "function": {"name": "look", "arguments": '{"a": 1}'},
                        }
                    ],
                },
            }
        ],
        "usage": {
            "prompt_tokens": 9,
            "completion_tokens": 3,
            "prompt_tokens_details": {"cached_tokens": 2},
        },
    },
}


def answered(client: str, upstream: str, tree: Any) -> Any:
    return orjson.loads(CLIENTS[client].answer(UPSTREAMS[upstream].answer(tree, MADE), MADE))


@pytest.mark.parametrize("upstream", UPSTREAMS)
def test_an_answer_for_openai(upstream: str) -> None:
    answer = answered("openai", upstream, ANSWERS[upstream])
    choice = answer["choices"][0]
    call = choice["message"]["tool_calls"][0]
    assert choice["message"]["content"] == "Well."
    assert (call["id"], call["type"], call["function"]["name"]) == ("t1", "function", "look")
    assert json.loads(call["function"]["arguments"]) == {"a": 1}
    assert choice["finish_reason"] == "tool_calls"
    assert (answer["usage"]["prompt_tokens"], answer["usage"]["completion_tokens"]) == (9, 3)
    assert answer["usage"]["prompt_tokens_details"]["cached_tokens"] == (0 if upstream == "ollama" else 2)
    assert (answer["object"], answer["created"]) == ("chat.completion", MADE.created)
    assert "Hm." not in str(answer)


@pytest.mark.parametrize("upstream", UPSTREAMS)
def test_an_answer_for_anthropic(upstream: str) -> None:
    answer = answered("anthropic", upstream, ANSWERS[upstream])
    assert answer["content"] == [{"type": "text", "text": "Well."}, USE]
    assert (answer["type"], answer["role"], answer["stop_reason"]) == ("message", "assistant", "tool_use")
    cached = 0 if upstream == "ollama" else 2
    assert answer["usage"]["input_tokens"] == 9 - cached
    assert answer["usage"]["cache_read_input_tokens"] == cached
    assert answer["usage"]["output_tokens"] == 3


REASONS = [
    ("anthropic", {"stop_reason": "end_turn"}, "stop", "end_turn"),
    ("anthropic", {"stop_reason": "max_tokens"}, "length", "max_tokens"),
    ("anthropic", {"stop_reason": "stop_sequence", "stop_sequence": "END"}, "stop", "stop_sequence"),
    ("anthropic", {"stop_reason": "refusal"}, "content_filter", "refusal"),
    ("anthropic", {"stop_reason": "model_context_window_exceeded"}, "length", "max_tokens"),
    ("bedrock", {"stopReason": "end_turn"}, "stop", "end_turn"),
    ("bedrock", {"stopReason": "max_tokens"}, "length", "max_tokens"),
    ("bedrock", {"stopReason": "guardrail_intervened"}, "content_filter", "refusal"),
    ("gemini", {"candidates": [{"finishReason": "STOP"}]}, "stop", "end_turn"),
    ("gemini", {"candidates": [{"finishReason": "MAX_TOKENS"}]}, "length", "max_tokens"),
    ("gemini", {"candidates": [{"finishReason": "SAFETY"}]}, "content_filter", "refusal"),
    ("gemini", {"promptFeedback": {"blockReason": "OTHER"}}, "content_filter", "refusal"),
    ("ollama", {"done_reason": "stop"}, "stop", "end_turn"),
    ("ollama", {"done_reason": "length"}, "length", "max_tokens"),
    ("openai", {"choices": [{"finish_reason": "stop"}]}, "stop", "end_turn"),
    ("openai", {"choices": [{"finish_reason": "length"}]}, "length", "max_tokens"),
    ("openai", {"choices": [{"finish_reason": "content_filter"}]}, "content_filter", "refusal"),
    ("openai", {"choices": [{"message": {"refusal": "No."}}]}, "content_filter", "refusal"),
]


@pytest.mark.parametrize(("upstream", "tree", "openai", "anthropic"), REASONS)
def test_why_it_ended(upstream: str, tree: Any, openai: str, anthropic: str) -> None:
    assert answered("openai", upstream, tree)["choices"][0]["finish_reason"] == openai
    assert answered("anthropic", upstream, tree)["stop_reason"] == anthropic


def test_the_sequence_it_stopped_at_is_told() -> None:
    answer = answered("anthropic", "anthropic", {"stop_reason": "stop_sequence", "stop_sequence": "END"})
    assert answer["stop_sequence"] == "END"


@pytest.mark.parametrize("client", CLIENTS)
def test_calls_without_ids_get_different_ones(client: str) -> None:
    calls = [{"functionCall": {"name": "look", "args": {}}}] * 2
    written = str(answered(client, "gemini", gemini_api.said(*calls)))
    assert written.count("_0000_0") == written.count("_0000_1") == 1


def test_words_that_follow_each_other_are_one_text() -> None:
    answer = answered("anthropic", "gemini", gemini_api.said({"text": "a"}, {"text": "b"}))
    assert answer["content"] == [{"type": "text", "text": "ab"}]


@pytest.mark.parametrize(
    ("upstream", "tree"),
    [
        ("anthropic", []),
        ("anthropic", {"content": [{"type": "server_tool_use"}]}),
        ("anthropic", {"content": "text"}),
        ("bedrock", {"output": {"message": {"content": [{"image": {}}]}}}),
        ("gemini", {"candidates": [{"content": {"parts": [{"inlineData": {}}]}}]}),
        ("gemini", {"candidates": {}}),
        ("ollama", {"message": {"tool_calls": [{"function": {"arguments": "{}"}}]}}),
        ("openai", {"choices": [{"message": {"tool_calls": [{"function": {"arguments": "[1]"}}]}}]}),
        ("openai", {"choices": [{"message": {"tool_calls": [{"function": {"arguments": "{"}}]}}]}),
    ],
)
def test_what_cannot_be_told_is_a_fault(upstream: str, tree: Any) -> None:
    with pytest.raises(UpstreamFault) as caught:
        answered("openai", upstream, tree)
    assert caught.value.code == "upstream_protocol"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"error":{"message":"No."}}', "No."),
        (b'[{"error":{"message":"No."}}]', "No."),
        (b'{"error":"No."}', "No."),
        (b'{"message":"No."}', "No."),
        (b'{"Message":"No."}', "No."),
        (b'{"error":{"message":""},"message":"No."}', "No."),
        (b'{"error":{"message":5}}', "The upstream answered with status 418."),
        (b"<html>", "The upstream answered with status 418."),
        (b"", "The upstream answered with status 418."),
    ],
)
def test_what_an_error_says(body: bytes, expected: str) -> None:
    assert message_of(body, 418) == expected


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("status", [400, 403, 404, 429, 500, 529])
def test_an_error_in_the_clients_envelope(client: str, status: int) -> None:
    error = orjson.loads(CLIENTS[client].error(status, "No."))["error"]
    assert (error["message"], error["code"]) == ("No.", "upstream_error")
