"""Callers as an app knows them: by whatever it keeps in the scope."""

from collections.abc import Callable

from ..detection.types import Ban, Principal
from .asgi import Scope
from .identity import Caller

ANYBODY = Principal("local", "app", "app", "")
"""Who calls an app that says nothing of its callers."""

type Identify = Callable[[Scope], Principal | str | None]
"""Returns who sends a request, by its head: a principal, or the name of a user or key of this app; None for
anybody. Raises `Rejected` to turn a request away."""


_ANYBODY = Caller(ANYBODY)


class AppIdentity:
    """Takes callers for whom an app says they are. Implements `identity.Identity`."""

    def __init__(self, identify: Identify | None = None) -> None:
        self._identify = identify

    def identify(self, scope: Scope) -> Caller:
        """Return the caller. Raises what the app raises."""
        told = None if self._identify is None else self._identify(scope)
        if told is None:
            return _ANYBODY
        if isinstance(told, str):
            told = Principal(ANYBODY.tenant_id, ANYBODY.application_id, ANYBODY.application, told)
        return Caller(told)


class NoBans:
    """Bans nobody. Implements `detection.ports.BanList`."""

    def find(self, kind: str, value: str) -> Ban | None:
        """Find nothing."""
        return None
