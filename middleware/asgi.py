"""The words of ASGI (https://asgi.readthedocs.io/en/latest/specs/www.html) in our types."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

type Scope = MutableMapping[str, Any]
"""What a server knows of a request before its body."""
type Message = MutableMapping[str, Any]
"""One event between server and application."""
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]
type ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]
type Headers = list[tuple[bytes, bytes]]
"""Header fields in order; names in lower case."""

GONE = "sluicegate.gone"
"""Extension of a server that says without being asked when a client goes away before its answer,
and that sends the head of an answer together with the first part of its body.

Its ``subscribe`` takes a function without arguments, called once, in the loop, if that happens.
"""

ARRIVED = "sluicegate.arrived"
"""Extension of a server that starts an app when the whole request is there."""

SAME_HEAD = "sluicegate.same_head"
"""Extension of a server that knows a head again: a dictionary that all requests share whose heads
differ in their content-length alone. Who derives something from a head may keep it there."""

LEAVING = "sluicegate.leaving"
"""Extension of a server that says when it is about to end, while a WebSocket is open.

Its ``subscribe`` takes a function without arguments, called once, in the loop, then; at once if it is so.
"""

DENIAL = "websocket.http.response"
"""ASGI's extension of a server that lets an app answer the handshake of a WebSocket as HTTP does."""


def shared(scope: Scope) -> dict[str, Any]:
    """Return what was derived from this head before, to be added to; empty where nobody keeps it."""
    kept: dict[str, Any] = scope.get("extensions", {}).get(SAME_HEAD, {})
    return kept


def raw_path(scope: Scope) -> bytes:
    """The path as it stood in the request line, without the query.

    ASGI lets a server leave `raw_path` out; then the decoded path stands for it, and a path that
    needed decoding holds bytes that no canonical path has.
    """
    path: bytes | None = scope.get("raw_path")
    return scope["path"].encode() if path is None else path


def peer(scope: Scope) -> str:
    """Address of the other end of the connection; empty when the server does not say."""
    client = scope.get("client")
    return str(client[0]) if client else ""
