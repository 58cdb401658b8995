"""Requests and answers for the tests of translation."""

from typing import Any

import orjson

from sluicegate.gateway.translate.anthropic_answer import AnthropicClient
from sluicegate.gateway.translate.formats import ClientFormat, UpstreamFormat
from sluicegate.gateway.translate.from_anthropic import AnthropicUpstream
from sluicegate.gateway.translate.from_bedrock import BedrockUpstream
from sluicegate.gateway.translate.from_gemini import GeminiUpstream
from sluicegate.gateway.translate.from_ollama import OllamaUpstream
from sluicegate.gateway.translate.from_openai import OpenAIUpstream
from sluicegate.gateway.translate.middle import Made
from sluicegate.gateway.translate.openai_answer import OpenAIClient

MADE = Made("0000", 1_790_000_000, "asked-model")
CLIENTS: dict[str, ClientFormat] = {"openai": OpenAIClient(), "anthropic": AnthropicClient()}
UPSTREAMS: dict[str, UpstreamFormat] = {
    "anthropic": AnthropicUpstream(),
    "bedrock": BedrockUpstream(),
    "gemini": GeminiUpstream(),
    "ollama": OllamaUpstream(),
    "openai": OpenAIUpstream("max_tokens"),
}
PIXEL = "iVBORw0KGgo="


def sent(client: str, upstream: str, request: dict[str, Any], model: str = "m") -> Any:
    """The body that an upstream gets for a client's request."""
    return orjson.loads(UPSTREAMS[upstream].request(CLIENTS[client].read(request), model).body)


def chat(*messages: Any, **more: Any) -> dict[str, Any]:
    """A request of OpenAI's format."""
    return {"model": "m", "messages": list(messages) or [user("Hi.")], **more}


def message(*messages: Any, **more: Any) -> dict[str, Any]:
    """A request of Anthropic's format."""
    return {"model": "m", "max_tokens": 9, "messages": list(messages) or [user("Hi.")], **more}


def user(content: Any) -> dict[str, Any]:
    """A user's turn; both formats write it so."""
    return {"role": "user", "content": content}
