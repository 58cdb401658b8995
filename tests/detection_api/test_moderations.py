"""OpenAI's moderation format, by hand and by OpenAI's own client."""

import openai
import pytest

from sluicegate.gateway.detection_api.moderations import HARMS
from tests.detection_api.service import ATTACK, CLEAN, SSN, Service, tree
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


async def test_an_empty_list_is_refused(service: Service) -> None:
    assert (await service.post(PATH, {"input": []})).status == 422


@pytest.mark.parametrize("port", ["detection", "proxy"])
def test_the_openai_client(appliance: RunningAppliance, port: str) -> None:
    place: str = getattr(appliance, port)
    with openai.OpenAI(api_key=appliance.key, base_url=f"{place}/v1") as client:
        made = client.moderations.create(model="sluicegate", input=[CLEAN, ATTACK])
    assert [result.flagged for result in made.results] == [False, True]
    assert made.results[0].categories.harassment is False
    assert made.results[1].category_scores.violence == 0.0
