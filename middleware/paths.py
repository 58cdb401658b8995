"""The canonical form of a request path.

What is matched must be what is forwarded and what every server behind us will match: a path that
two programs could read differently is refused instead of repaired.
"""

import re
from urllib.parse import unquote_to_bytes

from .asgi import Scope, raw_path
from .rejection import Rejected

LONGEST_PATH = 1024
"""Bytes; no route of any provider comes near."""
DEEPEST_ENCODING = 5
"""Rounds of percent encoding that are still looked through."""

# pchar of RFC 3986 section 3.3 without ";" (parameters); "%" is looked at on its own
_SEGMENTS = re.compile(rb"/|(?:/(?!\.{1,2}(?:/|\Z))[A-Za-z0-9\-._~!$&'()*+,=:@%]+)+")
_ESCAPE = re.compile(rb"%(.{0,2})", re.DOTALL)
_HEX = re.compile(rb"[0-9A-Fa-f]{2}")
_ARN = re.compile(
    rb"(?<=/model/)arn%3Aaws[a-z-]{0,16}%3Abedrock%3A[a-z0-9-]{0,32}%3A[0-9]{0,12}%3A[a-z-]{1,64}"
    rb"%2F[A-Za-z0-9][A-Za-z0-9._-]{0,127}(?:%3A[0-9]{1,8}(?:%3A[0-9a-z]{1,8})?)?(?=/)"
)
"""A model of Bedrock that is named by its ARN: one segment, with the slash that every ARN of a model has."""
_NEVER_ESCAPED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_NEVER_MEANT = frozenset(b"/\\;%") | frozenset(range(0x20)) | frozenset(range(0x7F, 0x100))


def canonical(scope: Scope) -> bytes:
    """Return the raw path of a request.

    Raises `Rejected` (400, ``invalid_path``) for empty and dot segments, parameters, backslashes,
    control and non-ASCII bytes, an encoded slash (but for that of an ARN), backslash, semicolon or
    percent sign, an encoded character that needs no encoding, and for a decoded path that is not this
    one decoded.
    """
    path = raw_path(scope)
    if len(path) > LONGEST_PATH or not _SEGMENTS.fullmatch(path):
        raise invalid_path()
    decoded = path
    if b"%" in path:
        decoded = _ESCAPE.sub(_decode, _ARN.sub(_unquoted, path, count=1))
    if decoded.decode("ascii") != scope["path"]:
        raise invalid_path()
    return path


def skeleton(path: bytes) -> bytes:
    """Return what the most lenient server could take a path for.

    Percent escapes decoded until none is left, backslashes as slashes, parameters, empty and dot
    segments gone, lower case. Two paths with one skeleton may reach the same handler. Raises
    `Rejected` for a path encoded more than `DEEPEST_ENCODING` times.
    """
    for _ in range(DEEPEST_ENCODING):
        path, encoded = unquote_to_bytes(path), path
        if path == encoded:
            break
    else:
        raise invalid_path()
    kept: list[bytes] = []
    for segment in path.replace(b"\\", b"/").split(b"/"):
        name = segment.partition(b";")[0].strip(b" \t\r\n\0")
        if name == b"..":
            del kept[-1:]
        elif name not in (b"", b"."):
            kept.append(name.lower())
    return b"/" + b"/".join(kept)


def invalid_path() -> Rejected:
    """The refusal of a path that is not canonical."""
    return Rejected("The path is not in canonical form.", code="invalid_path", status=400, reason="path")


def _unquoted(segment: re.Match[bytes]) -> bytes:
    return unquote_to_bytes(segment[0])


def _decode(escape: re.Match[bytes]) -> bytes:
    digits = escape[1]
    if not _HEX.fullmatch(digits):
        raise invalid_path()
    byte = int(digits, 16)
    if byte in _NEVER_ESCAPED or byte in _NEVER_MEANT:
        raise invalid_path()
    return bytes((byte,))
