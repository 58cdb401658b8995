"""Calls by translation through the whole gateway: who is asked, with what, and what comes back."""

from typing import Any

import orjson
import pytest

from sluicegate.detection.errors import BadInput, UpstreamFault
from sluicegate.gateway.app import proxy_app
from sluicegate.gateway.models import ModelList
from sluicegate.gateway.router import Router
from sluicegate.gateway.upstream.sigv4 import AwsCredentials, SigV4
from sluicegate.gateway.upstream_spec import UpstreamSpec
from sluicegate.middleware.asgi import Headers
from sluicegate.middleware.limits import Limits
from tests.fakes import anthropic_api
from tests.gateway.parts import COMPLETION, CONFIGURED, Ports, ScriptedUpstream
from tests.gateway.translate.parts import chat, message
from tests.middleware.client import AUTHORIZED, JSON_TYPE, KEY, Answer, call, fields, scope

CHAT, MESSAGES = "/v1/chat/completions", "/v1/messages"
HELLO = orjson.dumps(anthropic_api.message([{"type": "text", "text": "Hello."}]))
THEIRS = "sk-provider-abcdefghijklmnopqrstuvwxyz"


def spec(name: str, provider: str, *models: str, **more: Any) -> UpstreamSpec:
    given: dict[str, Any] = {"api_key": CONFIGURED, "models": models, "translate": True} | more
    return UpstreamSpec(name, provider, f"https://{name}.example/v1", **given)


class Bench:
    def __init__(self, *specs: UpstreamSpec, **ports: Any) -> None:
        self.upstreams = {
            item.name: ScriptedUpstream(body=HELLO if item.provider == "anthropic" else COMPLETION)
            for item in specs
        }
        self.ports = Ports(**ports)
        self.app = proxy_app(self.ports.parts([(item, self.upstreams[item.name]) for item in specs]))

    async def post(self, body: Any, path: str = CHAT, headers: Headers = AUTHORIZED) -> Answer:
        given: Headers = [*headers, *JSON_TYPE]
        return await call(self.app, scope("POST", path, given), orjson.dumps(body))

    def asked(self) -> list[str]:
        return [name for name, upstream in self.upstreams.items() if upstream.requests]


CLAUDE = spec("claude", "anthropic", "claude-*")
OPENAI = spec("openai", "openai", translate=False)


async def test_an_upstream_is_asked_with_its_own_fields_only() -> None:
    bench = Bench(CLAUDE)
    more = fields(("openai-organization", "org"), ("user-agent", "sdk"), ("x-stainless-lang", "python"))
    answer = await bench.post(chat(model="claude-x"), headers=[*AUTHORIZED, *more])
    assert answer.status == 200
    assert orjson.loads(answer.body)["choices"][0]["message"]["content"] == "Hello."
    assert bench.upstreams["claude"].last == {
        "content-type": "application/json",
        "accept": "*/*",
        "accept-encoding": "identity",
        "x-api-key": CONFIGURED,
        "anthropic-version": "2023-06-01",
    }
    assert bench.upstreams["claude"].requests[0].target == b"/v1/messages"
    (entry,) = bench.ports.audit.entries
    assert (entry.upstream, entry.status, entry.core.dialect) == ("claude", 200, "openai_chat")


async def test_fields_of_the_answer_that_mean_the_same_pass() -> None:
    bench = Bench(CLAUDE)
    bench.upstreams["claude"].headers = fields(
        ("content-type", "application/json"),
        ("request-id", "req_1"),
        ("etag", "x"),
        ("anthropic-organization-id", "o"),
    )
    headers = (await bench.post(chat(model="claude-x"))).headers
    assert headers["request-id"] == "req_1"
    assert not {"etag", "anthropic-organization-id"} & headers.keys()


async def test_requests_are_signed_as_they_are_sent() -> None:
    signer = SigV4(AwsCredentials("AKIDEXAMPLE", "secret", "us-east-1"), "https://aws.example")
    bench = Bench(spec("aws", "bedrock", api_key=None, signer=signer))
    bench.upstreams["aws"].body = b'{"output":{"message":{"content":[{"text":"Hello."}]}}}'
    assert (await bench.post(chat(model="a.b:0"))).status == 200
    sent = bench.upstreams["aws"].requests[0]
    assert sent.target == b"/model/a.b%3A0/converse"
    date = dict(sent.headers)[b"x-amz-date"].decode()
    assert dict(sent.headers)[b"authorization"].startswith(
        f"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/{date[:8]}/us-east-1/bedrock/".encode()
    )


@pytest.mark.parametrize("status", [400, 403, 429, 500, 529])
async def test_an_error_keeps_its_status_and_message(status: int) -> None:
    bench = Bench(CLAUDE)
    upstream = bench.upstreams["claude"]
    upstream.status, upstream.body = status, orjson.dumps(anthropic_api.failure("some_error", "Not now."))
    upstream.headers = fields(("content-type", "application/json"), ("retry-after", "7"))
    answer = await bench.post(chat(model="claude-x", stream=True))
    assert answer.status == status
    assert orjson.loads(answer.body)["error"]["message"] == "Not now."
    assert answer.headers["retry-after"] == "7"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"status": 401}, "upstream_credential"),
        ({"status": 302}, "upstream_redirect"),
        ({"headers": fields(("content-type", "text/html"))}, "upstream_protocol"),
        ({"body": b"[]" + b" " * 99}, "upstream_protocol"),
        ({"body": b" " * 5000}, "answer_too_large"),
        ({"fault": UpstreamFault("away", code="upstream_unreachable")}, "upstream_unreachable"),
    ],
)
async def test_what_cannot_be_passed_on_is_a_fault(change: dict[str, Any], code: str) -> None:
    bench = Bench(CLAUDE, limits=Limits(answer_bytes=4000))
    for name, value in change.items():
        setattr(bench.upstreams["claude"], name, value)
    answer = await bench.post(chat(model="claude-x"))
    assert (answer.status, orjson.loads(answer.body)["error"]["code"]) == (502, code)


async def test_a_stream_where_none_was_asked_for_is_a_fault() -> None:
    bench = Bench(CLAUDE)
    answer = await bench.post(chat(model="claude-x", stream=True))
    assert (answer.status, orjson.loads(answer.body)["error"]["code"]) == (502, "upstream_protocol")


async def test_a_clients_own_key_never_goes_along() -> None:
    bench = Bench(spec("claude", "anthropic", passthrough=True))
    own: Headers = [(b"x-sluicegate-key", KEY.encode()), (b"authorization", f"Bearer {THEIRS}".encode())]
    for path in (CHAT, f"/up/claude{CHAT}"):
        answer = await bench.post(chat(model="claude-x"), path, own)
        assert (answer.status, orjson.loads(answer.body)["error"]["code"]) == (400, "upstream_not_named")
    assert not bench.asked()


async def test_a_clients_own_key_goes_to_the_one_that_speaks_its_format() -> None:
    bench = Bench(spec("openai", "openai", "gpt-*", passthrough=True, translate=False), CLAUDE)
    own: Headers = [(b"x-sluicegate-key", KEY.encode()), (b"authorization", f"Bearer {THEIRS}".encode())]
    assert (await bench.post(chat(model="gpt-5"), CHAT, own)).status == 200
    assert bench.upstreams["openai"].last["authorization"] == f"Bearer {THEIRS}"


@pytest.mark.parametrize(
    ("specs", "model", "expected"),
    [
        ((OPENAI, CLAUDE), "claude-x", ["claude"]),  # the closer pattern wins, whoever speaks the format
        ((OPENAI, CLAUDE), "gpt-5", ["openai"]),
        ((spec("claude", "anthropic", "*", priority=5), OPENAI), "claude-x", ["openai"]),
        ((spec("claude", "anthropic", "*", translate=False),), "claude-x", []),
    ],
)
async def test_who_is_asked(specs: tuple[UpstreamSpec, ...], model: str, expected: list[str]) -> None:
    bench = Bench(*specs)
    answer = await bench.post(chat(model=model))
    assert bench.asked() == expected
    assert answer.status == (200 if expected else 404)


async def test_another_format_stands_in_under_its_own_name_for_the_model() -> None:
    stands_in = spec("claude", "anthropic", "claude-*", aliases=(("gpt-*", "claude-x"),))
    bench = Bench(spec("openai", "openai", "gpt-5", fallback=("claude",)), stands_in)
    bench.upstreams["openai"].status = 503
    answer = await bench.post(chat(model="gpt-5"))
    assert answer.status == 200
    assert orjson.loads(bytes(bench.upstreams["claude"].requests[0].body))["model"] == "claude-x"


async def test_a_request_that_must_stay_on_premise_does() -> None:
    router = Router([CLAUDE, spec("here", "ollama", "claude-*", private=True)])
    plan = router.plan("claude-x", "", "anthropic", private=True, path=MESSAGES)
    assert [choice.spec.name for choice in plan.usual] == ["here"]
    with pytest.raises(BadInput):
        Router([CLAUDE]).plan("claude-x", "", "openai", private=True, path=CHAT)


@pytest.mark.parametrize("path", ["/v1/embeddings", "/v1/responses", "/v1/completions"])
def test_other_routes_are_not_translated(path: str) -> None:
    with pytest.raises(BadInput):
        Router([CLAUDE]).plan("claude-x", "", "openai", path=path)


async def test_an_anthropic_client_reaches_an_upstream_of_openais_format() -> None:
    bench = Bench(spec("openai", "openai"))
    answer = await bench.post(message(model="gpt-5"), MESSAGES)
    assert orjson.loads(answer.body)["content"] == [{"type": "text", "text": "Hello there."}]
    assert bench.upstreams["openai"].requests[0].target == b"/v1/chat/completions"
    assert bench.upstreams["openai"].last["authorization"] == f"Bearer {CONFIGURED}"


async def test_models_are_listed_wherever_they_can_be_asked_for() -> None:
    claude = spec("claude", "anthropic", "claude-x", translate=True)
    router = Router([claude])
    listed = orjson.loads(await ModelList(router, {"claude": ScriptedUpstream()}).render())
    assert [model["id"] for model in listed["data"]] == ["claude-x"]
    assert router.speaking("openai", CHAT) == ["claude"]
    assert router.speaking("openai", "/v1/embeddings") == []
    assert router.speaking("anthropic", MESSAGES) == ["claude"]
