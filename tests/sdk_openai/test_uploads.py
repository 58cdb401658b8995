"""The bounds of uploads, without an SDK in the way."""

from collections.abc import Iterator

import httpx
import pytest

from sluicegate.gateway.upstream_spec import UpstreamSpec
from sluicegate.middleware.limits import Limits
from sluicegate.middleware.spooled import IN_MEMORY
from tests.fakes.http_server import Answer
from tests.fakes.openai_api import UPSTREAM_KEY, FakeOpenAI
from tests.support.local_gateway import LocalGateway

MOST = 4 * IN_MEMORY
FORM = "multipart/form-data; boundary=mark7f3a"


@pytest.fixture(scope="module")
def bounded(upstream: FakeOpenAI) -> Iterator[LocalGateway]:
    spec = UpstreamSpec("openai", "openai", upstream.base_url, UPSTREAM_KEY)
    with LocalGateway(spec, limits=Limits(request_bytes=1024, upload_bytes=MOST)) as gateway:
        yield gateway


def form(size: int) -> bytes:
    head = b'--mark7f3a\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n'
    return head + b"\0" * size + b"\r\n--mark7f3a--\r\n"


def post(
    gateway: LocalGateway, body: bytes, *, kind: str = FORM, chunked: bool = False, path: str = "/v1/files"
) -> httpx.Response:
    headers = {"authorization": f"Bearer {gateway.key}", "content-type": kind}
    content = iter([body[at : at + 50_000] for at in range(0, len(body), 50_000)]) if chunked else body
    with httpx.Client(timeout=20) as client:
        return client.post(gateway.url + path, content=content, headers=headers)


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("size", [10, 2 * IN_MEMORY])
def test_within_the_bound_of_uploads_a_form_may_be_larger_than_a_request(
    fake: FakeOpenAI, bounded: LocalGateway, size: int, chunked: bool
) -> None:
    fake.script = lambda _: Answer([b'{"id":"file-1","object":"file"}'])
    assert post(bounded, form(size), chunked=chunked).status_code == 200
    assert fake.last.raw == form(size)
    assert fake.last.header("content-type") == FORM


@pytest.mark.parametrize("chunked", [False, True])
def test_beyond_it_is_refused(fake: FakeOpenAI, bounded: LocalGateway, chunked: bool) -> None:
    answer = post(bounded, form(MOST), chunked=chunked)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "body_too_large")
    assert not fake.requests


@pytest.mark.parametrize(
    ("kind", "path", "status"),
    [
        ("application/json", "/v1/files", 415),
        (FORM, "/v1/chat/completions", 415),
        ("multipart/form-data", "/v1/files", 400),
        ("multipart/form-data; boundary=another", "/v1/files", 400),
        ("multipart/form-data; boundary=mark7f3a; charset=utf-16", "/v1/files", 415),
        ("multipart/mixed; boundary=mark7f3a", "/v1/files", 415),
    ],
)
def test_what_is_no_form(fake: FakeOpenAI, bounded: LocalGateway, kind: str, path: str, status: int) -> None:
    assert post(bounded, form(10), kind=kind, path=path).status_code == status
    assert not fake.requests
