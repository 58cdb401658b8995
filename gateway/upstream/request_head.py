"""The bytes of a request in front of its body."""

from urllib.parse import urlsplit

from .base import UpstreamRequest

_BODILESS = ("DELETE", "GET", "HEAD", "OPTIONS")
_METHODS = {name: name.encode() + b" " for name in (*_BODILESS, "PATCH", "POST", "PUT")}


class RequestHead:
    """Writes request heads (RFC 9112 section 3) for one origin; what never changes is made once."""

    def __init__(self, base_url: str) -> None:
        host = urlsplit(base_url).netloc.encode("ascii")
        self._behind_target = b" HTTP/1.1\r\nhost: " + host + b"\r\n"

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
        fields = b"".join([b"%b: %b\r\n" % field for field in request.headers])
        lines = len(request.headers)
        if fields.count(b"\n") != lines or fields.count(b"\r") != lines or b"\0" in fields:
            raise ValueError("a header field is one line")
        if b"\n" in target or b"\r" in target or b"\0" in target:
            raise ValueError("a request target is one line")
        size = len(request.body)
        if not size and request.method in _BODILESS:
            return b"%b%b%b%b\r\n" % (method, target, self._behind_target, fields)
        return b"%b%b%b%bcontent-length: %d\r\n\r\n" % (method, target, self._behind_target, fields, size)
