"""Mistral's routes beside those that it shares with OpenAI.

Its chat, embeddings and moderations are found in OpenAI's table.
"""

from .row import RouteRow

ROUTES = (
    RouteRow(method="POST", template="/v1/fim/completions", dialect="mistral_fim"),
    RouteRow(
        method="POST",
        template="/v1/agents/completions",
        dialect="mistral_agents",
        unjudged=("messages.content media", "the agent's own instructions"),
    ),
    RouteRow(
        method="POST",
        template="/v1/conversations",
        dialect="mistral_conversations",
        unjudged=("inputs.content media", "the agent's own instructions"),
    ),
    RouteRow(
        method="POST",
        template="/v1/conversations/{id}",
        dialect="mistral_conversations",
        unjudged=("inputs.content media", "the history that the provider keeps"),
    ),
    RouteRow(
        method="POST",
        template="/v1/conversations/{id}/restart",
        dialect="mistral_conversations",
        unjudged=("inputs.content media", "the history that the provider keeps"),
    ),
    RouteRow(
        method="GET",
        template="/v1/conversations",
        dialect="mistral_conversations",
        query=("page", "page_size"),
    ),
    RouteRow(method="GET", template="/v1/conversations/{id}", dialect="mistral_conversations"),
    RouteRow(method="DELETE", template="/v1/conversations/{id}", exempt="holds no text"),
    RouteRow(
        method="GET",
        template="/v1/conversations/{id}/history",
        dialect="mistral_conversations",
        unjudged=("entries.content media",),
    ),
    RouteRow(
        method="GET",
        template="/v1/conversations/{id}/messages",
        dialect="mistral_conversations",
        unjudged=("messages.content media",),
    ),
    RouteRow(
        method="POST",
        template="/v1/chat/moderations",
        dialect="mistral_judgements",
        unjudged=("input.content media",),
    ),
    RouteRow(
        method="POST",
        template="/v1/chat/classifications",
        dialect="mistral_judgements",
        unjudged=("input.content media",),
    ),
    RouteRow(method="POST", template="/v1/classifications", dialect="mistral_judgements"),
    RouteRow(
        method="POST",
        template="/v1/ocr",
        dialect="mistral_ocr",
        unjudged=("document", "pages.images pictures"),
    ),
)
