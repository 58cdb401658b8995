"""Dashboards and results: what is asked of the record, and for whom."""

import pytest

from sluicegate.detection.testing import SOMEBODY
from tests.detection_api.service import Service, tree


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.mark.parametrize(
    ("path", "question"),
    [
        ("/api/v1/dashboard/stats", "stats"),
        ("/api/v1/dashboard/category-distribution", "categories"),
        ("/v1/model/usage", "usage"),
    ],
)
async def test_the_record_is_asked_for_the_caller_alone(service: Service, path: str, question: str) -> None:
    service.answers.values[question] = {"total_requests": 7}
    answer = tree(await service.get(path, query=b"days=7"))
    assert service.answers.asked == [(question, SOMEBODY, {"days": 7})]
    assert {"total_requests": 7} in (answer, answer.get("categories"))


async def test_a_page_is_narrowed_by_its_query(service: Service) -> None:
    service.answers.values["page"] = {"items": []}
    query = b"page=2&per_page=5&action=block&security_risk_level=high_risk&start_date=2026-01-31&unknown=1"
    assert tree(await service.get("/api/v1/results", query=query)) == {"items": []}
    ((_, principal, options),) = service.answers.asked
    assert principal is SOMEBODY
    assert options == {
        "page": 2,
        "per_page": 5,
        "action": "block",
        "security_risk_level": "high_risk",
        "start_date": "2026-01-31",
    }


@pytest.mark.parametrize(
    "query",
    [
        b"page=0",
        b"page=x",
        b"per_page=101",
        b"action=explode",
        b"start_date=2026-02-30",
        b"end_date=yesterday",
        b"page=" + b"9" * 400,
    ],
)
async def test_a_query_that_does_not_fit_is_refused(service: Service, query: bytes) -> None:
    fault = tree(await service.get("/api/v1/results", query=query), 422)
    assert fault["detail"][0]["loc"][0] == "query"
    assert service.answers.asked == []


async def test_one_result_or_none(service: Service) -> None:
    assert (await service.get("/api/v1/results/guardrails-0123")).status == 404
    service.answers.values["one"] = {"id": "x"}
    assert tree(await service.get("/api/v1/results/guardrails-0123")) == {"id": "x"}
    assert service.answers.asked[-1][2] == {"id": "guardrails-0123"}
