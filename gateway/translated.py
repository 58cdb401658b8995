"""Calls of an upstream that speaks another format than the client."""

import time
from collections.abc import Callable
from typing import Protocol

from ..detection.errors import BadInput, UpstreamFault
from ..middleware.asgi import Headers
from ..middleware.handover import Handover
from ..middleware.headers import first, media_type
from ..middleware.spooled import Body
from .forward import client_headers, refuse_misleading, upstream_headers
from .plan import Choice
from .translate.json_exact import load
from .translate.middle import Made
from .translate.pairs import CLIENTS, upstream_format
from .translate.reading import message_of, tree_of
from .translate.refusals import unreadable
from .translate.stream import StreamTranslation
from .upstream.base import Upstream, UpstreamAnswer, UpstreamRequest

_JSON = b"application/json"
_EVENTS = b"text/event-stream; charset=utf-8"
_FIELDS: Headers = [(b"content-type", _JSON), (b"accept", b"*/*")]
_PASSED = frozenset(
    (
        b"retry-after",
        b"retry-after-ms",
        b"x-should-retry",
        b"request-id",
        b"x-request-id",
        b"x-amzn-requestid",
    )
)
"""Fields of an upstream's answer that mean the same in every format."""
_FAILED = 300
"""The first status of an answer that tells of an error."""


async def ask_translated(
    upstream: Upstream, choice: Choice, body: Body, told: Handover, most: int
) -> "Translated":
    """Send a request in the upstream's format; its answer comes back in the client's.

    Only the configured credential goes along, and none of the client's fields. `most` are the bytes
    that a whole answer may have. Raises `BadInput` for what cannot be translated, `UpstreamFault` as
    `Upstream.send`.
    """
    spec, client = choice.spec, CLIENTS[told.route.path]
    there = upstream_format(spec)
    asked = client.read(_tree(body))
    sent = there.request(asked, choice.alias or asked.model)
    target = spec.place(sent.provider, sent.path) + sent.query
    fields = upstream_headers(_FIELDS, spec, None)
    if spec.signer is not None:
        fields = spec.signer.sign("POST", target, fields, sent.body, time.time())
    answer = await upstream.send(UpstreamRequest("POST", target, fields, sent.body))
    try:
        refuse_misleading(answer.status, None)
        status = answer.status
        if status >= _FAILED:
            whole = Whole(lambda data: client.error(status, message_of(data, status)), most)
            return Translated(answer, _JSON, whole)
        made = Made(told.exchange_id.replace("-", ""), int(time.time()), asked.model)
        _check_media(answer, there.media if asked.stream else _JSON)
        if not asked.stream:
            whole = Whole(lambda data: client.answer(there.answer(tree_of(data), made), made), most)
            return Translated(answer, _JSON, whole)
        stream = StreamTranslation(there.parser(), there.reader(made), client.writer(asked, made))
        return Translated(answer, _EVENTS, stream)
    except UpstreamFault:
        await answer.close()
        raise


class Translation(Protocol):
    """Turns the bytes of one answer into another's; a `fault` waits for the next call."""

    ended: bool
    fault: UpstreamFault | None

    def feed(self, chunk: bytes) -> bytes:
        """Take the next bytes and return what the client gets for them. Raises `UpstreamFault`."""
        ...

    def close(self) -> bytes:
        """Say that no bytes follow, and return what is left. Raises `UpstreamFault`."""
        ...


class Whole:
    """An answer that is translated when all of it is there. Implements `Translation`."""

    fault: UpstreamFault | None = None

    def __init__(self, translate: Callable[[bytes], bytes], most: int) -> None:
        self._translate = translate
        self._most = most
        self._data = bytearray()
        self.ended = False

    def feed(self, chunk: bytes) -> bytes:
        """Keep the next bytes."""
        self._data += chunk
        if len(self._data) > self._most:
            raise UpstreamFault("The answer is too large to be judged.", code="answer_too_large")
        return b""

    def close(self) -> bytes:
        """Translate."""
        self.ended = True
        return self._translate(bytes(self._data))


class Translated:
    """An upstream's answer in the client's format. Implements `middleware.origin.OriginAnswer`."""

    __slots__ = ("_answer", "_over", "_translation", "close", "headers", "status")

    def __init__(self, answer: UpstreamAnswer, kind: bytes, translation: Translation) -> None:
        self._answer = answer
        self._translation = translation
        self._over = False
        self.status = answer.status
        passed = [field for field in client_headers(answer.headers) if field[0] in _PASSED]
        self.headers: Headers = [(b"content-type", kind), *passed]
        self.close = answer.close

    @property
    def ended(self) -> bool:
        """Whether nothing is left to read."""
        return self._over

    async def read(self) -> bytes:
        """Return what there is next in the client's format; see `middleware.origin.OriginAnswer`."""
        while not self._over:
            if self._translation.fault is not None:
                raise self._translation.fault
            if written := await self._next():
                return written
        return b""

    async def _next(self) -> bytes:
        piece = await self._answer.read()
        translation = self._translation
        written = translation.feed(piece)
        over = translation.ended
        if not (over or written) and (not piece or self._answer.ended):
            written, over = translation.close(), True
        self._over = over and translation.fault is None
        return written


def _tree(body: Body) -> object:
    try:
        return load(body[:])
    except ValueError:
        raise BadInput("The body is not valid JSON.", code="invalid_json") from None


def _check_media(answer: UpstreamAnswer, expected: bytes) -> None:
    if media_type(first(answer.headers, b"content-type") or b"") != expected:
        raise unreadable("is of another type than was asked for")
