"""The document says what is served; and what schemathesis makes of it is answered without a fault."""

import json
import os
import time
from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode, checks
from schemathesis.core.result import Ok

from sluicegate.gateway.detection_api.catalogue import TABLE
from sluicegate.gateway.detection_api.shapes import check
from tests.detection_api.service import Service, tree
from tests.support.appliance import RunningAppliance

SECONDS = float(os.environ.get("FUZZ_SECONDS", "600"))
SEED = int(os.environ.get("FUZZ_SEED", Random().randrange(10**6)))
REFUSED = frozenset((400, 401, 403, 404, 405, 413, 415, 422, 429, 431))
"""Statuses of calls that did not get past authentication and validation."""


async def test_every_operation_is_described() -> None:
    described = tree(await Service().get("/openapi.json", []))
    listed = {(path, method.upper()) for path, methods in described["paths"].items() for method in methods}
    assert listed == {(operation.path, operation.method) for operation in TABLE.operations}
    names = [told["operationId"] for methods in described["paths"].values() for told in methods.values()]
    assert len(set(names)) == len(names)
    for methods in described["paths"].values():
        for told in methods.values():
            assert told["description"]


async def test_every_example_is_answered_as_described() -> None:
    for operation in TABLE.operations:
        if operation.body is None:
            continue
        service = Service()
        answer = await service.post(operation.path, operation.example)
        assert answer.status == 200, operation.path
        if operation.answer is not None and operation.answer_kind == "application/json":
            assert check(json.loads(answer.body), operation.answer) == [], operation.path
        assert len(service.audit.entries) == operation.judged, operation.path


async def test_the_page_asks_nobody_for_anything() -> None:
    answer = await Service().get("/docs", [])
    page = answer.body.decode()
    assert answer.headers["content-type"].startswith("text/html")
    assert "http:" not in page
    assert "https:" not in page
    assert "<script" not in page
    for operation in TABLE.operations:
        assert operation.path.replace("{", "{") in page


CHECKED = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
]


def operations(place: str) -> Iterator[Any]:
    document = httpx.get(f"{place}/openapi.json").json()
    schema = schemathesis.openapi.from_dict(document)
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        yield found.ok()


def attacked(
    appliance: RunningAppliance, place: str, positive: int, negative: int, begin: int | None = None
) -> Counter[int]:
    """Call every operation with what fits its schema and with what does not; count the statuses.

    What is called is the same each time, or what a number makes it `begin` with.
    """
    statuses: Counter[int] = Counter()
    for operation in operations(place):
        for mode, examples in ((GenerationMode.POSITIVE, positive), (GenerationMode.NEGATIVE, negative)):

            @settings(
                max_examples=examples,
                deadline=None,
                database=None,
                derandomize=begin is None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.as_strategy(generation_mode=mode))
            def call(case: Any) -> None:
                response = case.call(base_url=place, headers=appliance.headers())
                statuses[response.status_code] += 1
                case.validate_response(response, checks=CHECKED)

            if mode is GenerationMode.POSITIVE or operation.body or operation.query:
                (call if begin is None else seed(begin)(call))()
    return statuses


def told(statuses: Counter[int]) -> str:
    passed = sum(count for status, count in statuses.items() if status not in REFUSED)
    return f"{statuses.total()} calls, {passed} past validation: {sorted(statuses.items())}"


def test_what_schemathesis_makes_of_the_document(appliance: RunningAppliance) -> None:
    statuses = attacked(appliance, appliance.detection, positive=6, negative=2)
    assert statuses.total() > 150
    assert not [status for status in statuses if status >= 500], told(statuses)


@pytest.mark.long
@pytest.mark.parametrize("port", ["detection", "proxy"])
def test_two_thousand_calls_of_schemathesis(
    appliance: RunningAppliance, port: str, capsys: pytest.CaptureFixture[str]
) -> None:
    statuses = attacked(appliance, getattr(appliance, port), positive=75, negative=25)
    with capsys.disabled():
        print(f"\n{port}: {told(statuses)}")  # noqa: T201 - the figures are what this is for
    passed = sum(count for status, count in statuses.items() if status not in REFUSED)
    assert statuses.total() >= 2_000
    assert passed * 2 >= statuses.total(), told(statuses)
    assert not [status for status in statuses if status >= 500], told(statuses)


@pytest.mark.long
@pytest.mark.timeout(SECONDS + 900)
def test_ten_minutes_of_schemathesis(appliance: RunningAppliance, capsys: pytest.CaptureFixture[str]) -> None:
    """Other calls each round, from `FUZZ_SEED` on, for `FUZZ_SECONDS`."""
    end, statuses, number = time.monotonic() + SECONDS, Counter[int](), SEED
    while time.monotonic() < end:
        statuses += attacked(appliance, appliance.detection, positive=20, negative=10, begin=number)
        number += 1
    with capsys.disabled():
        print(f"\nseed {SEED}: {told(statuses)}")  # noqa: T201 - the figures are what this is for
    assert not [status for status in statuses if status >= 500], told(statuses)
