"""Who calls the service: an API key, or a token that was issued for one; and for which application."""

import re
from http import HTTPStatus
from typing import Protocol

from ...detection.types import Principal
from ...middleware.asgi import Headers, Scope
from ...middleware.headers import every
from ...middleware.identity import AUTHORIZATION, LONGEST_CREDENTIAL, OUR_KEY, Caller, Identity
from ...middleware.rejection import Rejected
from .options import Options
from .tokens import BadToken, key_of

APPLICATION_HEADERS = (b"x-og-application-id", b"x-application-id")

_TOKEN = re.compile(rb"(?i:bearer) +(eyJ[\w-]+\.[\w-]+\.[\w-]+)\s*", re.ASCII)
_BARE = re.compile(rb"\s*([!-~]+)\s*")


class Applications(Protocol):
    """Finds principals by what is not secret. Answers from memory."""

    def key(self, key_id: str) -> Principal | None:
        """Return the principal of a live key by the key's id, or None."""
        ...

    def application(self, tenant_id: str, wanted: str) -> Principal | None:
        """Return an application of a tenant by id or name, as a principal; None where the tenant has none."""
        ...


class Callers:
    """Tells who is calling. `key` (32 bytes) signs tokens; `identity` knows keys."""

    def __init__(self, identity: Identity, applications: Applications, key: bytes, options: Options) -> None:
        self._identity = identity
        self._applications = applications
        self._key = key
        self._options = options

    def identify(self, scope: Scope, service: str) -> Caller:
        """Return the caller. Raises `Rejected`: 400, 401, or 403 for the application."""
        caller = self._caller(scope, service)
        if self._options.application_header:
            caller = self._chosen(caller, scope["headers"])
        return caller

    def _caller(self, scope: Scope, service: str) -> Caller:
        headers: Headers = scope["headers"]
        given = every(headers, AUTHORIZATION)
        if len(given) == 1 and not every(headers, OUR_KEY):
            token = _TOKEN.fullmatch(given[0])
            if token is not None and len(token[1]) <= LONGEST_CREDENTIAL:
                return self._by_token(token[1])
            if service == "proxy" and _BARE.fullmatch(given[0]):
                return self._identity.identify(_with_bearer(scope, given[0]))
        return self._identity.identify(scope)

    def _by_token(self, token: bytes) -> Caller:
        try:
            key_id = key_of(self._key, token.decode("ascii"))
        except BadToken:
            raise _unknown() from None
        principal = self._applications.key(key_id)
        if principal is None:
            raise _unknown()
        return Caller(principal)

    def _chosen(self, caller: Caller, headers: Headers) -> Caller:
        """Let a caller speak for another application of its own tenant."""
        wanted = {value.decode("latin-1") for name in APPLICATION_HEADERS for value in every(headers, name)}
        if not wanted:
            return caller
        own = caller.principal
        found = self._applications.application(own.tenant_id, wanted.pop())
        if found is None or wanted:
            raise Rejected(
                "This key cannot speak for that application.",
                code="application_not_found",
                status=403,
                reason="permission",
            )
        chosen = Principal(own.tenant_id, found.application_id, found.application, own.key_id)
        return Caller(chosen, caller.credential)


def _with_bearer(scope: Scope, credential: bytes) -> Scope:
    headers = [pair for pair in scope["headers"] if pair[0] != AUTHORIZATION]
    headers.append((AUTHORIZATION, b"Bearer " + credential.strip()))
    # what is kept for a head belongs to the head as it came
    return {**scope, "headers": headers, "extensions": {}}


def _unknown() -> Rejected:
    return Rejected(
        "The token is not known, or is over.",
        code="invalid_api_key",
        status=HTTPStatus.UNAUTHORIZED,
        reason="unknown_key",
        headers=[(b"www-authenticate", b"Bearer")],
    )
