"""The two calls for other gateways: every action, and sessions that hold."""

import json
from typing import Any

import pytest

from sluicegate.detection.errors import BadInput
from sluicegate.detection.testing import SOMEBODY
from sluicegate.detection.texts import Text
from sluicegate.detection.types import Ban, Principal
from sluicegate.gateway.detection_api.options import Options
from sluicegate.gateway.detection_api.sessions import LONGEST_ID, SECONDS, Sessions
from tests.detection_api.service import ATTACK, CLEAN, EMAIL, SSN, Service, tree
from tests.middleware.client import AUTHORIZED, JSON_TYPE, KEY

INPUT, OUTPUT = "/v1/gateway/process-input", "/v1/gateway/process-output"
OTHER = Principal("tenant-1", "application-2", "other", "key-2")
OTHER_KEY = "sk-other-0123456789abcdef0123456789"


@pytest.fixture
def service() -> Service:
    return Service()


def user(text: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text}]}


async def test_what_holds_nothing_passes(service: Service) -> None:
    report = tree(await service.post(INPUT, user(CLEAN)))
    assert report["action"] == "pass"
    assert report["request_id"].startswith("gw-")
    assert len(report["request_id"]) == len("gw-") + 12
    assert report["detection_result"]["overall_risk_level"] == "no_risk"
    assert report["detection_id"] == report["detection_result"]["detection_id"]
    output = tree(await service.post(OUTPUT, {"content": CLEAN}))
    assert (output["action"], output["content"]) == ("pass", CLEAN)
    assert output["request_id"].startswith("gw-out-")


async def test_a_block_holds_a_completion_spelled_as_a_string(service: Service) -> None:
    report = tree(await service.post(INPUT, user(ATTACK)))
    assert report["action"] == "block"
    response = report["block_response"]
    assert (response["code"], response["content_type"]) == (200, "application/json")
    completion = json.loads(response["body"])
    assert (completion["object"], completion["model"]) == ("chat.completion", "openguardrails-security")
    assert completion["choices"][0]["message"]["content"] == service.policies.value.safe_text
    assert report["detection_result"]["security_risk"]["categories"] == ["Prompt Attacks"]


async def test_masked_values_come_back_with_the_session(service: Service) -> None:
    messages = [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": [{"type": "text", "text": EMAIL}]},
    ]
    report = tree(await service.post(INPUT, {"messages": messages}))
    assert report["action"] == "anonymize"
    system, masked = report["anonymized_messages"]
    assert system == messages[0]
    text = masked["content"][0]["text"]
    token = text.removeprefix("Write to ").removesuffix(" today.")
    assert "@" not in text
    assert report["restore_mapping"] is None
    assert "jane.roe" not in json.dumps(report)
    answer = {"content": f"I wrote to {token}.", "session_id": report["session_id"]}
    restored = tree(await service.post(OUTPUT, answer))
    assert restored["action"] == "restore"
    assert (restored["restored_content"], restored["buffer_pending"]) == (
        "I wrote to jane.roe@example.org.",
        "",
    )
    without = tree(await service.post(OUTPUT, {"content": answer["content"]}))
    assert token in json.dumps(without)


async def test_the_arguments_of_a_tool_call_are_masked_in_place(service: Service) -> None:
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": {"to": EMAIL, "n": 2}}}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    report = tree(await service.post(INPUT, {"messages": [message, *user(CLEAN)["messages"]]}))
    arguments = report["anonymized_messages"][0]["tool_calls"][0]["function"]["arguments"]
    assert arguments["n"] == 2
    assert "@" not in arguments["to"]


async def test_an_answer_that_holds_data_is_masked(service: Service) -> None:
    report = tree(await service.post(OUTPUT, {"content": SSN, **user(CLEAN)}))
    assert report["action"] == "anonymize"
    assert "536-22-8743" not in report["anonymized_content"]


async def test_a_banned_address_is_blocked(service: Service) -> None:
    service.bans.add(Ban("ip", "203.0.113.9", "noise", None))
    report = tree(await service.post(INPUT, {**user(CLEAN), "client_ip": "203.0.113.9"}))
    assert report["action"] == "block"
    assert tree(await service.post(INPUT, {**user(CLEAN), "client_ip": "203.0.113.8"}))["action"] == "pass"


async def test_the_mapping_is_given_and_taken_only_where_it_is_switched_on() -> None:
    service = Service(options=Options(restore_mapping=True))
    report = tree(await service.post(INPUT, user(EMAIL)))
    ((token, value),) = report["restore_mapping"].items()
    assert value == "jane.roe@example.org"
    answer = {"content": f"To {token}", "restore_mapping": {token: value}}
    assert tree(await service.post(OUTPUT, answer))["restored_content"] == f"To {value}"
    assert tree(await Service().post(OUTPUT, answer))["content"] == f"To {token}"


async def test_nobody_else_opens_a_session(service: Service) -> None:
    service.keys.add(OTHER_KEY, OTHER)
    session = tree(await service.post(INPUT, user(EMAIL)))["session_id"]
    theirs = [(b"authorization", f"Bearer {OTHER_KEY}".encode()), *JSON_TYPE]
    answer = {"content": "x", "session_id": session}
    assert tree(await service.post(OUTPUT, answer, theirs), 404)["error_code"] == "RESOURCE_NOT_FOUND"
    for broken in (session[:-2], session + "A", "sess_", "sess_%%", "sess_é", "x", session.swapcase()):
        assert (await service.post(OUTPUT, {"content": "x", "session_id": broken})).status == 404
    service.clock.advance(SECONDS + 1)
    assert (await service.post(OUTPUT, answer)).status == 404
    assert KEY.encode() in AUTHORIZED[0][1]


def test_texts_too_long_for_an_id_have_no_session() -> None:
    sessions = Sessions(b"k" * 32, lambda: 0.0)
    noise = "".join(chr(0x4E00 + (number * 7919) % 20_000) for number in range(60_000))
    assert sessions.seal(SOMEBODY, [Text(noise)]) is None
    kept = sessions.seal(SOMEBODY, [Text("short \ud800")])
    assert kept is not None
    assert len(kept) < LONGEST_ID
    assert sessions.open(SOMEBODY, kept) == [Text("short \ud800")]
    with pytest.raises(BadInput):
        Sessions(b"o" * 32, lambda: 0.0).open(SOMEBODY, kept)


async def test_a_missing_key_is_told_in_the_words_of_the_two_routes(service: Service) -> None:
    fault = tree(await service.post(INPUT, user(CLEAN), JSON_TYPE), 401)
    assert fault["detail"] == {"error": {"message": "Invalid API key", "type": "authentication_error"}}


async def test_the_health_of_the_two_routes(service: Service) -> None:
    assert tree(await service.get("/v1/gateway/health"))["status"] == "healthy"
