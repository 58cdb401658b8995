"""Turning away who is banned."""

from ...detection.ports import BanList
from ..asgi import ASGIApp, Scope, peer
from ..bans import refuse_banned_address, refuse_banned_principal
from .identified import principal_of
from .refusing import Door


class BanMiddleware(Door):
    """Answers 403 to banned addresses, and to banned keys and applications behind an `IdentityMiddleware`."""

    def __init__(self, app: ASGIApp, bans: BanList) -> None:
        super().__init__(app)
        self._bans = bans

    def admit(self, scope: Scope) -> None:
        """Let a request in unless its client is banned. Raises `Rejected`."""
        refuse_banned_address(self._bans, peer(scope))
        principal = principal_of(scope)
        if principal is not None:
            refuse_banned_principal(self._bans, principal)
