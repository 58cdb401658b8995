"""The table of routes of an app that installs the middleware."""

import pytest

from sluicegate.middleware.rejection import Rejected
from sluicegate.middleware.routes import Route, RouteTable
from tests.middleware.client import scope

CHAT = Route("POST", "/v1/chat/completions", "openai_chat")
LIST = Route("GET", "/v1/models", None)


def test_a_listed_route_is_found() -> None:
    table = RouteTable([CHAT, LIST])
    assert table.find(scope("POST", CHAT.path)) is CHAT
    assert table.find(scope("GET", LIST.path)) is LIST


@pytest.mark.parametrize("unlisted", ["refuse", "pass"])
@pytest.mark.parametrize("method", ["GET", "PUT", "post", "OPTIONS"])
def test_other_methods_of_a_listed_path_are_refused(unlisted: str, method: str) -> None:
    with pytest.raises(Rejected) as refused:
        RouteTable([CHAT], unlisted=unlisted).find(scope(method, CHAT.path))
    assert refused.value.status == 405
    assert refused.value.headers == [(b"allow", b"POST")]


def test_by_default_nothing_else_passes() -> None:
    with pytest.raises(Rejected) as refused:
        RouteTable([CHAT]).find(scope("GET", "/login"))
    assert (refused.value.status, refused.value.code) == (404, "unknown_route")


@pytest.mark.parametrize("path", ["/", "/login/", "/static//x", "/v1/chat", "/v1/chat/completions/extra"])
def test_unlisted_paths_pass_where_the_app_says_so(path: str) -> None:
    assert RouteTable([CHAT], unlisted="pass").find(scope("GET", path)) is None


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (b"/v1/chat/completions/", "/v1/chat/completions/"),
        (b"/v1/chat%2fcompletions", "/v1/chat/completions"),
        (b"/v1//chat/completions", "/v1//chat/completions"),
        (b"/V1/chat/completions", "/V1/chat/completions"),
        (b"/innocent", "/v1/chat/completions"),
        (b"/v1/chat/completions", "/innocent"),
    ],
)
def test_wall_8_a_lenient_app_cannot_be_reached_past_the_guard(raw: bytes, path: str) -> None:
    with pytest.raises(Rejected) as refused:
        RouteTable([CHAT], unlisted="pass").find(scope("POST", path, raw=raw))
    assert refused.value.status == 400


def test_mistakes_are_found_at_start() -> None:
    with pytest.raises(ValueError, match="listed twice"):
        RouteTable([CHAT, Route("POST", CHAT.path, None)])
    with pytest.raises(ValueError, match="unlisted"):
        RouteTable([CHAT], unlisted="maybe")
