"""A head that a client sends again, byte for byte but for its content-length.

An SDK on a keep-alive connection sends the same head with every call. What a parser and the guard
made of it the first time holds again, so neither looks at it a second time: reading a head of
fifteen fields takes longer than anything else a server does with a request.
"""

import re
from typing import Any

from ..middleware.asgi import Scope

_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,15})[ \t]*\r\n", re.IGNORECASE)
_OTHER = re.compile(rb"\r\n(?:content-length|transfer-encoding|expect|upgrade)[ \t]*:", re.IGNORECASE)
_DIGITS = 16


class RepeatedHead:
    """One head that was read, ready to be recognised. Made by `learn`."""

    __slots__ = ("_after", "_at", "_before", "_length", "_scope", "shared")

    def __init__(self, before: bytes, length: bytes, after: bytes, scope: Scope, at: int) -> None:
        self._before, self._length, self._after = before, length, after
        self._scope = scope
        self._at = at
        self.shared: dict[str, Any] = {}
        """What others made of this head; see `middleware.asgi.SAME_HEAD`."""

    def match(self, data: bytes) -> tuple[Scope, bytes] | None:
        """Return the scope and the body of a request that is exactly this head and a whole body."""
        start = len(self._before)
        if not data.startswith(self._before):
            return None
        end = data.find(b"\r", start, start + _DIGITS)
        length = data[start:end]
        if end < 0 or not length.isdigit() or not data.startswith(self._after, end):
            return None
        body = data[end + len(self._after) :]
        if len(body) != int(length):
            return None
        scope = {**self._scope}
        headers = scope["headers"] = self._scope["headers"].copy()
        if length != self._length:
            headers[self._at] = (b"content-length", length)
        return scope, body


def learn(data: bytes, scope: Scope) -> RepeatedHead | None:
    """Remember the head of a request that came in one piece, `data`, and was read as `scope`.

    Returns None where more than the content-length could be different another time, or read anew:
    bodies of another framing, and heads that ask for an answer before the body.
    """
    end = data.find(b"\r\n\r\n")
    head = data[: end + 4]
    found = _LENGTH.search(head)
    if end < 0 or found is None or len(_OTHER.findall(head)) != 1:
        return None
    fields = [index for index, (name, _) in enumerate(scope["headers"]) if name == b"content-length"]
    if len(fields) != 1:
        return None
    before, length, after = head[: found.start(1)], found[1], head[found.end(1) :]
    return RepeatedHead(before, length, after, scope, fields[0])
