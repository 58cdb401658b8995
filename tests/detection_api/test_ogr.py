"""The protocol's events and verdicts, held to its schemas."""

import re
from typing import Any

import pytest

from sluicegate import __version__
from sluicegate.detection.testing import FixedWindows
from sluicegate.gateway.detection_api.ogr import EVENT, VERDICT
from sluicegate.gateway.detection_api.shapes import check
from sluicegate.middleware.limits import Limits, Rate
from tests.detection_api.service import ATTACK, CLEAN, EMAIL, SSN, Service, tree
from tests.middleware.client import JSON_TYPE

EVALUATE = "/v1/evaluate"
FINDING_CATEGORY = re.compile(r"(safety|security|privacy|x)\.[a-z0-9_.]+")


@pytest.fixture
def service() -> Service:
    return Service()


def event(
    payload: Any, *, kind: str = "request", protocol: str = "openai.chat", **more: Any
) -> dict[str, Any]:
    names = ("step_id", "agent_id", "agent_type", "agent_workspace", "agent_user")
    return {
        "kind": f"step/{kind}",
        **dict.fromkeys(names, ""),
        "llm_protocol": protocol,
        "payload": payload,
        **more,
    }


def chat(text: str) -> dict[str, Any]:
    return {
        "model": "m",
        "messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": text}],
    }


async def judged(service: Service, *arguments: Any, **more: Any) -> Any:
    verdict = tree(await service.post(EVALUATE, event(*arguments, **more)))
    assert check(verdict, VERDICT) == []
    assert verdict["event_id"] == service.entry.exchange_id
    for finding in verdict["findings"]:
        assert FINDING_CATEGORY.fullmatch(finding["category"])
    return verdict


def applied(payload: Any, span: dict[str, Any]) -> str:
    """What the protocol's own addon makes of a string, by offsets of characters."""
    value = payload
    for step in span["path"].split(".")[1:]:
        value = value[int(step) if isinstance(value, list) else step]
    return str(value[: span["start"]] + span["replacement"] + value[span["end"] :])


async def test_a_clean_step_is_allowed(service: Service) -> None:
    verdict = await judged(service, chat(CLEAN), integration="test/1", session_hint="s")
    assert (verdict["decision"], verdict["findings"], verdict["unjudged"]) == ("allow", [], [])
    assert "modifications" not in verdict


async def test_a_block_says_what_and_where(service: Service) -> None:
    verdict = await judged(service, chat(ATTACK))
    assert verdict["decision"] == "block"
    assert {finding["path"] for finding in verdict["findings"]} == {"payload.messages.1.content"}
    assert verdict["findings"][0]["category"].startswith("security.")
    assert verdict["findings"][0]["severity"] == "high"


async def test_data_is_allowed_with_spans_that_count_characters(service: Service) -> None:
    payload = chat("\N{GRINNING FACE} é " + EMAIL + " And again: jane.roe@example.org")
    verdict = await judged(service, payload)
    assert verdict["decision"] == "allow"
    first, second = verdict["modifications"]["spans"]
    assert first["replacement"] == second["replacement"] == "${OGR_EMAIL_1}"
    assert applied(payload, first).startswith("\N{GRINNING FACE} é Write to ${OGR_EMAIL_1} today.")
    assert {finding["category"] for finding in verdict["findings"]} == {"privacy.pii.email"}


async def test_what_cannot_be_addressed_is_blocked(service: Service) -> None:
    function = {"name": "f", "arguments": '{"to":"jane.roe@example.org"}'}
    message = {"role": "assistant", "tool_calls": [{"id": "1", "type": "function", "function": function}]}
    verdict = await judged(service, {"model": "m", "messages": [message]})
    assert verdict["decision"] == "block"
    (finding,) = verdict["findings"]
    assert finding["path"] == "payload.messages.0.tool_calls.0.function.arguments.to"
    assert "start" not in finding


async def test_an_answer_in_the_canonical_form(service: Service) -> None:
    payload = {
        "text": SSN,
        "reasoning": CLEAN,
        "tool_calls": [{"id": "1", "name": "sh", "arguments": {"command": "mail jane.roe@example.org"}}],
        "model": "m",
        "usage": {"input_tokens": 1},
        "timing": {"started_at": "jane.roe@example.org"},
    }
    verdict = await judged(service, payload, kind="response", protocol="canonical")
    places = {finding["path"] for finding in verdict["findings"]}
    assert "payload.text" in places
    assert not any("timing" in place for place in places)
    assert service.entry.core.answer is not None


@pytest.mark.parametrize(
    ("protocol", "payload", "path"),
    [
        (
            "anthropic.messages",
            {"system": "s", "messages": [{"role": "user", "content": SSN}]},
            "messages.0.content",
        ),
        (
            "anthropic.messages",
            {"messages": [{"role": "user", "content": [{"type": "tool_result", "content": SSN}]}]},
            "messages.0.content.0.content",
        ),
        (
            "openai.responses",
            {"input": [{"role": "user", "content": [{"text": SSN}]}]},
            "input.0.content.0.text",
        ),
    ],
)
async def test_formats_without_a_dialect_are_read_string_by_string(
    service: Service, protocol: str, payload: Any, path: str
) -> None:
    verdict = await judged(service, payload, protocol=protocol)
    (span,) = verdict["modifications"]["spans"]
    assert span["path"] == f"payload.{path}"
    assert applied(payload, span) == "My social security number is ${OGR_US_SSN_1}."


async def test_a_system_prompt_of_another_format_may_speak_of_attacks(service: Service) -> None:
    payload = {"system": ATTACK, "messages": [{"role": "user", "content": CLEAN}]}
    assert (await judged(service, payload, protocol="anthropic.messages"))["decision"] == "allow"


async def test_media_is_listed_as_unjudged(service: Service) -> None:
    image = {"type": "image", "source": {"type": "base64", "data": "AAAA"}}
    payload = {"messages": [{"role": "user", "content": [image]}]}
    verdict = await judged(service, payload, protocol="anthropic.messages")
    assert [item["reason"] for item in verdict["unjudged"]] == ["media"]


async def test_an_unknown_key_is_named(service: Service) -> None:
    answer = await service.post(EVALUATE, {**event(chat(CLEAN)), "surprise": 1})
    fault = tree(answer, 400)
    assert fault["error"] == "invalid_event"
    (detail,) = fault["details"]
    assert (detail["code"], detail["keys"], detail["path"]) == ("unrecognized_keys", ["surprise"], [])


@pytest.mark.parametrize("name", sorted(EVENT["required"]))
async def test_a_missing_key_is_named(service: Service, name: str) -> None:
    body = event(chat(CLEAN))
    del body[name]
    (detail,) = tree(await service.post(EVALUATE, body), 400)["details"]
    assert (detail["code"], detail["path"]) == ("missing", [name])


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "step/other"},
        {"llm_protocol": "smoke"},
        {"payload": []},
        {"agent_id": None},
        {"integration": "x" * 129},
        {"payload": {"messages": "no list"}},
    ],
)
async def test_a_wrong_value_is_an_invalid_event(service: Service, change: dict[str, Any]) -> None:
    fault = tree(await service.post(EVALUATE, event(chat(CLEAN)) | change), 400)
    assert fault["error"] == "invalid_event"
    assert fault["details"]


async def test_what_is_no_json_is_an_invalid_event(service: Service) -> None:
    assert tree(await service.post(EVALUATE, b"{"), 400)["error"] == "invalid_event"


async def test_a_key_is_needed(service: Service) -> None:
    assert tree(await service.post(EVALUATE, event(chat(CLEAN)), JSON_TYPE), 401) == {"error": "unauthorized"}


async def test_the_rate_limit_says_the_limit() -> None:
    service = Service(limits=Limits(client_rate=None, key_rate=Rate(1)))
    service.counters = FixedWindows(service.clock)
    await service.post(EVALUATE, event(chat(CLEAN)))
    limited = tree(await service.post(EVALUATE, event(chat(CLEAN))), 429)
    assert limited == {"error": "rate_limited", "limit": 1}


async def test_signs_of_life(service: Service) -> None:
    assert tree(await service.post("/v1/heartbeat", {}), 400)["error"] == "invalid_event"
    beat = {"integration": "x/1", "counters": {"events_sent": 3}, "interval_s": 60}
    assert tree(await service.post("/v1/heartbeat", beat)) == {"ok": True}
    assert tree(await service.post("/v1/heartbeat", {"agent_id": "a"})) == {"ok": True}
    assert service.audit.entries == []


async def test_health_is_open(service: Service) -> None:
    assert tree(await service.get("/v1/health", [])) == {"status": "ok", "version": __version__}
