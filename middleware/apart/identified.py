"""Knowing who calls."""

from ...detection.types import Principal
from ..app_identity import AppIdentity, Identify
from ..app_runner import state_of
from ..asgi import ASGIApp, Scope
from ..identity import Identity
from .refusing import Door

_STATE = "principal"


class IdentityMiddleware(Door):
    """Puts the caller into ``scope["state"]["principal"]``, and answers 401 to those it does not know.

    Args:
        app: what is behind it.
        identify: a function of the app's own, or an `Identity` such as `KeyIdentity`.
    """

    def __init__(self, app: ASGIApp, identify: Identify | Identity) -> None:
        super().__init__(app)
        self._identity = AppIdentity(identify) if callable(identify) else identify

    def admit(self, scope: Scope) -> None:
        """Let a request in whose caller is known. Raises `Rejected`."""
        state_of(scope)[_STATE] = self._identity.identify(scope).principal


def principal_of(scope: Scope) -> Principal | None:
    """Return who calls; None where no `IdentityMiddleware` stands in front."""
    found = scope.get("state", {}).get(_STATE)
    return found if isinstance(found, Principal) else None
