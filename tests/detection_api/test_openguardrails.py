"""OpenGuardrails' own exchanges: shapes, words and faults."""

from typing import Any

import pytest

from sluicegate.detection.presets import MONITOR
from sluicegate.detection.testing import FixedPolicy, FixedWindows
from sluicegate.detection.types import Action, Ban, Direction
from sluicegate.gateway.detection_api.options import Options
from sluicegate.middleware.limits import Limits, Rate
from tests.detection_api.service import ATTACK, CLEAN, EMAIL, SSN, Service, tree
from tests.middleware.client import AUTHORIZED, JSON_TYPE

NO_RISK = {"risk_level": "no_risk", "categories": []}
INPUT = "/v1/guardrails/input"
CONVERSATION = "/v1/guardrails"


@pytest.fixture
def service() -> Service:
    return Service()


async def judged(service: Service, text: str) -> Any:
    return tree(await service.post(INPUT, {"input": text, "xxai_app_user_id": "u1"}))


async def test_a_clean_input_has_no_risk(service: Service) -> None:
    report = await judged(service, "hello")
    assert report.pop("id") == "guardrails-" + service.entry.exchange_id.replace("-", "")
    assert report == {
        "result": {
            "compliance": NO_RISK,
            "security": NO_RISK,
            "data": {**NO_RISK, "detected_entities": [], "anonymized_text": None, "restore_mapping": None},
        },
        "overall_risk_level": "no_risk",
        "suggest_action": "pass",
        "suggest_answer": None,
        "score": 0.0,
    }


async def test_an_attack_is_rejected_as_a_prompt_attack(service: Service) -> None:
    report = await judged(service, ATTACK)
    assert report["result"]["security"] == {"risk_level": "high_risk", "categories": ["Prompt Attacks"]}
    assert (report["overall_risk_level"], report["suggest_action"]) == ("high_risk", "reject")
    assert report["suggest_answer"] == service.policies.value.safe_text
    assert 0.4 < report["score"] <= 1.0


async def test_data_is_named_placed_and_masked(service: Service) -> None:
    report = await judged(service, SSN)
    data = report["result"]["data"]
    assert (data["risk_level"], data["categories"]) == ("high_risk", ["US_SSN_SYS"])
    assert report["suggest_action"] == "anonymize"
    assert data["anonymized_text"] == "My social security number is <US_SSN>."
    assert data["restore_mapping"] is None
    (entity,) = data["detected_entities"]
    assert SSN[entity["start"] : entity["end"]] == entity["text"] == "536-22-8743"
    assert (entity["entity_type"], entity["risk_level"]) == ("US_SSN_SYS", "high")
    assert entity["anonymized_value"] == "<US_SSN>"


async def test_the_values_behind_placeholders_are_told_only_where_that_is_switched_on() -> None:
    service = Service(options=Options(restore_mapping=True))
    report = await judged(service, EMAIL)
    ((placeholder, value),) = report["result"]["data"]["restore_mapping"].items()
    assert value == "jane.roe@example.org"
    assert report["result"]["data"]["anonymized_text"] == f"Write to {placeholder} today."
    assert report["suggest_action"] == "anonymize_restore"


async def test_a_conversation_ends_with_a_prompt_or_with_an_answer(service: Service) -> None:
    messages = [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": [{"type": "text", "text": CLEAN}]},
        {"role": "assistant", "content": "Ask 536-22-8743, the social security number of Jane."},
    ]
    report = tree(await service.post(CONVERSATION, {"model": "any", "messages": messages}))
    assert report["result"]["data"]["categories"] == ["US_SSN_SYS"]
    (entity,) = report["result"]["data"]["detected_entities"]
    assert entity["message"] == 2
    core = service.entry.core
    assert core.answer is not None
    assert {item.direction for item in core.answer.findings} == {Direction.ANSWER}
    assert not core.prompt.findings
    assert core.prompt.receipt.segments == 2


@pytest.mark.parametrize("role", ["user", "system", "assistant", "tool"])
async def test_the_words_of_every_role_are_judged(service: Service, role: str) -> None:
    messages = [{"role": role, "content": SSN}, {"role": "user", "content": CLEAN}]
    report = tree(await service.post(CONVERSATION, {"model": "any", "messages": messages}))
    assert report["result"]["data"]["categories"] == ["US_SSN_SYS"]


async def test_the_arguments_of_tool_calls_are_judged(service: Service) -> None:
    function = {"name": "mail", "arguments": '{"to":"jane.roe@example.org"}'}
    message = {"role": "assistant", "content": None, "tool_calls": [{"function": function}]}
    body = {"model": "any", "messages": [message, {"role": "user", "content": CLEAN}]}
    report = tree(await service.post(CONVERSATION, body))
    assert report["result"]["data"]["categories"] == ["EMAIL_SYS"]


async def test_an_image_is_listed_as_unjudged(service: Service) -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    body = {
        "model": "any",
        "messages": [{"role": "user", "content": [{"type": "text", "text": "See"}, image]}],
    }
    report = tree(await service.post(CONVERSATION, body))
    assert report["unjudged"] == [{"pointer": "/messages/0/content/1", "reason": "media"}]
    assert service.entry.core.action is Action.FLAG


async def test_an_output_is_judged_beside_its_input(service: Service) -> None:
    report = tree(await service.post("/v1/guardrails/output", {"input": CLEAN, "output": SSN}))
    assert report["result"]["data"]["categories"] == ["US_SSN_SYS"]
    assert service.entry.core.answer is not None


async def test_a_policy_that_records_lets_everything_pass() -> None:
    service = Service(policies=FixedPolicy(MONITOR))
    report = await judged(service, ATTACK)
    assert (report["overall_risk_level"], report["suggest_action"]) == ("high_risk", "pass")
    assert report["suggest_answer"] is None


async def test_every_judged_call_leaves_one_record(service: Service) -> None:
    answer = await service.post(INPUT, {"input": SSN})
    entry = service.entry
    assert (entry.face, entry.path, entry.status, entry.outcome) == ("api", INPUT, 200, "complete")
    assert answer.headers["x-sluicegate-request-id"] == entry.exchange_id
    assert answer.headers["x-sluicegate-action"] == "mask"
    assert "536-22-8743" not in repr(entry)
    assert [face for face, _ in service.metrics.exchanges] == ["api"]


async def test_health_and_models_need_a_key_and_leave_no_record(service: Service) -> None:
    health = tree(await service.get("/v1/guardrails/health"))
    assert health == {
        "status": "healthy",
        "service": "detection_guardrails",
        "timestamp": "2023-11-14T22:13:20+00:00",
    }
    models = tree(await service.get("/v1/guardrails/models"))
    assert models["object"] == "list"
    assert [model["id"] for model in models["data"]] == ["OpenGuardrails-Text"]
    for path in ("/v1/guardrails/health", "/v1/guardrails/models"):
        assert (await service.get(path, [])).status == 401
    assert service.audit.entries == []


async def test_every_answer_carries_the_headers_of_the_service() -> None:
    service = Service(counters=FixedWindows(Service().clock), limits=Limits(key_rate=Rate(7)))
    headers = (await service.post(INPUT, {"input": CLEAN})).headers
    assert (headers["x-service-type"], headers["x-current-concurrent"]) == ("detection", "1")
    assert int(headers["x-concurrent-limit"]) > 1
    assert headers["x-processing-time"].endswith("ms")
    assert (headers["x-ratelimit-limit"], headers["x-ratelimit-remaining"]) == ("7", "6")
    assert headers["x-ratelimit-reset"] == "60"


async def test_a_rate_ends_in_429_with_the_time_to_wait() -> None:
    service = Service(limits=Limits(client_rate=None, key_rate=Rate(1)))
    service.counters = FixedWindows(service.clock)
    await service.post(INPUT, {"input": CLEAN})
    answer = await service.post(INPUT, {"input": CLEAN})
    fault = tree(answer, 429)
    assert (fault["error_code"], fault["status_code"]) == ("RATE_LIMIT_EXCEEDED", 429)
    assert fault["error"]["type"] == "rate_limit_exceeded"
    assert int(answer.headers["retry-after"]) == fault["retry_after"] == 60
    assert (answer.headers["x-ratelimit-limit"], answer.headers["x-ratelimit-remaining"]) == ("1", "0")
    assert len(service.audit.entries) == 1


@pytest.mark.parametrize(
    ("port", "detail"), [("detection", "Not authenticated"), ("proxy", "Invalid API key")]
)
@pytest.mark.parametrize("key", [[], [(b"authorization", b"Bearer sk-unknown-key-0123456789abcdef")]])
async def test_a_bad_key_is_told_as_each_service_tells_it(port: str, detail: str, key: Any) -> None:
    service = Service(port=port)
    fault = tree(await service.post(INPUT, {"input": CLEAN}, [*key, *JSON_TYPE]), 401)
    assert fault == {"detail": detail, "error_code": "INVALID_API_KEY", "status_code": 401}


async def test_the_bearer_prefix_may_be_left_out_on_the_gateways_port_only() -> None:
    bare = [(name, value.removeprefix(b"Bearer ")) for name, value in AUTHORIZED]
    assert (await Service(port="proxy").post(INPUT, {"input": CLEAN}, [*bare, *JSON_TYPE])).status == 200
    assert (await Service().post(INPUT, {"input": CLEAN}, [*bare, *JSON_TYPE])).status == 401


@pytest.mark.parametrize(
    ("kind", "value"), [("ip", "192.0.2.7"), ("key", "key-1"), ("application", "application-1")]
)
async def test_whoever_is_banned_is_told_why_and_until_when(service: Service, kind: str, value: str) -> None:
    service.bans.add(Ban(kind, value, "noise", 1_767_225_600.0))
    fault = tree(await service.post(INPUT, {"input": CLEAN}), 403)
    told = {"error": "User is banned", "ban_until": "2026-01-01T00:00:00+00:00", "reason": "noise"}
    assert fault == {"detail": told, "error_code": "USER_BANNED", "status_code": 403}
    assert service.audit.entries == []


BAD_BODIES: list[Any] = [
    pytest.param(INPUT, {}, ("missing", ["body", "input"]), id="missing"),
    pytest.param(INPUT, {"input": ""}, ("string_too_short", ["body", "input"]), id="empty"),
    pytest.param(INPUT, {"input": " \n"}, ("string_pattern_mismatch", ["body", "input"]), id="blank"),
    pytest.param(INPUT, {"input": 7}, ("string_type", ["body", "input"]), id="number"),
    pytest.param(INPUT, {"input": "x" * 1_000_001}, ("string_too_long", ["body", "input"]), id="too long"),
    pytest.param(INPUT, [], ("dict_type", ["body"]), id="no object"),
    pytest.param(INPUT, b"{", ("invalid_json", ["body"]), id="cut off"),
    pytest.param(INPUT, b'{"input":"a","input":"b"}', ("duplicate_key", ["body"]), id="key twice"),
    pytest.param(INPUT, b"[" * 5_000, ("too_deep", ["body"]), id="deep"),
    pytest.param(CONVERSATION, {"messages": []}, ("missing", ["body", "model"]), id="no model"),
    pytest.param(
        CONVERSATION, {"model": "m", "messages": []}, ("too_short", ["body", "messages"]), id="no messages"
    ),
    pytest.param(
        CONVERSATION,
        {"model": "m", "messages": [{"role": "robot", "content": "x"}]},
        ("literal_error", ["body", "messages", 0, "role"]),
        id="unknown role",
    ),
    pytest.param(
        CONVERSATION,
        {"model": "m", "messages": [{"role": "user", "content": {"a": 1}}]},
        ("string_type", ["body", "messages", 0, "content"]),
        id="content of no kind",
    ),
]


@pytest.mark.parametrize(("path", "body", "issue"), BAD_BODIES)
async def test_a_bad_body_is_listed_as_fastapi_lists_it(
    service: Service, path: str, body: Any, issue: tuple[str, list[Any]]
) -> None:
    fault = tree(await service.post(path, body), 422)
    assert (fault["error_code"], fault["status_code"]) == ("INVALID_REQUEST", 422)
    assert (fault["detail"][0]["type"], fault["detail"][0]["loc"]) == issue
    assert all(set(item) == {"type", "loc", "msg"} for item in fault["detail"])
    assert service.audit.entries == []


async def test_a_fault_never_repeats_what_was_sent(service: Service) -> None:
    for body in ({"input": {"secret-word": 1}}, b'{"input": "secret-word', {"input": ["secret-word"]}):
        assert b"secret-word" not in (await service.post(INPUT, body)).body


async def test_no_path_no_method_no_body_and_no_json_each_have_their_status(service: Service) -> None:
    assert (await service.get("/v1/nothing")).status == 404
    wrong = await service.get(INPUT)
    assert (wrong.status, wrong.headers["allow"]) == (405, "POST")
    assert (await service.post(INPUT, b"")).status == 422
    form = [*AUTHORIZED, (b"content-type", b"application/x-www-form-urlencoded")]
    assert (await service.post(INPUT, b"input=x", form)).status == 415
    assert (await service.post("/v1//guardrails", {"input": "x"})).status == 400


async def test_a_call_that_cannot_be_recorded_is_refused(service: Service) -> None:
    service.accepting = False
    answer = await service.post(INPUT, {"input": CLEAN})
    assert tree(answer, 503)["error_code"] == "SERVICE_UNAVAILABLE"
    assert answer.headers["retry-after"] == "5"
    assert (await service.get("/v1/guardrails/health")).status == 200


async def test_a_text_that_is_no_unicode_comes_back_escaped(service: Service) -> None:
    raw = b'{"input":"\\ud800 write to jane.roe@example.org"}'
    report = tree(await service.post(INPUT, raw))
    assert report["result"]["data"]["anonymized_text"] == "\ud800 write to <EMAIL>"
