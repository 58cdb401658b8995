"""Header fields: reading them, and keeping what is ours apart from what is not."""

import re
from collections.abc import Callable, Iterable, Sized
from functools import lru_cache
from typing import Any

from .asgi import Headers

OURS = (b"x-sluicegate-", b"x-og-")
"""Names that only we write. From others they are dropped, whichever way they travel."""

OUTDATED = frozenset((b"etag", b"content-md5", b"digest", b"content-digest", b"repr-digest"))
"""Fields that speak of the exact bytes of a body, and are wrong once it is edited."""

_CHARSETS = (b"", b"utf-8", b"utf8", b"us-ascii")
_BODY_FRAMING = frozenset((b"content-length", b"transfer-encoding", b"expect", b"accept-encoding"))


class Fields:
    """The fields of one head by name, so that reading several does not go through all each time."""

    __slots__ = ("_headers", "_last", "_repeated")

    def __init__(self, headers: Headers) -> None:
        self._headers = headers
        self._last = dict(headers)
        self._repeated = len(self._last) != len(headers)

    def every(self, name: bytes) -> list[bytes]:
        """Values of all fields of that name, in order."""
        if self._repeated:
            return every(self._headers, name)
        value = self._last.get(name)
        return [] if value is None else [value]

    def __contains__(self, name: bytes) -> bool:
        """Say whether there is a field of that name."""
        return name in self._last

    def named(self, names: frozenset[bytes]) -> frozenset[bytes]:
        """Return which of the names there are."""
        return names & self._last.keys()


def plain_type(headers: Headers) -> bytes | None:
    """Return the type of a body, empty where it has none; None where there is any doubt about how it is read.

    None means a look at the `Fields`, which costs more: a name stands twice, there is an encoding, or another
    charset than UTF-8.
    """
    once = dict(headers)
    if len(once) != len(headers) or b"content-encoding" in once:
        return None
    kind = once.get(b"content-type", b"")
    return kind if is_utf8(kind) else None


def is_encoded(fields: Fields) -> bool:
    """Say whether a body has a content encoding."""
    if b"content-encoding" not in fields:
        return False
    return any(value.strip().lower() not in (b"", b"identity") for value in fields.every(b"content-encoding"))


def first(headers: Headers, name: bytes) -> bytes | None:
    """Value of the first field of that name."""
    for key, value in headers:
        if key == name:
            return value
    return None


def every(headers: Headers, name: bytes) -> list[bytes]:
    """Values of all fields of that name, in order."""
    return [value for key, value in headers if key == name]


class Sieve:
    """Keeps the fields that are neither in `names` nor ours.

    What becomes of a name is found once and remembered, for clients send few different ones. A name
    that does not fit `pattern` is no field's: it is dropped, or `refuse` raises what it returns.
    """

    __slots__ = ("_fates",)

    def __init__(
        self,
        names: Iterable[bytes],
        pattern: re.Pattern[bytes] | None = None,
        refuse: Callable[[], Exception] | None = None,
    ) -> None:
        self._fates = _Fates(frozenset(names), pattern, refuse)

    def __call__(self, headers: Headers, secret: bytes = b"") -> Headers:
        """Return what is kept, less the fields whose value holds the `secret` if there is one."""
        fates = self._fates
        if not secret:
            return [field for field in headers if fates[field[0]]]
        return [field for field in headers if fates[field[0]] and secret not in field[1]]


class _Fates(dict[bytes, bool]):
    """Name to whether it is kept."""

    _MOST = 1024

    def __init__(
        self,
        names: frozenset[bytes],
        pattern: re.Pattern[bytes] | None,
        refuse: Callable[[], Exception] | None,
    ) -> None:
        super().__init__()
        self._names, self._pattern, self._refuse = names, pattern, refuse

    def __missing__(self, name: bytes) -> bool:
        kept = name not in self._names and not name.startswith(OURS)
        if kept and self._pattern is not None and not self._pattern.fullmatch(name):
            if self._refuse is not None:
                raise self._refuse()
            kept = False
        if len(self) >= self._MOST:
            self.clear()
        self[name] = kept
        return kept


def lowered(headers: Iterable[Iterable[bytes]]) -> Headers:
    """The fields an app sent, their names in lower case whatever the app thought of it."""
    return [(name.lower(), value) for name, value in headers]


@lru_cache(256)
def media_type(content_type: bytes) -> bytes:
    """``application/json`` of ``Application/JSON; charset=utf-8``."""
    return content_type.partition(b";")[0].strip().lower()


@lru_cache(256)
def is_utf8(content_type: bytes) -> bool:
    """Say whether a type names no charset or UTF-8, of which ASCII is a part."""
    for parameter in content_type.split(b";")[1:]:
        name, _, value = parameter.partition(b"=")
        if name.strip().lower() == b"charset" and value.strip(b' \t"').lower() not in _CHARSETS:
            return False
    return True


_KEPT = "fields for the app"
_keep_all = Sieve(())
_keep_but_framing = Sieve(_BODY_FRAMING)
keep_but_outdated = Sieve(OUTDATED)


def for_app(
    headers: Headers, credential: bytes, body: Sized, *, edited: bool, known: dict[str, Any]
) -> Headers:
    """The fields of a request as the app behind the guard reads them.

    Fields that are ours or hold our `credential` are dropped; the framing is that of the `body`, and
    the app is asked not to encode its answer. `known` is what is known of heads like this one.
    """
    kept: Headers | None = known.get(_KEPT)
    if kept is None:
        kept = known[_KEPT] = _keep_but_framing(headers, credential)
    if edited:
        kept = keep_but_outdated(kept)
    return [*kept, (b"content-length", b"%d" % len(body)), (b"accept-encoding", b"identity")]


def for_exempt_app(headers: Headers, credential: bytes) -> Headers:
    """The fields of a request that is not looked at: all but ours and those that hold the credential."""
    return _keep_all(headers, credential)


def keep_ours_out(headers: Headers) -> Headers:
    """The fields of an app's answer that are not ours to write."""
    return _keep_all(headers)
