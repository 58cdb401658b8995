"""Which formats are translated into which. Pure."""

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from ..upstream_spec import UpstreamSpec
from .anthropic_answer import AnthropicClient
from .formats import ClientFormat, UpstreamFormat
from .from_anthropic import AnthropicUpstream
from .from_bedrock import BedrockUpstream
from .from_gemini import GeminiUpstream
from .from_ollama import OllamaUpstream
from .from_openai import OpenAIUpstream
from .openai_answer import OpenAIClient

CLIENTS: Mapping[str, ClientFormat] = {
    "/v1/chat/completions": OpenAIClient(),
    "/v1/messages": AnthropicClient(),
}
"""Formats of clients, by the path of the only route that is translated."""

_PROVIDERS = {"/v1/chat/completions": "openai", "/v1/messages": "anthropic"}
_OPENAI, _LIKE_OPENAI = OpenAIUpstream("max_completion_tokens"), OpenAIUpstream("max_tokens")
_UPSTREAMS: Mapping[str, UpstreamFormat] = {
    "anthropic": AnthropicUpstream(),
    "azure": _OPENAI,
    "bedrock": BedrockUpstream(),
    "gemini": GeminiUpstream(),
    "ollama": OllamaUpstream(),
    "openai": _LIKE_OPENAI,
}
_OPENAI_HOST = "api.openai.com"


def upstream_format(spec: UpstreamSpec) -> UpstreamFormat:
    """Return the format that an upstream is reached in by translation."""
    own = spec.provider == "openai" and urlsplit(spec.base_url).hostname == _OPENAI_HOST
    return _OPENAI if own else _UPSTREAMS[spec.provider]


def is_translatable(provider: str) -> bool:
    """Say whether anything is translated into the format of a provider's upstreams."""
    return provider in _UPSTREAMS


def translates(spec: UpstreamSpec, provider: str, path: str) -> bool:
    """Say whether an upstream may be reached by translation, from a route of a provider it does not speak."""
    known = path in CLIENTS and spec.provider in _UPSTREAMS
    return spec.translate and known and provider not in spec.kind.speaks


def translated_routes(spec: UpstreamSpec) -> Iterator[tuple[str, str]]:
    """Yield provider and path of the routes of other formats that an upstream may serve."""
    for path in CLIENTS:
        if translates(spec, _PROVIDERS[path], path):
            yield _PROVIDERS[path], path
