"""Routes that two providers share: whose dialect reads a request depends on who is there to answer it."""

import pytest

from sluicegate.gateway.router import Router
from sluicegate.gateway.upstream_spec import UpstreamSpec
from tests.middleware.client import scope

OPENAI = UpstreamSpec("openai", "openai", "https://openai.example/v1")
MISTRAL = UpstreamSpec("mistral", "mistral", "https://mistral.example")


@pytest.mark.parametrize(
    ("specs", "path", "dialect", "provider"),
    [
        ((OPENAI,), "/v1/conversations", "openai_conversations", "openai"),
        ((MISTRAL,), "/v1/conversations", "mistral_conversations", "mistral"),
        ((MISTRAL,), "/v1/conversations/c1", "mistral_conversations", "mistral"),
        ((MISTRAL, OPENAI), "/v1/conversations/c1", "openai_conversations", "openai"),
        ((MISTRAL, OPENAI), "/up/mistral/v1/conversations/c1", "mistral_conversations", "mistral"),
        ((MISTRAL, OPENAI), "/up/openai/v1/conversations/c1", "openai_conversations", "openai"),
        ((MISTRAL,), "/v1/chat/completions", "openai_chat", "openai"),
        ((OPENAI,), "/v1/fim/completions", "mistral_fim", "mistral"),
    ],
)
def test_the_upstreams_own_provider_comes_first(
    specs: tuple[UpstreamSpec, ...], path: str, dialect: str, provider: str
) -> None:
    route = Router(specs).find(scope("POST", path))
    assert (route.dialect, route.provider) == (dialect, provider)
