"""Header fields: reading them, and keeping what is ours apart from what is not."""

from collections.abc import Iterable

from .asgi import Headers

OURS = (b"x-sluicegate-", b"x-og-")
"""Names that only we write. From others they are dropped, whichever way they travel."""

OUTDATED = frozenset((b"etag", b"content-md5", b"digest", b"content-digest", b"repr-digest"))
"""Fields that speak of the exact bytes of a body, and are wrong once it is edited."""

_CHARSETS = (b"", b"utf-8", b"utf8", b"us-ascii")
_BODY_FRAMING = frozenset((b"content-length", b"transfer-encoding", b"expect", b"accept-encoding"))


def first(headers: Headers, name: bytes) -> bytes | None:
    """Value of the first field of that name."""
    for key, value in headers:
        if key == name:
            return value
    return None


def every(headers: Headers, name: bytes) -> list[bytes]:
    """Values of all fields of that name, in order."""
    return [value for key, value in headers if key == name]


def without(headers: Headers, names: frozenset[bytes]) -> Headers:
    """The fields that are neither in `names` nor ours."""
    return [field for field in headers if field[0] not in names and not field[0].startswith(OURS)]


def lowered(headers: Iterable[Iterable[bytes]]) -> Headers:
    """The fields an app sent, their names in lower case whatever the app thought of it."""
    return [(name.lower(), value) for name, value in headers]


def media_type(content_type: bytes) -> bytes:
    """``application/json`` of ``Application/JSON; charset=utf-8``."""
    return content_type.partition(b";")[0].strip().lower()


def is_utf8(content_type: bytes) -> bool:
    """Say whether a type names no charset or UTF-8, of which ASCII is a part."""
    for parameter in content_type.split(b";")[1:]:
        name, _, value = parameter.partition(b"=")
        if name.strip().lower() == b"charset" and value.strip(b' \t"').lower() not in _CHARSETS:
            return False
    return True


def for_app(
    headers: Headers, credential: bytes, body: bytes | None = None, *, edited: bool = False
) -> Headers:
    """The fields of a request as the app behind the guard reads them.

    Fields that are ours or hold our `credential` are dropped. With a `body` the framing is that
    of this body, and the app is asked not to encode its answer.
    """
    kept = without(headers, frozenset() if body is None else _BODY_FRAMING)
    if credential:
        kept = [field for field in kept if credential not in field[1]]
    if body is not None:
        kept.append((b"content-length", b"%d" % len(body)))
        kept.append((b"accept-encoding", b"identity"))
    return without(kept, OUTDATED) if edited else kept
