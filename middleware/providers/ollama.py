"""Ollama's routes. Those that make, copy, fetch or remove models are not served."""

from .row import RouteRow

_IMAGES = "images"
_ABOUT_MODELS = "tells of models on the server: no conversation passes"

ROUTES = (
    RouteRow(
        method="POST",
        template="/api/chat",
        dialect="ollama_chat",
        unjudged=(f"messages.{_IMAGES}", "logprobs"),
    ),
    RouteRow(
        method="POST",
        template="/api/generate",
        dialect="ollama_generate",
        unjudged=(_IMAGES, "image", "context", "logprobs"),
    ),
    RouteRow(method="POST", template="/api/embed", dialect="ollama_embed"),
    RouteRow(method="POST", template="/api/embeddings", dialect="ollama_embed"),
    RouteRow(method="GET", template="/api/tags", exempt=_ABOUT_MODELS),
    RouteRow(method="GET", template="/api/ps", exempt=_ABOUT_MODELS),
    RouteRow(method="GET", template="/api/version", exempt="tells the server's version"),
    RouteRow(method="POST", template="/api/show", exempt="names a model and is told what its file says"),
)
