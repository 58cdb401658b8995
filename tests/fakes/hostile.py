"""Answers of an upstream that breaks, lies or attacks."""

import gzip
import json
from collections.abc import Iterator

from tests.fakes.http_server import Answer, Piece, Reset
from tests.fakes.replies import Reply, buffered_chat, streamed_chat

_STREAM = "text/event-stream"


def early_close(reply: Reply, keep: int) -> Answer:
    """A stream that ends by closing the connection after `keep` frames, without a last chunk."""
    pieces = list(streamed_chat(reply, {}).pieces)[:keep]
    return Answer(pieces, content_type=_STREAM, framing="unfinished")


def reset_midway(reply: Reply, keep: int) -> Answer:
    """A stream that ends in a TCP reset after `keep` frames."""
    pieces: list[Piece] = [*list(streamed_chat(reply, {}).pieces)[:keep], Reset()]
    return Answer(pieces, content_type=_STREAM, framing="chunked")


def no_answer() -> Answer:
    """The connection closes before a byte."""
    return Answer([], framing="raw")


def not_http() -> Answer:
    """Bytes that are no HTTP answer."""
    return Answer([b"\x16\x03\x01 this is not HTTP\r\n\r\n"], framing="raw")


def garbage_stream() -> Answer:
    """Frames whose data is no JSON, is no UTF-8, or is no event at all."""
    pieces = [b"data: {not json}\n\n", b"data: \xff\xfe\n\n", b"\x00\x01\x02\n\n", b"data: [DONE]\n\n"]
    return Answer(pieces, content_type=_STREAM, framing="chunked")


def garbage_body() -> Answer:
    """A 200 whose JSON is cut off."""
    return Answer([b'{"id":"x","choices":[{"index":0,"message":{"content":"half'])


def wrong_content_type(reply: Reply) -> Answer:
    """A good chat completion that calls itself HTML."""
    return Answer(list(buffered_chat(reply, {}).pieces), content_type="text/html; charset=utf-8")


def unlabelled_stream(reply: Reply) -> Answer:
    """A good stream that calls itself JSON."""
    return Answer(list(streamed_chat(reply, {}).pieces), framing="chunked")


def compressed(reply: Reply) -> Answer:
    """A gzip body although the caller did not offer to read one."""
    pieces = [gzip.compress(piece) for piece in buffered_chat(reply, {}).pieces if isinstance(piece, bytes)]
    return Answer(pieces, headers=(("content-encoding", "gzip"),))


def duplicate_keys(first: str, second: str) -> Answer:
    """A frame that holds `content` twice: readers disagree on which one counts."""
    delta = f'{{"content":{json.dumps(first)},"content":{json.dumps(second)}}}'
    frame = (
        '{"id":"x","object":"chat.completion.chunk","created":1,"model":"m",'
        f'"choices":[{{"index":0,"delta":{delta},"finish_reason":null}}]}}'
    )
    pieces = [f"data: {frame}\n\n".encode(), b"data: [DONE]\n\n"]
    return Answer(pieces, content_type=_STREAM, framing="chunked")


def oversized_frame(size: int) -> Answer:
    """One frame of more than `size` characters of content."""
    text = json.dumps({"choices": [{"index": 0, "delta": {"content": "x" * size}, "finish_reason": None}]})
    pieces = [b"data: ", text.encode(), b"\n\n", b"data: [DONE]\n\n"]
    return Answer(pieces, content_type=_STREAM, framing="chunked")


def endless_line() -> Answer:
    """A line that never ends; stops when the caller goes away."""
    return Answer(_forever(b"data: ", b"x" * 65_536), content_type=_STREAM, framing="chunked")


def endless_body() -> Answer:
    """A JSON body that never ends; stops when the caller goes away."""
    return Answer(_forever(b'{"id":"', b"x" * 65_536), framing="chunked")


def _forever(first: bytes, then: bytes) -> Iterator[Piece]:
    yield first
    while True:
        yield then
