"""Paths to routes, model names to upstreams."""

import pytest

from sluicegate.detection.errors import BadInput
from sluicegate.gateway.router import Router, parameter
from sluicegate.gateway.upstream_spec import UpstreamSpec
from sluicegate.middleware.rejection import Rejected
from tests.middleware.client import scope

BASE = "https://api.example.com/v1"


def spec(name: str, *models: str, **more: object) -> UpstreamSpec:
    values: dict[str, object] = {"provider": "openai", "base_url": BASE, "models": models} | more
    return UpstreamSpec(name, **values)  # type: ignore[arg-type]  # a table of fields


ROUTER = Router([spec("openai", "gpt-*"), spec("local", "*")])


@pytest.mark.parametrize(
    ("method", "path", "template", "dialect"),
    [
        ("POST", "/v1/chat/completions", "/v1/chat/completions", "openai_chat"),
        ("POST", "/v1/completions", "/v1/completions", "openai_completions"),
        ("POST", "/v1/embeddings", "/v1/embeddings", "openai_embeddings"),
        ("GET", "/v1/models", "/v1/models", None),
        ("GET", "/v1/models/gpt-5", "/v1/models/{id}", None),
        ("GET", "/v1/exchanges/0190", "/v1/exchanges/{id}", None),
    ],
)
@pytest.mark.parametrize("prefix", ["", "/up/local"])
def test_routes(method: str, path: str, template: str, dialect: str | None, prefix: str) -> None:
    route = ROUTER.find(scope(method, prefix + path))
    assert (route.method, route.path, route.dialect) == (method, template, dialect)
    assert route.target == path.encode()
    assert route.upstream == ("local" if prefix else "")


@pytest.mark.parametrize(
    "path",
    [
        "/", "/v1", "/v1/cat", "/v1/chat/completions/x", "/v2/chat/completions", "/V1/chat/completions",
        "/v1/models/a/b", "/v1/assistants", "/v1/threads", "/up", "/up/local", "/up/nobody/v1/embeddings",
        "/up/local/up/local/v1/chat/completions", "/up/Local/v1/models", "/chat/completions",
    ],
)  # fmt: skip
def test_what_is_not_listed_is_404(path: str) -> None:
    for method in ("GET", "POST", "OPTIONS"):
        with pytest.raises(Rejected) as refused:
            ROUTER.find(scope(method, path))
        assert (refused.value.status, refused.value.code) == (404, "unknown_route")


@pytest.mark.parametrize(
    "path", ["/v1/chat/completions/", "/up//v1/models", "/up/local//v1/models", "/up/../v1"]
)
def test_what_is_not_canonical_is_400(path: str) -> None:
    with pytest.raises(Rejected) as refused:
        ROUTER.find(scope("POST", path))
    assert (refused.value.status, refused.value.code) == (400, "invalid_path")


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", "/v1/chat/completions", b"POST"),
        ("post", "/v1/chat/completions", b"POST"),
        ("HEAD", "/v1/models", b"GET"),
        ("DELETE", "/v1/models/x", b"GET"),
        ("OPTIONS", "/up/local/v1/embeddings", b"POST"),
    ],
)
def test_another_method_is_405_with_those_that_are(method: str, path: str, allow: bytes) -> None:
    with pytest.raises(Rejected) as refused:
        ROUTER.find(scope(method, path))
    assert refused.value.status == 405
    assert refused.value.headers == [(b"allow", allow)]


def test_a_parameter_is_decoded() -> None:
    route = ROUTER.find(scope("GET", "/v1/models/ft:gpt", raw=b"/v1/models/ft%3Agpt"))
    assert (route.target, parameter(route)) == (b"/v1/models/ft%3Agpt", "ft:gpt")


SPECS = [
    spec("any", "*"),
    spec("short", "gpt-*"),
    spec("long", "gpt-5-*"),
    spec("exact", "gpt-5-mini", "other"),
    spec("late", "gpt-*", "*"),
]


@pytest.mark.parametrize(
    ("model", "named", "expected"),
    [
        ("gpt-5-mini", "", "exact"),
        ("gpt-5-mini-2", "", "long"),
        ("gpt-5", "", "short"),
        ("gpt-", "", "short"),
        ("gpt", "", "any"),
        ("GPT-5", "", "any"),
        ("", "", "any"),
        ("*", "", "any"),
        ("gpt-5-mini", "late", "late"),
        ("other", "exact", "exact"),
    ],
)
def test_the_closest_pattern_wins_then_the_first(model: str, named: str, expected: str) -> None:
    choice = Router(SPECS).choose(model, named)
    assert (choice.spec.name, choice.certain) == (expected, bool(named))


@pytest.mark.parametrize(("model", "named"), [("claude", ""), ("gpt-4", "exact"), ("gpt-5", "long")])
def test_a_model_that_nobody_serves_is_404(model: str, named: str) -> None:
    with pytest.raises(BadInput) as refused:
        Router(SPECS[1:4]).choose(model, named)
    assert (refused.value.status, refused.value.code, refused.value.param) == (
        404,
        "model_not_found",
        "model",
    )
    assert model not in refused.value.message


def test_no_patterns_serve_everything() -> None:
    assert Router([spec("only")]).choose("whatever").spec.name == "only"


def test_the_only_upstream_is_certain() -> None:
    assert Router([spec("only")]).choose("x").certain
    assert not ROUTER.choose("x").certain


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "Open AI"},
        {"name": ""},
        {"name": "a/b"},
        {"base_url": "api.example.com/v1"},
        {"base_url": "ftp://api.example.com"},
        {"base_url": "https://"},
        {"base_url": "https://host:99999/v1"},
        {"base_url": "https://user:pass@api.example.com/v1"},
        {"base_url": "https://api.example.com/v1?key=1"},
        {"base_url": "https://api.example.com/v1#x"},
        {"base_url": "https://api.example.com\\@evil/v1"},
        {"base_url": "https://api.example.com/v 1"},
        {"api_key": "two words"},
        {"api_key": ""},
        {"api_key": "k\xe4y"},
        {"api_key": "key\r\nx: y"},
        {"models": ("a*b*c*d*e*f",)},
        {"aliases": (("**", "x"),)},
        {"aliases": (("fast", ""),)},
        {"weight": -1},
        {"connections": 0},
        {"models": ("",)},
        {"models": ("**",)},
    ],
)
def test_an_upstream_that_cannot_work_is_refused_at_start(fields: dict[str, object]) -> None:
    good: dict[str, object] = {"name": "good", "provider": "openai", "base_url": BASE}
    UpstreamSpec(**good)  # type: ignore[arg-type]  # a table of fields
    with pytest.raises(ValueError, match=r"upstream|api_key|model"):
        UpstreamSpec(**(good | fields))  # type: ignore[arg-type]  # a table of fields


def test_two_upstreams_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="same name"):
        Router([spec("a"), spec("a")])


def test_a_key_is_not_shown() -> None:
    assert "hunter2" not in repr(spec("a", api_key="hunter2"))


@pytest.mark.parametrize(
    ("base_url", "path"),
    [
        ("https://h/v1", b"/v1"),
        ("https://h/v1/", b"/v1"),
        ("https://h", b""),
        ("http://[::1]:1/a/b", b"/a/b"),
    ],
)
def test_the_path_of_a_base_url(base_url: str, path: bytes) -> None:
    assert spec("a", base_url=base_url).path == path
