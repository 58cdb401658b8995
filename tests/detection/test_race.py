"""Which requests do nothing but ask for an answer."""

import json
from typing import Any

import pytest

from sluicegate.detection.race import only_generates

FUNCTION = {"type": "function", "function": {"name": "f"}}
ONLY_ANSWERED: list[tuple[str, dict[str, Any]]] = [
    ("openai_chat", {"model": "m", "messages": [], "n": 2, "tools": [FUNCTION]}),
    ("openai_completions", {"model": "m", "prompt": "p", "max_tokens": 3}),
    ("anthropic", {"model": "m", "messages": [], "tools": [{"name": "f", "input_schema": {}}]}),
    ("gemini", {"contents": [], "tools": [{"functionDeclarations": []}]}),
    ("cohere_chat", {"model": "m", "messages": [], "documents": ["d"]}),
    ("bedrock_converse", {"messages": [], "toolConfig": {"tools": [{"toolSpec": {}}, {"cachePoint": {}}]}}),
    ("ollama_chat", {"model": "m", "messages": [], "options": {}, "tools": None}),
    ("ollama_generate", {"model": "m", "prompt": "p"}),
]
DOING_MORE: list[tuple[str, dict[str, Any]]] = [
    ("openai_chat", {"messages": [], "tools": [FUNCTION, {"type": "web_search"}]}),
    ("openai_chat", {"messages": [], "tools": FUNCTION}),
    ("openai_chat", {"messages": [], "store": True}),
    ("openai_chat", {"messages": [], "audio": {}}),
    ("anthropic", {"messages": [], "tools": [{"type": "web_search_20250305", "name": "web_search"}]}),
    ("anthropic", {"messages": [], "mcp_servers": []}),
    ("anthropic", {"messages": [], "container": "c"}),
    ("gemini", {"contents": [], "tools": [{"functionDeclarations": [], "googleSearch": {}}]}),
    ("gemini", {"contents": [], "cachedContent": "c"}),
    ("cohere_chat", {"messages": [], "connectors": [{"id": "web-search"}]}),
    ("bedrock_converse", {"messages": [], "toolConfig": {"tools": [{"systemTool": {"name": "nova"}}]}}),
    ("bedrock_converse", {"messages": [], "toolConfig": ["x"]}),
    ("openai_responses", {"model": "m", "input": "i", "store": False}),
    ("openai_batches", {"input_file_id": "f"}),
    ("mcp", {"method": "tools/call"}),
    ("mistral_agents", {"agent_id": "a", "messages": []}),
    ("nobody's", {}),
]


@pytest.mark.parametrize(("dialect", "tree"), ONLY_ANSWERED)
def test_generation_alone(dialect: str, tree: dict[str, Any]) -> None:
    assert only_generates(dialect, json.dumps(tree).encode())


@pytest.mark.parametrize(("dialect", "tree"), DOING_MORE)
def test_whatever_else_a_provider_does_makes_a_request_wait(dialect: str, tree: dict[str, Any]) -> None:
    assert not only_generates(dialect, json.dumps(tree).encode())


def test_a_body_that_is_no_object_waits() -> None:
    assert not only_generates("openai_chat", b"[]")
