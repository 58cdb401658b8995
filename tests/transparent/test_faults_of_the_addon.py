"""Exceptions at random lines of the addon for one's own mitmproxy: nothing unseen, or all of it."""

import json
import random
from collections.abc import Iterator

import pytest
from mitmproxy import http
from mitmproxy.proxy.mode_specs import ProxyMode
from mitmproxy.test import tflow

from sluicegate.detection.presets import STRICT
from sluicegate.gateway.transparent.embedded import Embedded
from tests.gateway.parts import core
from tests.transparent.fuse import Fuse, burning

TIMES = 130
EMAIL = "maria.keller@example.org"
SECRET = "AKIA" + "5XGQ7R2MZN4CTYLB"
WORDS = ("It ", "rains ", "on ", "the ", "harbour.")


@pytest.fixture(params=["closed", "open"])
def addon(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Embedded]:
    made = Embedded(core=core())
    made.policy = STRICT
    monkeypatch.setattr(made, "_fail", request.param)
    yield made
    assert made.tally.times(f"failed_{request.param}") > 0
    assert made.tally.times("failed_open" if request.param == "closed" else "failed_closed") == 0


def _flow(text: str, *, stream: bool = False) -> http.HTTPFlow:
    body = {"model": "m", "messages": [{"role": "user", "content": text}], "stream": stream}
    headers = [(b"host", b"api.openai.com"), (b"content-type", b"application/json")]
    url = "http://api.openai.com/v1/chat/completions"
    flow = tflow.tflow(req=http.Request.make("POST", url, json.dumps(body), headers))
    flow.client_conn.proxy_mode = ProxyMode.parse("regular")
    flow.client_conn.sni = None
    return flow


def _frames(*words: str) -> list[bytes]:
    def frame(delta: dict[str, str], reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        body = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
        return b"data: " + json.dumps(body).encode() + b"\n\n"

    return [*(frame({"content": word}) for word in words), frame({}, "stop"), b"data: [DONE]\n\n"]


def test_a_request_leaves_judged_or_not_at_all(addon: Embedded) -> None:
    draw, burnt = random.Random(1), 0
    for _ in range(TIMES):
        flow, fuse = _flow(f"Write to {EMAIL}"), Fuse(draw.randrange(70))
        with burning(fuse):
            addon.request(flow)
        burnt += fuse.burnt
        leaked = flow.response is None and EMAIL.encode() in (flow.request.content or b"")
        assert not leaked or (addon.fails_open and fuse.burnt)
        assert flow.response is None or not addon.fails_open or not fuse.burnt
    assert addon.tally.times("failed_open") + addon.tally.times("failed_closed") == burnt > TIMES // 4


def test_an_answer_arrives_judged_or_not_at_all(addon: Embedded) -> None:
    draw = random.Random(2)
    message = {"role": "assistant", "content": f"Take {SECRET} now."}
    body = {"id": "c", "object": "chat.completion", "created": 1, "model": "m"}
    said = json.dumps(body | {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})
    for _ in range(TIMES):
        flow, fuse = _flow("Hello"), Fuse(draw.randrange(60))
        addon.request(flow)
        flow.response = http.Response.make(200, said, {"content-type": "application/json"})
        with burning(fuse):
            addon.responseheaders(flow)
            addon.response(flow)
        shown = flow.error is None and SECRET.encode() in (flow.response.content or b"")
        assert not shown or (addon.fails_open and fuse.burnt)
        assert flow.error is None or not addon.fails_open


@pytest.mark.parametrize("leaks", [True, False])
def test_a_stream_arrives_judged_as_far_as_it_does(addon: Embedded, leaks: bool) -> None:
    draw = random.Random(3)
    pieces = _frames(*WORDS, *((SECRET, " more") if leaks else ()))
    for _ in range(TIMES):
        flow, fuse = _flow("Hello", stream=True), Fuse(draw.randrange(140))
        addon.request(flow)
        flow.response = http.Response.make(200, b"", {"content-type": "text/event-stream"})
        with burning(fuse):
            addon.responseheaders(flow)
            hook = flow.response.stream
            out = b"".join(_given(hook, piece) for piece in (*pieces, b"")) if flow.error is None else b""
            addon.response(flow)
        assert SECRET.encode() not in out or (addon.fails_open and fuse.burnt)
        if addon.fails_open and not leaks:
            assert flow.error is None
            assert _text(out) == "".join(WORDS)


def _given(hook: object, piece: bytes) -> bytes:
    """What mitmproxy sends on of a piece."""
    out = hook(piece) if callable(hook) else piece
    assert isinstance(out, bytes)
    return out


def _text(out: bytes) -> str:
    frames = [json.loads(line[6:]) for line in out.split(b"\n") if line.startswith(b"data: {")]
    return "".join(frame["choices"][0]["delta"].get("content", "") for frame in frames)
