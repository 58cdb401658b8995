"""Whose format a request of a program is: found by its host, method and path, with no configuration.

A known host says which tables may hold the path and what stands in front of it there. Any other host is
taken for one that speaks some provider's format if its path is one of theirs, also behind a prefix.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from ..asgi import Headers
from ..headers import first
from ..paths import canonical, invalid_path, skeleton
from ..providers.hosts import hosts
from ..providers.match import Match, Matcher
from ..providers.provider import PROVIDERS
from ..providers.route import as_route
from ..providers.row import RouteRow
from ..providers.tables import TABLES
from ..rejection import Rejected
from ..routes import Route

_ANYBODY = ""
"""Stands for a provider where all have the route."""
_LISTS = "tells names of models only"
_BESIDE = (
    RouteRow(method="GET", template="/v1/models", exempt=_LISTS),
    RouteRow(method="GET", template="/v1/models/{id}", exempt=_LISTS),
)
_MATCHER = Matcher((*TABLES, (_ANYBODY, _BESIDE)))
_DEEPEST_PREFIX = 6
_MOST_KNOWN = 1024
_VERSION = b"/v1"

_ENDS = (
    (".openai.azure.com", "azure"),
    (".cognitiveservices.azure.com", "azure"),
    (".services.ai.azure.com", "azure"),
    ("-aiplatform.googleapis.com", "vertex"),
    (".aiplatform.googleapis.com", "vertex"),
    (".api.openai.com", "openai"),
)
_NAMES = {
    "aiplatform.googleapis.com": "vertex",
    "api.cohere.ai": "cohere",
    "codestral.mistral.ai": "mistral",
}
_ENVELOPES = {
    "openai": "openai_chat",
    "azure": "openai_chat",
    "anthropic": "anthropic",
    "gemini": "gemini",
    "vertex": "gemini",
    "bedrock": "bedrock_converse",
    "mistral": "mistral_conversations",
    "cohere": "cohere_chat",
    "ollama": "ollama_chat",
}


@dataclass(frozen=True, slots=True)
class _Place:
    """What is known of a host: whose formats it speaks (none: anybody's), and what precedes its paths."""

    speaks: frozenset[str] = frozenset()
    own: str = ""
    base: bytes = b""


_ANYWHERE = _Place()


class Directory:
    """Knows hosts and paths.

    Args:
        more: further hosts: ``host``, ``host:port`` or a whole base URL, each with its provider.

    Raises:
        ValueError: a provider is not known.
    """

    def __init__(self, more: Mapping[str, str] | None = None) -> None:
        self._places = dict(_known_places())
        for address, provider in (more or {}).items():
            if provider not in PROVIDERS:
                raise ValueError(f"no provider is named {provider}")
            self._places.update([_place(address, provider)])
        self._known: dict[tuple[str, str, bytes], Route | None] = {}

    def find(self, method: str, authority: str, target: bytes, headers: Headers) -> Route | None:
        """Return the route of a request, or None where no table knows it.

        Args:
            method: upper case.
            authority: ``host`` or ``host:port``, lower case.
            target: path and query as they are sent.
            headers: fields of the request.

        Raises:
            Rejected: the path is not canonical, and a server could take it for one that is known.
        """
        path = target.partition(b"?")[0]
        asked = method, authority, path
        if asked in self._known:
            return self._known[asked]
        matches = list(self._matches(method, authority, path))
        if not any(match.claim.row.sign for match in matches):
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[asked] = _route(matches, path)
        return _route([match for match in matches if _fits(match, headers)], path)

    def envelope(self, authority: str) -> str:
        """Return the dialect in whose words a host tells of errors; empty where that is not known."""
        return _ENVELOPES.get(self._place(authority).own, "")

    def _matches(self, method: str, authority: str, path: bytes) -> Iterator[Match]:
        place = self._place(authority)
        try:
            canonical({"raw_path": path, "path": unquote(path.decode("ascii", "replace"))})
        except Rejected:
            if any(_claims(method, place, skeleton(path))):
                raise invalid_path() from None
            return
        yield from _claims(method, place, path)

    def _place(self, authority: str) -> _Place:
        found = self._places.get(authority)
        if found is not None:
            return found
        host = authority.partition(":")[0]
        found = self._places.get(host)
        if found is not None:
            return found
        provider = _NAMES.get(host) or next((name for end, name in _ENDS if host.endswith(end)), "")
        if not provider and host.startswith("bedrock-runtime") and ".amazonaws.com" in host:
            provider = "bedrock"
        return _of(provider) if provider else _ANYWHERE


def _claims(method: str, place: _Place, path: bytes) -> Iterator[Match]:
    """Yield what fits a path: as it stands behind the base, or else behind any prefix."""
    found = False
    for rest in _rests(place, path):
        for match in _MATCHER.find(rest):
            if match.claim.row.method == method and _may(match, place):
                found = True
                yield match
        if found:
            return
    for rest in _shorter(path):
        for match in _MATCHER.find(rest):
            row = match.claim.row
            if row.method == method and row.dialect is not None and _may_behind(match, place):
                found = True
                yield match
        if found:
            return


def _rests(place: _Place, path: bytes) -> Iterator[bytes]:
    if place.base and path.startswith(place.base + b"/"):
        rest = path[len(place.base) :]
        yield from (_VERSION + rest, rest) if place.own == "openai" else (rest,)
    yield path
    if "openai" in place.speaks and not path.startswith(_VERSION + b"/"):
        yield _VERSION + path


def _shorter(path: bytes) -> Iterator[bytes]:
    yield _VERSION + path
    rest = path
    for _ in range(_DEEPEST_PREFIX):
        at = rest.find(b"/", 1)
        if at < 0:
            break
        rest = rest[at:]
        yield rest
        if not rest.startswith(_VERSION + b"/"):
            yield _VERSION + rest


def _may(match: Match, place: _Place) -> bool:
    return not place.speaks or match.claim.provider in place.speaks or match.claim.provider == _ANYBODY


def _may_behind(match: Match, place: _Place) -> bool:
    """Say whether a path behind a prefix may be this: known hosts serve OpenAI's format beside their own."""
    return _may(match, place) or match.claim.provider == "openai"


def _fits(match: Match, headers: Headers) -> bool:
    sign = match.claim.row.sign
    return not sign or first(headers, sign.encode("ascii")) is not None


def _route(matches: Iterable[Match], path: bytes) -> Route | None:
    match = next(iter(matches), None)
    return None if match is None else as_route(match, path)


def _of(provider: str, base: bytes = b"") -> _Place:
    return _Place(PROVIDERS[provider].speaks | {provider}, provider, base)


def _place(address: str, provider: str) -> tuple[str, _Place]:
    parts = urlsplit(address if "://" in address else f"//{address}")
    return parts.netloc.rpartition("@")[2].lower(), _of(provider, parts.path.rstrip("/").encode("ascii"))


def _known_places() -> Iterator[tuple[str, _Place]]:
    for name, provider in PROVIDERS.items():
        if provider.base_url:
            yield _place(provider.base_url, name)
    for host in hosts().values():
        yield _place(host.base_url, host.provider)
