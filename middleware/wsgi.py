"""The guard for WSGI apps (PEP 3333): Flask and its like.

The guard runs in an event loop in a thread of its own. The app stays in the thread that the server called it
in: the guard asks that thread for the app's next step and gives it what may leave, by turns.
"""

import asyncio
import io
import os
import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from http import HTTPStatus
from typing import Any, cast

from .asgi import Headers, Message, Receive, Scope, Send
from .drop_in import NO_RATES, GuardMiddleware

type Environ = dict[str, Any]
type Start = Callable[..., Any]
type WSGIApp = Callable[[Environ, Start], Iterable[bytes]]

ENVIRON = "sluicegate"
"""Where an app finds the outcome of its request in its environ."""

_CARRIED = "sluicegate.wsgi"
_OVER = object()


class WsgiGuard:
    """Guards a WSGI app: ``app.wsgi_app = WsgiGuard(app.wsgi_app, routes={...})``.

    Requests that no route lists go to the app as they are.

    Args:
        app: answers.
        options: see `GuardMiddleware`.
    """

    def __init__(self, app: WSGIApp, **options: Any) -> None:
        self._app = app
        self._guard = GuardMiddleware(_asked, **options)
        self._most = options.get("limits", NO_RATES).request_bytes

    def __call__(self, environ: Environ, start_response: Start) -> Iterable[bytes]:
        """Serve one request. Raises what the app raises, once the client has its answer."""
        scope = _scope(environ)
        if not self._guard.guards(scope):
            return self._app(environ, start_response)
        steps = _Steps(self._app, environ)
        body = _body(environ, self._most)
        serving = asyncio.run_coroutine_threadsafe(
            self._guard({**scope, _CARRIED: steps}, _given(body), steps.send), _loop()
        )
        serving.add_done_callback(lambda _: steps.jobs.put(_OVER))
        return steps.answer(start_response, serving)


class _Steps:
    """One request between two threads.

    `jobs` holds what the server's thread is to do next: steps of the app, and messages that may leave.
    """

    def __init__(self, app: WSGIApp, environ: Environ) -> None:
        self.jobs: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._app = app
        self._environ = environ
        self._pieces: Iterator[bytes] = iter(())
        self._opened: Any = None

    def answer(self, start_response: Start, serving: Future[None]) -> Iterator[bytes]:
        """Do the steps in the calling thread; yield what may leave."""
        try:
            while (job := self.jobs.get()) is not _OVER:
                if callable(job):
                    job()
                elif job["type"] == "http.response.start":
                    start_response(_status(job["status"]), _spelled(job["headers"]))
                elif job.get("body"):
                    yield job["body"]
            serving.result()
        finally:
            serving.cancel()
            if hasattr(self._opened, "close"):
                self._opened.close()

    async def send(self, message: Message) -> None:
        """Take a message that may leave."""
        self.jobs.put(message)

    async def begun(self, scope: Scope, body: bytes) -> tuple[int, Headers]:
        """Call the app with a request; return status and fields of its answer."""
        outcome = scope.get("state", {}).get("sluicegate")
        environ = {**_unforged(self._environ, scope["headers"]), ENVIRON: outcome}
        environ["QUERY_STRING"] = scope["query_string"].decode("latin-1")
        environ["wsgi.input"] = io.BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))
        head: list[tuple[int, Headers]] = []
        written: list[bytes] = []

        def start(status: str, headers: list[tuple[str, str]], *_: object) -> Callable[[bytes], None]:
            fields = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
            head[:] = [(int(status.split(" ", 1)[0]), fields)]
            return written.append

        def call() -> tuple[int, Headers]:
            self._opened = opened = self._app(environ, start)
            pieces = iter(opened)
            # an app may say how it answers with its first piece
            first = next(pieces, b"") if not head else b""
            self._pieces = _chained([*written, first], pieces)
            return head[0]

        return await self._in_server(call)

    async def next(self) -> bytes | None:
        """Return the next piece of the app's answer; None at its end."""
        return await self._in_server(lambda: next(self._pieces, None))

    async def _in_server[Given](self, step: Callable[[], Given]) -> Given:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Given] = loop.create_future()

        def job() -> None:
            try:
                given = step()
            except Exception as fault:  # noqa: BLE001 - it is raised where the step was asked for
                loop.call_soon_threadsafe(_failed, done, fault)
            else:
                loop.call_soon_threadsafe(_did, done, given)

        self.jobs.put(job)
        return await done


async def _asked(scope: Scope, receive: Receive, send: Send) -> None:
    """Stand where the guard's app does, for an app that runs in another thread."""
    steps: _Steps = scope[_CARRIED]
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    status, headers = await steps.begun(scope, body)
    await send({"type": "http.response.start", "status": status, "headers": headers})
    while (piece := await steps.next()) is not None:
        if piece:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


class _Loop:
    """The event loop of guards in this process, and whose process it is."""

    lock = threading.Lock()
    process = 0
    loop: asyncio.AbstractEventLoop | None = None


def _loop() -> asyncio.AbstractEventLoop:
    with _Loop.lock:
        if _Loop.loop is None or _Loop.process != os.getpid():
            _Loop.loop, _Loop.process = asyncio.new_event_loop(), os.getpid()
            threading.Thread(target=_Loop.loop.run_forever, name="sluicegate", daemon=True).start()
        return _Loop.loop


def _scope(environ: Environ) -> Scope:
    path = (environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")).encode("latin-1")
    raw = str(environ.get("RAW_URI") or environ.get("REQUEST_URI") or "").partition("?")[0]
    return {
        "type": "http",
        "http_version": str(environ.get("SERVER_PROTOCOL", "HTTP/1.1")).partition("/")[2],
        "method": environ["REQUEST_METHOD"],
        "path": path.decode("utf-8", "replace"),
        "raw_path": raw.encode("latin-1") if raw.startswith("/") else None,
        "query_string": environ.get("QUERY_STRING", "").encode("latin-1"),
        "root_path": "",
        "headers": _fields(environ),
        "client": (environ.get("REMOTE_ADDR", ""), 0),
        "state": {},
    }


def _fields(environ: Mapping[str, Any]) -> Headers:
    """Return the fields of a request as ASGI has them. Of those that came twice the server made one."""
    named = {name[5:]: value for name, value in environ.items() if name.startswith("HTTP_")}
    named |= {name: environ[name] for name in ("CONTENT_TYPE", "CONTENT_LENGTH") if environ.get(name)}
    return [
        (name.lower().replace("_", "-").encode("latin-1"), str(value).encode("latin-1"))
        for name, value in named.items()
    ]


def _unforged(environ: Environ, headers: Headers) -> Environ:
    """Return an environ without the fields that the guard took out."""
    kept = {"HTTP_" + name.decode("latin-1").upper().replace("-", "_") for name, _ in headers}
    return {name: value for name, value in environ.items() if not name.startswith("HTTP_") or name in kept}


def _body(environ: Environ, most: int) -> bytes:
    """Read the body, as far as it may be long."""
    length = str(environ.get("CONTENT_LENGTH") or "")
    if length.isdecimal():
        return cast("bytes", environ["wsgi.input"].read(min(int(length), most + 1)))
    return (
        cast("bytes", environ["wsgi.input"].read(most + 1)) if environ.get("wsgi.input_terminated") else b""
    )


def _given(body: bytes) -> Receive:
    left: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        while not left:  # nobody says when a client of WSGI leaves
            await asyncio.get_running_loop().create_future()
        return left.pop()

    return receive


def _chained(first: list[bytes], rest: Iterator[bytes]) -> Iterator[bytes]:
    yield from first
    yield from rest


def _status(status: int) -> str:
    phrase = HTTPStatus(status).phrase if status in HTTPStatus else "Unknown"
    return f"{status} {phrase}"


def _spelled(headers: Headers) -> list[tuple[str, str]]:
    own = (b"connection", b"transfer-encoding")  # PEP 3333 leaves these to the server
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers if name not in own]


def _did(done: asyncio.Future[Any], given: object) -> None:
    if not done.done():
        done.set_result(given)


def _failed(done: asyncio.Future[Any], fault: Exception) -> None:
    if not done.done():
        done.set_exception(fault)
