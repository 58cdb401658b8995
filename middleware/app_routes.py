"""Which requests of an app are guarded, as its author lists them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ..detection.dialects import DIALECTS, Dialect
from ..detection.dialects.live import LiveDialect
from ..detection.fields import Fields, Messages, OwnForm, OwnJson, OwnText
from ..detection.fields.messages import messages_dialect
from ..detection.policy import Policy
from ..library.settings import PolicyLike, policy_of
from .asgi import Scope, raw_path
from .body import UNTYPED
from .form import FORM
from .headers import first, media_type
from .paths import canonical, invalid_path, skeleton
from .providers.match import Match, Matcher
from .providers.route import as_route
from .providers.row import SOCKET, RouteRow
from .providers.tables import TABLES
from .rejection import Rejected
from .routes import ANY_TYPE, Route

AUTO = "auto"
"""Stands for the formats of all providers, each known by its paths."""
_MOST_KNOWN = 2048
_KEY = re.compile(r"(?:([A-Z]+) )?(/\S*)")
_PARAMETER = re.compile(r"\\\{[A-Za-z_]+(\\\*)?\\\}")
_SENDING = ("POST", "PUT", "PATCH")
_ASKING = ("GET", "HEAD")
_URLENCODED = b"application/x-www-form-urlencoded"
_STREAMS = {
    "sse": frozenset((b"text/event-stream",)),
    "sse-text": frozenset((b"text/event-stream",)),
    "ndjson": frozenset((b"application/x-ndjson", b"application/jsonl", b"application/stream+json")),
    "text": frozenset((b"text/plain", b"text/markdown", b"text/html")),
}
_PROVIDERS = dict(TABLES)

type Target = "str | Fields | Messages | Guarded"
"""The name of a dialect, or what an app says of a format of its own; of a WebSocket's as `Messages`."""
type Routes = str | Mapping[str, Target]
"""A provider's name or ``"auto"``; or paths, each with what is asked there.

A path may begin with a method (``"GET /search"``) and hold parameters (``{name}`` for
a segment, ``{name*}`` for any number). One with the name of a format of WebSockets stands for those at it.
One that ends in a slash and names a provider, or ``"auto"``, stands for all paths of the provider behind it.
"""


@dataclass(frozen=True, slots=True)
class Guarded:
    """What is asked at a path, and the policy that decides there."""

    what: str | Fields | Messages
    policy: PolicyLike | None = None


@dataclass(frozen=True, slots=True)
class _Listed:
    """One path of the list. Several routes of a method differ in the type of their bodies."""

    pattern: re.Pattern[bytes]
    loose: re.Pattern[bytes]
    routes: tuple[Route, ...]


class AppRoutes:
    """Finds what is guarded; all else goes to the app unseen. Implements `routes.RouteMap`.

    Args:
        routes: see `Routes`.

    Attributes:
        dialects: of the app's own formats, by name.
        sockets: what is said on the WebSockets of a path, by template.
        live: paths listed for WebSockets on which a model is talked to.
        policies: of the paths that have one of their own, by template.

    Raises:
        BadPolicy: there is no such policy.
        ValueError: a path or what is said of it has no usable form.
    """

    def __init__(self, routes: Routes) -> None:
        self.dialects: dict[str, Dialect] = {}
        self.sockets: dict[str, Messages] = {}
        self.live: list[str] = []
        self.policies: dict[str, Policy] = {}
        self._listed: list[_Listed] = []
        self._prefixes: list[tuple[bytes, Matcher]] = []
        self._known: dict[tuple[str, bytes], tuple[str, Route | None]] = {}
        for key, target in ({"/": routes} if isinstance(routes, str) else routes).items():
            self._add(key, target if isinstance(target, Guarded) else Guarded(target))
        if not (self._listed or self._prefixes):
            raise ValueError("routes lists nothing that is guarded")

    def find(self, scope: Scope) -> Route | None:
        """Return the route of a request; None hands it to the app unseen.

        Raises `Rejected` for a path that some server could take for a listed one.
        """
        method = SOCKET if scope["type"] == "websocket" else scope["method"]
        raw, path = raw_path(scope), scope["path"]
        known = self._known.get((method, raw))
        if known is not None and known[0] == path and not scope.get("root_path"):
            return known[1]
        return self._find(scope, method)

    def _find(self, scope: Scope, method: str) -> Route | None:
        below = _below_root(scope)
        raw = raw_path(below)
        try:
            path: bytes | None = canonical(below)
        except Rejected:
            path = None
        found = [] if path is None else self._fitting(method, path, scope)
        if not found and self._alike(method, skeleton(raw), raw, scope):
            raise invalid_path()
        route = found[0] if found else None
        if len({item.accepts for item in found}) > 1 or any(self._signed(raw)):
            return _by_type(found, scope)
        self._remember(scope, method, route)
        return route

    def _remember(self, scope: Scope, method: str, route: Route | None) -> None:
        if scope.get("root_path"):
            return
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[method, raw_path(scope)] = scope["path"], route

    def _fitting(self, method: str, path: bytes, scope: Scope) -> list[Route]:
        """Return the routes of a canonical path."""
        fitting = [listed.routes for listed in self._listed if listed.pattern.fullmatch(path)]
        if fitting:
            return [route for routes in fitting for route in routes if route.method == method]
        return self._of_providers(method, path, scope)

    def _of_providers(self, method: str, path: bytes, scope: Scope) -> list[Route]:
        for prefix, matcher in self._prefixes:
            if not path.startswith(prefix):
                continue
            matches = [item for item in matcher.find(path[len(prefix) - 1 :]) if _is(item, method)]
            if matches:
                match = _signed_by(matches, scope) or matches[0]
                route = as_route(match, path)
                return [] if route.dialect is None else [replace(route, path=_joined(prefix, route.path))]
        return []

    def _alike(self, method: str, bones: bytes, raw: bytes, scope: Scope) -> bool:
        """Say whether a lenient server could take a path that fits nothing for a listed one."""
        if bones == raw:
            return False
        if any(listed.loose.fullmatch(bones) for listed in self._listed):
            return True
        try:
            bones.decode("ascii")
        except UnicodeDecodeError:
            return False
        return bool(self._of_providers(method, bones, scope))

    def _signed(self, raw: bytes) -> Iterable[bool]:
        for prefix, matcher in self._prefixes:
            if raw.startswith(prefix):
                yield any(claim.row.sign for claim in matcher.fixed.get(raw[len(prefix) - 1 :], ()))

    def _add(self, key: str, guarded: Guarded) -> None:
        fits = _KEY.fullmatch(key)
        if fits is None:
            raise ValueError(f"{key!r} is no path of a request")
        method, path = fits.groups()
        if path.endswith("/") and isinstance(guarded.what, str):
            if method or guarded.policy is not None:
                raise ValueError(f"{key!r}: all paths of a provider have no method or policy of their own")
            self._prefixes.append((path.encode(), Matcher(_tables(guarded.what))))
            return
        if guarded.policy is not None:
            policy = policy_of(guarded.policy)
            if self.policies.setdefault(path, policy) is not policy:
                raise ValueError(f"{key!r}: the path has another policy already")
        routes = tuple(self._routes(method, path, guarded.what))
        loose = _pattern(path.lower())
        self._listed.append(_Listed(_pattern(path), loose, routes))

    def _routes(self, method: str | None, path: str, what: str | Fields | Messages) -> Iterable[Route]:
        if is_live(what):
            if method not in (None, SOCKET):
                raise ValueError(f"{path!r}: what is said on a WebSocket has no method")
            self.live.append(path)
            yield Route(SOCKET, path, str(what))
        elif method == SOCKET and not isinstance(what, Messages):
            raise ValueError(f"{path!r}: {what!r} is no format of a WebSocket")
        elif isinstance(what, Fields):
            name = f"fields {method or ''}{path}"
            self.dialects[name] = _dialect(what)
            streamed = ANY_TYPE if what.answer is None else _STREAMS[what.stream]
            asking = what.body == "query"
            for each in (method,) if method else _ASKING if asking else _SENDING:
                for accepts in _accepts(what):
                    yield Route(each, path, name, accepts=accepts, streamed=streamed, asks_by_query=asking)
        elif isinstance(what, Messages):
            if method not in (None, SOCKET):
                raise ValueError(f"{path!r}: messages of a WebSocket have no method")
            name = f"messages {path}"
            self.dialects[name] = messages_dialect(what)
            self.sockets[path] = what
            yield Route(SOCKET, path, name)
        elif what in DIALECTS:
            for each in (method,) if method else _SENDING:
                yield Route(each, path, what)
        else:
            raise ValueError(f"{what!r} is no dialect; it may be one of {', '.join(sorted(DIALECTS))}")


def is_live(what: object) -> bool:
    """Say whether a route leads to a dialect of WebSockets on which a model is talked to."""
    return isinstance(what, str) and isinstance(DIALECTS.get(what), LiveDialect)


def _tables(name: str) -> Sequence[tuple[str, Iterable[RouteRow]]]:
    if name == AUTO:
        return TABLES
    if name not in _PROVIDERS:
        raise ValueError(f"{name!r} is no provider; it may be auto or one of {', '.join(_PROVIDERS)}")
    return ((name, _PROVIDERS[name]),)


def _dialect(fields: Fields) -> Dialect:
    if fields.body == "json":
        return OwnJson(fields)
    return OwnText(fields) if fields.body == "text" else OwnForm(fields)


def _accepts(fields: Fields) -> tuple[frozenset[bytes], ...]:
    if fields.body == "form":
        return frozenset((_URLENCODED,)), frozenset((FORM,))
    if fields.body == "text":
        return (frozenset((b"text/plain", UNTYPED)),)
    return (frozenset((b"application/json",)),)


def _pattern(path: str) -> re.Pattern[bytes]:
    """Return what fits a path, without the slash at its end."""
    escaped = re.escape(path.rstrip("/") or "/")
    return re.compile(_PARAMETER.sub(lambda found: ".+" if found[1] else "[^/]+", escaped).encode())


def _below_root(scope: Scope) -> Scope:
    """Return path and raw path behind the place where the app is mounted, without the slash at their end."""
    root, path, raw = scope.get("root_path", ""), scope["path"], raw_path(scope)
    spelled = root.encode()
    if path.startswith(root) and raw.startswith(spelled):
        path, raw = path[len(root) :], raw[len(spelled) :]
    return {"path": path.removesuffix("/") or "/", "raw_path": raw.removesuffix(b"/") or b"/"}


def _by_type(routes: Sequence[Route], scope: Scope) -> Route | None:
    """Return the route that takes a body of such a type; else the first, which refuses it."""
    kind = media_type(first(scope["headers"], b"content-type") or b"")
    return next((route for route in routes if kind in route.accepts), routes[0] if routes else None)


def _is(match: Match, method: str) -> bool:
    return match.claim.row.method == method


def _signed_by(matches: Sequence[Match], scope: Scope) -> Match | None:
    """Return the match of a provider whose clients sign their requests, where this one is signed."""
    for match in matches:
        sign = match.claim.row.sign
        if sign and first(scope["headers"], sign.encode("ascii")) is not None:
            return match
    return next((match for match in matches if not match.claim.row.sign), None)


def _joined(prefix: bytes, path: str) -> str:
    return prefix.decode().rstrip("/") + path
