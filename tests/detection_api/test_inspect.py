"""Our own route: texts and payloads."""

import json
from typing import Any

import pytest

from tests.detection_api.service import ATTACK, CLEAN, EMAIL, SSN, Service, tree

INSPECT = "/v1/inspect"


@pytest.fixture
def service() -> Service:
    return Service()


def chat(text: str) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": text}]}


async def test_a_text_comes_back_with_verdict_and_receipt(service: Service) -> None:
    report = tree(await service.post(INSPECT, {"text": EMAIL}))
    assert (report["action"], report["text"]) == ("mask", "Write to <EMAIL> today.")
    assert report["verdict"]["receipt"] == {
        "segments": 1, "characters": len(EMAIL), "remembered": 0, "unjudged": [],
    }  # fmt: skip
    (finding,) = report["verdict"]["findings"]
    assert (finding["category"], finding["span"]) == ("pii.email", [9, 29])
    assert report["id"] == service.entry.exchange_id
    assert "jane.roe" not in json.dumps(report)


async def test_a_blocked_text_is_not_given_back(service: Service) -> None:
    report = tree(await service.post(INSPECT, {"text": ATTACK}))
    assert (report["action"], report["text"]) == ("block", None)
    assert report["notice"]


async def test_an_answer_is_judged_as_one(service: Service) -> None:
    report = tree(await service.post(INSPECT, {"text": SSN, "direction": "answer"}))
    assert report["action"] == "mask"
    assert "536-22-8743" not in report["text"]
    assert service.entry.core.answer is not None


async def test_a_payload_is_rewritten_and_spelled_as_it_came(service: Service) -> None:
    spelled = json.dumps({"temperature": 1, "x": 1e3, **chat(EMAIL)}, indent=1).replace("1000.0", "1.000e3")
    report = tree(await service.post(INSPECT, {"dialect": "openai_chat", "payload": spelled}))
    assert report["action"] == "mask"
    before, _, after = spelled.partition("jane.roe@example.org")
    assert report["payload"].startswith(before)
    assert report["payload"].endswith(after)
    assert "jane.roe" not in report["payload"]
    assert service.entry.core.dialect == "openai_chat"


@pytest.mark.parametrize("direction", ["prompt", "answer"])
async def test_a_clean_payload_comes_back_as_it_was(service: Service, direction: str) -> None:
    body = {"dialect": "openai_chat", "payload": chat(CLEAN), "direction": direction}
    report = tree(await service.post(INSPECT, body))
    assert (report["action"], report["payload"]) == ("pass", chat(CLEAN))


async def test_a_blocked_payload_is_not_given_back(service: Service) -> None:
    report = tree(await service.post(INSPECT, {"dialect": "openai_chat", "payload": chat(ATTACK)}))
    assert (report["action"], report["payload"]) == ("block", None)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": SSN, "dialect": "openai_chat"},
        {"dialect": "openai_chat"},
        {"dialect": "nobody", "payload": {}},
        {"dialect": "openai_chat", "payload": "{"},
        {"dialect": "openai_chat", "payload": {"messages": []}},
        {"dialect": "openai_chat", "payload": "{", "direction": "answer"},
        {"text": SSN, "role": "nobody"},
    ],
)
async def test_what_cannot_be_read_is_told(service: Service, body: Any) -> None:
    assert tree(await service.post(INSPECT, body), 422)["error_code"] == "INVALID_REQUEST"
    assert service.audit.entries == []
