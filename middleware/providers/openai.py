"""OpenAI's routes, and those of all who speak its format.

Lists of what an account holds (files, batches, stored completions) are not served: all applications share
the account, and would see what is another one's. Who knows a name may use it.
"""

from .row import SOCKET, RouteRow

_TOKENS = "given as token ids"
_FORM = ("multipart/form-data",)
_NO_TEXT = "holds no text"
_PAGE = ("after", "limit", "order")
_HISTORY = "the history that the provider keeps"

_GENERATION = (
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

_RESPONSES = (
    RouteRow(
        method="POST",
        template="/v1/responses",
        dialect="openai_responses",
        unjudged=("input.content media", "input.encrypted_content", _HISTORY, "output media"),
    ),
    RouteRow(
        method="POST",
        template="/v1/responses/compact",
        dialect="openai_responses",
        unjudged=("input.content media", "input.encrypted_content", _HISTORY),
    ),
    RouteRow(
        method="POST",
        template="/v1/responses/input_tokens",
        dialect="openai_responses",
        unjudged=("input.content media", "input.encrypted_content", _HISTORY),
    ),
    RouteRow(
        method="GET",
        template="/v1/responses/{id}",
        dialect="openai_conversations",
        unjudged=("output media",),
        query=("stream", "starting_after", "include_obfuscation"),
    ),
    RouteRow(method="DELETE", template="/v1/responses/{id}", exempt=_NO_TEXT),
    RouteRow(
        method="POST",
        template="/v1/responses/{id}/cancel",
        dialect="openai_conversations",
        unjudged=("output media",),
    ),
    RouteRow(
        method="GET",
        template="/v1/responses/{id}/input_items",
        dialect="openai_conversations",
        unjudged=("data.content media",),
        query=_PAGE,
    ),
)

_CONVERSATIONS = (
    RouteRow(
        method="POST",
        template="/v1/conversations",
        dialect="openai_conversations",
        unjudged=("items.content media",),
    ),
    RouteRow(method="GET", template="/v1/conversations/{id}", dialect="openai_conversations"),
    RouteRow(method="POST", template="/v1/conversations/{id}", dialect="openai_conversations"),
    RouteRow(method="DELETE", template="/v1/conversations/{id}", exempt=_NO_TEXT),
    RouteRow(
        method="POST",
        template="/v1/conversations/{id}/items",
        dialect="openai_conversations",
        unjudged=("items.content media",),
    ),
    RouteRow(
        method="GET",
        template="/v1/conversations/{id}/items",
        dialect="openai_conversations",
        unjudged=("data.content media",),
        query=_PAGE,
    ),
    RouteRow(
        method="GET",
        template="/v1/conversations/{id}/items/{item}",
        dialect="openai_conversations",
        unjudged=("content media",),
    ),
    RouteRow(method="DELETE", template="/v1/conversations/{id}/items/{item}", dialect="openai_conversations"),
)

_MEDIA = (
    RouteRow(
        method="POST", template="/v1/images/generations", dialect="openai_images", unjudged=("data pictures",)
    ),
    RouteRow(
        method="POST",
        template="/v1/images/edits",
        dialect="openai_forms",
        unjudged=("image", "mask", "data pictures"),
        accepts=_FORM,
    ),
    RouteRow(
        method="POST",
        template="/v1/images/variations",
        dialect="openai_forms",
        unjudged=("image", "data pictures"),
        accepts=_FORM,
    ),
    RouteRow(method="POST", template="/v1/audio/speech", dialect="openai_speech", unjudged=("the sound",)),
    RouteRow(
        method="POST",
        template="/v1/audio/transcriptions",
        dialect="openai_forms",
        unjudged=("file",),
        accepts=_FORM,
    ),
    RouteRow(
        method="POST",
        template="/v1/audio/translations",
        dialect="openai_forms",
        unjudged=("file",),
        accepts=_FORM,
    ),
)

_FILES = (
    RouteRow(
        method="POST",
        template="/v1/files",
        dialect="openai_files",
        unjudged=("file that is no text",),
        accepts=_FORM,
    ),
    RouteRow(method="GET", template="/v1/files/{id}", dialect="openai_files"),
    RouteRow(method="DELETE", template="/v1/files/{id}", exempt=_NO_TEXT),
    RouteRow(
        method="GET",
        template="/v1/files/{id}/content",
        dialect="openai_files",
        unjudged=("content that is no text",),
    ),
    RouteRow(method="POST", template="/v1/batches", dialect="openai_files"),
    RouteRow(method="GET", template="/v1/batches/{id}", dialect="openai_files"),
    RouteRow(method="POST", template="/v1/batches/{id}/cancel", dialect="openai_files"),
)

_REALTIME = (
    RouteRow(
        method=SOCKET,
        template="/v1/realtime",
        dialect="openai_realtime",
        unjudged=("audio", "item.content media", _HISTORY),
        query=("model", "deployment", "intent"),
    ),
)

ROUTES = (*_GENERATION, *_RESPONSES, *_CONVERSATIONS, *_MEDIA, *_FILES, *_REALTIME)
