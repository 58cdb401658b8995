"""Whose key goes where: ours never leaves, a client's own goes only where it was meant to go."""

import openai
import pytest

from tests.fakes.openai_api import UPSTREAM_KEY, FakeOpenAI
from tests.sdk.conftest import Launch
from tests.sdk.gateway import Gateway
from tests.sdk.material import ask, content
from tests.support.appliance import until

OK = {"model": "gpt-5-mini", "messages": [{"role": "user", "content": "hi"}]}
OURS = "x-sluicegate-key"


@pytest.fixture(scope="module")
def passing(launch: Launch) -> Gateway:
    """An appliance whose upstream takes the clients' own keys."""
    return launch("passthrough = true")


@pytest.mark.parametrize("name", ["authorization", "x-api-key", "api-key", "x-goog-api-key", OURS])
def test_our_key_is_known_wherever_an_sdk_puts_it(fake: FakeOpenAI, balanced: Gateway, name: str) -> None:
    value = f"Bearer {balanced.key}" if name == "authorization" else balanced.key
    answer = balanced.post("/chat/completions", OK, {"authorization": "", name: value})
    assert answer.status_code == 200
    assert balanced.key not in repr(fake.last.headers)
    assert fake.last.header("authorization") == f"Bearer {UPSTREAM_KEY}"


def test_a_client_of_the_azure_kind_works(fake: FakeOpenAI, balanced: Gateway) -> None:
    headers = {"api-key": balanced.key, "Authorization": openai.Omit()}
    with balanced.client("unused", default_query={"api-version": "2026-01-01"}) as client:
        assert content(ask(client, "hi", extra_headers=headers)) == "Hello there."
    assert fake.last.path.endswith("?api-version=2026-01-01")


def test_the_upstream_can_be_named_in_the_base_url(fake: FakeOpenAI, balanced: Gateway) -> None:
    with balanced.client(base_url=f"{balanced.running.proxy}/up/fake/v1") as client:
        assert content(ask(client, "hi")) == "Hello there."
        assert "gpt-5-mini" in [model.id for model in client.models.list()]
    assert fake.requests[0].path == "/v1/chat/completions"


def test_a_client_s_own_key_goes_to_an_upstream_that_takes_it(fake: FakeOpenAI, passing: Gateway) -> None:
    with passing.client(UPSTREAM_KEY, default_headers={OURS: passing.key}) as client:
        assert content(ask(client, "hi")) == "Hello there."
    assert fake.last.header("authorization") == f"Bearer {UPSTREAM_KEY}"
    assert fake.last.header(OURS) is None
    assert passing.key not in repr(fake.last.headers)


def test_a_wrong_key_of_the_client_s_own_is_the_client_s_401(fake: FakeOpenAI, passing: Gateway) -> None:
    with (
        passing.client("sk-their-own-and-wrong", default_headers={OURS: passing.key}) as client,
        pytest.raises(openai.AuthenticationError) as caught,
    ):
        ask(client, "hi")
    assert caught.value.code == "invalid_api_key"
    assert fake.last.header("authorization") == "Bearer sk-their-own-and-wrong"


def test_a_client_s_own_key_goes_nowhere_else(fake: FakeOpenAI, balanced: Gateway) -> None:
    with balanced.client("sk-their-own", default_headers={OURS: balanced.key}) as client:
        assert content(ask(client, "hi")) == "Hello there."
    assert "sk-their-own" not in repr(fake.last.headers)
    assert fake.last.header("authorization") == f"Bearer {UPSTREAM_KEY}"


def test_their_own_key_alone_is_no_credential(fake: FakeOpenAI, passing: Gateway) -> None:
    with passing.client(UPSTREAM_KEY) as client, pytest.raises(openai.AuthenticationError):
        ask(client, "hi")
    assert not fake.requests


def test_too_many_calls_are_told_when_to_come_back(fake: FakeOpenAI, launch: Launch) -> None:
    gateway = launch(proxy_rate_limit="4/minute")
    with gateway.client(max_retries=0) as client:
        for _ in range(4):
            ask(client, "hi")
        with pytest.raises(openai.RateLimitError) as caught:
            ask(client, "hi")
    assert caught.value.code == "rate_limit_exceeded"
    # a place in a window of sixty seconds is free again up to a thirty-first of it late
    assert 0 < float(caught.value.response.headers["retry-after"]) <= 62
    assert len(fake.requests) == 4


def test_a_banned_caller_is_refused_and_served_again_after_the_ban(
    balanced: Gateway, client: openai.OpenAI, other_key: str
) -> None:
    with balanced.client(other_key, max_retries=0) as banned:

        def refused() -> bool | None:
            try:
                ask(banned, "hi")
            except openai.PermissionDeniedError as error:
                return error.code == "banned"
            return None

        def served() -> bool | None:
            return None if refused() else True

        try:
            made = balanced.running.run("ban", "add", "application", "second")
            assert made.returncode == 0, made.stderr
            assert until(refused, "the ban")
            assert content(ask(client, "hi")) == "Hello there."
        finally:
            balanced.running.run("ban", "remove", "application", "second")
        assert until(served, "the end of the ban")
