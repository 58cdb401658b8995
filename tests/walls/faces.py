"""Faces of one core: each takes an exchange its own way and tells what came of it.

An exchange is a request and a model that answers what it was sent, so that a placeholder which
the model repeats comes back whatever the face.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from sluicegate.detection.policy import Policy
from sluicegate.detection.testing import SOMEBODY, FixedPolicy, MemoryAudit
from sluicegate.detection.types import AuditCore, Verdict
from sluicegate.gateway.app import proxy_app
from sluicegate.gateway.upstream.base import UpstreamAnswer, UpstreamRequest
from sluicegate.gateway.upstream.given import GivenAnswer
from sluicegate.middleware.asgi import ASGIApp
from tests.gateway.parts import Ports, core, spec
from tests.middleware.client import call
from tests.middleware.house import House

type Model = Callable[[bytes], bytes]
"""From the request as it was forwarded to the bytes of an answer."""
type Face = Callable[[bytes, Policy, Model, str], Awaitable[Seen]]
"""Takes a request, a policy, a model and the content type of its answers."""

STREAM = "text/event-stream"
_PIECE = 7


@dataclass(frozen=True, slots=True)
class Seen:
    """What a face forwarded (None: nothing), what its client read, and the record without times."""

    forwarded: bytes | None
    answer: bytes
    core: AuditCore


async def bare(request: bytes, policy: Policy, model: Model, kind: str) -> Seen:
    """The core alone; a stream comes in one chunk."""
    inspection = core().open("openai_chat", policy, SOMEBODY)
    decision = inspection.request(request)
    if decision.refusal is not None:
        return Seen(None, decision.refusal.body, timeless(inspection.core()))
    assert decision.body is not None
    said = model(decision.body)
    if kind == STREAM:
        guard = inspection.stream()
        step = guard.feed(said)
        answer = step.release + (b"" if step.ended else guard.close().release)
    else:
        judged = inspection.response(said, kind)
        answer = judged.refusal.body if judged.refusal is not None else judged.body or b""
    return Seen(decision.body, answer, timeless(inspection.core()))


async def middleware(request: bytes, policy: Policy, model: Model, kind: str) -> Seen:
    """The middleware around an ASGI app that answers in small pieces."""
    forwarded: list[bytes] = []

    async def app(_: object, receive: Any, send: Any) -> None:
        forwarded.append((await receive())["body"])
        head = [(b"content-type", kind.encode())]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        for piece in _pieces(model(forwarded[0])):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    house = House(inspector=core(), policies=FixedPolicy(policy))
    return await _through(house.guard(app), request, forwarded, house.audit)


async def gateway(request: bytes, policy: Policy, model: Model, kind: str) -> Seen:
    """The gateway in front of an upstream that answers in small pieces."""
    forwarded: list[bytes] = []

    class Answering:
        async def send(self, request: UpstreamRequest) -> UpstreamAnswer:
            forwarded.append(bytes(request.body))
            return GivenAnswer(200, [(b"content-type", kind.encode())], _pieces(model(forwarded[0])))

        async def close(self) -> None:
            pass

    ports = Ports(policies=FixedPolicy(policy))
    app = proxy_app(ports.parts([(spec("one"), Answering())]))
    return await _through(app, request, forwarded, ports.audit)


def timeless(record: AuditCore) -> AuditCore:
    """The record without the seconds it took."""
    answer = record.answer
    return replace(
        record, prompt=replace(record.prompt, seconds=0.0), answer=answer and replace(answer, seconds=0.0)
    )


def judged(verdict: Verdict) -> tuple[object, ...]:
    """What a verdict comes to, the amount of text aside: a stream repeats what a body says once."""
    return (verdict.action, verdict.decided, verdict.edits, verdict.receipt.unjudged, verdict.policy)


async def _through(app: ASGIApp, request: bytes, forwarded: list[bytes], audit: MemoryAudit) -> Seen:
    answer = await call(app, body=request)
    assert len(audit.entries) == 1
    return Seen(forwarded[0] if forwarded else None, answer.body, timeless(audit.entries[0].core))


def _pieces(data: bytes) -> list[bytes]:
    return [data[start : start + _PIECE] for start in range(0, len(data), _PIECE)]
