"""One form of a path: what two programs could read differently is refused."""

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.middleware.paths import DEEPEST_ENCODING, LONGEST_PATH, canonical, skeleton
from sluicegate.middleware.rejection import Rejected
from tests.middleware.client import scope


def read(raw: bytes, decoded: str | None = None) -> bytes:
    path = unquote(raw.decode("latin-1")) if decoded is None else decoded
    return canonical(scope(path=path, raw=raw))


@pytest.mark.parametrize(
    "raw",
    [
        b"/",
        b"/v1/chat/completions",
        b"/v1/models/gpt-4.1~mini_x",
        b"/v1/models/ft:gpt-4o:org",
        b"/v1/models/ft%3Agpt",
        b"/v1/models/a%20b",
        b"/v1/models/...",
        b"/v1/models/.hidden",
        b"/v1/models/@a,b=c+d*(e)!$&'",
    ],
)
def test_a_canonical_path_is_itself(raw: bytes) -> None:
    assert read(raw) == raw


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"*", id="asterisk"),
        pytest.param(b"v1/models", id="no slash in front"),
        pytest.param(b"//v1/models", id="empty segment in front"),
        pytest.param(b"/v1//models", id="empty segment"),
        pytest.param(b"/v1/models/", id="slash at the end"),
        pytest.param(b"/v1/./models", id="dot segment"),
        pytest.param(b"/v1/x/../models", id="dot dot segment"),
        pytest.param(b"/v1/models/..", id="dot dot at the end"),
        pytest.param(b"/v1/models/.", id="dot at the end"),
        pytest.param(b"/v1/x/%2e%2e/models", id="encoded dots"),
        pytest.param(b"/v1/x/.%2E/models", id="half encoded dots"),
        pytest.param(b"/v1/models%2fx", id="encoded slash"),
        pytest.param(b"/v1/models%2Fx", id="encoded slash in capitals"),
        pytest.param(b"/v1/models%5cx", id="encoded backslash"),
        pytest.param(b"/v1\\models", id="backslash"),
        pytest.param(b"/v1/models;x=1", id="parameter"),
        pytest.param(b"/v1/models%3bx=1", id="encoded parameter"),
        pytest.param(b"/v1/models%00", id="encoded NUL"),
        pytest.param(b"/v1/models\x00", id="NUL"),
        pytest.param(b"/v1/models%0d%0a", id="encoded line end"),
        pytest.param(b"/v1/models%7f", id="encoded delete"),
        pytest.param(b"/v1/%6dodels", id="encoded letter"),
        pytest.param(b"/v1/models/%7E", id="encoded tilde"),
        pytest.param(b"/v1/models%252fx", id="encoded twice"),
        pytest.param(b"/v1/models%", id="bare percent"),
        pytest.param(b"/v1/models%2", id="one digit"),
        pytest.param(b"/v1/models%zz", id="no digits"),
        pytest.param(b"/v1/models%u002f", id="percent u"),
        pytest.param(b"/v1/models%c3%a4", id="encoded UTF-8"),
        pytest.param(b"/v1/mod\xc3\xa4ls", id="raw UTF-8"),
        pytest.param(b"/v1/%c0%af", id="overlong slash"),
        pytest.param(b"/v1/models#x", id="fragment"),
        pytest.param(b"/v1/models?x", id="query"),
        pytest.param(b"/v1/ models", id="blank"),
        pytest.param(b"/v1/models\n", id="line end"),
        pytest.param(b"http://other/v1/models", id="absolute form"),
        pytest.param(b"/" + b"a" * LONGEST_PATH, id="too long"),
    ],
)
def test_wall_8_a_path_with_two_readings_is_refused(raw: bytes) -> None:
    with pytest.raises(Rejected) as refused:
        read(raw)
    assert (refused.value.status, refused.value.code) == (400, "invalid_path")


_ARN = b"arn%3Aaws%3Abedrock%3Aeu-west-1%3A123456789012%3Ainference-profile%2Feu.anthropic.claude-v1%3A0"


@pytest.mark.parametrize(
    "raw",
    [
        b"/model/" + _ARN + b"/converse",
        b"/up/aws/model/" + _ARN + b"/invoke",
        b"/model/arn%3Aaws-cn%3Abedrock%3A%3A%3Afoundation-model%2Fx/converse",
    ],
)
def test_the_slash_of_an_arn_belongs_to_its_segment(raw: bytes) -> None:
    assert read(raw) == raw


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"/models/" + _ARN + b"/converse", id="of another route"),
        pytest.param(b"/model/x" + _ARN + b"/converse", id="not at the beginning"),
        pytest.param(b"/model/" + _ARN, id="at the end"),
        pytest.param(b"/model/" + _ARN + b"%2Fx/converse", id="two slashes"),
        pytest.param(b"/model/" + _ARN + b"%5cx/converse", id="backslash behind it"),
        pytest.param(
            b"/model/" + _ARN.replace(b"%2Feu", b"%2F.eu") + b"/converse", id="dot behind the slash"
        ),
        pytest.param(b"/model/" + _ARN.replace(b"%2F", b"%2F..%2F") + b"/converse", id="dot dot"),
        pytest.param(b"/model/" + _ARN.replace(b"%2F", b"%252F") + b"/converse", id="encoded twice"),
        pytest.param(b"/model/" + _ARN.replace(b"bedrock", b"s3") + b"/converse", id="of another service"),
        pytest.param(b"/model/" + _ARN + b"/" + _ARN + b"/converse", id="second one elsewhere"),
    ],
)
def test_near_arns_are_refused(raw: bytes) -> None:
    with pytest.raises(Rejected):
        read(raw)


@pytest.mark.parametrize("decoded", ["/v1/models/x", "/v1/model", "/V1/models", "/v1/models%20"])
def test_a_decoded_path_that_differs_from_the_raw_one_is_refused(decoded: str) -> None:
    with pytest.raises(Rejected):
        read(b"/v1/models", decoded)


def test_a_server_without_a_raw_path_is_served() -> None:
    request = scope(path="/v1/models")
    del request["raw_path"]
    assert canonical(request) == b"/v1/models"
    request = scope(path="/v1/models/a b")
    del request["raw_path"]
    with pytest.raises(Rejected):
        canonical(request)


@given(st.binary(max_size=40).map(lambda tail: b"/v1/" + tail))
def test_whatever_passes_decodes_to_the_same_segments(raw: bytes) -> None:
    try:
        path = read(raw)
    except Rejected:
        return
    decoded = unquote(path.decode())
    assert decoded.count("/") == path.count(b"/")
    assert not {"", ".", ".."} & set(decoded.split("/")[1:])
    assert skeleton(path) == decoded.lower().encode()


@pytest.mark.parametrize(
    "raw",
    [
        b"/v1/chat/completions",
        b"/v1/chat/completions/",
        b"//v1/chat//completions",
        b"/v1/./chat/x/../completions",
        b"/v1/chat%2fcompletions",
        b"/v1/chat%252fcompletions",
        b"/v1\\chat\\completions",
        b"/v1/chat;x=1/completions;y",
        b"/V1/Chat/Completions",
        b"/v1/chat/completions%00",
        b"/v1/chat/completions%20",
        b"/../v1/chat/completions",
    ],
)
def test_lenient_readings_have_one_skeleton(raw: bytes) -> None:
    assert skeleton(raw) == b"/v1/chat/completions"


def test_a_path_encoded_too_often_is_refused() -> None:
    raw = b"/a%2fb"
    for _ in range(DEEPEST_ENCODING):
        raw = raw.replace(b"%", b"%25")
    with pytest.raises(Rejected):
        skeleton(raw)
