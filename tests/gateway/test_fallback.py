"""Another upstream is asked before the first byte, and only where nobody did anything with the request."""

from dataclasses import replace
from typing import Any

import pytest

from sluicegate.detection.dialects import Addressed
from sluicegate.detection.errors import UpstreamFault
from sluicegate.detection.policy import Policy
from sluicegate.detection.presets import BALANCED
from sluicegate.detection.testing import FixedPolicy
from sluicegate.gateway.alias import with_model
from sluicegate.gateway.app import proxy_app
from sluicegate.gateway.cool_down import CoolDown
from sluicegate.gateway.plan import Choice
from sluicegate.gateway.upstream_spec import UpstreamSpec
from sluicegate.middleware.asgi import Headers
from sluicegate.middleware.routes import Route
from tests.gateway.parts import COMPLETION, Ports, ScriptedUpstream
from tests.middleware.client import AUTHORIZED, JSON_TYPE, Answer, call, fields, scope

BODY = b'{"model": "gpt-5", "messages": [{"role": "user", "content": "hello"}], "x": 1e3}'
THEIRS = "sk-provider-abcdefghijklmnopqrstuvwxyz"


def spec(name: str, **more: Any) -> UpstreamSpec:
    return UpstreamSpec(name, "openai", f"https://{name}.example/v1", f"{name}-key", **more)


class Bench:
    def __init__(self, *specs: UpstreamSpec, policy: Policy = BALANCED) -> None:
        self.upstreams = {item.name: ScriptedUpstream() for item in specs}
        self.ports = Ports(policies=FixedPolicy(policy))
        self.app = proxy_app(self.ports.parts([(item, self.upstreams[item.name]) for item in specs]))

    async def post(self, body: bytes = BODY, path: str = "/v1/chat/completions") -> Answer:
        given: Headers = [*AUTHORIZED, *JSON_TYPE]
        return await call(self.app, scope("POST", path, given), body)

    def asked(self) -> dict[str, int]:
        return {name: len(upstream.requests) for name, upstream in self.upstreams.items()}


TWO = (spec("a", fallback=("b",)), spec("b"))


@pytest.mark.parametrize("code", ["upstream_unreachable", "upstream_unavailable"])
async def test_who_cannot_be_reached_is_replaced(code: str) -> None:
    bench = Bench(*TWO)
    bench.upstreams["a"].fault = UpstreamFault("away", code=code)
    answer = await bench.post()
    assert (answer.status, answer.body) == (200, COMPLETION)
    assert bench.asked() == {"a": 1, "b": 1}
    assert bench.upstreams["b"].last["authorization"] == "Bearer b-key"
    (entry,) = bench.ports.audit.entries
    assert entry.upstream == "b"


@pytest.mark.parametrize("status", [429, 503, 529])
async def test_who_is_busy_is_replaced_and_left_alone_for_a_while(status: int) -> None:
    bench = Bench(*TWO)
    bench.upstreams["a"].status = status
    for _ in range(3):
        assert (await bench.post()).status == 200
    assert bench.asked() == {"a": 1, "b": 3}


@pytest.mark.parametrize("code", ["upstream_timeout", "upstream_protocol", "upstream_redirect"])
async def test_a_request_that_may_have_been_read_is_not_sent_again(code: str) -> None:
    bench = Bench(*TWO)
    bench.upstreams["a"].fault = UpstreamFault("?", code=code)
    assert (await bench.post()).status == 502
    assert bench.asked() == {"a": 1, "b": 0}


@pytest.mark.parametrize("status", [400, 404, 500, 502])
async def test_an_answer_stands(status: int) -> None:
    bench = Bench(*TWO)
    bench.upstreams["a"].status = status
    assert (await bench.post()).status == status
    assert bench.asked() == {"a": 1, "b": 0}


async def test_the_last_ones_fault_is_told() -> None:
    bench = Bench(*TWO)
    bench.upstreams["a"].fault = UpstreamFault("away", code="upstream_unreachable")
    bench.upstreams["b"].status = 429
    bench.upstreams["b"].headers = fields(("content-type", "application/json"), ("retry-after", "7"))
    answer = await bench.post()
    assert (answer.status, answer.headers["retry-after"]) == (429, "7")


async def test_a_named_upstream_is_not_replaced() -> None:
    bench = Bench(*TWO)
    bench.upstreams["a"].fault = UpstreamFault("away", code="upstream_unreachable")
    assert (await bench.post(path="/up/a/v1/chat/completions")).status == 502
    assert bench.asked() == {"a": 1, "b": 0}


async def test_a_clients_own_key_goes_to_no_fallback() -> None:
    bench = Bench(spec("a", fallback=("b",), passthrough=True), spec("b", passthrough=True))
    bench.upstreams["a"].fault = UpstreamFault("away", code="upstream_unreachable")
    own = ("x-sluicegate-key", AUTHORIZED[0][1].decode().removeprefix("Bearer "))
    given = [*fields(own, ("authorization", f"Bearer {THEIRS}")), *JSON_TYPE]
    answer = await call(bench.app, scope("POST", "/up/a/v1/chat/completions", given), BODY)
    assert answer.status == 502
    assert bench.upstreams["a"].last["authorization"] == f"Bearer {THEIRS}"
    assert bench.asked() == {"a": 1, "b": 0}
    answer = await call(bench.app, scope("POST", "/v1/chat/completions", given), BODY)
    assert answer.status == 400
    assert bench.asked() == {"a": 1, "b": 0}


async def test_a_clients_own_key_goes_to_no_alias() -> None:
    bench = Bench(spec("a", passthrough=True, aliases=(("gpt-*", "llama"),)))
    own = ("x-sluicegate-key", AUTHORIZED[0][1].decode().removeprefix("Bearer "))
    given = [*fields(own, ("authorization", f"Bearer {THEIRS}")), *JSON_TYPE]
    answer = await call(bench.app, scope("POST", "/v1/chat/completions", given), BODY)
    assert (answer.status, bench.asked()) == (400, {"a": 0})


async def test_an_alias_changes_the_name_and_nothing_else() -> None:
    bench = Bench(spec("a", aliases=(("gpt-*", 'll"ama'),)))
    assert (await bench.post()).status == 200
    assert bench.upstreams["a"].requests[0].body == BODY.replace(b'"gpt-5"', rb'"ll\"ama"')


async def test_the_names_of_one_upstream_do_not_reach_the_next() -> None:
    first = spec("a", fallback=("b",), aliases=(("gpt-*", "llama"),))
    bench = Bench(first, spec("b"))
    bench.upstreams["a"].fault = UpstreamFault("away", code="upstream_unreachable")
    assert (await bench.post()).status == 200
    assert [item.requests[0].body for item in bench.upstreams.values()] == [
        BODY.replace(b"gpt-5", b"llama"),
        BODY,
    ]


HOUSE = spec("house", private=True, aliases=(("*", "llama"),), models=("llama",))
CARD = BODY.replace(b"hello", b"my card is 4111 1111 1111 1111")


async def test_what_a_policy_calls_private_stays_on_premise_as_long_as_it_is_part_of_the_request() -> None:
    bench = Bench(spec("a", models=("gpt-*",)), HOUSE, policy=replace(BALANCED, private=("pii",)))
    later = CARD.replace(b"}], ", b'},{"role":"user","content":"and now?"}], ')
    for body in (BODY, CARD, later, BODY):
        assert (await bench.post(body)).status == 200
    assert bench.asked() == {"a": 2, "house": 2}
    assert all(b'"llama"' in item.body for item in bench.upstreams["house"].requests)


async def test_what_is_private_goes_nowhere_else() -> None:
    policy = replace(BALANCED, private=("pii",))
    for specs, path in (((spec("a"),), ""), ((spec("a"), HOUSE), "/up/a")):
        bench = Bench(*specs, policy=policy)
        answer = await bench.post(CARD, f"{path}/v1/chat/completions")
        assert answer.status == 403
        assert b"no_private_upstream" in answer.body
        assert not any(bench.asked().values())
        (entry,) = bench.ports.audit.entries
        assert entry.outcome == "refused"


@pytest.mark.parametrize(
    ("private", "asked"),
    [((), "a"), (("secret",), "a"), (("pii.credit_card.x",), "a"), (("pii",), "house")],
)
async def test_other_findings_are_not_private(private: tuple[str, ...], asked: str) -> None:
    bench = Bench(spec("a", models=("gpt-*",)), HOUSE, policy=replace(BALANCED, private=private))
    await bench.post(CARD)
    assert bench.asked()[asked] == 1


async def test_weights_share() -> None:
    bench = Bench(spec("a", weight=1), spec("b", weight=1))
    for _ in range(40):
        await bench.post()
    assert sum(bench.asked().values()) == 40
    assert all(bench.asked().values())


def test_an_alias_takes_the_models_place_in_a_path() -> None:
    addressed = Addressed(model="a:b")
    named = Route("POST", "/m/{model}:x", "d", b"/m/a%3Ab:x", addressed=addressed)
    assert with_model(named, b"{}", "c/d e") == (b"/m/c%2Fd%20e:x", b"{}")


@pytest.mark.parametrize(
    ("retry_after", "seconds"), [("7", 7), ("7200", 60), ("soon", 5), ("", 5), ("-1", 5), ("9" * 9, 5)]
)
def test_a_rest_is_as_long_as_asked_for_but_bounded(retry_after: str, seconds: int) -> None:
    now = [0.0]
    cool_down = CoolDown(lambda: now[0])
    order = [Choice(spec("a"), certain=False), Choice(spec("b"), certain=False)]
    cool_down.busy("a", fields(("retry-after", retry_after)))
    now[0] = seconds - 0.5
    assert cool_down.sorted(order) == order[::-1]
    now[0] = seconds + 0.5
    assert cool_down.sorted(order) == order
