"""The Model Context Protocol through the gateway, over real sockets: posts, streams, sessions."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from sluicegate.detection.policy import Clause, Policy
from sluicegate.detection.types import Action
from sluicegate.gateway.upstream_spec import UpstreamSpec
from tests.fakes.http_server import Answer, HttpServer, Received
from tests.support.local_gateway import LocalGateway

SESSION = "session-7"
KEY, MAIL = "AKIA5XGQ7R2MZN4CTYLB", "maria.keller@example.org"
POLICY = Policy(
    "tools",
    (
        Clause(Action.BLOCK, ("secret",)),
        Clause(
            Action.MASK,
        ),
    ),
    restore=False,
)
LISTENED = {"jsonrpc": "2.0", "method": "notifications/tools/list_changed"}


def answer(request: Received) -> Answer:
    """A server with one tool, which echoes; it streams what is said to stream."""
    headers = (("mcp-session-id", SESSION),)
    if request.method == "GET":
        return Answer([event(LISTENED)], headers=headers, content_type="text/event-stream", framing="chunked")
    if request.method == "DELETE":
        return Answer(status=204)
    if "id" not in request.body:
        return Answer(status=202)
    text = request.body["params"]["arguments"]["text"]
    result = {"content": [{"type": "text", "text": f"echo {text.replace('a key', KEY)} "}]}
    body = {"jsonrpc": "2.0", "id": request.body["id"], "result": result}
    if "stream" in text:
        return Answer([event(body)], headers=headers, content_type="text/event-stream", framing="chunked")
    return Answer([json.dumps(body).encode()], headers=headers)


def event(message: Any) -> bytes:
    return b"event: message\nid: 1\ndata: " + json.dumps(message).encode() + b"\n\n"


@pytest.fixture(scope="module")
def server() -> Iterator[HttpServer]:
    with HttpServer(answer) as serving:
        yield serving


@pytest.fixture(scope="module")
def client(server: HttpServer) -> Iterator[httpx.Client]:
    spec = UpstreamSpec("tools", "mcp", f"http://127.0.0.1:{server.port}/some/mcp", "server-key")
    with LocalGateway(spec, policy=POLICY) as gateway:
        headers = {
            "x-sluicegate-key": gateway.key,
            "mcp-protocol-version": "2025-06-18",
            "mcp-session-id": SESSION,
        }
        with httpx.Client(base_url=gateway.url, headers=headers, timeout=20.0) as made:
            yield made


def call(client: httpx.Client, text: str) -> httpx.Response:
    params = {"name": "echo", "arguments": {"text": text}}
    return client.post("/mcp", json={"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": params})


def test_a_call_and_its_session_travel(client: httpx.Client, server: HttpServer) -> None:
    answered = call(client, f"hello {MAIL}")
    assert answered.json()["result"]["content"][0]["text"] == "echo hello [Email] "
    assert answered.headers["mcp-session-id"] == SESSION
    sent = server.requests[-1]
    assert (sent.path, sent.header("authorization")) == ("/some/mcp", "Bearer server-key")
    assert (sent.header("mcp-session-id"), sent.header("mcp-protocol-version")) == (SESSION, "2025-06-18")
    assert MAIL not in sent.text


def test_a_streamed_result_is_judged(client: httpx.Client) -> None:
    good = call(client, "stream well")
    assert good.headers["content-type"] == "text/event-stream"
    assert b"echo stream well" in good.content
    bad = call(client, "stream a key")
    assert KEY.encode() not in bad.content
    (data,) = [line for line in bad.text.splitlines() if line.startswith("data: ")]
    assert json.loads(data[6:])["result"]["isError"] is True


def test_a_refused_call_reaches_nobody(client: httpx.Client, server: HttpServer) -> None:
    before = len(server.requests)
    refused = call(client, f"use {KEY} ")
    assert (refused.status_code, refused.json()["id"]) == (200, 7)
    assert refused.json()["result"]["isError"] is True
    assert len(server.requests) == before


def test_who_tells_listens_and_leaves(client: httpx.Client) -> None:
    told = client.post("/mcp", json={"jsonrpc": "2.0", "method": "notifications/initialized"})
    assert (told.status_code, told.content) == (202, b"")
    assert client.get("/mcp", headers={"accept": "text/event-stream"}).content == event(LISTENED)
    assert client.delete("/mcp").status_code == 204
    assert client.put("/mcp", json={}).status_code == 405


def test_what_is_no_message_is_an_error_of_the_protocol(client: httpx.Client) -> None:
    for body in (b"[]", b'"x"', b'{"id":1,"id":2}'):
        refused = client.post("/mcp", content=body, headers={"content-type": "application/json"})
        assert refused.status_code == 400
        assert refused.json()["error"]["code"] == -32600
