"""SENTINEL's analysis, in all its ways."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.detection_api.service import ATTACK, CLEAN, SSN, Service, tree

ANALYZE = "/v1/analyze"


@pytest.fixture
def service() -> Service:
    return Service()


async def analyzed(service: Service, text: str, **more: Any) -> Any:
    return tree(await service.post(ANALYZE, {"text": text, **more}))


async def test_a_harmless_text_is_allowed(service: Service) -> None:
    analysis = await analyzed(service, CLEAN)
    assert (analysis["verdict"], analysis["risk_score"], analysis["is_safe"]) == ("ALLOW", 0.0, True)
    assert (analysis["threats"], analysis["profile"]) == ([], "standard")
    assert analysis["request_id"] == service.entry.exchange_id
    assert "injection" in analysis["engines_used"]


async def test_an_attack_is_blocked_and_data_warned_of(service: Service) -> None:
    attack = await analyzed(service, ATTACK)
    assert (attack["verdict"], attack["is_safe"]) == ("BLOCK", False)
    assert attack["threats"][0]["engine"] in {"injection", "prompt_leak", "jailbreak"}
    data = await analyzed(service, SSN)
    (threat,) = data["threats"]
    assert (data["verdict"], threat["engine"], threat["name"]) == ("WARN", "pii", "pii.us_ssn")
    assert SSN[threat["details"]["start"] : threat["details"]["end"]] == "536-22-8743"
    assert data["risk_score"] == threat["confidence"] > 0.6


async def test_only_the_chosen_engines_speak(service: Service) -> None:
    analysis = await analyzed(service, ATTACK, engines=["pii"])
    assert (analysis["verdict"], analysis["engines_used"]) == ("ALLOW", ["pii"])
    assert (await service.post(ANALYZE, {"text": CLEAN, "engines": ["quantum"]})).status == 422


async def test_a_profile_says_how_sure_a_finding_must_be(service: Service) -> None:
    counts = [
        len((await analyzed(service, SSN + " Mail bob@example.org", profile=profile))["threats"])
        for profile in ("lite", "standard", "enterprise")
    ]
    assert counts == sorted(counts)


async def test_a_batch_judges_each_text_by_itself(service: Service) -> None:
    batch = tree(await service.post("/v1/analyze/batch", {"texts": [ATTACK, CLEAN, SSN]}))
    assert [result["verdict"] for result in batch["results"]] == ["BLOCK", "ALLOW", "WARN"]
    assert (batch["total"], batch["blocked"]) == (3, 1)
    assert len(service.audit.entries) == 1


async def test_a_batch_may_come_in_the_query(service: Service) -> None:
    query = urlencode([("texts", ATTACK), ("texts", CLEAN)]).encode()
    batch = tree(await service.post("/v1/analyze/batch", b"", query=query))
    assert [result["verdict"] for result in batch["results"]] == ["BLOCK", "ALLOW"]


@pytest.mark.parametrize("query", [b"", b"texts=", b"texts=%ff", b"&".join([b"texts=x"] * 129)])
async def test_a_batch_that_is_none_is_refused(service: Service, query: bytes) -> None:
    assert (await service.post("/v1/analyze/batch", b"", query=query)).status == 422


async def test_the_analysis_as_events(service: Service) -> None:
    answer = await service.post("/v1/analyze/stream", {"text": SSN})
    assert answer.headers["content-type"] == "text/event-stream"
    events = [event.split("\n") for event in answer.body.decode().strip().split("\n\n")]
    assert [event[0] for event in events] == [
        "event: start",
        "event: progress",
        "event: finding",
        "event: complete",
    ]
    last = json.loads(events[-1][1].removeprefix("data: "))
    assert last["verdict"] == "WARN"


async def test_the_sidecar(service: Service) -> None:
    assert tree(await service.post("/scan", {"text": CLEAN}))["is_safe"] is True
    assert tree(await service.post("/scan", {"text": ATTACK}))["is_safe"] is False


@pytest.mark.parametrize(
    "body", [{}, {"text": ""}, {"text": "x" * 100_001}, {"text": "x", "profile": "best"}]
)
async def test_what_is_out_of_bounds_is_refused(service: Service, body: Any) -> None:
    assert (await service.post(ANALYZE, body)).status == 422


async def test_the_engines_say_what_they_run(service: Service) -> None:
    listed = tree(await service.get("/v1/engines"))
    names = [engine["name"] for engine in listed["engines"]]
    assert listed["total"] == len(names)
    assert {"injection", "pii", "secrets"} <= set(names)
    one = tree(await service.get("/v1/engines/secrets"))
    assert one in listed["engines"]
    assert one["rules"] > 20
    service.answers.values["categories"] = [
        {"name": "secret.jwt", "value": 3},
        {"name": "pii.iban", "value": 2},
    ]
    numbers = tree(await service.get("/v1/engines/secrets/stats"))
    assert numbers["rules"] == sum(numbers["categories"].values()) == one["rules"]
    assert (numbers["detections"], numbers["total_detections"]) == ({"secret.jwt": 3}, 3)
    assert tree(await service.get("/v1/engines/quantum"), 404)["error_code"] == "RESOURCE_NOT_FOUND"
