"""Dify's three questions."""

from typing import Any

import pytest

from tests.detection_api.service import ATTACK, CLEAN, EMAIL, SSN, Service, tree

PATH = "/v1/dify/moderation"
NOTHING = {"flagged": False, "action": "direct_output", "preset_response": ""}


@pytest.fixture
def service() -> Service:
    return Service()


async def ask(service: Service, point: str, **params: Any) -> Any:
    return tree(await service.post(PATH, {"point": f"app.moderation.{point}", "params": params}))


async def test_a_ping_is_answered_and_leaves_no_record(service: Service) -> None:
    assert tree(await service.post(PATH, {"point": "ping"})) == {"result": "pong"}
    assert service.audit.entries == []


async def test_what_holds_nothing_goes_on(service: Service) -> None:
    assert await ask(service, "input", inputs={"name": "Jane"}, query=CLEAN) == NOTHING
    assert await ask(service, "output", text=CLEAN) == NOTHING


async def test_an_attack_is_answered_instead(service: Service) -> None:
    told = {"flagged": True, "action": "direct_output", "preset_response": service.policies.value.safe_text}
    assert await ask(service, "input", inputs={"note": ATTACK}, query=CLEAN) == told
    assert await ask(service, "input", inputs={}, query=ATTACK) == told


async def test_data_in_any_input_or_the_query_is_masked(service: Service) -> None:
    inputs = {"age": 7, "note": SSN, "name": "Jane"}
    masked = await ask(service, "input", inputs=inputs, query=EMAIL)
    assert masked == {
        "flagged": True,
        "action": "overridden",
        "inputs": {"age": 7, "note": "My social security number is <US_SSN>.", "name": "Jane"},
        "query": "Write to <EMAIL> today.",
    }
    assert await ask(service, "input", inputs=inputs) == {**masked, "query": ""}


async def test_data_in_an_output_is_masked(service: Service) -> None:
    masked = await ask(service, "output", app_id="a", text=SSN)
    assert (masked["flagged"], masked["action"]) == (True, "overridden")
    assert "536-22-8743" not in masked["text"]


async def test_an_input_that_is_no_text_is_noted_as_unjudged(service: Service) -> None:
    await ask(service, "input", inputs={"file": {"url": "x"}}, query=CLEAN)
    assert [item.reason for item in service.entry.core.prompt.receipt.unjudged] == ["not a text"]


@pytest.mark.parametrize(
    "body",
    [
        {"point": "app.moderation.nothing"},
        {"point": "app.moderation.input"},
        {"point": "app.moderation.output", "params": {}},
        {"point": "app.moderation.output", "params": {"text": 7}},
        {},
    ],
)
async def test_a_question_that_is_none_is_refused(service: Service, body: Any) -> None:
    assert tree(await service.post(PATH, body), 422)["error_code"] == "INVALID_REQUEST"


async def test_a_key_is_needed(service: Service) -> None:
    assert (
        await service.post(PATH, {"point": "ping"}, [(b"content-type", b"application/json")])
    ).status == 401
