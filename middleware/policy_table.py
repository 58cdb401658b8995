"""Which policy an application has on a route: an immutable table."""

from collections.abc import Mapping

from ..detection.policy import Policy
from ..detection.types import Principal

_NONE: Mapping[str, Policy] = {}
_MOST = 65_536
"""Answers that are remembered."""


class PolicyTable:
    """Implements `PolicySource`: the most specific policy wins, the one for all applies last.

    Args:
        default: the policy where no other applies.
        tenants: by tenant id.
        applications: by the application's name.
        routes: by path template, or by an application's name, a space and a path template; with a name wins.
    """

    def __init__(
        self,
        default: Policy,
        tenants: Mapping[str, Policy] = _NONE,
        applications: Mapping[str, Policy] = _NONE,
        routes: Mapping[str, Policy] = _NONE,
    ) -> None:
        self.default = default
        self._tenants = dict(tenants)
        self._applications = dict(applications)
        self._routes = dict(routes)
        self._same = not (tenants or applications or routes)
        self._known: dict[tuple[str, str, str], Policy] = {}

    @property
    def policies(self) -> tuple[Policy, ...]:
        """Every policy that may apply, each once, the default first."""
        tables = (self._tenants, self._applications, self._routes)
        found = [self.default, *(policy for table in tables for policy in table.values())]
        return tuple({policy.digest: policy for policy in found}.values())

    def excerpt(self, principal: Principal) -> tuple[Policy, dict[str, Policy]]:
        """Return what one application has: the policy of all its routes, and of those that have another."""
        own = f"{principal.application} "
        paths = {key.removeprefix(own) for key in self._routes if key.startswith(own) or " " not in key}
        return self.policy(principal), {path: self.policy(principal, path) for path in sorted(paths)}

    def policy(self, principal: Principal, route: str = "") -> Policy:
        """Return the policy in force for a principal's application on a route."""
        if self._same:
            return self.default
        key = (principal.tenant_id, principal.application, route)
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= _MOST:
                self._known.clear()
            known = self._known[key] = self._find(*key)
        return known

    def _find(self, tenant: str, application: str, route: str) -> Policy:
        return (
            self._routes.get(f"{application} {route}")
            or self._routes.get(route)
            or self._applications.get(application)
            or self._tenants.get(tenant)
            or self.default
        )
