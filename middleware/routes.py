"""Which requests are looked at, and in which wire format.

The door decides by method and raw path alone. The gateway brings a router of its own; an app that
the middleware is installed in lists its routes in a `RouteTable`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from ..detection.dialects import NOTHING_ADDRESSED, Addressed
from ..detection.framing import STREAMED
from .asgi import Scope, raw_path
from .body import JSON
from .paths import canonical, invalid_path, skeleton
from .rejection import Rejected


class _AnyType(frozenset[bytes]):
    """Holds every type."""

    def __contains__(self, item: object) -> bool:
        return True


ANY_TYPE: frozenset[bytes] = _AnyType()
"""All types of answers."""


@dataclass(frozen=True, slots=True)
class Route:
    """One kind of request.

    `path` is the template the request matched: it names the route in records. `dialect` is a
    dialect of the core; None means that the request is identified and counted but holds no text
    to inspect. `target` is the raw path behind a prefix that names an `upstream`, `addressed` what it
    says beside the body. `provider` names whose format it is, `query` the parameters that may be sent on,
    `accepts` the media types of its body; a method that needs no body may come without one. `framings`
    are items of the query that ask for another framing of a stream, each with that one. `streamed` are the
    types of answers that are judged piece by piece. With `asks_by_query` the query stands for the body.
    """

    method: str
    path: str
    dialect: str | None
    target: bytes = b""
    upstream: str = ""
    addressed: Addressed = NOTHING_ADDRESSED
    provider: str = ""
    query: frozenset[str] = frozenset()
    accepts: frozenset[bytes] = JSON
    framings: tuple[tuple[bytes, str], ...] = ()
    streamed: frozenset[bytes] = STREAMED
    asks_by_query: bool = False

    def asked_with(self, scope: Scope) -> Addressed:
        """Return what the address of a request says together with its query."""
        items = scope.get("query_string", b"").split(b"&")
        framing = next((name for item, name in self.framings if item in items), self.addressed.framing)
        return self.addressed._replace(framing=framing)


class RouteMap(Protocol):
    """Finds the route of a request."""

    def find(self, scope: Scope) -> Route | None:
        """Return the route; None hands the request to the app unseen.

        Raises `Rejected`: 400 for a path that is not canonical, 404 for one that matches nothing,
        405 with ``Allow`` for a method that the path does not know.
        """
        ...


class RouteTable:
    """Routes of fixed paths.

    A request that no route lists is refused; with ``unlisted="pass"`` it goes to the app unseen,
    unless a lenient server could take its path for a listed one.
    """

    def __init__(self, routes: Iterable[Route], *, unlisted: str = "refuse") -> None:
        if unlisted not in ("refuse", "pass"):
            raise ValueError('unlisted must be "refuse" or "pass"')
        self._pass = unlisted == "pass"
        self._routes: dict[bytes, dict[str, Route]] = {}
        for route in routes:
            methods = self._routes.setdefault(route.path.encode(), {})
            if methods.setdefault(route.method, route) is not route:
                raise ValueError(f"the route {route.method} {route.path} is listed twice")
        self._skeletons = frozenset(map(skeleton, self._routes))

    def find(self, scope: Scope) -> Route | None:
        """Return the route of a request; see `RouteMap`."""
        path = raw_path(scope)
        methods = self._routes.get(path)
        if methods is None and self._pass:
            decoded = scope["path"].encode(errors="replace")
            if skeleton(path) in self._skeletons or skeleton(decoded) in self._skeletons:
                raise invalid_path()
            return None
        canonical(scope)
        if methods is None:
            raise unknown_route()
        return methods.get(scope["method"]) or _refuse_method(methods)


def unknown_route() -> Rejected:
    """The refusal of a path that matches nothing."""
    return Rejected("There is no such route.", code="unknown_route", status=404, reason="route")


def unknown_method(allowed: Iterable[str]) -> Rejected:
    """The refusal of a method that a path does not know, with the methods it does."""
    allow = ", ".join(sorted(allowed)).encode()
    return Rejected(
        "The route does not take this method.",
        code="method_not_allowed",
        status=405,
        reason="route",
        headers=[(b"allow", allow)],
    )


def _refuse_method(methods: Iterable[str]) -> Route:
    raise unknown_method(methods)
