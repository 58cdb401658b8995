"""OpenAI's routes, and those of all who speak its format."""

from .row import RouteRow

_TOKENS = "given as token ids"

ROUTES = (
    RouteRow(
        method="POST",
        template="/v1/chat/completions",
        dialect="openai_chat",
        unjudged=("messages.content media",),
    ),
    RouteRow(
        method="POST",
        template="/v1/completions",
        dialect="openai_completions",
        unjudged=(f"prompt {_TOKENS}",),
    ),
    RouteRow(
        method="POST", template="/v1/embeddings", dialect="openai_embeddings", unjudged=(f"input {_TOKENS}",)
    ),
    RouteRow(
        method="POST", template="/v1/moderations", dialect="openai_moderations", unjudged=("input media",)
    ),
)
