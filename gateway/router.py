"""Where a request goes: path to route, route and model to upstream. Pure.

The path that is matched is the path that is forwarded, byte for byte; ``/up/NAME`` in front of it
chooses the upstream by name.
"""

from collections.abc import Iterable, Sequence
from urllib.parse import unquote

from ..detection.errors import BadInput
from ..middleware.asgi import Scope, raw_path
from ..middleware.headers import first
from ..middleware.paths import canonical
from ..middleware.providers.match import Claim, Match, Matcher
from ..middleware.providers.route import as_route
from ..middleware.routes import Route, unknown_method, unknown_route
from .own_routes import OWN, TABLES
from .plan import Choice, Plan, planned
from .translate.pairs import translates
from .upstream_spec import UpstreamSpec

MATCHER = Matcher(TABLES)
"""Finds the routes of all providers."""

_PREFIX = b"/up/"
_MOST_KNOWN = 1024
"""Model names whose upstream is remembered, and paths whose route is; clients make up any number."""

INSPECTED = tuple(
    dict.fromkeys(row.template for _, rows in TABLES for row in rows if row.dialect is not None)
)
"""Paths, as templates, of the requests that are judged."""


class Router:
    """Routes and upstreams of a gateway. Implements `middleware.routes.RouteMap`."""

    def __init__(self, specs: Iterable[UpstreamSpec], matcher: Matcher = MATCHER) -> None:
        self._matcher = matcher
        self.specs: Sequence[UpstreamSpec] = tuple(specs)
        self._by_name = {spec.name: spec for spec in self.specs}
        if len(self._by_name) != len(self.specs):
            raise ValueError("two upstreams have the same name")
        for spec in self.specs:
            if not self._by_name.keys() >= set(spec.fallback):
                raise ValueError(f"upstream {spec.name}: fallback names an upstream that does not exist")
        self._plans: dict[tuple[str, str, str, bool, str], Plan] = {}
        self._direct = dict(self._plain_routes())
        self._known: dict[tuple[str, bytes], tuple[str, Route]] = {}

    def find(self, scope: Scope) -> Route:
        """Return the route of a request; see `RouteMap`. Every request has one or is refused."""
        method, raw = scope["method"], raw_path(scope)
        known = self._direct.get((method, raw))
        if known is not None and scope["path"] == known.path:
            return known
        seen = self._known.get((method, raw))
        if seen is not None and scope["path"] == seen[0]:
            return seen[1]
        return self._find(scope, method, raw)

    def plan(
        self, model: str, named: str = "", provider: str = "openai", private: bool = False, path: str = ""
    ) -> Plan:
        """Return who may answer for a model of a provider's route, see `planned`.

        With `named` only that upstream may, with `private` only those on premise. `path` is the route's
        template: some may be served by translation. Raises `BadInput`:
        404 (``model_not_found``) when no upstream serves the model, 403 (``no_private_upstream``) when
        none on premise does.
        """
        asked = model, named, provider, private, path
        known = self._plans.get(asked)
        if known is not None:
            return known
        plan = self._plan(*asked)
        if len(self._plans) >= _MOST_KNOWN:
            self._plans.clear()
        self._plans[asked] = plan
        return plan

    def choose(self, model: str, named: str = "", provider: str = "openai") -> Choice:
        """Return the upstream that is asked first; see `plan`."""
        return self.plan(model, named, provider).first

    @property
    def claims(self) -> Sequence[Claim]:
        """All routes, in the order of their tables."""
        return self._matcher.claims

    def speaking(self, provider: str, path: str = "") -> list[str]:
        """Return the names of the upstreams that may serve a provider's routes.

        Those that may serve the route of the template `path` by translation come behind them.
        """
        native = [spec.name for spec in self.specs if provider in spec.kind.speaks]
        return native + [spec.name for spec in self.specs if translates(spec, provider, path)]

    def serves(self, model: str) -> bool:
        """Say whether some upstream serves a model."""
        return any(spec.closeness(model) for spec in self.specs)

    def _plain_routes(self) -> Iterable[tuple[tuple[str, bytes], Route]]:
        """Yield what nearly all requests ask for, to be found at once.

        These are paths without parameters, canonical as they stand, whose provider is known
        without a look at the request.
        """
        for path, claims in self._matcher.fixed.items():
            for method in {claim.row.method for claim in claims}:
                rivals = [claim for claim in claims if claim.row.method == method]
                if not any(claim.row.sign for claim in rivals):
                    yield (method, path), as_route(Match(self._likeliest(rivals), {}), path, "")

    def _find(self, scope: Scope, method: str, raw: bytes) -> Route:
        path, upstream = canonical(scope), ""
        if path.startswith(_PREFIX):
            name, slash, rest = path.removeprefix(_PREFIX).partition(b"/")
            upstream, path = name.decode("ascii"), slash + rest
            if upstream not in self._by_name:
                raise unknown_route()
        matches = self._matcher.find(path) if path else []
        if not matches:
            raise unknown_route()
        fitting = [match for match in matches if match.claim.row.method == method]
        if not fitting:
            raise unknown_method({match.claim.row.method for match in matches})
        template = fitting[0].claim.row.template
        rivals = {match.claim: match for match in fitting if match.claim.row.template == template}
        claim = self._claim(list(rivals), scope, upstream)
        route = as_route(rivals[claim], path, upstream)
        if not any(rival.row.sign for rival in rivals):
            self._remember(method, raw, scope["path"], route)
        return route

    def _remember(self, method: str, raw: bytes, decoded: str, route: Route) -> None:
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[method, raw] = decoded, route

    def _claim(self, rivals: Sequence[Claim], scope: Scope, named: str) -> Claim:
        """Return whose request this is, of several providers with the same address."""
        if len(rivals) == 1:
            return rivals[0]
        signed = [claim for claim in rivals if claim.row.sign]
        for claim in signed:
            if first(scope["headers"], claim.row.sign.encode("ascii")) is not None:
                return claim
        unsigned = [claim for claim in rivals if not claim.row.sign] or signed
        return self._likeliest(unsigned, named)

    def _likeliest(self, rivals: Sequence[Claim], named: str = "") -> Claim:
        """Return the first claim of an upstream's own provider, else the first one served, else the first."""
        specs = [self._by_name[named]] if named else self.specs
        own = {OWN, *(spec.provider for spec in specs)}
        speaks = own.union(*(spec.kind.speaks for spec in specs))
        served = [claim for claim in rivals if claim.provider in speaks] or rivals
        return next((claim for claim in served if claim.provider in own), served[0])

    def _plan(self, model: str, named: str, provider: str, private: bool, path: str) -> Plan:
        specs = (self._by_name[named],) if named else self.specs
        speaking = [spec for spec in specs if provider in spec.kind.speaks]
        if provider != "openai":  # that format is many hosts' own
            speaking = [spec for spec in speaking if spec.provider == provider] or speaking
        candidates = [spec for spec in speaking if spec.private or not private]
        translating = [spec for spec in specs if translates(spec, provider, path)]
        foreign = [spec for spec in translating if spec.private or not private]
        certain = bool(named) or len(speaking) == 1
        plan = planned(candidates, model, certain=certain, foreign=foreign)
        if plan is not None:
            return plan
        if private:
            raise BadInput(
                "This request may only go to a model on premise, and none is there for it.",
                code="no_private_upstream",
                status=403,
                param="model",
            )
        raise BadInput("No upstream serves this model.", code="model_not_found", status=404, param="model")


def parameter(route: Route) -> str:
    """The decoded last segment of a path that matched a template ending in ``{id}``."""
    return unquote(route.target.rpartition(b"/")[2].decode("ascii"))
