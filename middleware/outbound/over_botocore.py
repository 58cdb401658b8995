"""The guard in clients of boto3: before a request is signed, and around what is sent and comes back."""

from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from typing import Any
from urllib.parse import urlsplit

from botocore.awsrequest import AWSResponse
from botocore.endpoint import convert_to_response_dict

from ..asgi import Headers
from .call import Call
from .guard import OutboundGuard
from .parts import Given, Send, Streaming

_sending: ContextVar["_Request | None"] = ContextVar("sluicegate_botocore", default=None)
_MARK = "sluicegate"


def guard_boto[Client](client: Client, guard: OutboundGuard) -> Client:
    """Guard a client of boto3 in place, ``bedrock-runtime`` above all; return it.

    Bodies are judged, and masked, before they are signed. One that is guarded stays as it is.
    """
    found: Any = client
    endpoint = found._endpoint  # noqa: SLF001 - there is no public place for what sends
    if not isinstance(endpoint.http_session, _Session):
        endpoint.http_session = _Session(endpoint.http_session)
        found.meta.events.register("before-call", _Asking(found, guard).before_call, unique_id=_MARK)
    return client


class _Asking:
    """Judges requests as they are made."""

    def __init__(self, client: Any, guard: OutboundGuard) -> None:
        self._client = client
        self._guard = guard

    def before_call(self, model: Any, params: dict[str, Any], **_: Any) -> Any:
        """Judge a request; return what answers it in place of the provider, or None."""
        _sending.set(None)
        request = _Request(self._guard, params)
        asked = request.asked()
        if asked is None:
            return None
        if isinstance(asked, Given):
            answer = _answer(params["url"], asked)
            parser = self._client._response_parser  # noqa: SLF001 - the one that reads answers
            return answer, parser.parse(convert_to_response_dict(answer, model), model.output_shape)
        params["body"] = bytes(asked.body)
        params["headers"]["Accept-Encoding"] = "identity"
        _sending.set(request)
        return None


class _Request:
    """One request of a client; it may be sent several times, each a call of its own."""

    def __init__(self, guard: OutboundGuard, params: dict[str, Any]) -> None:
        parts = urlsplit(params["url"])
        self._guard = guard
        self._method = str(params["method"])
        self._authority = parts.netloc
        self._target = (parts.path + (f"?{parts.query}" if parts.query else "")).encode("ascii")
        self._fields = _fields(params["headers"].items())
        body = params["body"]
        read = body.read() if hasattr(body, "read") else body
        self._body: bytes = read.encode() if isinstance(read, str) else bytes(read or b"")
        self._call: Call | None = None

    def asked(self) -> Send | Given | None:
        """Judge the request; None where it passes untouched."""
        call = self._guard.begin(self._method, self._authority, self._target, self._fields)
        if call is None or isinstance(call, Given):
            return call
        call.take(self._body)
        said = call.asked()
        call.close()
        self._call = call
        return said

    def sent(self) -> Call | Given | None:
        """Return the call of the next time it is sent."""
        if self._call is None:
            said = self.asked()
            if isinstance(said, Given):
                return said
        call, self._call = self._call, None
        return call


class _Session:
    """What sends, with the guard around it."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def send(self, request: Any) -> Any:
        """Send a request that is signed; return what may come back."""
        waiting = _sending.get()
        call = waiting.sent() if waiting is not None else None
        if call is None:
            return self._inner.send(request)
        if isinstance(call, Given):
            return _answer(request.url, call)
        try:
            answer = self._inner.send(request)
            head = call.head(answer.status_code, _fields(answer.headers.items()))
            pieces = answer.raw.stream() if request.stream_output else [answer.content]
            if isinstance(head, Streaming):
                names = {name.decode("latin-1"): value.decode("latin-1") for name, value in head.headers}
                raw = _Raw(_released(call, pieces, answer.raw), call, answer.raw)
                return AWSResponse(request.url, head.status, names, raw)
            given = head if isinstance(head, Given) else _collected(call, pieces)
        except BaseException as fault:
            call.lost(fault)
            raise
        return _answer(request.url, given)


def _collected(call: Call, pieces: Iterable[bytes]) -> Given:
    for piece in pieces:
        if not call.more(piece):
            break
    return call.whole()


def _released(call: Call, pieces: Iterable[bytes], raw: Any) -> Iterator[bytes]:
    try:
        for piece in pieces:
            step = call.feed(piece)
            if step.release:
                yield step.release
            if step.ended:
                raw.close()
                return
    except Exception as fault:
        call.lost(fault)
        raise
    rest = call.end()
    if rest:
        yield rest


class _Raw:
    """The bytes of an answer, as botocore reads them."""

    def __init__(self, pieces: Iterator[bytes], call: Call | None = None, inner: Any = None) -> None:
        self._pieces = pieces
        self._call = call
        self._inner = inner
        self._rest = b""

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        """Yield what is left."""
        if self._rest:
            rest, self._rest = self._rest, b""
            yield rest
        yield from self._pieces

    def read(self, amt: int | None = None, **_: Any) -> bytes:
        """Return at most so many bytes, all that is left for None."""
        while amt is None or len(self._rest) < amt:
            piece = next(self._pieces, None)
            if piece is None:
                break
            self._rest += piece
        size = len(self._rest) if amt is None else amt
        read, self._rest = self._rest[:size], self._rest[size:]
        return read

    def close(self) -> None:
        """Take no more."""
        if self._call is not None:
            self._call.left()
        if self._inner is not None:
            self._inner.close()


def _answer(url: str, given: Given) -> Any:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in given.headers}
    return AWSResponse(url, given.status, headers, _Raw(iter([given.body])))


def _fields(pairs: Iterable[tuple[str, Any]]) -> Headers:
    return [(name.lower().encode("latin-1"), _bytes(value)) for name, value in pairs]


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("latin-1", "replace")
