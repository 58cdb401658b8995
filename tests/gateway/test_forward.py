"""Header fields on their way to an upstream and back."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.detection.errors import BadInput, UpstreamFault
from sluicegate.gateway.forward import (
    HOP_BY_HOP,
    client_headers,
    refuse_misleading,
    upstream_headers,
    upstream_target,
)
from sluicegate.gateway.upstream_spec import UpstreamSpec
from sluicegate.middleware.routes import Route
from tests.middleware.client import fields

SPEC = UpstreamSpec("openai", "openai", "https://api.example.com/v1", "configured-key")
OURS = {"accept-encoding": "identity", "authorization": "Bearer configured-key"}


def sent(
    *pairs: tuple[str, str], spec: UpstreamSpec = SPEC, provider_key: str | None = None
) -> dict[str, str]:
    result = upstream_headers(fields(*pairs), spec, provider_key)
    assert len({name for name, _ in result}) == len(result)
    return {name.decode(): value.decode() for name, value in result}


def route(provider: str, path: bytes, *query: str) -> Route:
    return Route("POST", "/", None, path, provider=provider, query=frozenset(query))


def test_what_an_upstream_needs_travels() -> None:
    kept = {
        "content-type": "application/json", "accept": "*/*", "user-agent": "OpenAI/Python 2",
        "x-stainless-lang": "python", "idempotency-key": "1", "traceparent": "00-1-2-01",
    }  # fmt: skip
    assert sent(*kept.items()) == kept | OURS


@pytest.mark.parametrize(
    "name",
    [
        *sorted(name.decode() for name in HOP_BY_HOP),
        "host", "content-length", "expect", "accept-encoding", "cookie", "forwarded", "via", "x-real-ip",
        "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "origin", "referer",
        "x-http-method-override", "x-original-url", "x-rewrite-url", "range",
        "x-sluicegate-key", "x-sluicegate-action", "x-og-bypass-token", "x-og-application-id",
        "authorization", "x-api-key", "api-key", "x-goog-api-key", "openai-organization", "openai-project",
        "x-goog-user-project", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256",
    ],
)  # fmt: skip
def test_wall_8_what_is_not_the_upstreams_stays(name: str) -> None:
    assert sent((name, "something")) == OURS


def test_fields_named_by_connection_stay() -> None:
    pairs = [
        ("connection", "close, X-One"),
        ("connection", "x-two"),
        ("x-one", "1"),
        ("x-two", "2"),
        ("x-three", "3"),
    ]
    assert sent(*pairs) == OURS | {"x-three": "3"}


def test_a_client_cannot_drop_the_credential_by_naming_it() -> None:
    assert sent(("connection", "authorization, accept-encoding")) == OURS


def test_a_provider_key_takes_the_place_of_ours() -> None:
    got = sent(("authorization", "Bearer x"), ("openai-organization", "org"), provider_key="theirs")
    assert got == OURS | {"authorization": "Bearer theirs", "openai-organization": "org"}


def test_an_upstream_without_a_key_gets_none() -> None:
    local = UpstreamSpec("local", "openai", "http://127.0.0.1:11434/v1")
    assert sent(("authorization", "Bearer x"), spec=local) == {"accept-encoding": "identity"}


@pytest.mark.parametrize(
    "pair",
    [
        ("x-a", "b\r\nx-evil: 1"), ("x-a", "b\nc"), ("x-a", "b\0"), ("x-a", "caf\xe9"), ("x-a", "\x7f"),
        ("x a", "b"), ("x:a", "b"), ("", "b"), ("x-\xe9", "b"), ("x-a\r\n", "b"),
    ],
)  # fmt: skip
def test_a_field_that_is_not_plain_is_refused(pair: tuple[str, str]) -> None:
    with pytest.raises(BadInput) as refused:
        sent(pair)
    assert (refused.value.status, refused.value.code) == (400, "invalid_header")
    assert client_headers(fields(pair)) == []


@pytest.mark.parametrize("key", ["k\r\nx: y", "caf\xe9", "k\0"])
def test_a_provider_key_that_is_not_plain_is_refused(key: str) -> None:
    with pytest.raises(BadInput):
        sent(provider_key=key)


def test_what_a_client_needs_comes_back() -> None:
    kept = fields(
        ("content-type", "application/json"), ("x-request-id", "r"), ("openai-processing-ms", "5"),
        ("x-ratelimit-remaining-requests", "9"), ("retry-after", "2"), ("cache-control", "no-store"),
        ("request-id", "r"), ("anthropic-organization-id", "o"), ("openai-organization", "o"),
        ("anthropic-ratelimit-tokens-reset", "2026-01-01T00:00:00Z"), ("x-amzn-requestid", "r"),
    )  # fmt: skip
    assert client_headers(kept) == kept


@pytest.mark.parametrize(
    "name",
    [
        *sorted(name.decode() for name in HOP_BY_HOP),
        "content-length", "set-cookie", "server", "date", "alt-svc", "location", "refresh",
        "strict-transport-security", "x-sluicegate-action", "x-sluicegate-request-id", "x-og-decision",
    ],
)  # fmt: skip
def test_wall_8_what_is_not_the_clients_stays(name: str) -> None:
    assert client_headers(fields((name, "something"))) == []


def test_fields_named_by_an_answers_connection_stay() -> None:
    assert client_headers(fields(("connection", "x-internal"), ("x-internal", "1"))) == []


@given(st.lists(st.tuples(st.binary(max_size=12), st.binary(max_size=12)), max_size=6))
def test_no_field_can_break_out_of_its_line(headers: list[tuple[bytes, bytes]]) -> None:
    lowered = [(name.lower(), value) for name, value in headers]
    results = [client_headers(lowered)]
    with suppress(BadInput):
        results.append(upstream_headers(lowered, SPEC, None))
    for name, value in (field for result in results for field in result):
        assert name
        assert not set(name + value) & set(b"\r\n\0")


@pytest.mark.parametrize(
    ("base_url", "query", "expected"),
    [
        ("https://h/v1", b"", b"/v1/chat/completions"),
        ("https://h/openai/v1/", b"", b"/openai/v1/chat/completions"),
        ("https://h", b"", b"/chat/completions"),
        ("https://h/v1", b"api-version=2026-01-01", b"/v1/chat/completions?api-version=2026-01-01"),
        ("https://h/v1", b"beta=true&api-version=1", b"/v1/chat/completions?beta=true&api-version=1"),
    ],
)
def test_the_target_at_the_upstream(base_url: str, query: bytes, expected: bytes) -> None:
    spec = UpstreamSpec("a", "openai", base_url)
    assert upstream_target(spec, route("openai", b"/v1/chat/completions"), query) == expected


@pytest.mark.parametrize(
    ("provider", "base_url", "format_of", "path", "expected"),
    [
        ("anthropic", "https://h", "anthropic", b"/v1/messages", b"/v1/messages"),
        ("anthropic", "https://h/v1", "anthropic", b"/v1/messages", b"/v1/messages"),
        ("anthropic", "https://h/proxy", "anthropic", b"/v1/messages", b"/proxy/v1/messages"),
        ("gemini", "https://h/v1beta", "gemini", b"/v1/models/m:x", b"/v1/models/m:x"),
        ("gemini", "https://h/v1alpha", "gemini", b"/v1beta/models/m:x", b"/v1beta/models/m:x"),
        ("cohere", "https://h/v1", "cohere", b"/v2/chat", b"/v2/chat"),
        ("mistral", "https://h", "openai", b"/v1/chat/completions", b"/v1/chat/completions"),
        ("mistral", "https://h/v1/", "mistral", b"/v1/fim/completions", b"/v1/fim/completions"),
        ("ollama", "http://h:1", "openai", b"/v1/chat/completions", b"/v1/chat/completions"),
        ("ollama", "http://h:1", "ollama", b"/api/chat", b"/api/chat"),
        ("azure", "https://h", "openai", b"/v1/responses", b"/openai/v1/responses"),
        ("azure", "https://h", "azure", b"/openai/deployments/d/x", b"/openai/deployments/d/x"),
        ("azure", "https://h/openai/v1/", "openai", b"/v1/responses", b"/openai/v1/responses"),
        ("azure", "https://h/openai", "openai", b"/v1/responses", b"/openai/v1/responses"),
        ("azure", "https://h/openai/v1", "azure", b"/openai/realtime", b"/openai/realtime"),
        ("azure", "https://h/myopenai", "azure", b"/openai/realtime", b"/myopenai/openai/realtime"),
        ("mcp", "https://h/tools/mcp", "mcp", b"/mcp", b"/tools/mcp"),
        ("openai", "https://h/version1", "openai", b"/v1/responses", b"/version1/responses"),
    ],
)
def test_the_place_of_each_format(
    provider: str, base_url: str, format_of: str, path: bytes, expected: bytes
) -> None:
    assert upstream_target(UpstreamSpec("a", provider, base_url), route(format_of, path), b"") == expected


def test_a_routes_own_parameters_travel_and_a_key_stays() -> None:
    gemini = UpstreamSpec("a", "gemini", "https://h")
    asked = route("gemini", b"/v1beta/models/m:streamGenerateContent", "alt", "key")
    target = b"/v1beta/models/m:streamGenerateContent"
    assert upstream_target(gemini, asked, b"alt=sse&key=sk-1") == target + b"?alt=sse"
    assert upstream_target(gemini, asked, b"key=sk-1") == upstream_target(gemini, asked, b"key") == target
    for query in (b"alt=sse&keys=1", b"Key=sk-1", b"key=%20", b"x&key=sk-1"):
        with pytest.raises(BadInput):
            upstream_target(gemini, asked, query)


@pytest.mark.parametrize(
    ("provider", "key", "field"),
    [
        ("openai", "k", ("authorization", "Bearer k")),
        ("anthropic", "k", ("x-api-key", "k")),
        ("anthropic", "sk-ant-oat01-k", ("authorization", "Bearer sk-ant-oat01-k")),
        ("gemini", "k", ("x-goog-api-key", "k")),
        ("vertex", "k", ("authorization", "Bearer k")),
        ("azure", "k", ("api-key", "k")),
        ("bedrock", "k", ("authorization", "Bearer k")),
        ("ollama", "k", ("authorization", "Bearer k")),
    ],
)
@pytest.mark.parametrize("own", [False, True])
def test_a_credential_stands_where_the_provider_reads_it(
    provider: str, key: str, field: tuple[str, str], own: bool
) -> None:
    upstream = UpstreamSpec("a", provider, "https://h", "configured" if own else key)
    given = [(name, "the client's") for name in ("authorization", "x-api-key", "api-key", "x-goog-api-key")]
    got = sent(*given, ("anthropic-version", "1"), spec=upstream, provider_key=key if own else None)
    assert got == {"accept-encoding": "identity", "anthropic-version": "1", field[0]: field[1]}


def test_a_provider_gets_the_version_it_insists_on() -> None:
    anthropic = UpstreamSpec("a", "anthropic", "https://h", "k")
    assert sent(spec=anthropic)["anthropic-version"] == "2023-06-01"
    assert sent(("anthropic-version", "2026-01-01"), spec=anthropic)["anthropic-version"] == "2026-01-01"
    assert sent(("anthropic-beta", "a,b"), spec=anthropic)["anthropic-beta"] == "a,b"


@pytest.mark.parametrize(
    "query",
    [
        b"key=sk-1",
        b"api-version=1&key=2",
        b"x",
        b"&",
        b"api-version=%0d%0a",
        b"api-version=a b",
        b"api-version=1;k=2",
    ],
)
def test_an_unknown_query_is_refused(query: bytes) -> None:
    with pytest.raises(BadInput) as refused:
        upstream_target(SPEC, route("openai", b"/v1/embeddings"), query)
    assert (refused.value.status, refused.value.code) == (400, "invalid_query")


@pytest.mark.parametrize("status", [101, 300, 301, 302, 303, 304, 307, 308, 399])
def test_wall_10_a_redirect_is_a_fault(status: int) -> None:
    with pytest.raises(UpstreamFault) as fault:
        refuse_misleading(status, "theirs")
    assert (fault.value.status, fault.value.code) == (502, "upstream_redirect")


def test_a_refused_credential_is_told_to_whom_it_belongs() -> None:
    refuse_misleading(401, "theirs")
    with pytest.raises(UpstreamFault) as fault:
        refuse_misleading(401, None)
    assert fault.value.code == "upstream_credential"
    for status in (200, 400, 403, 429, 500):
        refuse_misleading(status, None)
