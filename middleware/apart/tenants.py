"""Keeping tenants apart."""

from collections.abc import Callable
from http import HTTPStatus

from ..asgi import ASGIApp, Scope
from ..rejection import Rejected
from .identified import principal_of
from .refusing import Door


class TenantMiddleware(Door):
    """Answers 404 to requests for what belongs to another tenant than their caller's.

    Stands behind an `IdentityMiddleware`; who is not known has no tenant.

    Args:
        app: what is behind it.
        tenant: names the tenant a request is about, by its path or host; None for one about no tenant's.
    """

    def __init__(self, app: ASGIApp, tenant: Callable[[Scope], str | None]) -> None:
        super().__init__(app)
        self._tenant = tenant

    def admit(self, scope: Scope) -> None:
        """Let a request in that stays with its caller's tenant. Raises `Rejected`."""
        wanted = self._tenant(scope)
        if wanted is None:
            return
        principal = principal_of(scope)
        if principal is None or principal.tenant_id != wanted:
            # a 403 would tell that there is such a tenant
            raise Rejected(
                "There is no such thing.", code="not_found", status=HTTPStatus.NOT_FOUND, reason="not_found"
            )
