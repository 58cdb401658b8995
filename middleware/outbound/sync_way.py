"""A call over a synchronous HTTP library that is httpx, or its successor of the same shape."""

from collections.abc import Iterator
from mmap import mmap
from typing import Any, Protocol

from ..spooled import slices, taken
from .call import Call
from .guard import OutboundGuard
from .parts import Given, Send, Streaming


class Library(Protocol):
    """What is needed of the HTTP library; httpx and httpx2 are such modules."""

    Request: Any
    Response: Any
    ByteStream: Any


class SyncWay:
    """Sends what the guard lets be sent, and returns what it lets come back."""

    _library: Library
    _guard: OutboundGuard
    _inner: Any
    _stream_type: Any

    def handle_request(self, request: Any) -> Any:
        """Serve a request; see the transports of httpx. Raises what the transport behind this one raises."""
        authority = request.url.netloc.decode("ascii")
        call = self._guard.begin(request.method, authority, request.url.raw_path, request.headers.raw)
        if call is None:
            return self._inner.handle_request(request)
        if isinstance(call, Given):
            return response(self._library, call, request)
        try:
            for piece in request.stream:
                if not call.take(piece):
                    break
            asked = call.asked()
            if isinstance(asked, Given):
                return response(self._library, asked, request)
            return self._answer(call, asked, request)
        finally:
            call.close()

    def _answer(self, call: Call, asked: Send, request: Any) -> Any:
        try:
            answer = self._inner.handle_request(sent(self._library, asked, request, _pieces))
        except BaseException as fault:
            call.lost(fault)
            raise
        try:
            head = call.head(answer.status_code, answer.headers.raw)
            if isinstance(head, Streaming):
                stream = self._stream_type(call, answer)
                return self._library.Response(
                    head.status, headers=head.headers, stream=stream, extensions=kept(answer)
                )
            given = head if isinstance(head, Given) else _collected(call, answer)
        except BaseException as fault:
            call.lost(fault)
            answer.close()
            raise
        answer.close()
        return response(self._library, given, request)


def _collected(call: Call, answer: Any) -> Given:
    for piece in answer.stream:
        if not call.more(piece):
            break
    return call.whole()


class SyncStream:
    """The pieces that may be let go of an answer that streams.

    Args:
        call: judges them.
        answer: what came.
    """

    def __init__(self, call: Call, answer: Any) -> None:
        self._call = call
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        call = self._call
        try:
            for piece in self._answer.stream:
                step = call.feed(piece)
                if step.release:
                    yield step.release
                if step.ended:
                    self._answer.close()
                    return
        except Exception as fault:
            call.lost(fault)
            raise
        rest = call.end()
        if rest:
            yield rest

    def close(self) -> None:
        """Take no more; the provider is told by the end of the connection."""
        self._call.left()
        self._answer.close()


def response(library: Library, given: Given, request: Any) -> Any:
    """Return a whole answer as the library has it."""
    return library.Response(given.status, headers=given.headers, content=given.body, request=request)


def sent(library: Library, asked: Send, request: Any, pieces: Any) -> Any:
    """Return the request that is sent in place of another one."""
    body: Any = asked.body if isinstance(asked.body, bytes) else pieces(asked.body)
    return library.Request(
        request.method, request.url, headers=asked.headers, content=body, extensions=request.extensions
    )


def kept(answer: Any) -> dict[str, Any]:
    """Return what is said of a connection; its socket would lead past the guard."""
    return {name: value for name, value in answer.extensions.items() if name != "network_stream"}


def _pieces(body: mmap) -> Iterator[bytes]:
    """Yield a body that lies in a file."""
    for piece in slices(body):
        yield taken(body, piece)
