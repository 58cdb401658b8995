"""The bytes of a request in front of its body."""

import re
from urllib.parse import urlsplit

from ...middleware.asgi import Headers
from .base import UpstreamRequest

_MOST_KNOWN = 256
_SHORT = 256
_BREAKS = re.compile(rb"[\0-\x20\x7f]")
_BODILESS = ("DELETE", "GET", "HEAD", "OPTIONS")
_METHODS = {name: name.encode() + b" " for name in (*_BODILESS, "PATCH", "POST", "PUT")}


class RequestHead:
    """Writes request heads (RFC 9112 section 3) for one origin; what never changes is made once."""

    def __init__(self, base_url: str) -> None:
        host = urlsplit(base_url).netloc.encode("ascii")
        self._behind_target = b" HTTP/1.1\r\nhost: " + host + b"\r\n"
        self._starts: dict[tuple[str, bytes], bytes] = {}
        self._known: dict[int, tuple[Headers, bytes]] = {}

    def render(self, request: UpstreamRequest) -> bytes:
        """Return request line and fields.

        Raises `ValueError` for a target without its slash, an unknown method, and whatever would
        end a line early.
        """
        method, target = request.method, request.target
        start = self._starts.get((method, target)) or self._start(method, target)
        fields = self._fields(request.headers)
        size = len(request.body)
        if not size and method in _BODILESS:
            return start + fields + b"\r\n"
        return start + fields + b"content-length: %d\r\n\r\n" % size

    def _start(self, method: str, target: bytes) -> bytes:
        """Write the request line and the host. The targets of an upstream are few."""
        if method not in _METHODS:
            raise ValueError("a request has a known method")
        if not target.startswith(b"/") or _BREAKS.search(target):
            raise ValueError("a request target is one word and begins with a slash")
        start = _METHODS[method] + target + self._behind_target
        if len(self._starts) >= _MOST_KNOWN:
            self._starts.clear()
        if len(target) <= _SHORT:
            self._starts[method, target] = start
        return start

    def _fields(self, headers: Headers) -> bytes:
        """Write the fields. Who sends the same list again, and nobody changes one, has it written once."""
        known = self._known.get(id(headers))
        if known is not None and known[0] is headers:
            return known[1]
        fields = b"".join([b"%b: %b\r\n" % field for field in headers])
        lines = len(headers)
        if fields.count(b"\n") != lines or fields.count(b"\r") != lines or b"\0" in fields:
            raise ValueError("a header field is one line")
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[id(headers)] = headers, fields
        return fields
