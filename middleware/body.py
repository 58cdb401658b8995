"""Reading a request body: framing faults first, then every byte within bounds."""

import asyncio

from .asgi import Headers, Receive
from .headers import Fields, is_encoded, is_utf8, media_type
from .limits import Limits, too_large
from .rejection import Rejected
from .started import Rest, begun

JSON = frozenset((b"application/json",))
"""Types of the bodies that most routes take."""
UNTYPED = b""
"""Stands for a body that names no type, where a route takes such."""
_DIGITS = 18
"""Most digits of a length that is read."""


def has_body(fields: Fields) -> bool:
    """Say whether a request announces a body."""
    if fields.every(b"transfer-encoding"):
        return True
    return any(value.strip() != b"0" for value in fields.every(b"content-length"))


def check_framing(fields: Fields, limits: Limits, accepts: frozenset[bytes] = JSON) -> None:
    """Refuse a body that two programs could delimit or read differently, before a byte is read.

    Raises `Rejected`: 400 for contradicting length fields, 413 for a declared length beyond the
    limit, 415 for a content encoding, a type that is none of `accepts` or a charset other than UTF-8.
    """
    check_length(fields, limits)
    if is_encoded(fields):
        raise _unsupported("content_encoding", "Bodies with a content encoding are not read; send it plain.")
    _check_type(fields.every(b"content-type"), accepts)


def check_length(fields: Fields, limits: Limits) -> None:
    """Refuse a body whose end two programs could see elsewhere. Raises `Rejected`: 400 or 413."""
    lengths, codings = fields.every(b"content-length"), fields.every(b"transfer-encoding")
    if len(lengths) > 1 or (lengths and codings) or len(codings) > 1:
        raise _framing()
    if codings and codings[0].strip().lower() != b"chunked":
        raise _framing()
    if lengths and _length(lengths[0]) > limits.request_bytes:
        raise too_large()


async def read_body(receive: Receive, limits: Limits) -> bytes | None:
    """Return the whole body, or None when the client went away before its end.

    No clock is set for a body that the server has already.
    Raises `Rejected`: 413 for a body beyond the limit, 408 for one that takes too long.
    """
    read = begin_body(receive, limits)
    return await rest_of_body(read, limits) if isinstance(read, Rest) else read


def begin_body(receive: Receive, limits: Limits) -> bytes | Rest[bytes | None] | None:
    """Read as far as there is something to read: return what `read_body` does, or the rest of the reading."""
    return begun(_read, receive, limits)


async def rest_of_body(rest: Rest[bytes | None], limits: Limits) -> bytes | None:
    """Return what `read_body` does once the rest was read. Raises as it does."""
    try:
        async with asyncio.timeout(limits.body_seconds):
            return await rest
    except TimeoutError:
        raise Rejected(
            "The body took too long to arrive.", code="body_timeout", status=408, reason="slow_body"
        ) from None


async def _read(receive: Receive, limits: Limits) -> bytes | None:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        piece: bytes = message.get("body", b"")
        if len(body) + len(piece) > limits.request_bytes:
            raise too_large()
        if not message.get("more_body", False):
            return bytes(body + piece) if body else piece
        body += piece


async def discard(receive: Receive, most: int, seconds: float) -> None:
    """Read and forget what a client still sends, up to `most` bytes for at most `seconds`.

    Closing a connection with unread bytes resets it, and the client would lose the answer that
    tells it what was wrong.
    """
    try:
        async with asyncio.timeout(seconds):
            while most > 0:
                message = await receive()
                if message["type"] == "http.disconnect" or not message.get("more_body", False):
                    return
                most -= len(message.get("body", b""))
    except TimeoutError:
        return


def is_usual(headers: Headers, limits: Limits, accepts: frozenset[bytes] = JSON) -> bool:
    """Say whether a head is, beyond doubt, one that `check_framing` lets pass: as most are.

    That is: each field stands once, and there are a plain length within the limit and a type of `accepts`
    without a parameter.
    """
    once = dict(headers)
    if len(once) != len(headers) or b"transfer-encoding" in once or b"content-encoding" in once:
        return False
    length = once.get(b"content-length", b"")
    if not length.isdigit() or len(length) > _DIGITS or int(length) > limits.request_bytes:
        return False
    kind = once.get(b"content-type", b";")
    return kind in accepts and b";" not in kind


def _length(value: bytes) -> int:
    # int() would also take signs, underscores and blanks
    if not value.isdigit() or len(value) > _DIGITS:
        raise _framing()
    return int(value)


def _check_type(types: list[bytes], accepts: frozenset[bytes]) -> None:
    if len(types) > 1 or (media_type(types[0]) if types else UNTYPED) not in accepts:
        wanted = " or ".join(sorted(kind.decode() for kind in accepts if kind != UNTYPED))
        raise _unsupported("content_type", f"The body must be {wanted}.")
    if types and not is_utf8(types[0]):
        raise _unsupported("charset", "The body must be in UTF-8.")


def _framing() -> Rejected:
    return Rejected(
        "The length of the body is ambiguous.", code="ambiguous_framing", status=400, reason="framing"
    )


def _unsupported(what: str, message: str) -> Rejected:
    return Rejected(message, code=f"unsupported_{what}", status=415, reason="media_type")
