"""The providers there are: where they live, how they know their customers, what their upstreams serve."""

from collections.abc import Mapping
from dataclasses import dataclass

from ..asgi import Headers

_OAUTH = "sk-ant-oat"
"""Beginning of Anthropic's tokens of a person's subscription; those travel as bearer tokens only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One kind of upstream.

    Attributes:
        base_url: where it is unless the configuration says otherwise; empty where that must be said.
        speaks: the tables of routes (by provider) that such an upstream may serve.
        field: header field of the credential, `scheme` what stands in front of it there.
        bearers: beginnings of credentials that stand in ``authorization`` whatever `field` says.
        openai: where it serves OpenAI's format, behind its own root; None where `base_url` is that place.
        always: fields that a request has, unless the client sent its own.
    """

    base_url: str = ""
    speaks: frozenset[str]
    field: bytes = b"authorization"
    scheme: bytes = b"Bearer "
    bearers: tuple[str, ...] = ()
    openai: bytes | None = None
    always: tuple[tuple[bytes, bytes], ...] = ()
    models: bytes | None = None
    """Where it lists its models, behind its root; None where it lists none, or lists them as OpenAI does."""

    def credential(self, key: str) -> tuple[bytes, bytes]:
        """Return the header field in which a key is sent. The key is ASCII."""
        if key.startswith(self.bearers):
            return b"authorization", b"Bearer " + key.encode("ascii")
        return self.field, self.scheme + key.encode("ascii")

    def completed(self, headers: Headers) -> Headers:
        """Return fields with those that the provider insists on."""
        if not self.always:
            return headers
        names = {name for name, _ in headers}
        return [*headers, *(field for field in self.always if field[0] not in names)]


def _speaks(*names: str) -> frozenset[str]:
    return frozenset(names)


PROVIDERS: Mapping[str, Provider] = {
    "openai": Provider(base_url="https://api.openai.com/v1", speaks=_speaks("openai")),
    "anthropic": Provider(
        base_url="https://api.anthropic.com",
        speaks=_speaks("anthropic"),
        field=b"x-api-key",
        scheme=b"",
        bearers=(_OAUTH,),
        models=b"/v1/models",
        always=((b"anthropic-version", b"2023-06-01"),),
    ),
    "gemini": Provider(
        base_url="https://generativelanguage.googleapis.com",
        speaks=_speaks("gemini", "vertex"),
        field=b"x-goog-api-key",
        scheme=b"",
        models=b"/v1beta/models",
    ),
    "vertex": Provider(speaks=_speaks("vertex")),
    "azure": Provider(speaks=_speaks("azure", "openai"), field=b"api-key", scheme=b"", openai=b"/openai/v1"),
    "bedrock": Provider(speaks=_speaks("bedrock")),
    "mistral": Provider(
        base_url="https://api.mistral.ai", speaks=_speaks("mistral", "openai"), openai=b"/v1"
    ),
    "cohere": Provider(base_url="https://api.cohere.com", speaks=_speaks("cohere"), models=b"/v1/models"),
    "ollama": Provider(base_url="http://127.0.0.1:11434", speaks=_speaks("ollama", "openai"), openai=b"/v1"),
    "mcp": Provider(speaks=_speaks("mcp")),
}
"""Providers by name."""
