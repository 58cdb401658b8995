"""The exchanges that other systems' clients live by, one after the other, told in their own words.

What is expected is spelled out here and never taken from the code that answers.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from sluicegate.detection.presets import STRICT
from sluicegate.detection.testing import FixedPolicy, FixedWindows
from sluicegate.detection.types import Ban
from sluicegate.gateway.app import proxy_app
from sluicegate.middleware.limits import Limits, Rate
from tests.detection_api.service import ATTACK, CLEAN, SSN, Service, tree
from tests.gateway.parts import Ports, ScriptedUpstream, spec
from tests.middleware.client import AUTHORIZED, JSON_TYPE, Answer, call, scope

LEVELS = ("no_risk", "low_risk", "medium_risk", "high_risk")
ACTIONS = ("pass", "reject", "replace", "anonymize", "anonymize_restore", "switch_private_model")
RISK = {"risk_level", "categories"}
NOTHING = {"risk_level": "no_risk", "categories": []}
STEP: dict[str, Any] = {
    "kind": "step/request",
    "step_id": "s1",
    "agent_id": "",
    "agent_type": "",
    "agent_workspace": "",
    "agent_user": "",
    "llm_protocol": "openai.chat",
}


@pytest.fixture
def service() -> Service:
    return Service()


def asked(text: str) -> dict[str, Any]:
    return {
        "model": "m",
        "messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": text}],
    }


async def guarded(service: Service, path: str, body: Any) -> Any:
    """An answer of the three routes of guardrails, whose shape is one."""
    report = tree(await service.post(path, body))
    assert re.fullmatch(r"guardrails-[0-9a-f]{32}", report["id"])
    assert set(report) == {"id", "result", "overall_risk_level", "suggest_action", "suggest_answer", "score"}
    assert set(report["result"]) == {"compliance", "security", "data"}
    for name in ("compliance", "security"):
        assert set(report["result"][name]) == RISK
    assert set(report["result"]["data"]) == RISK | {"detected_entities", "anonymized_text", "restore_mapping"}
    assert report["overall_risk_level"] in LEVELS
    assert report["suggest_action"] in ACTIONS
    assert isinstance(report["score"], float)
    return report


async def test_a_a_greeting_has_no_risk(service: Service) -> None:
    report = await guarded(service, "/v1/guardrails/input", {"input": "hello", "xxai_app_user_id": "u1"})
    assert report["result"] == {
        "compliance": NOTHING,
        "security": NOTHING,
        "data": {**NOTHING, "detected_entities": [], "anonymized_text": None, "restore_mapping": None},
    }
    assert (report["overall_risk_level"], report["suggest_action"], report["suggest_answer"]) == (
        "no_risk",
        "pass",
        None,
    )


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/guardrails/input", {"input": ATTACK}),
        ("/v1/guardrails", {**asked(ATTACK), "extra_body": {"xxai_app_user_id": "u1"}}),
        ("/v1/guardrails/output", {"input": ATTACK, "output": CLEAN}),
    ],
)
async def test_b_an_injection_is_rejected(service: Service, path: str, body: Any) -> None:
    report = await guarded(service, path, body)
    assert report["result"]["security"] == {"risk_level": "high_risk", "categories": ["Prompt Attacks"]}
    assert (report["overall_risk_level"], report["suggest_action"]) == ("high_risk", "reject")
    assert isinstance(report["suggest_answer"], str)
    assert 0 < report["score"] <= 1


async def test_c_data_alone_is_named_and_its_values_kept_back(service: Service) -> None:
    report = await guarded(service, "/v1/guardrails/input", {"input": SSN})
    data = report["result"]["data"]
    assert (data["risk_level"], data["categories"]) == ("high_risk", ["US_SSN_SYS"])
    assert report["suggest_action"] == "anonymize"
    assert "536-22-8743" not in data["anonymized_text"]
    assert data["restore_mapping"] is None
    assert report["result"]["security"] == report["result"]["compliance"] == NOTHING
    strict = Service(policies=FixedPolicy(STRICT))
    assert (await guarded(strict, "/v1/guardrails/input", {"input": f"key: AKIA5XGQ7R2MZN4CTYLB {SSN}"}))[
        "suggest_action"
    ] == "reject"


async def test_d_who_is_banned_is_told_until_when(service: Service) -> None:
    service.bans.add(Ban("application", "application-1", "noise", 1_767_225_600.0))
    fault = tree(await service.post("/v1/guardrails", asked(CLEAN)), 403)
    assert fault["detail"] == {
        "error": "User is banned",
        "ban_until": "2026-01-01T00:00:00+00:00",
        "reason": "noise",
    }


@pytest.mark.parametrize(
    ("port", "detail"), [("detection", "Not authenticated"), ("proxy", "Invalid API key")]
)
async def test_e_a_bad_key_is_401(port: str, detail: str) -> None:
    bad = [(b"authorization", b"Bearer sk-xxai-nobody-0123456789abcdef"), *JSON_TYPE]
    assert (
        tree(await Service(port=port).post("/v1/guardrails/input", {"input": CLEAN}, bad), 401)["detail"]
        == detail
    )


@pytest.mark.parametrize("text", ["", "x" * 1_000_001], ids=["empty", "too long"])
async def test_f_what_is_empty_or_too_long_is_422(service: Service, text: str) -> None:
    fault = tree(await service.post("/v1/guardrails/input", {"input": text}), 422)
    assert [item["loc"] for item in fault["detail"]] == [["body", "input"]]


async def test_f_a_rate_is_429_with_the_time_to_wait() -> None:
    service = Service(limits=Limits(client_rate=None, key_rate=Rate(1)))
    service.counters = FixedWindows(service.clock)
    await service.post("/v1/guardrails/input", {"input": CLEAN})
    answer = await service.post("/v1/guardrails/input", {"input": CLEAN})
    error = tree(answer, 429)["error"]
    assert (error["type"], error["code"]) == ("rate_limit_exceeded", 429)
    assert int(answer.headers["retry-after"]) > 0


async def test_g_dify(service: Service) -> None:
    path = "/v1/dify/moderation"
    assert tree(await service.post(path, {"point": "ping"})) == {"result": "pong"}
    body = {"point": "app.moderation.input", "params": {"inputs": {}, "query": CLEAN}}
    assert tree(await service.post(path, body)) == {
        "flagged": False,
        "action": "direct_output",
        "preset_response": "",
    }


async def test_h_litellm_keeps_the_number_of_texts(service: Service) -> None:
    body = {"texts": ["a", "jane.roe@example.org"], "input_type": "request", "request_data": {}}
    assert tree(await service.post("/beta/litellm_basic_guardrail_api", body)) == {
        "action": "GUARDRAIL_INTERVENED",
        "blocked_reason": None,
        "texts": ["a", "<EMAIL>"],
        "images": None,
    }


async def test_i_a_block_for_another_gateway_is_a_completion_in_a_string(service: Service) -> None:
    report = tree(await service.post("/v1/gateway/process-input", {"messages": asked(ATTACK)["messages"]}))
    response = report["block_response"]
    assert (report["action"], response["code"], response["content_type"]) == (
        "block",
        200,
        "application/json",
    )
    assert isinstance(response["body"], str)
    completion = json.loads(response["body"])
    assert (completion["object"], completion["model"]) == ("chat.completion", "openguardrails-security")
    assert completion["id"].startswith("chatcmpl-blocked-")
    assert completion["choices"][0]["message"]["role"] == "assistant"


async def proxied(method: str, path: str, body: bytes = b"") -> tuple[Answer, ScriptedUpstream]:
    upstream = ScriptedUpstream()
    app = proxy_app(Ports().parts([(spec("openai", "gpt-5", "gpt-5-mini"), upstream)]))
    return await call(app, scope(method, path, [*AUTHORIZED, *JSON_TYPE]), body), upstream


@pytest.mark.parametrize("stream", [False, True])
async def test_j_a_block_on_a_providers_route_is_an_answer_of_its_format(stream: bool) -> None:
    body = json.dumps({**asked(ATTACK), "model": "gpt-5", "stream": stream}).encode()
    answer, upstream = await proxied("POST", "/v1/chat/completions", body)
    assert (answer.status, upstream.requests) == (200, [])
    assert answer.headers["x-sluicegate-action"] == "block"
    if not stream:
        completion = json.loads(answer.body)
        assert (completion["object"], completion["model"]) == ("chat.completion", "gpt-5")
        assert completion["choices"][0]["finish_reason"] == "content_filter"
        assert completion["choices"][0]["message"]["content"]
        return
    *frames, done = [part.removeprefix(b"data: ") for part in answer.body.split(b"\n\n") if part]
    assert done == b"[DONE]"
    choices = [json.loads(frame)["choices"][0] for frame in frames]
    assert "".join(choice["delta"].get("content") or "" for choice in choices)
    assert [choice["finish_reason"] for choice in choices if choice["finish_reason"]] == ["content_filter"]


async def test_k_an_unknown_key_of_an_event_is_named(service: Service) -> None:
    fault = tree(await service.post("/v1/evaluate", {**STEP, "payload": asked(CLEAN), "surprise": 1}), 400)
    assert fault["error"] == "invalid_event"
    assert [(item["keys"], item["path"]) for item in fault["details"]] == [(["surprise"], [])]


REQUIRED = {"event_id": str, "provider": str, "decision": str}
OPTIONAL = {"latency_ms": (int, float), "findings": list, "modifications": dict, "unjudged": list}
FINDING = {"category": str, "severity": str, "path": str}
FINDING_MORE: dict[str, Any] = {
    "start": int,
    "end": int,
    "score": (int, float),
    "detector": str,
    "fp": str,
    "whitelisted": bool,
    "subject": str,
}
SPAN = {"path": str, "start": int, "end": int, "replacement": str}


def held_to(value: Any, required: Mapping[str, Any], optional: Mapping[str, Any] | None = None) -> None:
    """Hold an object to a schema that allows no other members."""
    known = {**required, **(optional or {})}
    assert required.keys() <= value.keys() <= known.keys()
    for name, item in value.items():
        assert isinstance(item, known[name]), name


@pytest.mark.parametrize("text", [CLEAN, ATTACK, SSN, f"{SSN} {ATTACK}", "key: AKIA5XGQ7R2MZN4CTYLB "])
@pytest.mark.parametrize("policy", [None, FixedPolicy(STRICT)], ids=["balanced", "strict"])
@pytest.mark.parametrize("protocol", ["openai.chat", "anthropic.messages", "openai.responses", "canonical"])
async def test_k_a_verdict_holds_to_the_protocols_schema(
    text: str, policy: FixedPolicy | None, protocol: str
) -> None:
    service = Service() if policy is None else Service(policies=policy)
    payloads = {"openai.responses": {"model": "m", "input": text}, "canonical": {"text": text, "model": "m"}}
    event = {**STEP, "llm_protocol": protocol, "payload": payloads.get(protocol, asked(text))}
    if protocol == "canonical":
        event["kind"] = "step/response"
    verdict = tree(await service.post("/v1/evaluate", event))
    held_to(verdict, REQUIRED, OPTIONAL)
    assert verdict["decision"] in ("allow", "block")
    for finding in verdict["findings"]:
        held_to(finding, FINDING, FINDING_MORE)
        assert re.fullmatch(r"(safety|security|privacy|x)\.[a-z0-9_.]+", finding["category"])
        assert finding["severity"] in ("low", "medium", "high", "critical")
        assert finding["path"].startswith("payload")
    if verdict["decision"] == "block":
        assert verdict["findings"]
        assert "modifications" not in verdict
    for span in verdict.get("modifications", {}).get("spans", ()):
        held_to(span, SPAN)
        assert re.fullmatch(r"\$\{OGR_[A-Z_]+_[0-9]+\}", span["replacement"])
        assert text[span["start"] : span["end"]] in ("536-22-8743", "AKIA5XGQ7R2MZN4CTYLB")


async def test_l_a_sign_of_life_says_who_lives(service: Service) -> None:
    assert tree(await service.post("/v1/heartbeat", {}), 400)["error"] == "invalid_event"
    assert tree(await service.post("/v1/heartbeat", {"integration": "x/1"})) == {"ok": True}


async def test_m_the_models_of_the_proxy() -> None:
    answer, _ = await proxied("GET", "/v1/models")
    listed = json.loads(answer.body)
    assert listed["object"] == "list"
    assert {item["id"] for item in listed["data"]} == {"gpt-5", "gpt-5-mini"}
    for item in listed["data"]:
        held_to(
            item,
            {
                "id": str,
                "object": str,
                "created": int,
                "owned_by": str,
                "permission": list,
                "root": str,
                "parent": type(None),
            },
        )
        assert (item["object"], item["permission"]) == ("model", [])
