"""Forms: cut anywhere they come apart alike, joined they are the same bytes; what is unclear is refused."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluicegate.detection.errors import BadInput
from sluicegate.detection.framing.multipart import Begin, Content, MultipartParser, boundary_of

BOUNDARY = b"x7d3"


def part(head: bytes, content: bytes) -> bytes:
    return b"--" + BOUNDARY + b"\r\n" + head + b"\r\n\r\n" + content + b"\r\n"


def field(name: str, content: bytes) -> bytes:
    return part(b'Content-Disposition: form-data; name="%b"' % name.encode(), content)


def form(*parts: bytes, end: bytes = b"--\r\n") -> bytes:
    return b"".join(parts) + b"--" + BOUNDARY + end


def read(*chunks: bytes) -> tuple[bytes, list[tuple[str, str | None, str, bytes]]]:
    parser = MultipartParser(BOUNDARY)
    raw, parts = b"", []
    held: list[Begin] = []
    contents: list[bytes] = []
    for chunk in chunks:
        for piece in parser.feed(chunk):
            raw += piece.raw
            if isinstance(piece, Begin):
                held.append(piece)
                contents.append(b"")
            elif isinstance(piece, Content):
                contents[-1] += piece.raw
    raw += parser.close()
    for head, content in zip(held, contents, strict=True):
        parts.append((head.name, head.filename, head.content_type, content))
    return raw, parts


FILE = part(
    b'content-disposition: form-data; name="file"; filename="a.jsonl"\r\nContent-Type: application/jsonl',
    b'{"a": 1}\r\n--x7\n--\n',
)
WHOLE = form(field("purpose", b"batch"), field("empty", b""), FILE)


def test_a_form_comes_apart() -> None:
    raw, parts = read(WHOLE)
    assert raw == WHOLE
    assert parts == [
        ("purpose", None, "", b"batch"),
        ("empty", None, "", b""),
        ("file", "a.jsonl", "application/jsonl", b'{"a": 1}\r\n--x7\n--\n'),
    ]


@given(cuts=st.lists(st.integers(0, len(WHOLE)), max_size=8))
def test_cut_anywhere_it_comes_apart_alike(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(WHOLE)]
    assert read(*(WHOLE[a:b] for a, b in pairwise(edges))) == read(WHOLE)


def test_byte_by_byte() -> None:
    assert read(*(WHOLE[at : at + 1] for at in range(len(WHOLE)))) == read(WHOLE)


@given(content=st.binary(max_size=60).filter(lambda data: b"--" + BOUNDARY not in data))
def test_any_content(content: bytes) -> None:
    whole = form(field("file", content))
    assert read(whole) == (whole, [("file", None, "", content)])


BAD = {
    "a preamble": b"hello\r\n" + WHOLE,
    "an epilogue": WHOLE + b"more",
    "no end": WHOLE[:-4],
    "nothing": b"",
    "no parts": form(),
    "a boundary behind another line end": form(field("a", b"x\n--x7d3\r\nmore")),
    "a boundary inside a line": form(field("a", b"x--x7d3 more")),
    "no name": form(part(b"Content-Disposition: form-data", b"x")),
    "two names": form(part(b'Content-Disposition: form-data; name="a"; name="b"', b"x")),
    "an encoded name": form(part(b"Content-Disposition: form-data; name=\"a\"; filename*=utf-8''x", b"x")),
    "a name without quotes": form(part(b"Content-Disposition: form-data; name=a", b"x")),
    "two dispositions": form(
        part(b'Content-Disposition: form-data; name="a"\r\ncontent-disposition: form-data; name="b"', b"x")
    ),
    "an encoding": form(
        part(b'Content-Disposition: form-data; name="a"\r\nContent-Transfer-Encoding: base64', b"eA==")
    ),
    "another charset": form(
        part(b'Content-Disposition: form-data; name="a"\r\nContent-Type: text/plain; charset=utf-16', b"x")
    ),
    "a folded field": form(part(b'Content-Disposition: form-data;\r\n name="a"', b"x")),
    "a long head": form(part(b'Content-Disposition: form-data; name="%b"' % (b"a" * 9000), b"x")),
    "another disposition": form(part(b'Content-Disposition: attachment; name="a"', b"x")),
}


@pytest.mark.parametrize("body", BAD.values(), ids=BAD)
def test_what_two_readers_could_take_apart_differently(body: bytes) -> None:
    for size in (len(body) or 1, 1):
        with pytest.raises(BadInput) as caught:
            read(*(body[at : at + size] for at in range(0, len(body), size)))
        assert caught.value.code == "invalid_form"


@pytest.mark.parametrize(
    ("given_type", "expected"),
    [
        (b"multipart/form-data; boundary=abc", b"abc"),
        (b'multipart/form-data; boundary="a b"', None),
        (b'multipart/form-data;boundary="a-b"', b"a-b"),
        (b"multipart/form-data", None),
        (b"multipart/form-data; boundary=", None),
        (b"multipart/form-data; boundary=a; boundary=b", None),
        (b"multipart/form-data; boundary=a; charset=utf-8", None),
    ],
)
def test_boundaries(given_type: bytes, expected: bytes | None) -> None:
    if expected is None:
        with pytest.raises(BadInput):
            boundary_of(given_type)
    else:
        assert boundary_of(given_type) == expected
