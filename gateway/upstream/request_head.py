"""The bytes of a request in front of its body."""

from urllib.parse import urlsplit

from ...middleware.asgi import Headers
from .base import UpstreamRequest

_MOST_KNOWN = 256
_BODILESS = ("DELETE", "GET", "HEAD", "OPTIONS")
_METHODS = {name: name.encode() + b" " for name in (*_BODILESS, "PATCH", "POST", "PUT")}


class RequestHead:
    """Writes request heads (RFC 9112 section 3) for one origin; what never changes is made once."""

    def __init__(self, base_url: str) -> None:
        host = urlsplit(base_url).netloc.encode("ascii")
        self._behind_target = b" HTTP/1.1\r\nhost: " + host + b"\r\n"
        self._known: dict[int, tuple[Headers, bytes]] = {}

    def render(self, request: UpstreamRequest) -> bytes:
        """Return request line and fields.

        Raises `ValueError` for a target without its slash, an unknown method, and whatever would
        end a line early.
        """
        target = request.target
        method = _METHODS.get(request.method)
        if method is None:
            raise ValueError("a request has a known method")
        if not target.startswith(b"/") or b" " in target:
            raise ValueError("a request target begins with a slash and holds no space")
        fields = self._fields(request.headers)
        if b"\n" in target or b"\r" in target or b"\0" in target:
            raise ValueError("a request target is one line")
        size = len(request.body)
        if not size and request.method in _BODILESS:
            return b"%b%b%b%b\r\n" % (method, target, self._behind_target, fields)
        return b"%b%b%b%bcontent-length: %d\r\n\r\n" % (method, target, self._behind_target, fields, size)

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
