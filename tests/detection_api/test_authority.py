"""Who may do what: tokens, applications and the bypass, each off or bound."""

import hmac
import json
import time
from base64 import urlsafe_b64encode

import jwt
import pytest

from sluicegate.detection.testing import SOMEBODY
from sluicegate.detection.types import Action, Principal
from sluicegate.gateway.detection_api.bypass import SECONDS, Bypass, make_token
from sluicegate.gateway.detection_api.judging import BYPASSED
from sluicegate.gateway.detection_api.options import Options
from sluicegate.gateway.detection_api.tokens import AUDIENCE, MOST_MINUTES, issue
from sluicegate.middleware.asgi import Headers
from tests.detection_api.service import ATTACK, CLEAN, KEYS, Service, Used, tree
from tests.middleware.client import AUTHORIZED, JSON_TYPE

INPUT = "/v1/guardrails/input"
SIBLING = Principal("tenant-1", "application-2", "billing", "key-2")
STRANGER = Principal("tenant-2", "application-3", "theirs", "key-3")


def bearer(token: str) -> Headers:
    return [(b"authorization", f"Bearer {token}".encode()), *JSON_TYPE]


def forge(algorithm: str, claims: dict[str, object]) -> str:
    """A token that names another algorithm, sealed with the right key where there is a seal."""
    parts = [
        urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
        for part in ({"alg": algorithm, "typ": "JWT"}, claims)
    ]
    told = ".".join(parts)
    seal = hmac.digest(KEYS.tokens, told.encode(), "sha512") if algorithm == "HS512" else b"\0"
    return told + "." + urlsafe_b64encode(seal).decode().rstrip("=")


def with_field(name: str, value: str) -> Headers:
    return [*AUTHORIZED, *JSON_TYPE, (name.encode(), value.encode())]


@pytest.fixture
def service() -> Service:
    return Service()


async def status(service: Service, headers: Headers, text: str = CLEAN) -> int:
    return (await service.post(INPUT, {"input": text}, headers)).status


async def test_a_token_stands_for_its_key(service: Service) -> None:
    token = issue(KEYS.tokens, "key-1", now=time.time(), minutes=5)
    assert await status(service, bearer(token)) == 200
    assert service.entry.principal == SOMEBODY
    service.applications.principals.clear()
    assert await status(service, bearer(token)) == 401


async def test_a_token_that_is_over_forged_or_for_others_opens_nothing(service: Service) -> None:
    now = int(time.time())
    good = {"sub": "key-1", "aud": AUDIENCE, "exp": now + 60}
    forged = [
        issue(KEYS.tokens, "key-1", now=now - 3600, minutes=5),
        issue(b"o" * 32, "key-1", now=now, minutes=5),
        issue(KEYS.sessions, "key-1", now=now, minutes=5),
        issue(KEYS.tokens, "key-9", now=now, minutes=5),
        forge("none", good),
        forge("HS512", good),
        jwt.encode(good | {"aud": "others"}, KEYS.tokens, algorithm="HS256"),
        jwt.encode({"sub": "key-1", "aud": AUDIENCE}, KEYS.tokens, algorithm="HS256"),
        jwt.encode({"aud": AUDIENCE, "exp": now + 60}, KEYS.tokens, algorithm="HS256"),
        issue(KEYS.tokens, "key-1", now=now, minutes=5)[:-2] + "xx",
        issue(KEYS.tokens, "key-1" + "x" * 2_000, now=now, minutes=5),
    ]
    for token in forged:
        assert await status(service, bearer(token)) == 401, token
    assert service.audit.entries == []


@pytest.mark.parametrize("minutes", [0, -1, MOST_MINUTES + 1])
def test_no_token_lives_for_ever(minutes: int) -> None:
    with pytest.raises(ValueError, match="lives"):
        issue(KEYS.tokens, "key-1", now=0, minutes=minutes)


@pytest.mark.parametrize("name", ["x-og-application-id", "x-application-id"])
async def test_an_application_header_counts_only_where_it_is_switched_on(name: str) -> None:
    service = Service()
    service.applications.principals += [SIBLING, STRANGER]
    assert await status(service, with_field(name, "application-2")) == 200
    assert service.entry.principal == SOMEBODY


@pytest.mark.parametrize("wanted", ["application-2", "billing"])
async def test_a_key_may_speak_for_an_application_of_its_tenant(wanted: str) -> None:
    service = Service(options=Options(application_header=True))
    service.applications.principals += [SIBLING, STRANGER]
    assert await status(service, with_field("x-og-application-id", wanted)) == 200
    assert service.entry.principal == Principal("tenant-1", "application-2", "billing", "key-1")


@pytest.mark.parametrize("wanted", ["application-3", "theirs", "nobody", ""])
async def test_a_key_may_not_speak_for_an_application_of_another_tenant(wanted: str) -> None:
    service = Service(options=Options(application_header=True))
    service.applications.principals += [SIBLING, STRANGER]
    answer = await service.post(INPUT, {"input": CLEAN}, with_field("x-application-id", wanted))
    assert tree(answer, 403)["error_code"] == "INSUFFICIENT_PERMISSIONS"
    assert service.audit.entries == []


def bypass(
    service: Service, *, tenant: str = "tenant-1", age: float = 0.0, key: bytes = KEYS.bypass
) -> Headers:
    token = make_token(key, tenant, "request-1", service.clock.now() - age)
    return with_field("x-og-bypass-token", token)


async def test_a_bypass_token_counts_only_where_it_is_switched_on(service: Service) -> None:
    answer = await service.post(INPUT, {"input": ATTACK}, bypass(service))
    assert tree(answer)["suggest_action"] == "reject"


async def test_a_bypass_token_lets_one_call_pass_on_the_record() -> None:
    service = Service(takes_bypass=True)
    answer = await service.post(INPUT, {"input": ATTACK}, bypass(service))
    report = tree(answer)
    assert report["suggest_action"] == "pass"
    assert [item["reason"] for item in report["unjudged"]] == [BYPASSED]
    core = service.entry.core
    assert core.action is Action.FLAG
    assert [item.reason for item in core.prompt.receipt.unjudged] == [BYPASSED]


async def test_a_bypass_token_of_another_tenant_key_or_time_is_refused() -> None:
    service = Service(takes_bypass=True)
    for headers in (
        bypass(service, tenant="tenant-2"),
        bypass(service, key=b"o" * 32),
        bypass(service, age=SECONDS + 1),
        bypass(service, age=-61),
        with_field("x-og-bypass-token", ""),
        with_field("x-og-bypass-token", "tenant-1:r:x:" + "0" * 64),
        with_field("x-og-bypass-token", "x" * 600),
        [*bypass(service), *bypass(service)[-1:]],
    ):
        answer = await service.post(INPUT, {"input": CLEAN}, headers)
        assert tree(answer, 403)["error_code"] == "INSUFFICIENT_PERMISSIONS"
    assert service.audit.entries == []


async def test_a_bypass_token_is_taken_once() -> None:
    service = Service()
    taken = Bypass(KEYS.bypass, Used(), service.clock.now)
    token = make_token(KEYS.bypass, "tenant-1", "request-1", service.clock.now())
    taken.take(token, SOMEBODY)
    with pytest.raises(Exception, match="not valid"):
        taken.take(token, SOMEBODY)


async def test_a_call_that_judges_nothing_does_not_use_a_token_up() -> None:
    service = Service(takes_bypass=True)
    assert (await service.get("/v1/guardrails/health", with_field("x-og-bypass-token", "x"))).status == 200
