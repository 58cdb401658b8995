"""A provider's API whose every answer a test writes down: real sockets, one key."""

import json
from collections.abc import Callable
from typing import Any

from tests.fakes.http_server import Answer, Piece, Received
from tests.fakes.scripted_server import ScriptedServer

type Script = Callable[[Received], Answer]

KEY = "upstream-key-that-only-the-operator-knows"


class ScriptedApi(ScriptedServer[Answer]):
    """The API on a free port; use as a context manager. A wrong key is refused with `refused`."""

    def __init__(self, script: Script, refused: Any) -> None:
        super().__init__(script)
        self._refused = refused

    @property
    def last(self) -> Any:
        """Body of the newest request."""
        return self.requests[-1].body

    def says(self, answer: Answer) -> None:
        """Answer every request with this."""
        self.script = lambda _: answer

    def _answer(self, request: Received) -> Answer:
        if request.header("authorization") != f"Bearer {KEY}":
            return document(self._refused, status=401)
        return self.script(request)


def document(value: Any, status: int = 200) -> Answer:
    """A JSON answer."""
    return Answer([json.dumps(value).encode()], status=status)


def events(frames: list[Any], *, named: bool = False, end: bytes = b"") -> Answer:
    """A stream of server-sent events; `named`: under the name that their ``type`` has."""
    pieces: list[Piece] = []
    for frame in frames:
        name = f"event: {frame['type']}\n" if named else ""
        pieces.append(f"{name}data: {json.dumps(frame)}\n\n".encode())
    if end:
        pieces.append(b"data: " + end + b"\n\n")
    return Answer(pieces, content_type="text/event-stream; charset=utf-8", framing="chunked")


def lines(frames: list[Any], content_type: str) -> Answer:
    """A stream of JSON lines."""
    pieces: list[Piece] = [json.dumps(frame).encode() + b"\n" for frame in frames]
    return Answer(pieces, content_type=content_type, framing="chunked")
