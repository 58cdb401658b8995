"""The service judges by the one path: what it records is what the gateway would."""

from dataclasses import replace
from typing import Any

import pytest

from sluicegate.detection.presets import BALANCED
from sluicegate.detection.testing import SOMEBODY
from sluicegate.detection.types import Verdict
from sluicegate.gateway.detection_api.written import written
from tests.detection_api.service import ATTACK, CLEAN, EMAIL, SSN, Service, tree
from tests.gateway.parts import core

TEXTS = [CLEAN, ATTACK, SSN, EMAIL, f"{EMAIL} {SSN} {ATTACK}", "\ud800 " + EMAIL]


def untimed(verdict: Verdict) -> Verdict:
    return replace(verdict, seconds=0.0)


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
@pytest.mark.parametrize("face", ["inspect", "evaluate"])
async def test_a_payload_is_judged_as_the_gateway_judges_it(face: str, text: str) -> None:
    payload = {
        "model": "m",
        "messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": text}],
    }
    inspection = core().open("openai_chat", BALANCED, SOMEBODY)
    inspection.request(written(payload))
    service = Service()
    names = ("step_id", "agent_id", "agent_type", "agent_workspace", "agent_user")
    bodies: dict[str, Any] = {
        "inspect": {"dialect": "openai_chat", "payload": payload},
        "evaluate": {
            "kind": "step/request",
            **dict.fromkeys(names, ""),
            "llm_protocol": "openai.chat",
            "payload": payload,
        },
    }
    tree(await service.post(f"/v1/{face}", written(bodies[face])))
    ours, theirs = service.entry.core, inspection.core()
    assert (ours.dialect, ours.model, ours.policy) == (theirs.dialect, theirs.model, theirs.policy)
    assert untimed(ours.prompt) == untimed(theirs.prompt)


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
async def test_a_text_has_the_same_verdict_on_every_route(text: str) -> None:
    routes: dict[str, Any] = {
        "/v1/inspect": {"text": text},
        "/v1/guardrails/input": {"input": text},
        "/v1/moderations": {"input": text},
        "/beta/litellm_basic_guardrail_api": {"input_type": "request", "texts": [text]},
        "/v1/dify/moderation": {"point": "app.moderation.input", "params": {"query": text}},
        "/v1/gateway/process-input": {"messages": [{"role": "user", "content": text}]},
        "/v1/analyze": {"text": text},
        "/scan": {"text": text},
    }
    verdicts = []
    for path, body in routes.items():
        service = Service()
        assert (await service.post(path, written(body))).status == 200
        verdicts.append(untimed(service.entry.core.prompt))
    assert all(verdict == verdicts[0] for verdict in verdicts)
