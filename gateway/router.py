"""Where a request goes: path to route, route and model to upstream. Pure.

The path that is matched is the path that is forwarded, byte for byte; ``/up/NAME`` in front of it
chooses the upstream by name.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import unquote, urlsplit

from ..detection.errors import BadInput
from ..middleware.asgi import Scope, raw_path
from ..middleware.paths import canonical
from ..middleware.routes import Route, unknown_method, unknown_route

CHAT = "/v1/chat/completions"
COMPLETIONS = "/v1/completions"
EMBEDDINGS = "/v1/embeddings"
MODERATIONS = "/v1/moderations"
MODELS = "/v1/models"
MODEL = "/v1/models/{id}"
EXCHANGE = "/v1/exchanges/{id}"

_ROUTES = (
    Route("POST", CHAT, "openai_chat"),
    Route("POST", COMPLETIONS, "openai_completions"),
    Route("POST", EMBEDDINGS, "openai_embeddings"),
    Route("POST", MODERATIONS, "openai_moderations"),
    Route("GET", MODELS, None),
    Route("GET", MODEL, None),
    Route("GET", EXCHANGE, None),
)
INSPECTED = tuple(route.path for route in _ROUTES if route.dialect is not None)
"""Paths, as templates, of the requests that are judged."""
_FIXED = {route.path.encode(): route for route in _ROUTES if "{" not in route.path}
_FAMILIES = {route.path.partition("{")[0].encode(): route for route in _ROUTES if "{" in route.path}
_DIRECT = {(route.method, path): replace(route, target=path) for path, route in _FIXED.items()}
"""What nearly all requests ask for, found at once: each path is canonical as it stands."""
_PREFIX = b"/up/"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_TOKEN = re.compile(r"[\x21-\x7e]+")
_EXACT = 2**31
_MOST_CHOICES = 1024
"""Model names whose upstream is remembered; clients make up any number of them."""


@dataclass(frozen=True, slots=True)
class UpstreamSpec:
    """One upstream of the configuration.

    `base_url` is what an SDK would be given, version included (``https://api.example.com/v1``);
    a request's path behind ``/v1`` is appended to it. `models` are names, prefixes (``gpt-*``) or
    ``*``; none means ``*``. With `passthrough` a client may bring its own key for the provider.
    It is called over `http` "1.1" or "2", through the `proxy` (``http://HOST:PORT``) if there is one.
    Raises `ValueError` for a value that cannot work.
    """

    name: str
    provider: str
    base_url: str
    api_key: str | None = field(default=None, repr=False)
    models: tuple[str, ...] = ()
    passthrough: bool = False
    http: str = "1.1"
    proxy: str | None = field(default=None, repr=False)
    path: bytes = field(init=False)
    """Path of the base URL, without a slash at its end."""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"upstream name {self.name!r}: use a-z, 0-9, - and _")
        _check_base_url(self.name, self.base_url)
        if self.api_key is not None and not _TOKEN.fullmatch(self.api_key):
            raise ValueError(f"upstream {self.name}: api_key must be visible ASCII without spaces")
        for model in self.models:
            if not model or "*" in model[:-1]:
                raise ValueError(f"upstream {self.name}: model pattern {model!r} may hold one * at its end")
        object.__setattr__(self, "path", urlsplit(self.base_url).path.rstrip("/").encode("ascii"))

    def closeness(self, model: str) -> int:
        """How closely a model name fits: exactly, then by the length of the prefix; 0 for not at all."""
        return max(_closeness(pattern, model) for pattern in self.models or ("*",))


@dataclass(frozen=True, slots=True)
class Choice:
    """An upstream, and whether it was beyond doubt: named by the path or the only one there is."""

    spec: UpstreamSpec
    certain: bool


class Router:
    """Routes and upstreams of a gateway. Implements `middleware.routes.RouteMap`."""

    def __init__(self, specs: Iterable[UpstreamSpec]) -> None:
        self.specs: Sequence[UpstreamSpec] = tuple(specs)
        self._by_name = {spec.name: spec for spec in self.specs}
        self._choices: dict[tuple[str, str], Choice] = {}
        if len(self._by_name) != len(self.specs):
            raise ValueError("two upstreams have the same name")

    def find(self, scope: Scope) -> Route:
        """Return the route of a request; see `RouteMap`. Every request has one or is refused."""
        known = _DIRECT.get((scope["method"], raw_path(scope)))
        if known is not None and scope["path"] == known.path:
            return known
        path = canonical(scope)
        upstream = ""
        if path.startswith(_PREFIX):
            name, slash, rest = path.removeprefix(_PREFIX).partition(b"/")
            upstream, path = name.decode("ascii"), slash + rest
            if upstream not in self._by_name:
                raise unknown_route()
        folder, slash, _ = path.rpartition(b"/")
        route = _FIXED.get(path) or _FAMILIES.get(folder + slash)
        if route is None:
            raise unknown_route()
        if route.method != scope["method"]:
            raise unknown_method((route.method,))
        return Route(route.method, route.path, route.dialect, path, upstream)

    def choose(self, model: str, named: str = "") -> Choice:
        """Return the upstream for a model name; with `named` only that one may serve it.

        The closest pattern wins, of equals the first in the configuration. Raises `BadInput`
        (404, ``model_not_found``) when no upstream serves the model.
        """
        known = self._choices.get((model, named))
        if known is not None:
            return known
        choice = self._choose(model, named)
        if len(self._choices) >= _MOST_CHOICES:
            self._choices.clear()
        self._choices[model, named] = choice
        return choice

    def serves(self, model: str) -> bool:
        """Say whether some upstream serves a model."""
        return any(spec.closeness(model) for spec in self.specs)

    def _choose(self, model: str, named: str) -> Choice:
        candidates = (self._by_name[named],) if named else self.specs
        best, closest = None, 0
        for spec in candidates:
            closeness = spec.closeness(model)
            if closeness > closest:
                best, closest = spec, closeness
        if best is None:
            raise BadInput(
                "No upstream serves this model.", code="model_not_found", status=404, param="model"
            )
        return Choice(best, certain=bool(named) or len(self.specs) == 1)


def parameter(route: Route) -> str:
    """The decoded last segment of a path that matched a template ending in ``{id}``."""
    return unquote(route.target.rpartition(b"/")[2].decode("ascii"))


def _closeness(pattern: str, model: str) -> int:
    if not pattern.endswith("*"):
        return _EXACT if pattern == model else 0
    prefix = pattern[:-1]
    return len(prefix) + 1 if model.startswith(prefix) else 0


def _check_base_url(name: str, base_url: str) -> None:
    try:
        parts = urlsplit(base_url)
        port_known = parts.port is None or parts.port > 0
    except ValueError:
        raise ValueError(f"upstream {name}: base_url is not a URL") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_known:
        raise ValueError(f"upstream {name}: base_url must be http://HOST or https://HOST")
    if parts.username or parts.password:
        raise ValueError(f"upstream {name}: put the key into api_key, not into base_url")
    if parts.query or parts.fragment or not _TOKEN.fullmatch(base_url) or "\\" in base_url:
        raise ValueError(f"upstream {name}: base_url must end with its path")
