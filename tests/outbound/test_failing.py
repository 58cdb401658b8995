"""A thousand failures of the judging: closed lets nothing unjudged by, open breaks nothing, each counts."""

import json
import random
from collections.abc import Iterator

import httpx
import pytest

from sluicegate.detection.presets import BALANCED
from sluicegate.middleware.outbound.over_httpx import GuardTransport
from tests.detection.support import text_of
from tests.gateway.parts import core
from tests.outbound.faulty import FaultyInspector, Injected
from tests.outbound.house import Outbound
from tests.walls.exchanges import MAIL, SECRET

ASKING = ("open", "request", "request judged")
WHOLE = ("response", "response judged")
STREAMED = ("stream", "feed", "fed", "close", "closed")
INJECTED = 500
PROSE = "A sluice lets water through, piece by piece, or holds it back."


class Chances:
    """Fails at one step of a call, at one of its turns."""

    def __init__(self) -> None:
        self.step = ""
        self.turn = 0
        self.failed = 0

    def __call__(self, step: str) -> None:
        if step == self.step:
            self.turn -= 1
            if self.turn < 0:
                self.step = ""
                self.failed += 1
                raise Injected(f"{SECRET} {MAIL}")


class Provider(httpx.BaseTransport):
    """Tells a text, streamed in pieces of any size or whole."""

    def __init__(self, chances: random.Random) -> None:
        self._chances = chances
        self.sent: list[bytes] = []
        self.text = ""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request.read())
        if not json.loads(self.sent[-1]).get("stream"):
            return httpx.Response(200, json={"choices": [{"index": 0, "message": {"content": self.text}}]})
        frames = [
            {"choices": [{"index": 0, "delta": {"content": piece}}]} for piece in self._cut(self.text, 16)
        ]
        data = b"".join(b"data: %b\n\n" % json.dumps(frame).encode() for frame in frames)
        return httpx.Response(
            200,
            headers={"content-type": "text/event-stream"},
            stream=_Pieces(self._cut(data + b"data: [DONE]\n\n", 400)),
        )

    def _cut[Kind: (str, bytes)](self, data: Kind, most: int) -> list[Kind]:
        pieces = []
        while data:
            size = self._chances.randint(1, most)
            pieces.append(data[:size])
            data = data[size:]
        return pieces


class _Pieces(httpx.SyncByteStream):
    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._pieces)


def _calls(fail: str, said: str) -> Iterator[tuple[Outbound, Chances, Provider, httpx.Response, bool]]:
    """Make calls until so many have failed."""
    source, chances = random.Random(20261122), Chances()
    provider = Provider(source)
    provider.text = said
    house = Outbound(fail="open" if fail == "open" else "closed", policy=BALANCED)
    house.inspector = FaultyInspector(core(), chances)
    transport = GuardTransport(house.guard, provider)
    while chances.failed < INJECTED:
        before, streamed = chances.failed, source.random() < 0.7
        chances.step = source.choice((*ASKING, *(STREAMED if streamed else WHOLE)))
        chances.turn = source.choice((0, 1, 2, 4)) if chances.step in ("feed", "fed") else 0
        body = {"model": "m", "messages": [{"role": "user", "content": f"I am {MAIL}."}], "stream": streamed}
        request = httpx.Request("POST", "https://llm.example/v1/chat/completions", json=body)
        answer = transport.handle_request(request)
        answer.read()
        yield house, chances, provider, answer, chances.failed > before


@pytest.fixture
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """What is logged; no message of a failure is in it."""
    yield caplog
    assert SECRET not in caplog.text
    assert MAIL not in caplog.text


def test_closed_lets_nothing_unjudged_by(quiet: pytest.LogCaptureFixture) -> None:
    said = f"Take {SECRET} now. {PROSE}"
    count = None
    for house, chances, provider, answer, failed in _calls("closed", said):
        assert MAIL.encode() not in b"".join(provider.sent)
        assert SECRET.encode() not in answer.content
        assert b"AKIA" not in answer.content
        if failed:
            told = answer.status_code == 500 or b'"error"' in answer.content
            assert told
        provider.sent.clear()
        count = house.counts.get("failed_closed", 0), chances.failed
    assert count == (INJECTED, INJECTED)
    assert "Injected at" in quiet.text


def test_open_breaks_nothing(quiet: pytest.LogCaptureFixture) -> None:
    count = None
    for house, chances, _, answer, _ in _calls("open", PROSE):
        assert answer.status_code == 200
        if answer.headers["content-type"] == "text/event-stream":
            assert text_of(answer.content) == PROSE
            assert answer.content.endswith(b"data: [DONE]\n\n")
        else:
            assert answer.json()["choices"][0]["message"]["content"] == PROSE
        count = house.counts.get("failed_open", 0), chances.failed
        entries = house.audit.entries
        assert entries[-1].outcome == "complete"
    assert count == (INJECTED, INJECTED)
    assert "Injected at" in quiet.text


def test_what_could_not_be_judged_is_recorded_as_that() -> None:
    chances = Chances()
    house = Outbound(fail="open", inspector=FaultyInspector(core(), chances))
    provider = Provider(random.Random(7))
    provider.text = PROSE
    for step, prompt, answer in (("request", True, None), ("feed", False, True)):
        chances.step, chances.turn = step, 0
        body = {"model": "m", "messages": [{"role": "user", "content": "hi"}], "stream": True}
        request = httpx.Request("POST", "https://llm.example/v1/chat/completions", json=body)
        GuardTransport(house.guard, provider).handle_request(request).read()
        recorded = house.audit.entries[-1].core
        assert [item.reason == "guard failed" for item in recorded.prompt.receipt.unjudged] == [True] * prompt
        assert (recorded.answer is None) is (answer is None)
        assert recorded.answer is None or recorded.answer.receipt.unjudged[0].reason == "guard failed"


class Full:
    """A sink whose disk is full."""

    def opened(self, entry: object) -> None:
        raise OSError(28, "full")

    def closed(self, entry: object) -> None:
        raise OSError(28, "full")


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_a_record_that_cannot_be_written_stops_the_call_or_is_counted(streamed: bool) -> None:
    for fail in ("closed", "open"):
        house = Outbound(fail="open" if fail == "open" else "closed")
        house.audit = Full()  # type: ignore[assignment]  # all that a sink needs
        provider = Provider(random.Random(7))
        provider.text = PROSE
        body = {"model": "m", "messages": [{"role": "user", "content": "hi"}], "stream": streamed}
        request = httpx.Request("POST", "https://llm.example/v1/chat/completions", json=body)
        answer = GuardTransport(house.guard, provider).handle_request(request)
        assert (b"piece by piece" in answer.read() or text_of(answer.content) == PROSE) is (fail == "open")
        assert house.counts[f"failed_{fail}"] >= 1
        assert answer.status_code == (200 if fail == "open" else 500)
