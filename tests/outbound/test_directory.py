"""Which requests are whose: known hosts, prefixes of hosts nobody knows, paths that mean something else."""

import pytest

from sluicegate.middleware.outbound.directory import Directory
from sluicegate.middleware.providers.hosts import hosts
from sluicegate.middleware.rejection import Rejected

DIRECTORY = Directory({"llm.corp.example:8443": "anthropic", "https://gw.example/team/a": "openai"})
CHAT = "openai_chat"

KNOWN = [
    ("POST", "api.openai.com", "/v1/chat/completions", CHAT),
    ("POST", "api.openai.com:443", "/v1/responses", "openai_responses"),
    ("POST", "eu.api.openai.com", "/v1/embeddings", "openai_embeddings"),
    ("POST", "api.anthropic.com", "/v1/messages?beta=true", "anthropic"),
    ("POST", "generativelanguage.googleapis.com", "/v1beta/models/gemini-2.5-pro:generateContent", "gemini"),
    ("POST", "generativelanguage.googleapis.com", "/v1beta/openai/chat/completions", CHAT),
    (
        "POST",
        "europe-west4-aiplatform.googleapis.com",
        "/v1/projects/p/locations/l/publishers/anthropic/models/c:rawPredict",
        "anthropic",
    ),
    ("POST", "x.openai.azure.com", "/openai/deployments/d/chat/completions?api-version=1", CHAT),
    ("POST", "x.openai.azure.com", "/openai/v1/chat/completions", CHAT),
    ("POST", "api.mistral.ai", "/v1/fim/completions", "mistral_fim"),
    ("POST", "api.mistral.ai", "/v1/chat/completions", CHAT),
    ("POST", "api.cohere.com", "/v2/chat", "cohere_chat"),
    ("POST", "bedrock-runtime.eu-west-1.amazonaws.com", "/model/amazon.nova/converse", "bedrock_converse"),
    ("POST", "127.0.0.1:11434", "/api/chat", "ollama_chat"),
    ("POST", "api.groq.com", "/openai/v1/chat/completions", CHAT),
    ("POST", "openrouter.ai", "/api/v1/chat/completions", CHAT),
    ("POST", "api.deepseek.com", "/chat/completions", CHAT),
    ("POST", "api.perplexity.ai", "/chat/completions", CHAT),
    ("POST", "llm.corp.example:8443", "/v1/messages", "anthropic"),
    ("POST", "gw.example", "/team/a/v1/chat/completions", CHAT),
    ("POST", "10.0.0.7:8000", "/v1/chat/completions", CHAT),
    ("POST", "nobody.example", "/some/prefix/v1/messages", "anthropic"),
    ("POST", "nobody.example", "/chat/completions", CHAT),
]


@pytest.mark.parametrize(("method", "host", "target", "dialect"), KNOWN)
def test_a_request_is_known(method: str, host: str, target: str, dialect: str) -> None:
    for _ in range(2):  # the second is remembered
        route = DIRECTORY.find(method, host, target.encode(), [])
        assert route is not None
        assert route.dialect == dialect


@pytest.mark.parametrize("name", hosts())
def test_every_host_of_the_table_is_known_where_its_sdk_asks(name: str) -> None:
    from urllib.parse import urlsplit

    host = hosts()[name]
    parts = urlsplit(host.base_url)
    path = {"openai": "/chat/completions"}.get(host.provider)
    if path is None:
        return
    route = DIRECTORY.find("POST", parts.netloc, (parts.path.rstrip("/") + path).encode(), [])
    assert route is not None
    assert route.dialect == CHAT


UNKNOWN = [
    ("POST", "api.openai.com", "/v1/fine_tuning/jobs"),
    ("GET", "api.openai.com", "/v1/chat/completions"),
    ("POST", "api.anthropic.com", "/v2/chat"),
    ("POST", "nobody.example", "/orders"),
    ("POST", "nobody.example", "/v1/chat/completionsx"),
    ("POST", "nobody.example", "/"),
    ("GET", "nobody.example", "/"),
]


@pytest.mark.parametrize(("method", "host", "target"), UNKNOWN)
def test_a_near_miss_is_not_known(method: str, host: str, target: str) -> None:
    assert DIRECTORY.find(method, host, target.encode(), []) is None


@pytest.mark.parametrize(
    "target",
    [
        "/v1//chat/completions",
        "/v1/./chat/completions",
        "/v1/chat%2Fcompletions",
        "/v1/Chat/completions;a=1",
        "/v1/%63hat/completions",
    ],
)
def test_a_path_that_a_server_could_read_as_a_known_one_is_refused(target: str) -> None:
    with pytest.raises(Rejected):
        DIRECTORY.find("POST", "api.openai.com", target.encode(), [])


def test_lists_of_models_hold_no_text() -> None:
    route = DIRECTORY.find("GET", "api.openai.com", b"/v1/models", [])
    assert route is not None
    assert route.dialect is None


def test_a_provider_that_is_none_is_an_error() -> None:
    with pytest.raises(ValueError, match="nobody"):
        Directory({"x.example": "nobody"})
