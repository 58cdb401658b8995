"""Who is calling, read from the credential and nothing else.

Clients put our key where their SDK puts the provider's: in one of several header fields, the access key
of an AWS signature, or a parameter of the query. A client that brings the provider's key
there says who it is in ``X-Sluicegate-Key``; then that header alone is ours.
"""

import re
from dataclasses import dataclass, field
from http import HTTPStatus
from ipaddress import IPv6Address, ip_address
from typing import Protocol

from ..detection.ports import KeyDirectory
from ..detection.types import Principal
from .asgi import Headers, Scope, peer, shared
from .headers import Fields, every, first
from .rejection import Rejected

OUR_KEY = b"x-sluicegate-key"
AUTHORIZATION = b"authorization"
CREDENTIALS = frozenset((AUTHORIZATION, b"x-api-key", b"api-key", b"x-goog-api-key"))
"""Fields in which the SDKs of the providers send a key."""
KEY_PARAMETER = b"key"
"""Parameter of a query in which Google's clients may send a key."""
LONGEST_CREDENTIAL = 1024
"""Bytes. Longer ones are unknown without a look."""

_KEPT = "identity"
_ACCESS_KEY = re.compile(rb"(?:\A|[ ,])Credential=([^/, ]+)/")
_FORWARDED = (
    b"forwarded",
    b"via",
    b"x-real-ip",
    b"x-forwarded-for",
    b"x-forwarded-host",
    b"x-forwarded-proto",
)


@dataclass(slots=True)  # not frozen: that costs a microsecond a request
class Caller:
    """A principal and what its request brought along.

    `credential` is our own key as it was sent: no field that holds it may travel on.
    `provider_key` is the client's own key for the provider.
    """

    principal: Principal
    credential: bytes = field(default=b"", repr=False)
    provider_key: str | None = field(default=None, repr=False)


class Identity(Protocol):
    """Tells who is calling."""

    def identify(self, scope: Scope) -> Caller:
        """Return the caller. Raises `Rejected`: 401, or 400 where credentials contradict."""
        ...


class KeyIdentity:
    """Takes callers by their keys."""

    def __init__(self, keys: KeyDirectory) -> None:
        self._keys = keys

    def identify(self, scope: Scope) -> Caller:
        """Return the caller whose live key the request holds."""
        kept = shared(scope)
        state = self._keys.state
        known = kept.get(_KEPT)
        if known is not None and known[0] is state:
            caller: Caller = known[1]
            return caller
        credential, others = _read(scope)
        principal = self._find(credential)
        if principal is None:
            raise _unauthorized("unknown_key", "invalid_api_key", "The API key is not known.")
        caller = Caller(principal, credential, self._provider_key(others) if others else None)
        kept[_KEPT] = state, caller
        return caller

    def _find(self, credential: bytes) -> Principal | None:
        if len(credential) > LONGEST_CREDENTIAL:
            return None
        return self._keys.find(credential.decode("latin-1"))

    def _provider_key(self, others: frozenset[bytes]) -> str | None:
        for credential in others:
            if self._find(credential) is not None:
                raise _ambiguous()
            return credential.decode("latin-1")
        return None


class OpenIdentity:
    """Takes callers on this machine without a key as one fixed principal; others by their keys.

    Open are only requests from a loopback peer to a loopback host name that no web page sent (no
    ``Origin``) and no proxy relayed. SDKs insist on sending some key: one that is not known counts
    as none there, and is not forwarded.
    """

    def __init__(self, keys: KeyDirectory, principal: Principal) -> None:
        self._with_key = KeyIdentity(keys)
        self._principal = principal

    def identify(self, scope: Scope) -> Caller:
        """Return the principal of the key, or the fixed one."""
        try:
            return self._with_key.identify(scope)
        except Rejected as rejected:
            if rejected.status != HTTPStatus.UNAUTHORIZED or not _is_local(scope):
                raise
            return Caller(self._principal)


class ApplicationIdentity:
    """Takes every caller for one application: for an app that knows its users itself."""

    def __init__(self, principal: Principal) -> None:
        self._caller = Caller(principal)

    def identify(self, scope: Scope) -> Caller:
        """Return the application."""
        return self._caller


def _read(scope: Scope) -> tuple[bytes, frozenset[bytes]]:
    """Return our credential and the others of a head. Raises `Rejected` where they contradict."""
    fields = Fields(scope["headers"])
    ours = {value.strip() for value in fields.every(OUR_KEY)}
    others = _credentials(fields)
    query: bytes = scope.get("query_string", b"")
    if query:
        others.update(_keys_of(query))
    if not ours:
        ours, others = others, set()
    if not ours:
        raise _unauthorized("missing_key", "missing_api_key", "The request holds no API key.")
    if len(ours) > 1 or len(others - ours) > 1:
        raise _ambiguous()
    return next(iter(ours)), frozenset(others - ours)


def _credentials(fields: Fields) -> set[bytes]:
    found = {
        _bearer(value) if name == AUTHORIZATION else value.strip()
        for name in fields.named(CREDENTIALS)
        for value in fields.every(name)
    }
    found.discard(b"")
    return found


def _keys_of(query: bytes) -> set[bytes]:
    """Return the keys in a query; one that is written with escapes is none of ours."""
    items = [item.partition(b"=") for item in query.split(b"&")]
    return {value for name, _, value in items if name == KEY_PARAMETER and value}


def _bearer(value: bytes) -> bytes:
    """Return the credential of an ``Authorization`` field: a bearer token, or an AWS access key.

    A signature is not checked. It could only show that the client knows a secret that belongs to a key
    it sent in clear; what we take is that key.
    """
    scheme, _, token = value.strip().partition(b" ")
    if scheme.lower() == b"bearer":
        return token.strip()
    found = _ACCESS_KEY.search(token) if scheme == b"AWS4-HMAC-SHA256" else None
    return found[1] if found else b""


def _is_local(scope: Scope) -> bool:
    headers: Headers = scope["headers"]
    hosts = every(headers, b"host")
    return (
        is_loopback(peer(scope))
        and len(hosts) == 1
        and is_loopback(_host_name(hosts[0].decode("latin-1")))
        and first(headers, b"origin") is None
        and not any(name in _FORWARDED for name, _ in headers)
    )


def is_loopback(host: str) -> bool:
    """Say whether a name or address means this machine: ``localhost``, ``127.0.0.0/8``, ``::1``."""
    if host.lower() == "localhost":
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped.is_loopback
    return address.is_loopback


def _host_name(host: str) -> str:
    if host.startswith("["):
        name, bracket, port = host[1:].partition("]")
        return name if bracket and _is_port(port) else ""
    name, _, port = host.partition(":")
    return name if _is_port(host[len(name) :]) else ""


def _is_port(text: str) -> bool:
    digits = text.removeprefix(":")
    return not text or (text != digits and digits.isascii() and digits.isdigit())


def _unauthorized(reason: str, code: str, message: str) -> Rejected:
    return Rejected(
        message,
        code=code,
        status=HTTPStatus.UNAUTHORIZED,
        reason=reason,
        headers=[(b"www-authenticate", b"Bearer")],
    )


def _ambiguous() -> Rejected:
    return Rejected(
        "The request holds several different credentials; send our key alone, or in X-Sluicegate-Key.",
        code="ambiguous_credentials",
        status=400,
        reason="credentials",
    )
