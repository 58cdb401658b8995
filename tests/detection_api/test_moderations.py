"""OpenAI's moderation format, by hand and by OpenAI's own client."""

import json
from dataclasses import replace
from typing import Any

import openai
import pytest

from sluicegate.gateway.app import proxy_app, with_detection
from sluicegate.gateway.detection_api.catalogue import TABLE
from sluicegate.gateway.detection_api.moderations import HARMS
from sluicegate.gateway.detection_api.service import DetectionService
from tests.detection_api.service import ATTACK, CLEAN, SSN, Service, tree
from tests.gateway.parts import Ports, ScriptedUpstream, spec
from tests.middleware.client import AUTHORIZED, JSON_TYPE, call, scope
from tests.support.appliance import RunningAppliance

PATH = "/v1/moderations"


@pytest.fixture
def service() -> Service:
    return Service()


async def test_every_input_has_a_result(service: Service) -> None:
    report = tree(await service.post(PATH, {"model": "sluicegate", "input": [CLEAN, ATTACK, SSN]}))
    assert [result["flagged"] for result in report["results"]] == [False, True, True]
    assert [result["action"] for result in report["results"]] == ["pass", "block", "mask"]
    assert report["results"][1]["categories"]["prompt_attack"]
    assert report["results"][2]["category_scores"]["pii"] > 0.4
    assert report["model"] == "sluicegate"
    entry = service.entry
    assert entry.core.prompt.receipt.segments == 3
    assert {finding.family for finding in entry.core.prompt.findings} == {"prompt_attack", "pii"}


async def test_what_no_model_looked_for_is_called_unjudged(service: Service) -> None:
    (result,) = tree(await service.post(PATH, {"input": CLEAN}))["results"]
    assert result["unjudged"] == list(HARMS)
    assert not any(result["categories"].values())


async def test_parts_are_one_input_and_an_image_is_not_judged(service: Service) -> None:
    image = {"type": "image_url", "image_url": {"url": "https://example.org/x.png"}}
    given = [{"type": "text", "text": SSN}, image]
    (result,) = tree(await service.post(PATH, {"input": given}))["results"]
    assert result["flagged"]
    assert [item.reason for item in service.entry.core.prompt.receipt.unjudged] == ["media"]


async def test_what_does_not_fit_is_refused_in_the_words_of_the_format(service: Service) -> None:
    error = tree(await service.post(PATH, {"input": []}), 400)["error"]
    assert (error["type"], error["code"], error["param"]) == (
        "invalid_request_error",
        "invalid_request",
        "input",
    )
    unknown = await service.post(PATH, {"input": CLEAN}, [(b"authorization", b"Bearer no-such-key")])
    assert tree(unknown, 401)["error"]["type"] == "authentication_error"


@pytest.mark.parametrize("port", ["detection", "proxy"])
def test_the_openai_client(appliance: RunningAppliance, port: str) -> None:
    place: str = getattr(appliance, port)
    with openai.OpenAI(api_key=appliance.key, base_url=f"{place}/v1", max_retries=0) as client:
        with pytest.raises(openai.BadRequestError, match="shape"):
            client.moderations.create(model="sluicegate", input=[])
        made = client.moderations.create(model="sluicegate", input=[CLEAN, ATTACK])
    assert [result.flagged for result in made.results] == [False, True]
    assert made.results[0].categories.harassment is False
    assert made.results[1].category_scores.violence == 0.0


async def test_on_the_gateways_port_an_upstreams_model_is_the_upstreams_to_answer() -> None:
    seen: list[bytes] = []

    async def gateway(_: Any, receive: Any, send: Any) -> None:
        seen.append((await receive())["body"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b'{"theirs":1}', "more_body": False})

    service = Service(port="proxy")
    app = DetectionService(service.parts(), TABLE, "proxy", gateway)
    for model, ours in (
        ("omni-moderation-latest", False),
        ("sluicegate", True),
        ("unknown", True),
        (None, True),
    ):
        raw = json.dumps({"input": CLEAN, "model": model}).encode()
        headers = [*AUTHORIZED, *JSON_TYPE, (b"content-length", b"%d" % len(raw))]
        answer = await call(app, scope("POST", PATH, headers), raw)
        assert ("results" in json.loads(answer.body)) is ours, model
        assert (seen == [raw]) is not ours
        seen.clear()
    assert len(service.audit.entries) == 3


async def test_an_upstreams_moderation_is_guarded_like_any_other_call() -> None:
    ports, upstream = Ports(), ScriptedUpstream(body=b'{"results":[]}')
    parts = ports.parts([(spec("openai", "omni-*"), upstream)])
    service = Service()
    api = service.parts()
    app = with_detection(proxy_app(parts), replace(api, tools=replace(api.tools, serves=parts.router.serves)))
    image = {"type": "image_url", "image_url": {"url": "https://example.org/x.png"}}
    for given in (SSN, [SSN], [{"type": "text", "text": SSN}, image]):
        raw = json.dumps({"model": "omni-moderation-latest", "input": given}).encode()
        headers = [*AUTHORIZED, *JSON_TYPE, (b"content-length", b"%d" % len(raw))]
        answer = await call(app, scope("POST", PATH, headers), raw)
        assert (answer.status, answer.body) == (200, b'{"results":[]}')
        assert b"536-22-8743" not in upstream.requests[-1].body
    assert [entry.core.dialect for entry in ports.audit.entries] == ["openai_moderations"] * 3
    assert [item.reason for item in ports.audit.entries[-1].core.prompt.receipt.unjudged] == ["media"]
    assert service.audit.entries == []
