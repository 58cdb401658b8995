"""Which dialect reads a request that was meant for a provider's own host. Pure.

A provider's host serves its routes behind a base path; the tables say them as its SDK would. What is
matched is the path as the client wrote it, and that one is sent on.
"""

from collections.abc import Iterator
from dataclasses import replace

from ...middleware.asgi import Scope
from ...middleware.paths import canonical
from ...middleware.providers.match import Match, Matcher
from ...middleware.providers.route import as_route
from ...middleware.providers.tables import TABLES
from ...middleware.routes import Route
from ..upstream_spec import UpstreamSpec
from .host_rules import HostRules
from .ticket import Ticket

TICKET = "sluicegate.ticket"
"""Where the `Ticket` of a request stands in its scope."""
UNLISTED = "(unlisted)"
"""Stands for the path of a request that no table lists."""

_MOST_KNOWN = 256


def ticket_of(scope: Scope) -> Ticket:
    """The ticket of a request. Raises `LookupError` where nobody looked at it."""
    ticket = scope.get(TICKET)
    if not isinstance(ticket, Ticket):
        raise LookupError("nobody looked at the ticket of this request")
    return ticket


class HostRoutes:
    """The routes of every host that is inspected. Implements `middleware.routes.RouteMap`.

    A request that no table lists has a route without a dialect: who serves it asks the policy.
    """

    def __init__(self, rules: HostRules) -> None:
        self._rules = rules
        self._kinds: dict[tuple[str, str], _HostKind] = {}

    def find(self, scope: Scope) -> Route:
        """Return the route of a request that was handed over."""
        ticket = ticket_of(scope)
        if ticket.provider:
            spoken = ticket.provider, ticket.base
        else:
            rule = self._rules.find(ticket.host)
            spoken = rule.provider, rule.base
        kind = self._kinds.get(spoken)
        if kind is None:
            if len(self._kinds) >= _MOST_KNOWN:
                self._kinds.clear()
            kind = self._kinds[spoken] = _HostKind(*spoken)
        return kind.find(scope)


class _HostKind:
    """The routes of hosts that speak one provider's format behind one path."""

    def __init__(self, provider: str, base: str) -> None:
        self._spec = UpstreamSpec("host", provider, f"https://host.invalid{base}")
        self._matchers = {name: Matcher([(name, rows)]) for name, rows in TABLES if self._speaks(name)}
        self._known: dict[tuple[str, bytes], Route] = {}

    def find(self, scope: Scope) -> Route:
        method, path = scope["method"], canonical(scope)
        known = self._known.get((method, path))
        if known is None:
            known = self._find(method, path)
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[method, path] = known
        return known

    def _find(self, method: str, path: bytes) -> Route:
        for match in self._matches(path):
            if match.claim.row.method == method:
                return replace(as_route(match, path), target=path)
        return Route(method, UNLISTED, None, path, provider=self._spec.provider)

    def _matches(self, path: bytes) -> Iterator[Match]:
        for name, matcher in self._matchers.items():
            for written in self._written(name, path):
                yield from matcher.find(written)

    def _written(self, name: str, path: bytes) -> Iterator[bytes]:
        """Yield how a table may write a path of this host, the likeliest way first."""
        spec = self._spec
        base, instead = (spec.openai, b"/v1") if name == "openai" else (spec.root, b"")
        if path.startswith(base + b"/"):
            yield instead + path.removeprefix(base)
        if path != instead + path.removeprefix(base):
            yield path

    def _speaks(self, name: str) -> bool:
        return name in self._spec.kind.speaks


def is_listed(route: Route) -> bool:
    """Say whether a table lists the route."""
    return route.path != UNLISTED
