"""Google's routes: Gemini on its own API, and on Vertex AI."""

from collections.abc import Iterator
from dataclasses import replace

from .row import SOCKET, RouteRow

_GEMINI = ("/v1", "/v1beta", "/v1alpha")
_VERTEX = ("/v1", "/v1beta1")
_LOCATION = "/projects/{project}/locations/{location}"
_MODELS = (
    *(f"{version}/{kind}/{{model}}" for version in _GEMINI for kind in ("models", "tunedModels")),
    *(f"{version}{_LOCATION}/publishers/{{publisher}}/models/{{model}}" for version in _VERTEX),
    *(f"{version}{_LOCATION}/endpoints/{{model}}" for version in _VERTEX),
    *(f"{version}/publishers/{{publisher}}/models/{{model}}" for version in _VERTEX),
)
"""Addresses of a model, to which what it is to do is appended."""
_PARTS = ("contents.parts media", "cachedContent")
_GENERATED = (*_PARTS, "candidates.content.parts media", "candidates.logprobsResult")
_QUERY = ("alt", "key")
_PAGES = ("pageSize", "pageToken", "queryBase")


def _judged(template: str, dialect: str, *unjudged: str) -> RouteRow:
    return RouteRow(method="POST", template=template, dialect=dialect, unjudged=unjudged, query=_QUERY)


def _exempt(method: str, template: str, why: str, query: tuple[str, ...] = _QUERY) -> RouteRow:
    return RouteRow(method=method, template=template, exempt=why, query=query)


def _of_a_model(address: str) -> Iterator[RouteRow]:
    """Yield what may be asked of a model."""
    yield replace(_judged(f"{address}:generateContent", "gemini", *_GENERATED), stream=False)
    streamed = _judged(f"{address}:streamGenerateContent", "gemini", *_GENERATED)
    yield replace(streamed, stream=True, framing="json_array", framings=(("alt=sse", "sse"),))
    yield _judged(f"{address}:countTokens", "gemini_count", *_PARTS)
    yield _judged(f"{address}:computeTokens", "gemini_count", *_PARTS)
    yield _judged(f"{address}:embedContent", "gemini_embed", "content.parts media")
    yield _judged(f"{address}:batchEmbedContents", "gemini_embed_batch", "requests.content.parts media")
    yield _judged(f"{address}:predict", "vertex_predict", "instances media", "predictions media")
    yield _judged(f"{address}:predictLongRunning", "vertex_predict", "instances media")


_HERE = (*_GEMINI, *(f"{version}{_LOCATION}" for version in _VERTEX))
"""Where a customer's own things stand."""


def _of_a_customer(address: str) -> Iterator[RouteRow]:
    """Yield what may be asked beside models."""
    talks, caches = f"{address}/interactions", f"{address}/cachedContents"
    kept = "the history that the provider keeps"
    talk = _judged(talks, "gemini_interactions", "input media", "steps media", kept)
    yield talk
    told = replace(talk, unjudged=("steps media",), query=(*_QUERY, "stream", "include_input"))
    yield replace(told, method="GET", template=f"{talks}/{{id}}")
    yield replace(told, template=f"{talks}/{{id}}/cancel")
    yield _exempt("DELETE", f"{talks}/{{id}}", "removes an interaction")
    cached = _judged(caches, "gemini_cache", "contents.parts media")
    yield cached
    yield replace(cached, method="PATCH", template=f"{caches}/{{id}}", query=(*_QUERY, "updateMask"))
    for template in (caches, f"{caches}/{{id}}"):
        yield _exempt("GET", template, "tells when caches end: not what they hold", (*_QUERY, *_PAGES))
    yield _exempt("DELETE", f"{caches}/{{id}}", "removes a cache")


def _of_all_models() -> Iterator[RouteRow]:
    """Yield the lists of models; those of a version that others have too are told by the key's field."""
    for version in _GEMINI:
        for path in ("/models", "/models/{id}"):
            row = _exempt("GET", f"{version}{path}", "tells names and limits of models", (*_QUERY, *_PAGES))
            yield replace(row, sign="x-goog-api-key" if version == "/v1" else "")


_SERVICES = (
    *(f"google.ai.generativelanguage.{version[1:]}.GenerativeService." for version in _GEMINI),
    *(f"google.cloud.aiplatform.{version[1:]}.LlmBidiService/" for version in _VERTEX),
)


def _live(service: str) -> RouteRow:
    """Return the WebSocket of a service."""
    return RouteRow(
        method=SOCKET,
        template=f"/ws/{service}BidiGenerateContent",
        dialect="gemini_live",
        unjudged=("audio", "video", "media", "sessionResumption"),
        query=_QUERY,
    )


ROUTES = (
    *(row for address in _MODELS for row in _of_a_model(address)),
    *(row for address in _HERE for row in _of_a_customer(address)),
    *_of_all_models(),
    *map(_live, _SERVICES),
)
