"""Which header fields travel, in either direction. Pure.

Hop-by-hop fields end here (RFC 9110 section 7.6.1), and so does everything that would tell the
upstream about our callers or let its answer lead a client past us.
"""

import re

from ..detection.errors import BadInput, UpstreamFault
from ..middleware.asgi import Headers
from ..middleware.headers import Sieve
from ..middleware.identity import CREDENTIALS, KEY_PARAMETER
from ..middleware.routes import Route
from .upstream_spec import UpstreamSpec

HOP_BY_HOP = frozenset(
    (
        b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"proxy-connection",
        b"te", b"trailer", b"transfer-encoding", b"upgrade", b"http2-settings",
    )
)  # fmt: skip
QUERY_NAMES = frozenset(("api-version", "beta"))
"""Query parameters that SDKs send on every route."""

_FRAMING = frozenset((b"host", b"content-length", b"expect", b"accept-encoding"))
_ABOUT_THE_CALLER = frozenset(
    (
        b"cookie", b"forwarded", b"via", b"x-real-ip", b"x-forwarded-for", b"x-forwarded-host",
        b"x-forwarded-proto", b"x-forwarded-port", b"x-forwarded-prefix", b"cf-connecting-ip",
        b"true-client-ip", b"origin", b"referer", b"x-amz-date", b"x-amz-security-token",
        b"x-amz-content-sha256",
    )
)  # fmt: skip
SAYS_ANOTHER_REQUEST = frozenset(
    (
        b"x-http-method", b"x-http-method-override", b"x-method-override", b"x-original-url",
        b"x-rewrite-url", b"x-original-uri",
    )
)  # fmt: skip
"""Fields by which some hosts serve another request than the one that was judged."""
_PARTS = frozenset((b"range", b"if-range"))
_BILLED_TO = frozenset((b"openai-organization", b"openai-project", b"x-goog-user-project"))
_NOT_FORWARDED = HOP_BY_HOP | _FRAMING | _ABOUT_THE_CALLER | SAYS_ANOTHER_REQUEST | _PARTS | CREDENTIALS
_NOT_RETURNED = HOP_BY_HOP | frozenset(
    (
        b"content-length", b"set-cookie", b"set-cookie2", b"server", b"date", b"alt-svc", b"location",
        b"refresh", b"strict-transport-security", b"www-authenticate", b"clear-site-data",
    )
)  # fmt: skip

_FIELD_NAME = re.compile(rb"[!#$%&'*+\-.^_`|~0-9a-z]+")
_VISIBLE = bytes((0x09, *range(0x20, 0x7F)))
_ONLY_KEEP_ALIVE = [b"keep-alive"]
_FIELD_VALUE = re.compile(rb"[\t\x20-\x7e]*")


def _not_plain() -> BadInput:
    return BadInput("A header field is not plain ASCII.", code="invalid_header")


_forwarded = Sieve(_NOT_FORWARDED, _FIELD_NAME, refuse=_not_plain)
_not_billed = Sieve(_BILLED_TO)
_returned = Sieve(_NOT_RETURNED, _FIELD_NAME)
_QUERY = re.compile(rb"[A-Za-z0-9\-._~=&]*")


def upstream_headers(headers: Headers, spec: UpstreamSpec, provider_key: str | None) -> Headers:
    """The fields of a request as `spec` gets them.

    The credential is the client's own `provider_key` where there is one, else the configured one, in
    the field that the provider reads. A signature is not among them.
    Raises `BadInput` for a field whose name or value is not visible ASCII.
    """
    kept = _without_listed(_forwarded(headers), headers)
    if b"".join([value for _, value in kept]).translate(None, _VISIBLE):
        raise _not_plain()
    key = provider_key if provider_key is not None else spec.api_key
    if provider_key is None:
        kept = _not_billed(kept)
    elif not _FIELD_VALUE.fullmatch(provider_key.encode("latin-1")):
        raise BadInput("The provider key is not plain ASCII.", code="invalid_header")
    kept.append((b"accept-encoding", b"identity"))
    if key is not None:
        kept.append(spec.kind.credential(key))
    return spec.kind.completed(kept)


def client_headers(headers: Headers) -> Headers:
    """The fields of an answer as the client may see them; its length is found anew.

    Fields that are no valid ASCII are dropped: nobody needs them and servers choke on them.
    """
    kept = _without_listed(_returned(headers), headers)
    if not b"".join([value for _, value in kept]).translate(None, _VISIBLE):
        return kept
    return [field for field in kept if not field[1].translate(None, _VISIBLE)]


def upstream_target(spec: UpstreamSpec, route: Route, query: bytes) -> bytes:
    """The request target at an upstream, see `UpstreamSpec.place`.

    A query may hold `QUERY_NAMES` and those of the route. A `KEY_PARAMETER` was read where the caller
    was known, and stays. Raises `BadInput` (``invalid_query``) for any other one: a query is not
    inspected, and a key in it would end up in somebody's log.
    """
    target = spec.place(route.provider, route.target)
    if not query:
        return target
    items = [item for item in query.split(b"&") if not _is_key(item, route)]
    names = {item.partition(b"=")[0].decode("latin-1") for item in items}
    if not _QUERY.fullmatch(query) or not names <= QUERY_NAMES | route.query:
        raise BadInput("The query of this route is not known.", code="invalid_query")
    return target + b"?" + b"&".join(items) if items else target


def _is_key(item: bytes, route: Route) -> bool:
    return item.partition(b"=")[0] == KEY_PARAMETER and KEY_PARAMETER.decode() in route.query


def refuse_misleading(status: int, provider_key: str | None) -> None:
    """Raise `UpstreamFault` for an answer whose status would mislead the client.

    A redirect would lead it past us, a change of protocol out of our sight. A 401 to the
    configured credential is not about the client's, and such answers quote parts of the key.
    """
    if status < 200 or 300 <= status < 400:
        raise UpstreamFault("The upstream answered with a redirect.", code="upstream_redirect")
    if status == 401 and provider_key is None:
        raise UpstreamFault(
            "The upstream does not accept the configured credential.", code="upstream_credential"
        )


def _without_listed(kept: Headers, headers: Headers) -> Headers:
    """Drop the fields that a ``Connection`` field declares to be for this hop only."""
    listed = [value for name, value in headers if name == b"connection"]
    if not listed or listed == _ONLY_KEEP_ALIVE:
        return kept
    names = {name.strip().lower() for value in listed for name in value.split(b",")}
    return [field for field in kept if field[0] not in names]
