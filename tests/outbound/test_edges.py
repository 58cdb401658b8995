"""What is not an ordinary call: unknown requests, encodings, sizes, signatures, forms, cuts of any kind."""

import gzip
import json
import random
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sluicegate.detection.presets import STRICT
from sluicegate.detection.testing import SOMEBODY
from sluicegate.middleware.limits import Limits
from sluicegate.middleware.outbound.over_httpx import GuardTransport
from sluicegate.middleware.outbound.settings import outbound_guard
from tests.detection.support import text_of
from tests.gateway.parts import core
from tests.outbound.house import Outbound
from tests.walls.exchanges import ATTACK, MAIL, SECRET

CHAT = "https://llm.example/v1/chat/completions"
QUESTION = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
ANSWER = b'{"choices":[{"index":0,"message":{"role":"assistant","content":"Hello."},"finish_reason":"stop"}]}'
SAID = f"Well then: take {SECRET} and go home, said the miller to the river. " * 2
FRAMES = [
    {"choices": [{"index": 0, "delta": {"content": SAID[at : at + 11]}}]} for at in range(0, len(SAID), 11)
]
STREAM = b"".join(b"data: %b\n\n" % json.dumps(frame).encode() for frame in FRAMES) + b"data: [DONE]\n\n"


class Provider(httpx.BaseTransport):
    """Answers every request alike, in the pieces it is given."""

    def __init__(self, *pieces: bytes, status: int = 200, **headers: str) -> None:
        self.pieces = pieces or (ANSWER,)
        self.status = status
        self.headers = {"content-type": "application/json"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        self.sent: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.sent.append(request)
        return httpx.Response(self.status, headers=self.headers, stream=_Pieces(self.pieces))


class _Pieces(httpx.SyncByteStream):
    def __init__(self, pieces: tuple[bytes, ...]) -> None:
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._pieces)


def ask(
    house: Outbound, provider: Provider, said: str = "hi", url: str = CHAT, **more: Any
) -> httpx.Response:
    body = {"model": "m", "messages": [{"role": "user", "content": said}], **more}
    request = httpx.Request("POST", url, json=body)
    answer: httpx.Response = GuardTransport(house.guard, provider).handle_request(request)
    answer.read()
    return answer


def test_an_unknown_request_is_refused_in_the_host_s_own_words(house: Outbound) -> None:
    provider = Provider()
    answer = ask(house, provider, url="https://api.anthropic.com/v1/organizations/x")
    assert (answer.status_code, answer.json()["type"]) == (404, "error")
    assert "x-sluicegate-request-id" in answer.headers
    assert not provider.sent
    assert house.counts == {"refused_unknown": 1}


def test_or_passes_untouched_where_that_is_said(house: Outbound) -> None:
    house.unknown = "pass"
    provider = Provider(b"\x00raw", content_encoding="identity")
    answer = ask(house, provider, ATTACK, url="https://shop.example/orders")
    assert answer.content == b"\x00raw"
    assert "x-sluicegate-action" not in answer.headers
    assert ATTACK.encode() in provider.sent[0].content
    assert house.counts == {"passed_unknown": 1}


def test_a_path_in_disguise_is_refused_also_where_unknown_ones_pass(house: Outbound) -> None:
    house.unknown = "pass"
    provider = Provider()
    assert ask(house, provider, ATTACK, url="https://llm.example/v1//chat/completions").status_code == 400
    assert not provider.sent


def test_what_holds_no_text_passes_without_a_record(house: Outbound) -> None:
    provider = Provider(b'{"data":[]}')
    request = httpx.Request("GET", "https://api.openai.com/v1/models")
    assert GuardTransport(house.guard, provider).handle_request(request).read() == b'{"data":[]}'
    assert (house.counts, house.audit.entries) == ({"exempt": 1}, [])


@pytest.mark.parametrize("way", ["gzip", "x-gzip", "deflate", "raw deflate", "identity"])
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_an_encoded_answer_is_read_all_the_same(house: Outbound, way: str, streamed: bool) -> None:
    plain = STREAM if streamed else json.dumps({"choices": [{"message": {"content": SAID}}]}).encode()
    raw = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    encoded = {
        "gzip": gzip.compress(plain),
        "x-gzip": gzip.compress(plain),
        "deflate": zlib.compress(plain),
        "raw deflate": raw.compress(plain) + raw.flush(),
        "identity": plain,
    }[way]
    kind = "text/event-stream" if streamed else "application/json"
    pieces = [encoded[at : at + 5] for at in range(0, len(encoded), 5)]
    provider = Provider(*pieces, content_type=kind, content_encoding=way.rpartition(" ")[2])
    answer = ask(house, provider, stream=streamed)
    assert "content-encoding" not in answer.headers
    assert SECRET not in answer.text
    assert "said the miller" in (text_of(answer.content) if streamed else answer.text)


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_an_encoding_that_is_broken_or_unknown_lets_nothing_by(house: Outbound, streamed: bool) -> None:
    kind = "text/event-stream" if streamed else "application/json"
    whole = gzip.compress(STREAM)
    for pieces, encoding in (((whole[:-9],), "gzip"), ((b"nonsense",), "gzip"), ((whole,), "br")):
        answer = ask(house, Provider(*pieces, content_type=kind, content_encoding=encoding), stream=streamed)
        assert "AKIA" not in answer.text
        assert answer.status_code == 502 or b'"error"' in answer.content
        assert house.audit.entries[-1].outcome == "upstream_error"


def test_a_bomb_is_stopped_at_the_limit(house: Outbound) -> None:
    house.limits = Limits(answer_bytes=100_000)
    bomb = gzip.compress(b" " * 50_000_000)
    answer = ask(house, Provider(bomb, content_encoding="gzip"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "answer_too_large")


def test_bodies_are_bounded(house: Outbound) -> None:
    house.limits = Limits(request_bytes=1000, answer_bytes=1000)
    provider = Provider(b'{"a":"', b"x" * 2000, b'"}')
    assert ask(house, provider, "x" * 2000).json()["error"]["code"] == "body_too_large"
    assert not provider.sent
    assert ask(house, provider).json()["error"]["code"] == "answer_too_large"
    assert house.audit.entries[-1].core.answer is not None
    assert house.audit.entries[-1].core.answer.receipt.unjudged[0].reason == "over size"


def test_a_signed_request_passes_as_it_is_or_not_at_all(house: Outbound) -> None:
    provider = Provider(b'{"output":{"message":{"role":"assistant","content":[{"text":"Hello."}]}}}')
    transport = GuardTransport(house.guard, provider)
    url = "https://bedrock-runtime.eu-west-1.amazonaws.com/model/m/converse"
    signed = {"authorization": "AWS4-HMAC-SHA256 Credential=x", "accept-encoding": "gzip"}
    for said, status in (("hi", 200), (f"I am {MAIL}", 400)):
        body = {"messages": [{"role": "user", "content": [{"text": said}]}]}
        request = httpx.Request("POST", url, json=body, headers=signed)
        assert transport.handle_request(request).status_code == status
    assert [item.headers["accept-encoding"] for item in provider.sent] == ["gzip"]


def test_a_form_is_judged_as_it_goes(house: Outbound) -> None:
    provider = Provider(b'{"id":"f1","object":"file"}')
    lines = b'{"messages":[{"role":"user","content":"I am %s"}]}\n' % MAIL.encode()
    request = httpx.Request(
        "POST",
        "https://api.openai.com/v1/files",
        data={"purpose": "batch"},
        files={"file": ("a.jsonl", lines * 9)},
    )
    assert GuardTransport(house.guard, provider).handle_request(request).status_code == 200
    assert MAIL.encode() not in provider.sent[0].content
    assert int(provider.sent[0].headers["content-length"]) == len(provider.sent[0].content)


def test_a_redirect_is_a_request_of_its_own(house: Outbound) -> None:
    provider = Provider(b"moved", status=307, location="https://elsewhere.example/orders")
    answer = ask(house, provider)
    assert (answer.status_code, answer.content) == (307, b"")
    with httpx.Client(transport=GuardTransport(house.guard, provider), follow_redirects=True) as client:
        assert client.post(CHAT, json=QUESTION).status_code == 404


def test_fields_that_are_ours_are_nobody_else_s(house: Outbound) -> None:
    provider = Provider(x_sluicegate_action="pass", x_og_action="allow")
    answer = ask(house, provider, f"I am {MAIL}")
    assert answer.headers.get_list("x-sluicegate-action") == ["mask"]
    assert "x-og-action" not in answer.headers


def test_records_go_to_a_file(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    guard = outbound_guard(audit=path, policy="balanced", principal=SOMEBODY, inspector=core())
    body = {"model": "m", "messages": [{"role": "user", "content": f"I am {MAIL}"}]}
    GuardTransport(guard, Provider()).handle_request(httpx.Request("POST", CHAT, json=body)).read()
    (line,) = path.read_text().splitlines()
    assert json.loads(line)["face"] == "outbound"
    assert MAIL not in line
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("name", "value"), [("unknown", "maybe"), ("fail", "ajar")])
def test_words_that_are_none_are_errors(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=name):
        outbound_guard(**{name: value})  # type: ignore[arg-type]  # a word that is none


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.randoms(use_true_random=False), st.booleans())
def test_however_a_stream_is_cut_the_same_leaves(source: random.Random, strict: bool) -> None:
    """The reference is the stream in one piece; what leaves is compared as text: events are cut otherwise."""
    cuts = sorted(source.sample(range(1, len(STREAM)), source.randint(0, 40)))
    pieces = [STREAM[start:end] for start, end in zip([0, *cuts], [*cuts, len(STREAM)], strict=True)]
    seen = []
    for given_pieces in ([STREAM], pieces):
        house = Outbound()
        house.policy = STRICT if strict else house.policy
        answer = ask(house, Provider(*given_pieces, content_type="text/event-stream"), stream=True)
        recorded = house.entry().core.answer
        assert recorded is not None
        seen.append((text_of(answer.content), recorded.decided, house.entry().outcome))
    assert seen[0] == seen[1]
    assert "AKIA" not in seen[0][0]
