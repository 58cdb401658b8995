"""The service on its two ports, over real sockets: records, dashboards, sessions across workers."""

from typing import Any

import pytest

from tests.detection_api.conftest import Launch
from tests.detection_api.service import ATTACK, CLEAN, EMAIL, SSN
from tests.support.appliance import RunningAppliance, until


def post(appliance: RunningAppliance, path: str, body: Any, port: str = "detection", **fields: str) -> Any:
    place: str = getattr(appliance, port)
    answer = appliance.client.post(place + path, json=body, headers=appliance.headers() | fields)
    assert answer.status_code == 200, answer.text
    return answer.json()


def get(appliance: RunningAppliance, path: str, key: str | None = None, **query: str) -> Any:
    answer = appliance.client.get(appliance.detection + path, headers=appliance.headers(key), params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture(scope="module")
def shared(launch: Launch) -> RunningAppliance:
    """An appliance of two workers in which everything is switched on."""
    return launch(workers="2", api_bypass="true", api_application_header="true")


def test_dashboards_and_results_tell_what_was_recorded(shared: RunningAppliance) -> None:
    before = get(shared, "/api/v1/dashboard/stats")
    found = post(shared, "/v1/guardrails/input", {"input": SSN})
    post(shared, "/v1/guardrails/input", {"input": ATTACK})

    def counted() -> Any:
        numbers = get(shared, "/api/v1/dashboard/stats")
        return numbers if numbers["total_requests"] >= before["total_requests"] + 2 else None

    numbers = until(counted, "both calls to be counted")
    assert numbers["data_leaks"] == before["data_leaks"] + 1
    assert numbers["security_risks"] == before["security_risks"] + 1
    one = get(shared, f"/api/v1/results/{found['id']}")
    assert (one["action"], one["data_categories"], one["face"]) == ("mask", ["pii.us_ssn"], "api")
    page = get(shared, "/api/v1/results", per_page="5", action="mask")
    assert one in page["items"]
    shown = get(shared, "/api/v1/dashboard/category-distribution")["categories"]
    assert "pii.us_ssn" in {item["name"] for item in shown}
    assert get(shared, "/v1/model/usage")["requests"] >= 2
    assert get(shared, "/v1/engines/pii/stats")["total_detections"] >= 1


def test_a_session_made_by_one_worker_is_opened_by_any(shared: RunningAppliance) -> None:
    request = {"messages": [{"role": "user", "content": EMAIL}]}
    first = post(shared, "/v1/gateway/process-input", request, connection="close")
    (message,) = first["anonymized_messages"]
    for _ in range(6):
        answer = {"content": message["content"], "session_id": first["session_id"]}
        back = post(shared, "/v1/gateway/process-output", answer, "proxy", connection="close")
        assert back["restored_content"] == EMAIL


def test_a_bypass_token_is_taken_by_one_worker_once(shared: RunningAppliance) -> None:
    token = shared.run("key", "bypass").stdout.strip()
    place = f"{shared.detection}/v1/guardrails/input"
    statuses = []
    for _ in range(6):
        headers = shared.headers() | {"x-og-bypass-token": token, "connection": "close"}
        statuses.append(shared.client.post(place, json={"input": ATTACK}, headers=headers).status_code)
    assert statuses == [200] + [403] * 5


def test_a_key_speaks_for_an_application_of_its_tenant(shared: RunningAppliance) -> None:
    made = shared.run("key", "create", "--application", "billing")
    assert made.returncode == 0

    def look() -> Any:
        answer = shared.client.post(
            f"{shared.detection}/v1/inspect",
            json={"text": CLEAN},
            headers=shared.headers() | {"x-og-application-id": "billing"},
        )
        return answer.json() if answer.status_code == 200 else None

    inspected = until(look, "the application to be known")
    recorded = until(
        lambda: (
            found[0]
            if (
                found := [
                    item for item in get(shared, "/api/v1/results")["items"] if item["id"] == inspected["id"]
                ]
            )
            else None
        ),
        "the record",
    )
    assert recorded["application"] == "billing"
    stranger = shared.headers() | {"x-og-application-id": "nobody"}
    answer = shared.client.post(f"{shared.detection}/v1/inspect", json={"text": CLEAN}, headers=stranger)
    assert answer.status_code == 403


@pytest.mark.parametrize("port", ["detection", "proxy"])
def test_the_document_and_the_page_are_served_to_anybody(shared: RunningAppliance, port: str) -> None:
    place: str = getattr(shared, port)
    assert shared.client.get(f"{place}/openapi.json").json()["openapi"].startswith("3.1")
    assert "/v1/guardrails" in shared.client.get(f"{place}/docs").text


def test_health_says_which_service_it_is(shared: RunningAppliance) -> None:
    told = shared.client.get(f"{shared.detection}/health").json()
    assert (told["status"], told["service"]) == ("ok", "detection")


def test_direct_model_access_is_guarded(shared: RunningAppliance) -> None:
    body = {"model": "demo", "messages": [{"role": "user", "content": ATTACK}]}
    answer = post(shared, "/v1/model/chat/completions", body)
    assert answer["choices"][0]["finish_reason"] == "content_filter"
