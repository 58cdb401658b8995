"""What every answer of the demo upstream is made of."""

from collections.abc import Iterable
from typing import Any

import orjson

from ..gateway.upstream.base import UpstreamAnswer
from ..gateway.upstream.given import GivenAnswer


class Refused(Exception):
    """The request asks for what the demo does not do; the message is for the caller."""


def requested_model(payload: dict[str, Any]) -> str:
    """Return the model a request names. Raises `Refused`."""
    model = payload.get("model")
    if not isinstance(model, str) or not model:
        raise Refused("model must be a string.")
    return model


def event(data: dict[str, Any]) -> bytes:
    """Render one server-sent event."""
    return b"data: " + orjson.dumps(data) + b"\n\n"


def whole(data: dict[str, Any], status: int = 200) -> UpstreamAnswer:
    """Answer with JSON."""
    return GivenAnswer(status, [(b"content-type", b"application/json")], [orjson.dumps(data)])


def stream(events: Iterable[bytes]) -> UpstreamAnswer:
    """Answer with server-sent events."""
    return GivenAnswer(200, [(b"content-type", b"text/event-stream")], events)


def error(status: int, message: str) -> UpstreamAnswer:
    """Answer with an error."""
    fault = {"message": message, "type": "invalid_request_error", "param": None, "code": None}
    return whole({"error": fault}, status)
