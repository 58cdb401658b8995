"""Which formats are translated into which. Pure."""

from collections.abc import Iterator, Mapping

from ..upstream_spec import UpstreamSpec
from .formats import ClientFormat, UpstreamFormat
from .from_anthropic import AnthropicUpstream
from .openai_answer import OpenAIClient

_PROVIDERS = {"/v1/chat/completions": "openai", "/v1/messages": "anthropic"}
CLIENTS: Mapping[str, ClientFormat] = {"/v1/chat/completions": OpenAIClient()}
"""Formats of clients, by the path of the only route that is translated."""
_UPSTREAMS: Mapping[str, UpstreamFormat] = {"anthropic": AnthropicUpstream()}


def upstream_format(spec: UpstreamSpec) -> UpstreamFormat:
    """Return the format that an upstream is reached in by translation."""
    return _UPSTREAMS[spec.provider]


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
