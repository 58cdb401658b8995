"""One call's life: bounds, faults and records, whatever goes wrong."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from sluicegate.detection.errors import UpstreamFault
from sluicegate.detection.testing import FakeInspector
from sluicegate.detection.types import Principal
from sluicegate.gateway.detection_api import parts, visit
from sluicegate.gateway.detection_api.call import Call, Operation, Reply
from sluicegate.gateway.detection_api.service import DetectionService
from sluicegate.gateway.detection_api.table import OperationTable
from sluicegate.middleware.limits import Limits
from tests.detection_api.service import ATTACK, CLEAN, Service, tree
from tests.middleware.client import AUTHORIZED, JSON_TYPE, Answer, Connection, call, scope

INPUT = "/v1/guardrails/input"
CHUNKED = [*AUTHORIZED, *JSON_TYPE, (b"transfer-encoding", b"chunked")]


@pytest.fixture
def service() -> Service:
    return Service()


async def test_a_body_beyond_the_limit_is_refused_before_and_while_it_is_read() -> None:
    service = Service(limits=Limits(client_rate=None, key_rate=None, request_bytes=100))
    assert tree(await service.post(INPUT, {"input": "x" * 200}), 413)["error_code"] == "REQUEST_TOO_LARGE"
    pieces = [b'{"input":"', *[b"x" * 30] * 10, b'"}']
    answer = await Connection(pieces).open(service.app(), scope("POST", INPUT, CHUNKED))
    assert answer.status == 413
    assert answer.headers["connection"] == "close"
    assert service.audit.entries == []


async def test_a_body_in_pieces_is_judged_whole(service: Service) -> None:
    pieces = [b'{"input":"', ATTACK.encode(), b'"}']
    report = tree(await call(service.app(), scope("POST", INPUT, CHUNKED), pieces))
    assert report["suggest_action"] == "reject"


async def test_a_client_that_leaves_before_the_end_leaves_no_record(service: Service) -> None:
    connection = Connection([b'{"input":"x'], unfinished=True)
    connection.left.set()
    answer = await connection.open(service.app(), scope("POST", INPUT, CHUNKED))
    assert answer.messages == []
    assert service.audit.entries == []
    assert service.metrics.rejections == [("api", "client_gone")]


async def test_more_calls_than_a_process_takes_on_are_sent_away(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visit, "MOST_AT_ONCE", 1)
    app = service.app()
    slow = Connection([b'{"input":"x'], unfinished=True)
    waiting = asyncio.create_task(slow.open(app, scope("POST", INPUT, CHUNKED)))
    await asyncio.sleep(0)
    answer = await call(app, scope("GET", "/v1/guardrails/health", AUTHORIZED), b"")
    fault = tree(answer, 429)
    assert (fault["error"]["type"], answer.headers["retry-after"]) == ("service_overloaded", "1")
    slow.left.set()
    await waiting
    assert (await call(app, scope("GET", "/v1/guardrails/health", AUTHORIZED), b"")).status == 200
    assert parts.MOST_AT_ONCE > 1


class Raising:
    """A handler that judges first and fails then."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    async def __call__(self, call: Call) -> Reply:
        from sluicegate.detection.texts import Text

        await call.judge.prompt([Text(CLEAN)])
        raise self.error


def failing(service: Service, error: BaseException) -> DetectionService:
    operation = Operation(method="GET", path="/x", family="f", summary="s", handler=Raising(error))
    return DetectionService(service.parts(), OperationTable([operation]), "detection")


async def test_a_fault_of_ours_says_nothing_and_leaves_a_record(service: Service) -> None:
    answer = await call(failing(service, ValueError("secret-word")), scope("GET", "/x", AUTHORIZED), b"")
    assert tree(answer, 500) == {
        "detail": "Detection service error",
        "error_code": "INTERNAL_ERROR",
        "status_code": 500,
    }
    assert (service.entry.outcome, service.entry.status) == ("error", 500)


async def test_a_call_that_is_cancelled_leaves_a_record(service: Service) -> None:
    with pytest.raises(asyncio.CancelledError):
        await call(failing(service, asyncio.CancelledError()), scope("GET", "/x", AUTHORIZED), b"")
    assert service.entry.outcome == "client_gone"


async def test_a_record_that_cannot_be_read_is_told_as_such() -> None:
    service = Service()

    class Away:
        async def ask(self, *_: Any) -> Any:
            raise UpstreamFault("Not now.", code="audit_unavailable", status=503)

    tools = replace(service.parts().tools, results=Away())
    app = DetectionService(replace(service.parts(), tools=tools), service.app().table, "detection")
    answer = await call(app, scope("GET", "/api/v1/results", AUTHORIZED), b"")
    assert tree(answer, 503)["error_code"] == "SERVICE_UNAVAILABLE"


async def test_a_client_that_leaves_at_the_answer_leaves_one_record(service: Service) -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b'{"input":"x"}', "more_body": False}

    async def send(_: Any) -> None:
        raise ConnectionResetError

    headers = [*AUTHORIZED, *JSON_TYPE, (b"content-length", b"13")]
    await service.app()(scope("POST", INPUT, headers), receive, send)
    assert service.entry.outcome == "client_gone"


async def test_the_core_is_asked_with_the_callers_policy_and_name() -> None:
    service = Service(inspector=FakeInspector(block=(b"bad",)))
    report = tree(await service.post(INPUT, {"input": "bad"}))
    assert report["suggest_action"] == "reject"
    assert service.entry.principal == Principal("tenant-1", "application-1", "shop", "key-1")


@pytest.mark.parametrize(
    "path", ["/v1/engines/", "/v1/engines/a/b", "/v1/engines/%2e%2e", "/v1/engines/" + "x" * 201]
)
async def test_a_template_fits_one_plain_segment(service: Service, path: str) -> None:
    answer: Answer = await service.get(path)
    assert answer.status in (400, 404)


def test_no_route_is_listed_twice() -> None:
    operation = Operation(method="GET", path="/x/{y}", family="f", summary="s", handler=Raising(ValueError()))
    with pytest.raises(ValueError, match="twice"):
        OperationTable([operation, replace(operation, summary="other")])
