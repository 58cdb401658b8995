"""The providers there are: where they live and which formats their upstreams answer in."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One kind of upstream.

    Attributes:
        base_url: where it is unless the configuration says otherwise; empty where that must be said.
        speaks: the tables of routes (by provider) that such an upstream may serve.
    """

    base_url: str = ""
    speaks: frozenset[str]


def _speaks(*names: str) -> frozenset[str]:
    return frozenset(names)


PROVIDERS: Mapping[str, Provider] = {
    "openai": Provider(base_url="https://api.openai.com/v1", speaks=_speaks("openai")),
    "anthropic": Provider(base_url="https://api.anthropic.com", speaks=_speaks("anthropic")),
    "gemini": Provider(base_url="https://generativelanguage.googleapis.com", speaks=_speaks("gemini")),
    "vertex": Provider(speaks=_speaks("gemini", "anthropic")),
    "azure": Provider(speaks=_speaks("azure", "openai")),
    "bedrock": Provider(speaks=_speaks("bedrock")),
    "mistral": Provider(base_url="https://api.mistral.ai", speaks=_speaks("mistral", "openai")),
    "cohere": Provider(base_url="https://api.cohere.com", speaks=_speaks("cohere")),
    "ollama": Provider(base_url="http://127.0.0.1:11434", speaks=_speaks("ollama", "openai")),
    "mcp": Provider(speaks=_speaks("mcp")),
}
"""Providers by name."""
