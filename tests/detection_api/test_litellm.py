"""LiteLLM's generic guardrail, both ways."""

import json
from typing import Any

import pytest

from tests.detection_api.service import ATTACK, CLEAN, EMAIL, SSN, Service, tree

PATH = "/beta/litellm_basic_guardrail_api"


@pytest.fixture
def service() -> Service:
    return Service()


async def ask(service: Service, *texts: str, kind: str = "request", **more: Any) -> Any:
    body = {"input_type": kind, "texts": list(texts), "litellm_call_id": "c1", "request_data": {}, **more}
    return tree(await service.post(PATH, body))


async def test_texts_come_back_as_many_as_were_sent(service: Service) -> None:
    assert await ask(service, "a", "jane.roe@example.org") == {
        "action": "GUARDRAIL_INTERVENED",
        "blocked_reason": None,
        "texts": ["a", "<EMAIL>"],
        "images": None,
    }


async def test_what_holds_nothing_goes_on(service: Service) -> None:
    nothing = {"action": "NONE", "blocked_reason": None, "texts": None, "images": None}
    assert await ask(service, CLEAN) == nothing
    assert await ask(service) == nothing
    assert await ask(service, CLEAN, kind="response") == nothing


async def test_an_attack_is_blocked_with_a_reason(service: Service) -> None:
    blocked = await ask(service, CLEAN, ATTACK)
    assert (blocked["action"], blocked["texts"]) == ("BLOCKED", None)
    assert blocked["blocked_reason"]


async def test_a_system_prompt_may_speak_of_attacks(service: Service) -> None:
    messages = [{"role": "system", "content": ATTACK}, {"role": "user", "content": CLEAN}]
    assert (await ask(service, ATTACK, CLEAN, structured_messages=messages))["action"] == "NONE"


async def test_tool_calls_are_judged_and_rewritten(service: Service) -> None:
    calls = [{"id": "1", "function": {"name": "mail", "arguments": json.dumps({"to": EMAIL, "n": 1})}}]
    changed = await ask(service, CLEAN, tool_calls=calls, kind="request")
    assert (changed["action"], changed["texts"]) == ("GUARDRAIL_INTERVENED", [CLEAN])
    (call,) = changed["tool_calls"]
    assert json.loads(call["function"]["arguments"]) == {"to": "Write to <EMAIL> today.", "n": 1}
    assert call["id"] == "1"


async def test_tool_definitions_are_judged_and_rewritten(service: Service) -> None:
    tools = [{"type": "function", "function": {"name": "f", "description": SSN}}]
    changed = await ask(service, CLEAN, tools=tools)
    assert changed["tools"][0]["function"]["description"] == "My social security number is <US_SSN>."


async def test_images_are_noted_as_unjudged(service: Service) -> None:
    await ask(service, CLEAN, images=["data:image/png;base64,AAAA"])
    assert [item.pointer for item in service.entry.core.prompt.receipt.unjudged] == ["/images/0"]


async def test_one_record_a_call(service: Service) -> None:
    await ask(service, SSN, EMAIL)
    assert len(service.entry.core.prompt.findings) == 2


async def test_an_unknown_direction_is_refused(service: Service) -> None:
    assert (await service.post(PATH, {"input_type": "both", "texts": []})).status == 422
