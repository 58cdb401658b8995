"""Cohere's routes, of both versions."""

from .row import RouteRow

ROUTES = (
    RouteRow(method="POST", template="/v2/chat", dialect="cohere_chat", unjudged=("messages.content media",)),
    RouteRow(
        method="POST", template="/v2/embed", dialect="cohere_embed", unjudged=("images", "inputs media")
    ),
    RouteRow(method="POST", template="/v2/rerank", dialect="cohere_rerank"),
    RouteRow(
        method="POST",
        template="/v1/chat",
        dialect="cohere_chat_v1",
        unjudged=("the history that a conversation_id stands for",),
    ),
    RouteRow(method="POST", template="/v1/embed", dialect="cohere_embed", unjudged=("images",)),
    RouteRow(method="POST", template="/v1/rerank", dialect="cohere_rerank"),
)
