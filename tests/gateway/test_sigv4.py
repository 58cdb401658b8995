"""Signature Version 4: AWS' published vectors, and botocore's signer over any request."""

import calendar
import datetime as dt
from typing import Any
from unittest import mock

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given, settings
from hypothesis import strategies as st

from sluicegate.gateway.upstream.sigv4 import AwsCredentials, SigV4

# the values of AWS' published test suite, nobody's account
ACCESS, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
BASE = "https://example.amazonaws.com"
THEN = dt.datetime(2015, 8, 30, 12, 36, 0, tzinfo=dt.UTC)
NOW = float(calendar.timegm(THEN.timetuple()))


def signer(token: str | None = None, service: str = "service", base: str = BASE) -> SigV4:
    return SigV4(AwsCredentials(ACCESS, SECRET, "us-east-1", token), base, service)


def field(headers: list[tuple[bytes, bytes]], name: bytes) -> bytes:
    (value,) = [value for key, value in headers if key == name]
    return value


VECTORS = {
    "get-vanilla": ("GET", b"/", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    "get-vanilla-query-order-key-case": (
        "GET",
        b"/?Param2=value2&Param1=value1",
        "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
    ),
    "post-vanilla": ("POST", b"/", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
}


@pytest.mark.parametrize(("method", "target", "signature"), VECTORS.values(), ids=VECTORS.keys())
def test_the_published_vectors(method: str, target: bytes, signature: str) -> None:
    signed = signer().sign(method, target, [], b"", NOW)
    assert field(signed, b"authorization").decode() == (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        f"SignedHeaders=host;x-amz-date, Signature={signature}"
    )
    assert field(signed, b"x-amz-date") == b"20150830T123600Z"


def by_botocore(
    method: str, url: str, headers: list[tuple[str, str]], body: bytes, token: str | None
) -> dict[str, str]:
    request: Any = AWSRequest(method=method, url=url, data=body)
    for name, value in headers:
        request.headers.add_header(name, value)
    with mock.patch("botocore.auth.get_current_datetime", return_value=THEN):
        SigV4Auth(Credentials(ACCESS, SECRET, token), "bedrock", "us-east-1").add_auth(request)
    return dict(request.headers.items())


_WORD = st.text("abcXYZ019-_.~", min_size=1, max_size=6)
_SEGMENT = st.lists(
    st.sampled_from(["a", "Z9", "-", "_", ".x", "~", "%3A", "%2F", ":", "+", "%20"]), min_size=1
)
_VALUE = st.text("abc =/;,\t01", max_size=12).map(str.strip)
_NAMES = st.sampled_from(
    ["content-type", "x-amzn-bedrock-trace", "accept", "x-amz-meta", "user-agent", "x-b"]
)


@settings(max_examples=150, deadline=None)
@given(
    method=st.sampled_from(["POST", "GET"]),
    segments=st.lists(_SEGMENT.map("".join), max_size=4),
    query=st.lists(st.tuples(_WORD, _WORD), max_size=3),
    headers=st.lists(st.tuples(_NAMES, _VALUE), max_size=5),
    body=st.binary(max_size=50),
    token=st.sampled_from([None, "token/with+signs=="]),
)
def test_any_request_is_signed_as_botocore_signs_it(
    method: str,
    segments: list[str],
    query: list[tuple[str, str]],
    headers: list[tuple[str, str]],
    body: bytes,
    token: str | None,
) -> None:
    target = "/" + "/".join(segments) + "?" * bool(query) + "&".join("=".join(pair) for pair in query)
    theirs = by_botocore(method, f"http://127.0.0.1:8080{target}", headers, body, token)
    given_fields = [(name.encode(), value.encode()) for name, value in headers]
    ours = signer(token, "bedrock", "http://127.0.0.1:8080/").sign(
        method, target.encode(), given_fields, body, NOW
    )
    assert field(ours, b"authorization").decode() == theirs["Authorization"]
    assert [value for name, value in ours if name == b"x-amz-security-token"] == (
        [token.encode()] if token else []
    )


def test_nothing_of_another_signature_travels() -> None:
    given_fields = [
        (b"authorization", b"AWS4-HMAC-SHA256 Credential=SOMEBODYELSE"),
        (b"x-amz-security-token", b"theirs"),
        (b"x-amz-date", b"20010101T000000Z"),
        (b"x-amz-content-sha256", b"0" * 64),
        (b"date", b"Mon, 01 Jan 2001 00:00:00 GMT"),
        (b"content-type", b"application/json"),
    ]
    signed = signer().sign("POST", b"/", given_fields, b"{}", NOW)
    names = [name for name, _ in signed]
    assert sorted(names) == [b"authorization", b"content-type", b"x-amz-date"]
    assert b"SOMEBODYELSE" not in b"".join(value for _, value in signed)
    assert b"theirs" not in b"".join(value for _, value in signed)


def test_the_key_of_a_day_is_made_anew_for_the_next() -> None:
    one = signer()
    first = one.sign("POST", b"/", [], b"", NOW)
    assert one.sign("POST", b"/", [], b"", NOW + 86_400) == signer().sign("POST", b"/", [], b"", NOW + 86_400)
    assert one.sign("POST", b"/", [], b"", NOW) == first


@pytest.mark.parametrize(
    ("access", "secret", "region", "token"),
    [
        ("AKID EXAMPLE", SECRET, "us-east-1", None),
        ("", SECRET, "us-east-1", None),
        (ACCESS, "two words", "us-east-1", None),
        (ACCESS, "", "us-east-1", None),
        (ACCESS, SECRET, "", None),
        (ACCESS, SECRET, "us-east-1/x", None),
        (ACCESS, SECRET, "US", None),
        (ACCESS, SECRET, "us-east-1", "line\nend"),
    ],
)
def test_credentials_that_can_be_none_are_refused_and_never_shown(
    access: str, secret: str, region: str, token: str | None
) -> None:
    with pytest.raises(ValueError, match="AWS") as problem:
        AwsCredentials(access, secret, region, token)
    assert not secret or secret not in str(problem.value)


def test_the_secret_is_not_part_of_what_is_shown() -> None:
    shown = repr(AwsCredentials(ACCESS, SECRET, "eu-central-1", "session"))
    assert SECRET not in shown
    assert "session'" not in shown
